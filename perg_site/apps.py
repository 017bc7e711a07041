from django.apps import AppConfig


class PergSiteConfig(AppConfig):
    name = "perg_site"

    def ready(self) -> None:
        from perg_site import checks  # noqa: F401 — registers the checks
        from perg_site.accounts import events as accounts
        from perg_site.webhooks import events as webhooks

        accounts.connect()
        webhooks.connect()
