"""System checks of the site's own rules."""

import os
import re
from collections.abc import Sequence

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from perg_site.api.throttles import SECONDS
from perg_site.proxies import trusted_networks


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


@register(Tags.security)
def proxies_are_networks(
    app_configs: Sequence[AppConfig] | None = None, databases: Sequence[str] | None = None, **kwargs: object
) -> list[CheckMessage]:
    """A proxy that cannot be read would fail every request; one that is everybody trusts every client."""
    problems: list[CheckMessage] = []
    for text in settings.TRUSTED_PROXIES:
        try:
            (network,) = trusted_networks((text,))
        except ValueError as error:
            hint = "Name the proxies' addresses or networks, such as 10.0.0.2 or 10.0.0.0/28."
            problems.append(Error(f"TRUSTED_PROXIES: {error}.", hint=hint, id="perg.E003"))
            continue
        if network.prefixlen == 0:
            hint = "Name the proxy's own address."
            problems.append(Error(f"TRUSTED_PROXIES: {text} is everybody.", hint=hint, id="perg.E004"))
    return problems


@register(Tags.security)
def proxies_are_named(
    app_configs: Sequence[AppConfig] | None = None, databases: Sequence[str] | None = None, **kwargs: object
) -> list[CheckMessage]:
    """Earlier versions believed any client's headers with BEHIND_PROXY=1."""
    if os.environ.get("BEHIND_PROXY", "0") in {"", "0"} or settings.TRUSTED_PROXIES:
        return []
    hint = "Set TRUSTED_PROXIES to the address or network of the proxy, such as 10.0.0.2."
    return [Error("BEHIND_PROXY is no longer read.", hint=hint, id="perg.E005")]
