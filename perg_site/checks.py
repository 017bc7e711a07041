"""System checks of the site's own rules."""

from collections.abc import Sequence

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register


@register(Tags.compatibility)
def postgresql_only(
    app_configs: Sequence[AppConfig] | None = None, databases: Sequence[str] | None = None, **kwargs: object
) -> list[CheckMessage]:
    """Claims rest on SKIP LOCKED and partial indexes: no other database will do."""
    engine = settings.DATABASES["default"]["ENGINE"]
    if engine == "perg_site.postgresql":
        return []
    return [
        Error(
            f"DATABASE_URL leads to {engine}; PERG runs on PostgreSQL only.",
            hint="Set DATABASE_URL to postgres://…, or unset it to use the embedded server.",
            id="perg.E001",
        )
    ]
