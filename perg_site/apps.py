from django.apps import AppConfig


class PergSiteConfig(AppConfig):
    name = "perg_site"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_in

        from core.jobs.kinds import register
        from core.users import events as accounts
        from core.users.login.known_browser import note_login
        from perg_site.deployment import checks  # noqa: F401 — registers the checks
        from perg_site.webhooks import events as webhooks
        from perg_site.webhooks.sending import Deliveries

        user_logged_in.connect(note_login)
        accounts.connect()
        webhooks.connect()
        register(Deliveries())
