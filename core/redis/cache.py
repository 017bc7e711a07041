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
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
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
COUNT_ON = "return redis.call('EXISTS', KEYS[1]) == 1 and redis.call('INCRBY', KEYS[1], ARGV[1])"
"""In one command: what has run out must not begin again, without an end."""


class UnreadableError(Exception):
    """A stored value is not JSON, such as one that an older release wrote."""


class ForgivingCache(BaseCache):
    """A cache in Redis that is empty while Redis does not answer.

    Django's own backend makes a new client for every command, which takes longer than the command.
    """

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        self.client = Redis.from_url(
            server,
            socket_connect_timeout=CONNECT_SECONDS,
            socket_timeout=ANSWER_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        self._outage = outage_of(server)

    def add(
        self, key: str, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> bool:
        name, data, seconds = self._name(key, version), _dumped(value), self._seconds(timeout)
        return self._try(lambda: bool(self.client.set(name, data, ex=seconds, nx=True)), False)

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        name = self._name(key, version)
        return self._try(lambda: _loaded(self.client.get(name), default), default)

    def get_many(self, keys: Iterable[str], version: int | None = None) -> dict[str, Any]:
        names = {key: self._name(key, version) for key in keys}
        if not names:  # Redis refuses to look for nothing
            return {}

        def stored() -> dict[str, Any]:
            values = zip(names, self.client.mget([*names.values()]), strict=True)
            return {key: _loaded(data, None) for key, data in values if data is not None}

        return self._try(stored, {})

    def set(
        self, key: str, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> None:
        name, data, seconds = self._name(key, version), _dumped(value), self._seconds(timeout)
        self._try(lambda: self.client.set(name, data, ex=seconds), None)

    def set_many(
        self, data: Mapping[str, Any], timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> list[str]:
        values = {self._name(key, version): _dumped(value) for key, value in data.items()}
        seconds = self._seconds(timeout)

        def store() -> list[str]:
            pipeline = self.client.pipeline()
            for name, value in values.items():
                pipeline.set(name, value, ex=seconds)
            pipeline.execute()
            return []

        return self._try(store, [*data])

    def touch(self, key: str, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        name, seconds = self._name(key, version), self._seconds(timeout)
        if seconds is None:
            return self._try(lambda: bool(self.client.persist(name)), False)
        return self._try(lambda: bool(self.client.expire(name, seconds)), False)

    def delete(self, key: str, version: int | None = None) -> bool:
        # Tried even during an outage: an ended session that stayed here would be alive again.
        name = self._name(key, version)
        return self._try(lambda: bool(self.client.delete(name)), False, insist=True)

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        """Raises ValueError where nothing is counted, and while Redis is away."""
        name = self._name(key, version)
        count = self._try(lambda: self.client.eval(COUNT_ON, 1, name, delta), None)
        if count is None:
            raise ValueError(f"Key {key!r} not found.")
        return int(count)

    def clear(self) -> None:
        self._try(self.client.flushdb, False)

    def _name(self, key: str, version: int | None) -> str:
        return self.make_and_validate_key(key, version)

    def _seconds(self, timeout: float | None) -> int | None:
        """None: without limit. Redis takes no time of 0: what is to end at once ends in a second."""
        seconds = self.default_timeout if timeout is DEFAULT_TIMEOUT else timeout
        return None if seconds is None else max(1, int(seconds))

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


def _dumped(value: object) -> int | bytes:
    """Whole numbers as they are, so that Redis can count; anything else as JSON."""
    return value if type(value) is int else json.dumps(value).encode()


def _loaded(data: Any, default: Any) -> Any:  # bytes, as Redis gives them
    if data is None:
        return default
    try:
        return json.loads(data)
    except ValueError as error:
        raise UnreadableError from error


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
    for key, value in cache.get_many(keys).items():
        with contextlib.suppress(ValidationError):
            values[key] = form.validate_python(value)
    return values


def write_cache(key: str, value: T, form: TypeAdapter[T], seconds: float) -> None:
    """Cache a value of this type as JSON."""
    cache.set(key, form.dump_python(value, mode="json"), seconds)
