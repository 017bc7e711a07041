"""How many calls may be in flight to an account's model, over all workers: adaptive, shared through Redis.

A worker borrows a block of slots and reports every tenth of a second what became of its calls, so that a call costs
no round trip. The limit grows by addition while calls succeed, and is cut by a factor when the provider says 429,
once per round trip; a `Retry-After` is heeded once, by all. Without Redis each worker goes on with a limit of its own.
"""

import asyncio
import contextlib
import logging
import time
import uuid
from collections.abc import Callable
from importlib.resources import files
from types import TracebackType
from typing import Self

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from evaluation.llm.replies import CallFailure, Outcome

logger = logging.getLogger(__name__)

SYNC_SECONDS = 0.1
LEASE_SECONDS = 10.0
"""Slots of a worker that has not reported for so long are given to others."""
RETRY_REDIS_SECONDS = 2.0
CUT = 0.7
GROWTH_SHARE = 1 / 64
"""A round trip without a 429 adds this share of the highest limit, and 1 at least."""
LONGEST_PAUSE = 24 * 3600.0
SCRIPT = files("evaluation.llm").joinpath("limiter.lua").read_text()


class Limiter:
    """A worker's part in the shared limit. Use it in an `async with`; `wanted` says how many slots it could fill."""

    def __init__(self, redis_url: str, *, key: str, highest: int) -> None:
        """`key` names what shares the limit, e.g. account and model; `highest` is the limit it never passes."""
        self.wanted = 0
        self.in_flight = 0
        self.limit = float(highest)
        self.on_change: Callable[[], None] = lambda: None
        self._highest = highest
        self._step = max(1.0, highest * GROWTH_SHARE)
        self._worker = uuid.uuid4().hex
        self._keys = [f"perg:limit:{{{key}}}:state", f"perg:limit:{{{key}}}:workers"]
        self._granted = 0
        self._reported: int | None = None
        self._epoch = 0
        self._not_before = 0.0
        self._peak = 0
        self._successes = 0
        self._struck: tuple[int, float] | None = None
        self._alone = self._closing = False
        self._try_redis_at = 0.0
        self._news = asyncio.Event()
        self._turn = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._redis = Redis.from_url(
            redis_url, socket_timeout=1.0, socket_connect_timeout=1.0, retry=Retry(NoBackoff(), 0)
        )
        self._script = self._redis.register_script(SCRIPT)

    @property
    def pause(self) -> float:
        """Seconds until calls may start again, as a `Retry-After` asked; 0 when they may."""
        return max(self._not_before - time.monotonic(), 0.0)

    def start(self) -> int | None:
        """Take a slot, and give the epoch that `finish` wants to hear; None: there is none now."""
        # While a report is under way, others may be granted what it does not hold.
        may_hold = self._granted if self._reported is None else min(self._granted, self._reported)
        if self.in_flight >= may_hold or self.pause:
            return None
        self.in_flight += 1
        self._peak = max(self._peak, self.in_flight)
        return self._epoch

    def finish(self, epoch: int, outcome: Outcome) -> None:
        """Give the slot back, and count what the call says of the limit."""
        self.in_flight -= 1
        match outcome:
            case CallFailure(rate_limited=True):
                if epoch == self._epoch:
                    wait = min(outcome.retry_after or 0.0, LONGEST_PAUSE)
                    if self._struck is not None and self._struck[0] == epoch:
                        wait = max(wait, self._struck[1])
                    self._struck = (epoch, wait)
                    self._news.set()
            case CallFailure():
                pass  # an overloaded or broken server is no sign of too many calls of ours
            case _:
                self._successes += 1

    def want(self, slots: int) -> None:
        """Say how many slots could be filled. A number above the grant is reported at once."""
        slots = min(slots, self._highest)
        if slots > self._granted and slots > self.wanted:
            self._news.set()
        self.wanted = slots

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._keep_in_step())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._task is not None
        # Asked, and not cancelled: a client in mid-command may take a cancellation for a time-out, and go on.
        self._closing = True
        self._news.set()
        await self._task
        with contextlib.suppress(RedisError, OSError):
            await self._redis.hdel(self._keys[0], f"held:{self._worker}", f"wants:{self._worker}")
            await self._redis.zrem(self._keys[1], self._worker)
        with contextlib.suppress(RedisError, OSError):
            await self._redis.aclose()

    async def _keep_in_step(self) -> None:
        while not self._closing:
            self._news.clear()
            await self.sync()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SYNC_SECONDS):
                    await self._news.wait()

    async def sync(self) -> None:
        """Report, and learn what is granted. One at a time: an older answer must not overwrite a newer one."""
        async with self._turn:
            self._reported = self.in_flight
            try:
                await self._sync()
            finally:
                self._reported = None
            self.on_change()

    async def _sync(self) -> None:
        struck, self._struck = self._struck, None
        successes, self._successes = self._successes, 0
        peak, self._peak = self._peak, self.in_flight
        slots = self.wanted
        if self._alone and time.monotonic() < self._try_redis_at:
            self._step_alone(slots, peak, successes, struck)
            return
        try:
            granted, epoch, pause, limit = await self._script(
                keys=self._keys,
                args=[
                    self._worker,
                    self.in_flight,
                    slots,
                    peak,
                    successes,
                    self._highest,
                    self._step,
                    int(LEASE_SECONDS * 1000),
                    -1 if struck is None else struck[0],
                    0 if struck is None else int(struck[1] * 1000),
                    CUT,
                ],
            )
        except (RedisError, OSError) as error:
            self._go_alone(error)
            self._step_alone(slots, peak, successes, struck)
        else:
            if self._alone:
                logger.info("Redis is back: the limit of %s is shared again.", self._keys[0])
            self._alone = False
            self._granted, self._epoch, self.limit = int(granted), int(epoch), int(limit) / 1000
            self._pause_for(int(pause) / 1000)

    def _go_alone(self, error: Exception) -> None:
        """Until Redis is back: no more than was granted last, or a quarter of the highest limit."""
        if not self._alone:
            self.limit = float(max(self._granted, self._highest // 4, 1))
            logger.warning(
                "The shared limit is out of reach (%s): going on with %d calls at a time.", error, self.limit
            )
        self._alone = True
        self._try_redis_at = time.monotonic() + RETRY_REDIS_SECONDS

    def _step_alone(self, slots: int, peak: int, successes: int, struck: tuple[int, float] | None) -> None:
        """The rule of the script, without the others."""
        if struck is None:
            self.limit = min(self._highest, self.limit + successes * self._step / self.limit)
        elif struck[0] == self._epoch:
            self.limit = max(1.0, min(self.limit, peak) * CUT)
            self._epoch += 1
            self._pause_for(struck[1])
        self._granted = min(slots, int(self.limit))

    def _pause_for(self, seconds: float) -> None:
        self._not_before = time.monotonic() + seconds if seconds > 0 else 0.0
