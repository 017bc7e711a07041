"""System checks of the site's own rules."""

import re
from collections.abc import Sequence

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from evaluation.llm.credentials.addresses import PRIVATE_NETWORKS, AddressRefused, read_networks
from evaluation.llm.credentials.environment import variable
from evaluation.llm.credentials.key_list import KeyList, KeyRefused
from perg_site.api.throttles import SECONDS


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


@register
def api_rates_can_be_read(
    app_configs: Sequence[AppConfig] | None = None, databases: Sequence[str] | None = None, **kwargs: object
) -> list[CheckMessage]:
    """A rate that nobody can read would fail every request."""
    return [
        Error(
            f"The rate of API requests “{rate}” ({name}) cannot be read.",
            hint="Set it to a number per second, minute, hour or day, such as 1200/minute.",
            id="perg.E002",
        )
        for name, rate in settings.API_RATES.items()
        if not re.fullmatch(rf"[1-9]\d*/({'|'.join(SECONDS)})", rate)
    ]


@register
def rules_of_endpoints_can_be_read(
    app_configs: Sequence[AppConfig] | None = None, databases: Sequence[str] | None = None, **kwargs: object
) -> list[CheckMessage]:
    """A list that cannot be read allows no key and no private network, so that every call would fail."""
    errors: list[CheckMessage] = []
    try:
        KeyList.of_environment()
    except KeyRefused as error:
        hint = "Write it as NAME@host,NAME@http://host:port (docs/deployment.md)."
        errors.append(Error(str(error), hint=hint, id="perg.E003"))
    try:
        read_networks(variable(PRIVATE_NETWORKS))
    except AddressRefused as error:
        errors.append(Error(str(error), hint="Write it as 10.0.0.0/8,127.0.0.0/8.", id="perg.E004"))
    return errors
