"""Whether a Redis server was out of reach a moment ago, so that a request waits for it once at most."""

import logging
import time
from dataclasses import dataclass, field

from django.conf import settings
from redis.exceptions import TimeoutError as RedisTimeoutError

log = logging.getLogger(__name__)

OUTAGE_SECONDS = 5.0
"""How long a server that did not answer is left alone."""


@dataclass(slots=True)
class Outage:
    """Whether a Redis server was out of reach a moment ago. One for each server and process."""

    server: str
    hangs: bool = False
    """Whether it took the call and said nothing: each further try would wait as long."""
    _until: float = field(default=0.0, repr=False)

    @property
    def is_on(self) -> bool:
        return time.monotonic() < self._until

    def begin(self, error: Exception) -> None:
        """Leave the server alone for a while."""
        if not self.is_on:
            log.warning("Redis does not answer (%s): going on without it for now", error)
        self.hangs = isinstance(error, RedisTimeoutError)
        self._until = time.monotonic() + OUTAGE_SECONDS

    def end(self) -> None:
        """The server may be tried again."""
        self._until = 0.0


_outages: dict[str, Outage] = {}


def outage_of(server: str) -> Outage:
    """The outage of the server with this address, which everything that uses the server shares."""
    return _outages.setdefault(server, Outage(server))


def redis_is_away() -> bool:
    """Whether the site's Redis was out of reach a moment ago. Ask after using the cache."""
    return outage_of(settings.REDIS_URL).is_on
