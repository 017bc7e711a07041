"""The environment as the settings read it. Each variable they read is noted: no endpoint may name it as its key."""

from typing import Any
from urllib.parse import urlsplit

import environ

from core.secrets.environment import hide_setting, reserve_service, reserve_variable
from perg_site.deployment.secret_files import environment_value

DEFAULT_PORTS = {
    "postgres": 5432,
    "postgresql": 5432,
    "postgis": 5432,
    "redis": 6379,
    "rediss": 6379,
    "smtp": 25,
    "smtps": 465,
}


class SettingsEnvironment(environ.Env):  # type: ignore[misc]  # django-environ has no types
    """django-environ's reader, which notes every variable that it is asked for."""

    def get_value(self, var: str, *args: Any, **kwargs: Any) -> Any:
        reserve_variable(f"{self.prefix}{var}")
        return super().get_value(var, *args, **kwargs)

    def secret(self, name: str) -> str:
        """A secret from its variable or its file (`NAME_FILE`); empty without either."""
        reserve_variable(name)
        reserve_variable(f"{name}_FILE")
        return environment_value(name)


def protect_service(url: str) -> None:
    """Keep the password of a service's URL out of messages, and endpoints away from the service."""
    try:
        parts = urlsplit(url)
        hide_setting(parts.password)
        reserve_service(parts.hostname, parts.port or DEFAULT_PORTS.get(parts.scheme.partition("+")[0]))
    except ValueError:  # the settings themselves refuse the URL, or a check does
        return
