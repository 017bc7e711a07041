from django.apps import AppConfig


class PergSiteConfig(AppConfig):
    name = "perg_site"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_in

        from annotations.signals import account_deactivated
        from perg_site import checks  # noqa: F401 — registers the checks
        from perg_site.known_browser import note_login
        from perg_site.tokens import revoke_tokens_when_deactivated

        user_logged_in.connect(note_login)
        account_deactivated.connect(revoke_tokens_when_deactivated)
        from perg_site.webhooks import events

        events.connect()
