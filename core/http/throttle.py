"""Counting attempts in the cache, so that passwords cannot be guessed by trying, nor mailboxes be filled."""

import contextlib
import hashlib
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network

from django.core.cache import BaseCache, cache, caches
from django.http import HttpRequest

from core.http.proxies import parsed
from core.redis.outages import redis_is_away

PROCESS = "process"
"""The cache that counts while Redis is away: each process by itself."""


@dataclass(frozen=True, slots=True)
class Throttle:
    """At most `limit` attempts with the same key in `seconds`, counted from the first of them."""

    name: str
    limit: int
    seconds: int

    def attempt(self, *key: str) -> bool:
        """Count an attempt; False if there were too many. It is counted before it is made, so that many at once
        do not all pass.

        While Redis is away, each process counts for itself: people can log in, and nobody can guess without end.
        What it has counted still holds when Redis is back.
        """
        where = self._where(key)
        count, own = self._count(cache, where), caches[PROCESS]
        if count is None and redis_is_away():
            count = self._count(own, where)
        elif count is not None:
            count += int(own.get(where, 0))
        return count is None or count <= self.limit

    def is_spent(self, *key: str) -> bool:
        """Whether the next attempt would be one too many."""
        where = self._where(key)
        return sum(int(counts.get(where, 0)) for counts in (cache, caches[PROCESS])) >= self.limit

    def take_back(self, *key: str) -> None:
        """An attempt that was a good one does not count."""
        for counts in (cache, caches[PROCESS]):
            with contextlib.suppress(ValueError):  # it has run out
                counts.decr(self._where(key))

    def forget(self, *key: str) -> None:
        """Count from the start again."""
        for counts in (cache, caches[PROCESS]):
            counts.delete(self._where(key))

    def _count(self, counts: BaseCache, where: str) -> int | None:
        """Count an attempt; None where there is nothing to count in: Redis is away, or the time has just run out."""
        with contextlib.suppress(ValueError):  # nothing is counted yet
            return counts.incr(where)
        counts.add(where, 0, self.seconds)
        with contextlib.suppress(ValueError):
            return counts.incr(where)
        return None

    def _where(self, key: tuple[str, ...]) -> str:
        # A digest: a key may be of any length, and what people type is nothing to keep.
        digest = hashlib.sha256("\n".join(key).encode("utf-8", "surrogatepass")).hexdigest()
        return f"throttle:{self.name}:{digest}"


def address_of(request: HttpRequest) -> str:
    """Where the request comes from: the client, also behind a stated proxy (`core.http.proxies`).

    Of an IPv6 address the network: the owner of one address also has the other 2^64 of its network.
    """
    address = parsed(request.META.get("REMOTE_ADDR", ""))
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, 64), strict=False))
    return str(address or "")
