"""Figures that take long: a worker computes them, Redis caches them, and the caller learns how fresh they are.

They are cached as JSON, which `form` writes and reads, each with a stamp of what it was computed from. The stamp is
read before the input, so that what changes meanwhile makes the figures late, never wrongly current. Losing Redis costs
time: then they are computed at once.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from django.core.cache import cache
from django.utils import timezone
from pydantic import TypeAdapter, ValidationError

from core.jobs.broken_off import why_it_broke_off
from core.jobs.tries import LOST, LOST_AFTER, pause_after
from core.jobs.wake import wake
from core.redis.cache import read_cache, write_cache
from core.redis.outages import redis_is_away
from perg import __version__

T = TypeVar("T")

PATIENCE = 20
"""Figures of what changes all the time are computed again after this many times as long as computing them took."""

REQUEST_SECONDS = 180
"""So long a worker is waited for before another one is asked."""

CACHE_SECONDS = 7 * 24 * 3600


@dataclass(frozen=True, slots=True)
class BrokenOff:
    """Why the last attempt to compute figures failed, and how many have."""

    why: str
    at: datetime
    tries: int

    @property
    def again_at(self) -> datetime:
        """When a worker is asked again, if somebody still waits: each time after twice as long."""
        return self.at + pause_after(self.tries)


@dataclass(frozen=True, slots=True)
class CachedFigures(Generic[T]):
    """Figures, what they are as of, and whether nothing has changed since.

    `value` is None where they have never been computed; `failure` is there where computing them again failed, until
    it succeeds. `name` is the name that they are cached under.
    """

    value: T | None
    as_of: datetime | None
    is_current: bool
    failure: BrokenOff | None = None
    name: str = ""

    @classmethod
    def just_now(cls, value: T) -> "CachedFigures[T]":
        """Figures computed for the caller."""
        return cls(value, timezone.now(), is_current=True)


@dataclass(frozen=True, slots=True)
class _Entry:
    """What is cached: `value` as JSON, which the form of the figures reads."""

    stamp: str
    as_of: datetime
    seconds: float
    value: Any

    def is_due(self) -> bool:
        return timezone.now() - self.as_of >= timedelta(seconds=PATIENCE * self.seconds)


_ENTRY = TypeAdapter(_Entry)
_BROKEN_OFF = TypeAdapter(BrokenOff)
_TIME = TypeAdapter(datetime)


def cached_figures(
    name: str,
    *,
    form: TypeAdapter[T],
    stamp: str,
    task: str,
    keys: tuple[int | str, ...],
    compute: Callable[[], T],
) -> CachedFigures[T]:
    """The figures called `name` as cached; where they are out of date, a worker computes them by `task`(*keys).

    `compute` is only called where Redis cannot be reached.
    """
    entry = read_cache(_key(name), _ENTRY)
    value = None if entry is None else _value(entry, form)
    if entry is not None and value is None:  # Another release wrote it in another form.
        entry = None
    if entry is not None and entry.stamp == stamp:
        return CachedFigures(value, entry.as_of, is_current=True)
    failure = _failure(name)
    is_due = timezone.now() >= failure.again_at if failure else entry is None or entry.is_due()
    if is_due and cache.add(_requested(name), 1, REQUEST_SECONDS):
        wake(task, *keys)
    if redis_is_away():
        return CachedFigures.just_now(compute())
    as_of = None if entry is None else entry.as_of
    return CachedFigures(value, as_of, is_current=False, failure=failure, name=name)


def refresh_figures(
    name: str, *, form: TypeAdapter[T], stamp: Callable[[], str], compute: Callable[[], T]
) -> T:
    """Compute the figures called `name` and cache them, unless the cached ones are current; give them.

    For workers, and for programs that would rather wait.
    """
    began, as_of, computed_from = time.monotonic(), timezone.now(), stamp()
    entry = read_cache(_key(name), _ENTRY)
    value = _value(entry, form) if entry is not None and entry.stamp == computed_from else None
    # Stays where the worker is killed, however often it is tried.
    cache.add(_begun(name), as_of.isoformat(), CACHE_SECONDS)
    try:
        if value is None:
            value = compute()
            seconds = time.monotonic() - began
            entry = _Entry(computed_from, as_of, seconds, form.dump_python(value, mode="json"))
            write_cache(_key(name), entry, _ENTRY, CACHE_SECONDS)
        cache.delete(_failed(name))
    except Exception as error:
        before = read_cache(_failed(name), _BROKEN_OFF)
        failure = BrokenOff(why_it_broke_off(error), timezone.now(), before.tries + 1 if before else 1)
        write_cache(_failed(name), failure, _BROKEN_OFF, CACHE_SECONDS)
        raise
    finally:
        cache.delete_many([_requested(name), _begun(name)])
    return value


def forget_failure(name: str) -> None:
    """Have a worker asked again for the figures called `name` as soon as somebody looks at them."""
    cache.delete_many([_failed(name), _requested(name), _begun(name)])


def cached_text(name: str, write: Callable[[], str]) -> str:
    """A text that never changes, such as a long page of a stored document: written once, then read."""
    text: str | None = cache.get(_key(name))
    if text is None:
        text = write()
        cache.set(_key(name), text, CACHE_SECONDS)
    return text


def _failure(name: str) -> BrokenOff | None:
    """Why computing the figures failed, or that its worker was lost."""
    failure = read_cache(_failed(name), _BROKEN_OFF)
    begun = None if failure else read_cache(_begun(name), _TIME)
    if begun is not None and timezone.now() - begun > LOST_AFTER:
        return BrokenOff(LOST, begun, 1)
    return failure


def _value(entry: _Entry, form: TypeAdapter[T]) -> T | None:
    try:
        return form.validate_python(entry.value)
    except ValidationError:
        return None


def _key(name: str) -> str:
    return f"figures/{__version__}/{name}"


def _requested(name: str) -> str:
    return f"{_key(name)}/requested"


def _begun(name: str) -> str:
    return f"{_key(name)}/begun"


def _failed(name: str) -> str:
    return f"{_key(name)}/failed"
