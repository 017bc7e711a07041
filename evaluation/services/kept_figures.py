"""Figures that take long: a worker computes them, Redis keeps them, and who asks is told what they are as of.

Each is kept with a stamp of what it was computed from. The stamp is read before the input, so that what changes
meanwhile makes the figures late, never wrongly current. Losing Redis costs time: then they are computed at once.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from django.core.cache import cache
from django.utils import timezone
from redis.exceptions import RedisError

from evaluation import __version__
from evaluation.broken_off import why_it_broke_off
from evaluation.models.trouble import LOST, LOST_AFTER, pause_after
from evaluation.services.wake import wake

T = TypeVar("T")

PATIENCE = 20
"""Figures of what changes all the time are computed anew after so many times as long as computing them took."""

ASKED_SECONDS = 180
"""So long a worker is waited for before another one is asked."""

KEPT_SECONDS = 7 * 24 * 3600


@dataclass(frozen=True, slots=True)
class BrokenOff:
    """Why computing figures broke off, the last of so many tries."""

    why: str
    at: datetime
    tries: int

    @property
    def again_at(self) -> datetime:
        """When a worker is asked again, if somebody still waits: each time after twice as long."""
        return self.at + pause_after(self.tries)


@dataclass(frozen=True, slots=True)
class Kept(Generic[T]):
    """Figures, what they are as of, and whether nothing has changed since.

    `value` is None where they have never been computed; `failure` is there where computing them anew broke off, until
    it succeeds. `name` is what they are kept as.
    """

    value: T | None
    as_of: datetime | None
    is_current: bool
    failure: BrokenOff | None = None
    name: str = ""

    @classmethod
    def just_now(cls, value: T) -> "Kept[T]":
        """Figures computed for whoever asks."""
        return cls(value, timezone.now(), is_current=True)


@dataclass(frozen=True, slots=True)
class _Entry(Generic[T]):
    stamp: str
    as_of: datetime
    seconds: float
    value: T

    def is_due(self) -> bool:
        return timezone.now() - self.as_of >= timedelta(seconds=PATIENCE * self.seconds)


def kept_figures(
    name: str, *, stamp: str, task: str, keys: tuple[int | str, ...], compute: Callable[[], T]
) -> Kept[T]:
    """The figures called `name` as they are kept; where they are late, a worker is asked for them by `task`(*keys).

    `compute` is only called where Redis cannot be reached.
    """
    try:
        entry: _Entry[T] | None = cache.get(_key(name))
        if entry is not None and entry.stamp == stamp:
            return Kept(entry.value, entry.as_of, is_current=True)
        failure = _failure(name)
        is_wanted = timezone.now() >= failure.again_at if failure else entry is None or entry.is_due()
        if is_wanted and cache.add(_asked(name), 1, ASKED_SECONDS):
            wake(task, *keys)
    except RedisError:
        return Kept.just_now(compute())
    if entry is None:
        return Kept(None, None, is_current=False, failure=failure, name=name)
    return Kept(entry.value, entry.as_of, is_current=False, failure=failure, name=name)


def keep_figures(name: str, *, stamp: Callable[[], str], compute: Callable[[], T]) -> T:
    """Compute the figures called `name` and keep them, unless those that are kept are current; give them.

    For workers, and for programs that would rather wait.
    """
    began, as_of, computed_from = time.monotonic(), timezone.now(), stamp()
    entry: _Entry[T] | None = cache.get(_key(name))
    cache.add(
        _begun(name), as_of, KEPT_SECONDS
    )  # stays where the worker is killed, however often it is tried
    try:
        if entry is None or entry.stamp != computed_from:
            entry = _Entry(computed_from, as_of, 0.0, compute())
            entry = replace(entry, seconds=time.monotonic() - began)
            cache.set(_key(name), entry, KEPT_SECONDS)
        cache.delete(_failed(name))
    except Exception as error:
        before: BrokenOff | None = cache.get(_failed(name))
        failure = BrokenOff(why_it_broke_off(error), timezone.now(), before.tries + 1 if before else 1)
        cache.set(_failed(name), failure, KEPT_SECONDS)
        raise
    finally:
        cache.delete_many([_asked(name), _begun(name)])
    return entry.value


def forget_failure(name: str) -> None:
    """Have a worker asked again for the figures called `name` as soon as somebody looks at them."""
    cache.delete_many([_failed(name), _asked(name), _begun(name)])


def kept_text(name: str, write: Callable[[], str]) -> str:
    """A text that never changes, such as a long page of a stored document: written once, then read."""
    try:
        found: str | None = cache.get(_key(name))
        if found is None:
            found = write()
            cache.set(_key(name), found, KEPT_SECONDS)
    except RedisError:
        return write()
    return found


def _failure(name: str) -> BrokenOff | None:
    """Why computing the figures broke off, or that its worker was lost."""
    failure: BrokenOff | None = cache.get(_failed(name))
    begun: datetime | None = None if failure else cache.get(_begun(name))
    if begun is not None and timezone.now() - begun > LOST_AFTER:
        return BrokenOff(LOST, begun, 1)
    return failure


def _key(name: str) -> str:
    return f"kept/{__version__}/{name}"


def _asked(name: str) -> str:
    return f"{_key(name)}/asked"


def _begun(name: str) -> str:
    return f"{_key(name)}/begun"


def _failed(name: str) -> str:
    return f"{_key(name)}/failed"
