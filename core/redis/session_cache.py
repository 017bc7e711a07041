"""The cache in front of the sessions in PostgreSQL. Losing Redis costs time, never work, nor a login."""

from typing import Any

from core.redis.cache import ForgivingCache

LONGEST_SECONDS = 300
"""A session that was ended while Redis was away is back with it for so long at most."""


class SessionCache(ForgivingCache):
    """Keeps sessions for a few minutes; they are read from the database where they are not here."""

    def set(self, key: str, value: Any, timeout: float | None = None, version: int | None = None) -> None:
        super().set(key, value, min(timeout or LONGEST_SECONDS, LONGEST_SECONDS), version)
