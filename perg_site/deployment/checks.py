"""System checks of the site's own rules."""

import re

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from core.api.throttles import SECONDS
from core.http.proxies import trusted_networks
from core.secrets.addresses import PRIVATE_NETWORKS, AddressRefused, read_networks
from core.secrets.environment import variable
from core.secrets.key_list import KeyList, KeyRefused


@register(Tags.compatibility)
def postgresql_only(**_: object) -> list[CheckMessage]:
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
def api_rates_can_be_read(**_: object) -> list[CheckMessage]:
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
def second_factor_is_required_of_known_groups(**_: object) -> list[CheckMessage]:
    """A name with a typing error in it would require nothing of anybody."""
    return [
        Error(
            f"REQUIRE_SECOND_FACTOR names “{group}”, which is no group of people.",
            hint="Set it to admins or leads.",
            id="perg.E003",
        )
        for group in settings.REQUIRE_SECOND_FACTOR
        if group not in ("admins", "leads")
    ]


@register
def sessions_have_limits(**_: object) -> list[CheckMessage]:
    """A limit of nothing would let nobody in."""
    if 0 < settings.SESSION_IDLE_SECONDS <= settings.SESSION_ABSOLUTE_SECONDS:
        return []
    return [
        Error(
            "The idle limit of sessions is above zero and not above the absolute one.",
            hint="Set PERG_SESSION_IDLE_MINUTES and PERG_SESSION_HOURS.",
            id="perg.E004",
        )
    ]


@register(Tags.security)
def networks_can_be_read(**_: object) -> list[CheckMessage]:
    """A network that cannot be read would fail requests and deliveries; a proxy that is everybody is nobody."""
    lists = {"TRUSTED_PROXIES": settings.TRUSTED_PROXIES, "PERG_WEBHOOK_NETWORKS": settings.WEBHOOK_NETWORKS}
    problems: list[CheckMessage] = []
    for name, text in ((name, text) for name, texts in lists.items() for text in texts):
        hint = "Name addresses or networks, such as 10.0.0.2 or 10.0.0.0/28."
        try:
            (network,) = trusted_networks((text,))
        except ValueError as error:
            problems.append(Error(f"{name}: {error}.", hint=hint, id="perg.E005"))
            continue
        if network.prefixlen == 0 and name == "TRUSTED_PROXIES":
            problems.append(Error(f"{name}: {text} is everybody.", hint=hint, id="perg.E006"))
    return problems


@register
def rules_of_endpoints_can_be_read(**_: object) -> list[CheckMessage]:
    """A list that cannot be read allows no key and no private network, so that every call would fail."""
    errors: list[CheckMessage] = []
    try:
        KeyList.of_environment()
    except KeyRefused as error:
        hint = "Write it as NAME@host,NAME@http://host:port (docs/deployment.md)."
        errors.append(Error(str(error), hint=hint, id="perg.E008"))
    try:
        read_networks(variable(PRIVATE_NETWORKS))
    except AddressRefused as error:
        errors.append(Error(str(error), hint="Write it as 10.0.0.0/8,127.0.0.0/8.", id="perg.E009"))
    return errors
