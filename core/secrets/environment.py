"""What the site itself uses: the variables its settings read, its secrets, and the services it connects to.

The settings report all three when they are loaded. No endpoint may use such a variable as its key or such a service
as its server, and no message shows such a secret.
"""

import os
from collections.abc import Iterable

RESERVED_PREFIXES = ("PERG_", "DJANGO_", "CELERY_", "POSTGRES", "PG", "REDIS_", "SECRET_KEY")
"""Libraries and the containers of a deployment read variables, too, without going through the settings."""

SHORTEST_SETTING = 12
"""Characters. A shorter password is a word, such as "postgres", that many texts contain."""

_reserved_variables: set[str] = {"DATABASE_URL", "REDIS_URL", "EMAIL_URL"}
_secrets_of_settings: set[str] = set()
_services: set[tuple[str, int]] = set()


def reserve_variable(name: str) -> None:
    """Note that the settings read this variable."""
    _reserved_variables.add(name.upper())


def is_reserved(name: str) -> bool:
    """Whether the site itself reads this variable, whatever its case."""
    name = name.upper()
    return name.startswith(RESERVED_PREFIXES) or name in {
        variable.upper() for variable in _reserved_variables
    }


def reserved_variables() -> frozenset[str]:
    """The variables that the settings have read, in upper case."""
    return frozenset(_reserved_variables)


def hide_setting(*values: object) -> None:
    """Note that these values of settings are secret; empty and short ones are left out."""
    _secrets_of_settings.update(
        value for value in values if isinstance(value, str) and len(value) >= SHORTEST_SETTING
    )


def secrets_of_settings() -> frozenset[str]:
    return frozenset(_secrets_of_settings)


def reserve_service(host: str | None, port: int | None) -> None:
    """Note that the site itself uses the service at this host and port."""
    if host and port:
        _services.add((host.lower(), port))


def services_at(port: int) -> Iterable[str]:
    """The hosts of the site's own services at this port."""
    return [host for host, own_port in _services if own_port == port]


def variable(name: str) -> str:
    """The variable's value without blanks at its ends; empty where it is not set."""
    return os.environ.get(name, "").strip()
