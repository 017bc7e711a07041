"""Drains that would only wait give their place in the worker back and are woken in time; pages say when."""

import threading
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from core.jobs import wake
from evaluation.endpoints.services import waking
from evaluation.engine import tasks
from evaluation.engine.calls.claims import claim_completions
from evaluation.engine.calls.completions import enqueue_completions
from evaluation.engine.calls.recording import record_outcomes
from evaluation.engine.calls.turns import in_turn
from evaluation.llm.replies import CallFailure
from evaluation.llm.requests import ChatRequest, Message
from evaluation.models import Completion, Endpoint, Run
from tests import build
from tests.busy_endpoints import refused_address
from tests.pages import one_line
from tests.stub_llm import running_stub


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[float | None]:
    """The delays of the messages that wake drains."""
    delays: list[float | None] = []

    def send(task: str, keys: Any, queue: str | None = None, countdown: float | None = None) -> None:
        if task == waking.DRAIN:
            delays.append(countdown)

    monkeypatch.setattr(wake, "_send", send)
    return delays


def endpoint(url: str, name: str = "e") -> Endpoint:
    return Endpoint.objects.create(name=name, provider="openai", model=name, base_url=url)


def requests(count: int) -> list[ChatRequest]:
    return [ChatRequest("m", (Message("user", f"call {n}"),)) for n in range(count)]


@pytest.mark.django_db(transaction=True)
def test_a_drain_does_not_wait_for_retries_and_is_woken_for_the_first_of_them(
    sent: list[float | None],
) -> None:
    with refused_address() as url:
        dead = endpoint(url)
        enqueue_completions(dead, requests(3))
        Completion.objects.update(attempts=3)  # the next pause is from 8 to 16 seconds
        tasks.drain_endpoint(dead.pk)
    rows = Completion.objects.all()
    assert {(row.status, row.attempts) for row in rows} == {("pending", 4)}
    first = min(row.not_before for row in rows)
    assert first > timezone.now(), "the drain has ended before the time of the retry"
    (delay,) = sent
    assert delay is not None
    assert 1.0 < delay <= 16.0
    sent.clear()
    tasks.drain_endpoint(dead.pk)
    assert sent == [], "only who has called comes back"


@pytest.mark.django_db(transaction=True)
def test_a_pause_that_the_server_asks_for_is_not_waited_for_either(
    sent: list[float | None],
) -> None:
    with running_stub(rates={"429": 1.0}, retry_after=10) as stub:
        throttled = endpoint(stub.openai_url, "throttled")
        enqueue_completions(throttled, requests(3))
        tasks.drain_endpoint(throttled.pk)
        (delay,) = sent
        assert delay is not None
        assert 1.0 < delay <= 11.5


@pytest.mark.django_db(transaction=True)
def test_a_pause_longer_than_the_sweeps_is_left_to_the_sweep(
    sent: list[float | None], settings: Settings
) -> None:
    settings.SWEEP_SECONDS = 5.0
    with running_stub(rates={"429": 1.0}, retry_after=300) as stub:
        throttled = endpoint(stub.openai_url, "throttled for long")
        enqueue_completions(throttled, requests(3))
        tasks.drain_endpoint(throttled.pk)
    assert sent == []


def test_one_thread_of_a_process_drains_an_endpoint_and_hears_who_was_woken_meanwhile() -> None:
    entered, leave = threading.Event(), threading.Event()
    news: list[bool] = []
    drained: list[str] = []

    def slow() -> None:
        drained.append("first")
        entered.set()
        leave.wait(600)

    first = threading.Thread(target=lambda: news.append(in_turn(1, slow)))
    first.start()
    assert entered.wait(600)
    assert in_turn(1, lambda: drained.append("second")) is False
    assert in_turn(2, lambda: drained.append("another endpoint")) is False
    leave.set()
    first.join(600)
    assert drained == ["first", "another endpoint"]
    assert news == [True]
    assert in_turn(1, lambda: None) is False


def test_a_drain_that_fails_leaves_its_turn_to_others() -> None:
    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        in_turn(3, fail)
    drained: list[bool] = []
    in_turn(3, lambda: drained.append(True))
    assert drained == [True]


@pytest.mark.django_db
def test_a_run_that_is_rate_limited_says_when_it_is_tried_again_and_until_when(staff: Client) -> None:
    run = build.run()
    target = endpoint("http://127.0.0.1:9/v1", "limited")
    Run.objects.filter(pk=run.pk).update(status="running", endpoint=target)
    build.item(run)
    enqueue_completions(target, requests(30), run=Run.objects.get(pk=run.pk))
    claim = claim_completions(target, limit=30)
    waits = [600.0, 120.0, *[900.0] * 28]
    refused = [
        CallFailure("rate_limited", "slow down", retryable=True, rate_limited=True, retry_after=seconds)
        for seconds in waits
    ]
    record_outcomes(claim, refused, target)
    first = min(Completion.objects.values_list("not_before", flat=True))
    page = one_line(staff.get(reverse("run_progress", args=[run.pk])).content.decode())
    assert f"next attempt at {first:%H:%M:%S}" in page, "the first of all, not of the latest twenty"
    assert "retries stop at" in page
    assert "0 of at most" not in page
    (told,) = staff.get(f"/api/v1/runs/{run.pk}/progress/").json()["tried_again"]
    assert told["error_code"] == "rate_limited"
    assert told["throttled_until"] > told["next_try"] > timezone.now().isoformat()
