"""Calls to an API, many at a time: claiming, calling and recording overlap, in one worker's event loop.

What is claimed and not yet recorded is bounded: a queue of one chunk, the calls in flight, and the results of the
last moments.
"""

import asyncio
import contextlib
import logging
import time
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from typing import ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import OperationalError, connection

from evaluation.endpoints.services.endpoints import has_changed_since, limit_key
from evaluation.engine.calls.claims import (
    Claimed,
    claim_completions,
    release_claimed,
    renew_leases,
    seconds_until_due,
    stopped_runs,
)
from evaluation.engine.calls.recording import Finished, record_finished
from evaluation.llm.limiter import Limiter
from evaluation.llm.providers import ApiProvider
from evaluation.llm.replies import CallFailure, Outcome
from evaluation.models import Endpoint

logger = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

RECORD_AT = 200
RECORD_SECONDS = 0.2
AFTER_CHUNK_SECONDS = 1.0
CLAIM_AGAIN_SECONDS = 0.5
CHECK_RUNS_SECONDS = 2.0
SMALLEST_QUEUE = 8
DATABASE_PATIENCE = (0.5, 1.0, 2.0, 4.0, 8.0)


class Pipeline:
    """One worker's calls to one endpoint. `run` it once."""

    def __init__(
        self,
        endpoint: Endpoint,
        provider: ApiProvider,
        *,
        after_chunk: Callable[[], None],
        should_stop: Callable[[], bool],
        patience: float,
    ) -> None:
        """`patience`: seconds to wait at most for the next retry or the end of a pause, where nothing is in flight."""
        self._endpoint = endpoint
        self._provider = provider
        self._after_chunk = after_chunk
        self._should_stop = should_stop
        self._patience = patience
        self._lease = uuid.uuid4()
        self._queue: deque[Claimed] = deque()
        self._in_flight: dict[asyncio.Task[None], Claimed] = {}
        self._finished: list[Finished] = []
        self._recorded = 0
        now = time.monotonic()
        self._claim_at = self._record_at = self._check_runs_at = now
        self._renew_at = now + settings.COMPLETION_LEASE_SECONDS / 3
        self._after_chunk_at = now
        self._check_endpoint_at = now + CHECK_RUNS_SECONDS
        self._chunk_open = self._exhausted = self._is_superseded = self._was_left = False

    async def run(self) -> int:
        """Call until nothing waits, or until told to stop; give the number of results recorded."""
        self._news = asyncio.Event()
        self._limiter = Limiter(
            settings.REDIS_URL,
            key=limit_key(self._endpoint),
            highest=self._endpoint.max_concurrency,
        )
        self._limiter.on_change = self._start_calls
        try:
            async with self._limiter:
                await self._work()
        finally:
            left = list(self._in_flight)  # only where an error ended the loop: their leases expire
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)
            await self._provider.aclose()
        return self._recorded

    async def _work(self) -> None:
        while True:
            self._news.clear()
            stopping = self._should_stop() or self._is_superseded
            await self._record(at_once=stopping or not self._in_flight)
            await self._keep_leases()
            await self._look_at_endpoint()
            if stopping or self._limiter.pause > self._patience:
                await self._release(list(self._queue))
                stopping = True
            if not stopping and self._claim_is_due():
                await self._claim()
            self._start_calls()
            if not stopping and self._claim_is_due():
                continue
            if not self._in_flight and not self._finished and not self._queue:
                wait = None if stopping else await self._until_due()
                if wait is None:
                    break
                self._claim_at = time.monotonic() + wait
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RECORD_SECONDS):
                    await self._news.wait()
        await self._finish_chunk()

    def _room(self) -> int:
        """How long the queue may be: enough for the calls that end while the next chunk is claimed."""
        chunk: int = settings.COMPLETION_CHUNK
        return min(chunk, max(2 * int(self._limiter.limit), SMALLEST_QUEUE))

    def _claim_is_due(self) -> bool:
        return len(self._queue) <= self._room() // 2 and time.monotonic() >= self._claim_at

    async def _claim(self) -> None:
        claim = await _in_database(
            claim_completions,
            self._endpoint,
            limit=max(self._room() - len(self._queue), 1),
            lease=self._lease,
        )
        self._queue.extend(claim.completions)
        self._exhausted = not claim.completions
        if claim.completions:
            self._was_left = False
        else:
            self._claim_at = time.monotonic() + CLAIM_AGAIN_SECONDS

    async def _until_due(self) -> float | None:
        """Idle: how long to wait before the next claim; None: there is nothing to wait for."""
        await self._finish_chunk()  # what it sets off may be for this endpoint
        due = await _in_database(seconds_until_due, self._endpoint)
        if due is None or due > self._patience:
            return None
        if due == 0.0 and time.monotonic() < self._claim_at:
            # The last claim left it. It may have become due just after; if not, a budget forbids it.
            if self._was_left:
                return None
            self._was_left = True
        return due

    def _start_calls(self) -> None:
        while self._queue and (epoch := self._limiter.start()) is not None:
            claimed = self._queue.popleft()
            task = asyncio.create_task(self._call(claimed, epoch))
            self._in_flight[task] = claimed
            task.add_done_callback(self._called)
        # While the queue behind us is not known to be empty, there will be work for as many as may be in flight.
        more = len(self._in_flight) + len(self._queue)
        self._limiter.want(more if self._exhausted else self._endpoint.max_concurrency)

    async def _call(self, claimed: Claimed, epoch: int) -> None:
        outcome: Outcome = CallFailure("cancelled", "The worker gave up.", retryable=True)
        began = time.perf_counter()
        try:
            outcome = await self._provider.complete(claimed.request)
            self._finished.append(Finished(claimed, outcome, time.perf_counter() - began))
        finally:
            self._limiter.finish(epoch, outcome)

    def _called(self, task: asyncio.Task[None]) -> None:
        claimed = self._in_flight.pop(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # Failures are outcomes: an exception is a fault of ours. It must not take the other calls with it.
            logger.error("Calling completion %d failed.", claimed.pk, exc_info=error)
            failure = CallFailure("provider_error", repr(error), retryable=False, may_be_billed=True)
            self._finished.append(Finished(claimed, failure))
        self._start_calls()
        if len(self._finished) >= RECORD_AT or not self._in_flight or self._claim_is_due():
            self._news.set()

    async def _record(self, *, at_once: bool) -> None:
        now = time.monotonic()
        if self._finished and (at_once or len(self._finished) >= RECORD_AT or now >= self._record_at):
            finished, self._finished = self._finished, []
            self._recorded += await self._record_patiently(finished)
            self._record_at = time.monotonic() + RECORD_SECONDS
            self._claim_at = min(self._claim_at, self._record_at)
            self._chunk_open = True
        if self._chunk_open and time.monotonic() >= self._after_chunk_at:
            await self._finish_chunk()

    async def _record_patiently(self, finished: Sequence[Finished]) -> int:
        """A database that is away for a moment is waited for: the results have been paid."""
        for pause in DATABASE_PATIENCE:
            try:
                return await _in_database(record_finished, self._lease, finished, self._endpoint)
            except OperationalError:
                logger.warning("The database is away; %d results wait for it.", len(finished), exc_info=True)
                await _in_database(connection.close)
                await asyncio.sleep(pause)
        return await _in_database(record_finished, self._lease, finished, self._endpoint)

    async def _finish_chunk(self) -> None:
        if self._chunk_open:
            self._chunk_open = False
            await _in_database(self._after_chunk)
            self._after_chunk_at = time.monotonic() + AFTER_CHUNK_SECONDS
            self._claim_at = time.monotonic()

    async def _keep_leases(self) -> None:
        now = time.monotonic()
        if now >= self._renew_at:
            held = [*self._in_flight.values(), *self._queue, *(call.claimed for call in self._finished)]
            await _in_database(renew_leases, self._lease, [claimed.pk for claimed in held])
            self._renew_at = now + settings.COMPLETION_LEASE_SECONDS / 3
        if self._queue and now >= self._check_runs_at:
            payers = {claimed.run_id for claimed in self._queue if claimed.run_id is not None}
            if payers and (stopped := await _in_database(stopped_runs, payers)):
                await self._release([claimed for claimed in self._queue if claimed.run_id in stopped])
            self._check_runs_at = now + CHECK_RUNS_SECONDS

    async def _look_at_endpoint(self) -> None:
        """After an address is corrected, the rest is not called at the old one: another pipeline goes on."""
        now = time.monotonic()
        if now >= self._check_endpoint_at:
            self._is_superseded = await _in_database(has_changed_since, self._endpoint)
            self._check_endpoint_at = now + CHECK_RUNS_SECONDS

    async def _release(self, claimed: Sequence[Claimed]) -> None:
        if not claimed:
            return
        # Out of the queue first: while the database works, calls start from it.
        gone = {call.pk for call in claimed}
        released = [call for call in self._queue if call.pk in gone]
        self._queue = deque(call for call in self._queue if call.pk not in gone)
        await _in_database(release_claimed, self._lease, released)


async def _in_database(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    result: T = await sync_to_async(function, thread_sensitive=True)(*args, **kwargs)
    return result
