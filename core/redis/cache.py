"""The cache in Redis. Losing Redis costs time, never work: a server that does not answer is a cache miss.

Values are JSON; typed ones go through a form of their own, a pydantic `TypeAdapter`. A server that was out of
reach a moment ago is not tried again at once, so a request waits for it once at most.
"""

import contextlib
import json
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from django.core.cache import cache
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from pydantic import TypeAdapter, ValidationError
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from core.redis.outages import outage_of

log = logging.getLogger(__name__)

T = TypeVar("T")

CONNECT_SECONDS = 1.0
ANSWER_SECONDS = 2.0


class UnreadableError(Exception):
    """A stored value is not JSON, such as one that an older release wrote."""


class JsonSerializer:
    """Whole numbers as they are, so that Redis can count; anything else as JSON."""

    def dumps(self, value: object) -> int | bytes:
        return value if type(value) is int else json.dumps(value).encode()

    def loads(self, data: Any) -> Any:  # bytes, as Redis gives them
        try:
            return json.loads(data)
        except ValueError as error:
            raise UnreadableError from error


class JsonClient(RedisCacheClient):
    """Django makes a client for every command; making one takes longer than asking for a session."""

    def __init__(self, *servers: Any, **options: Any) -> None:
        own: dict[str, Any] = {
            "serializer": JsonSerializer,
            "socket_connect_timeout": CONNECT_SECONDS,
            "socket_timeout": ANSWER_SECONDS,
            "retry": Retry(NoBackoff(), 0),
        }
        super().__init__(*servers, **(own | options))
        self._connection: Redis | None = None

    def get_client(self, key: Any = None, *, write: bool = False) -> Redis:
        if self._connection is None:
            self._connection = super().get_client(key, write=True)
        return self._connection


class ForgivingCache(RedisCache):
    """A Redis cache that is empty while Redis does not answer."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = JsonClient
        self._outage = outage_of(server)

    def add(
        self, key: str, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> bool:
        return self._try(lambda: super(ForgivingCache, self).add(key, value, timeout, version), False)

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        return self._try(lambda: super(ForgivingCache, self).get(key, default, version), default)

    def set(
        self, key: str, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> None:
        self._try(lambda: super(ForgivingCache, self).set(key, value, timeout, version), None)

    def touch(self, key: str, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return self._try(lambda: super(ForgivingCache, self).touch(key, timeout, version), False)

    def delete(self, key: str, version: int | None = None) -> bool:
        # Tried even during an outage: an ended session that stayed here would be alive again.
        return self._try(lambda: super(ForgivingCache, self).delete(key, version), False, insist=True)

    def get_many(self, keys: Iterable[str], version: int | None = None) -> dict[str, Any]:
        return self._try(lambda: super(ForgivingCache, self).get_many(keys, version), {})

    def has_key(self, key: str, version: int | None = None) -> bool:
        return self._try(lambda: super(ForgivingCache, self).has_key(key, version), False)

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        """Raises ValueError where nothing is counted, and while Redis is away."""
        count = self._try(lambda: super(ForgivingCache, self).incr(key, delta, version), None)
        if count is None:
            raise ValueError(f"Key {key!r} not found.")
        return count

    def set_many(
        self, data: Mapping[str, Any], timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> list[str]:
        return self._try(lambda: super(ForgivingCache, self).set_many(dict(data), timeout, version), [*data])

    def delete_many(self, keys: Iterable[str], version: int | None = None) -> None:
        self._try(lambda: super(ForgivingCache, self).delete_many(keys, version), None)

    def clear(self) -> None:
        self._try(super().clear, None)

    def _try(self, command: Callable[[], T], miss: T, *, insist: bool = False) -> T:
        if self._outage.is_on and (self._outage.hangs or not insist):
            return miss
        try:
            return command()
        except (RedisConnectionError, RedisTimeoutError, OSError) as error:
            self._outage.begin(error)
        except RedisError as error:
            log.warning("Redis refused a command of the cache: %s", error)
        except UnreadableError:
            log.info("A value in the cache is not JSON: computing it again")
        return miss


def read_cache(key: str, form: TypeAdapter[T]) -> T | None:
    """The cached value of this type; None where there is none, or one that an older release wrote otherwise."""
    value = cache.get(key)
    if value is None:
        return None
    try:
        return form.validate_python(value)
    except ValidationError:
        return None


def read_cache_many(keys: Iterable[str], form: TypeAdapter[T]) -> dict[str, T]:
    """The cached values of this type, by key; without those that there are none of."""
    values: dict[str, T] = {}
    if not (keys := list(keys)):  # Redis refuses to look for nothing
        return values
    for key, value in cache.get_many(keys).items():
        with contextlib.suppress(ValidationError):
            values[key] = form.validate_python(value)
    return values


def write_cache(key: str, value: T, form: TypeAdapter[T], seconds: float) -> None:
    """Cache a value of this type as JSON."""
    cache.set(key, form.dump_python(value, mode="json"), seconds)
