"""The shared limit on the real Redis: one sum over all workers, cut by 429 alone, and never lost with a worker."""

import asyncio
import multiprocessing
import uuid
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection
from typing import Any

import pytest
from django.conf import settings

from evaluation.llm import limiter as module
from evaluation.llm.limiter import Limiter
from evaluation.llm.replies import CallFailure, Outcome, Reply

TURNED_AWAY = CallFailure("rate_limited", "", retryable=True, rate_limited=True)
BROKEN = CallFailure("overloaded", "", retryable=True)


@pytest.fixture
def key() -> str:
    return f"test/{uuid.uuid4().hex}"


def _limiter(key: str, highest: int = 10, url: str = "") -> Limiter:
    return Limiter(url or settings.REDIS_URL, key=key, highest=highest)


def _run(body: Callable[[], Awaitable[None]]) -> None:
    async def run() -> None:
        await body()

    asyncio.run(run())


async def _wanting(limiter: Limiter, slots: int) -> Limiter:
    limiter.want(slots)
    await limiter.sync()
    return limiter


def _start_all(limiter: Limiter) -> list[int]:
    epochs = []
    while (epoch := limiter.start()) is not None:
        epochs.append(epoch)
    return epochs


async def _answer(limiter: Limiter, epochs: list[int], outcome: Outcome) -> None:
    for epoch in epochs:
        limiter.finish(epoch, outcome)
    await limiter.sync()


def test_workers_never_hold_more_than_the_limit_together(key: str) -> None:
    async def body() -> None:
        async with _limiter(key) as one, _limiter(key) as other:
            await _wanting(one, 10)
            assert len(_start_all(one)) == 10
            await _wanting(other, 10)
            assert _start_all(other) == []

    _run(body)


def test_a_worker_that_comes_later_gets_its_share_as_slots_are_freed(key: str) -> None:
    async def body() -> None:
        async with _limiter(key) as one, _limiter(key) as other:
            await _wanting(one, 10)
            started = _start_all(one)
            await _wanting(other, 10)
            await _answer(one, started, Reply(""))
            await other.sync()
            assert len(_start_all(one)) == 5
            assert len(_start_all(other)) == 5

    _run(body)


def test_a_worker_starts_nothing_beyond_its_report_while_others_may_be_granted_the_rest(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between a report and its answer the shared limit counts what the report says."""

    async def body() -> None:
        one, other = _limiter(key), _limiter(key)  # not entered: each reports only where this test says
        await _wanting(one, 10)
        started = _start_all(one)
        await _wanting(other, 10)
        for epoch in started[2:]:
            one.finish(epoch, Reply(""))  # 2 are left in flight when it reports
        script = one._script

        async def slow_answer(*args: Any, **kwargs: Any) -> object:
            answer = await script(*args, **kwargs)
            _start_all(one)
            await other.sync()
            _start_all(other)
            return answer

        monkeypatch.setattr(one, "_script", slow_answer)
        await one.sync()
        assert one.in_flight + other.in_flight <= 10
        _start_all(one)
        assert one.in_flight + other.in_flight == 10
        for limiter in (one, other):
            await limiter._redis.aclose()

    _run(body)


def test_many_429_of_one_round_trip_cut_once_and_growth_brings_it_back(key: str) -> None:
    async def body() -> None:
        async with _limiter(key) as limiter:
            await _wanting(limiter, 10)
            started = _start_all(limiter)
            await _answer(limiter, started[:5], TURNED_AWAY)
            assert limiter.limit == pytest.approx(7)
            await _answer(limiter, started[5:], TURNED_AWAY)  # in flight when it was cut
            assert limiter.limit == pytest.approx(7)
            await _answer(limiter, _start_all(limiter), TURNED_AWAY)  # started under the new limit
            assert limiter.limit == pytest.approx(4.9, abs=0.01)
            for _ in range(20):
                await _answer(limiter, _start_all(limiter), Reply(""))
            assert limiter.limit > 9

    _run(body)


def test_a_broken_server_does_not_cut_the_limit(key: str) -> None:
    async def body() -> None:
        async with _limiter(key) as limiter:
            await _wanting(limiter, 10)
            await _answer(limiter, _start_all(limiter), BROKEN)
            assert limiter.limit == 10

    _run(body)


def test_retry_after_holds_every_worker_once(key: str) -> None:
    told = CallFailure("rate_limited", "", retryable=True, rate_limited=True, retry_after=30.0)

    async def body() -> None:
        async with _limiter(key) as one, _limiter(key) as other:
            await _wanting(one, 10)
            await _answer(one, _start_all(one), told)
            await _wanting(other, 10)
            for limiter in (one, other):
                assert limiter.start() is None
                assert 25 < limiter.pause <= 30  # ten answers of 30 s are one pause of 30 s

    _run(body)


def test_an_orderly_end_gives_the_slots_back_at_once(key: str) -> None:
    async def body() -> None:
        async with _limiter(key) as one:
            await _wanting(one, 10)
            _start_all(one)
        async with _limiter(key) as other:
            await _wanting(other, 10)
            assert len(_start_all(other)) == 10

    _run(body)


def _hold_for_ever(url: str, key: str, tell: Connection) -> None:
    async def hold() -> None:
        limiter = Limiter(url, key=key, highest=10)
        limiter.want(10)
        await limiter.sync()
        tell.send(len(_start_all(limiter)))
        await asyncio.sleep(3600)

    asyncio.run(hold())


def test_the_slots_of_a_killed_process_come_back(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LEASE_SECONDS", 0.5)
    # Forked, so that the child has the short lease as well.
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    holder = context.Process(target=_hold_for_ever, args=(settings.REDIS_URL, key, theirs))
    holder.start()
    assert ours.recv() == 10
    holder.kill()
    holder.join()

    async def body() -> None:
        async with _limiter(key) as limiter:
            limiter.want(10)
            async with asyncio.timeout(600):
                while (epoch := limiter.start()) is None:
                    await asyncio.sleep(0.05)
            assert epoch == 0

    _run(body)


def test_without_redis_a_worker_goes_on_with_a_limit_of_its_own(
    key: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def body() -> None:
        async with _limiter(key, url="unix:///nonexistent/redis.sock") as limiter:
            await _wanting(limiter, 10)
            started = _start_all(limiter)
            assert len(started) == 2
            await _answer(limiter, started, TURNED_AWAY)
            assert limiter.limit < 2

    _run(body)
    assert "out of reach" in caplog.text
