"""The cache in front of the sessions in PostgreSQL. Losing Redis costs time, never work, nor a login."""

import logging
from typing import Any

from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis import Redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

LONGEST_SECONDS = 300
"""A session that was ended while Redis was away is back with it for so long at most."""


class KeptClient(RedisCacheClient):
    """Django makes a client for every command; making one takes longer than asking for a session."""

    def __init__(self, *servers: Any, **options: Any) -> None:
        super().__init__(*servers, **options)
        self._kept: Redis | None = None

    def get_client(self, key: Any = None, *, write: bool = False) -> Redis:
        if self._kept is None:
            self._kept = super().get_client(key, write=True)
        return self._kept


class SessionCache(RedisCache):
    """A Redis cache that is as good as empty while Redis does not answer: sessions are read from the database then."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = KeptClient

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        try:
            return super().get(key, default, version)
        except RedisError as error:
            return self._without(error, default)

    def set(self, key: str, value: Any, timeout: Any = None, version: int | None = None) -> None:
        try:
            super().set(key, value, min(timeout or LONGEST_SECONDS, LONGEST_SECONDS), version)
        except RedisError as error:
            self._without(error)

    def delete(self, key: str, version: int | None = None) -> bool:
        try:
            return super().delete(key, version)
        except RedisError as error:
            return bool(self._without(error, False))

    def has_key(self, key: str, version: int | None = None) -> bool:
        try:
            return super().has_key(key, version)
        except RedisError as error:
            return bool(self._without(error, False))

    def _without(self, error: RedisError, instead: Any = None) -> Any:
        log.warning("Sessions are read from the database: %s", error)
        return instead
