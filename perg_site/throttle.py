"""Counting attempts in the cache, so that passwords cannot be guessed by trying, nor mailboxes be filled."""

import contextlib
import hashlib
import logging
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network

from django.core.cache import cache
from django.http import HttpRequest
from redis.exceptions import RedisError

from perg_site.proxies import parsed

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Throttle:
    """At most `limit` attempts with the same key in `seconds`, counted from the first of them."""

    name: str
    limit: int
    seconds: int

    def attempt(self, *key: str) -> bool:
        """Count an attempt; False if there were too many. It is counted before it is made, so that many at once
        do not all pass.

        Losing Redis costs time, never work: without it, everybody may try.
        """
        where = self._where(key)
        try:
            cache.add(where, 0, self.seconds)
            return cache.incr(where) <= self.limit
        except ValueError:  # it ran out between the two
            return True
        except RedisError:
            log.warning("%s: attempts are not counted, the cache does not answer", self.name)
            return True

    def is_spent(self, *key: str) -> bool:
        """Whether the next attempt would be one too many."""
        try:
            return int(cache.get(self._where(key), 0)) >= self.limit
        except RedisError:
            return False

    def take_back(self, *key: str) -> None:
        """An attempt that was a good one does not count."""
        with contextlib.suppress(ValueError, RedisError):  # ValueError: it has run out
            cache.decr(self._where(key))

    def forget(self, *key: str) -> None:
        """Start anew."""
        with contextlib.suppress(RedisError):
            cache.delete(self._where(key))

    def _where(self, key: tuple[str, ...]) -> str:
        # A digest: a key may be of any length, and what people type is nothing to keep.
        digest = hashlib.sha256("\n".join(key).encode("utf-8", "surrogatepass")).hexdigest()
        return f"throttle:{self.name}:{digest}"


def address_of(request: HttpRequest) -> str:
    """Where the request comes from: the client, also behind a stated proxy (`perg_site.proxies`).

    Of an IPv6 address the network: whoever has one address has the 2^64 of its network, too.
    """
    address = parsed(request.META.get("REMOTE_ADDR", ""))
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, 64), strict=False))
    return str(address or "")
