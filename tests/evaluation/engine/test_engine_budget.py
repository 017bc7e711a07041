"""Runs pay for their calls: budgets hold, also among many workers; a run that has stopped starts no call."""

import threading
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from evaluation.engine.calls.claims import claim_completions, release_claimed
from evaluation.engine.calls.completions import enqueue_completions
from evaluation.engine.calls.drain import drain
from evaluation.engine.calls.payers import adopt_for, release_for
from evaluation.engine.calls.recording import record_outcomes
from evaluation.llm.replies import CallFailure, Outcome, Refusal, Reply
from evaluation.llm.requests import ChatRequest, Message
from evaluation.models import Completion, Endpoint, ItemCall, Run
from evaluation.models.run import RunStatus
from evaluation.runs.services import control
from tests import build
from tests.stub_llm import StubProcess

CENT = Decimal("0.01")
PRICES = {"input_price": Decimal(0), "output_price": Decimal(10_000), "priced_on": "2026-01-01"}


def _endpoint(**fields: object) -> Endpoint:
    return Endpoint.objects.create(**{"name": "e", "provider": "openai", "model": "m"} | fields)


def _run(**fields: object) -> Run:
    run = build.run()
    Run.objects.filter(pk=run.pk).update(status=RunStatus.RUNNING, **fields)
    run.refresh_from_db()
    return run


def _requests(count: int, first: int = 0) -> list[ChatRequest]:
    """Calls that may cost a cent each at PRICES: one token."""
    return [
        ChatRequest("m", (Message("user", f"question {n}"),), max_tokens=1)
        for n in range(first, first + count)
    ]


def _claimed_runs(endpoint: Endpoint, limit: int) -> list[int | None]:
    return [row.run_id for row in claim_completions(endpoint, limit=limit).completions]


@pytest.mark.django_db
def test_calls_within_the_money_budget_are_reserved_then_spent_then_the_run_stops() -> None:
    endpoint, run = _endpoint(**PRICES), _run(money_budget=3 * CENT)
    enqueue_completions(endpoint, _requests(5), run=run)
    claim = claim_completions(endpoint, limit=5)
    assert len(claim.completions) == 3
    run.refresh_from_db()
    assert (run.reserved, run.spent, run.calls) == (3 * CENT, 0, 3)
    assert claim_completions(endpoint, limit=5).completions == []
    assert Run.objects.get().status == RunStatus.RUNNING  # what is in flight may cost less than held back

    record_outcomes(claim, [Reply("", None, 1, 1), Refusal("", None, 1, 1), Reply("", None, 1, 0)], endpoint)
    run.refresh_from_db()
    assert (run.reserved, run.spent) == (0, 2 * CENT)
    claim = claim_completions(endpoint, limit=5)
    assert len(claim.completions) == 1
    record_outcomes(claim, [Reply("", None, 1, 1)], endpoint)
    assert claim_completions(endpoint, limit=5).completions == []
    run.refresh_from_db()
    assert (run.status, run.spent, run.calls) == (RunStatus.BUDGET_REACHED, 3 * CENT, 4)

    Run.objects.update(status=RunStatus.RUNNING, money_budget=10 * CENT)
    assert len(claim_completions(endpoint, limit=5).completions) == 1


@pytest.mark.django_db
def test_the_call_budget_counts_retries() -> None:
    endpoint, run = _endpoint(), _run(call_budget=3)
    enqueue_completions(endpoint, _requests(2), run=run)
    claim = claim_completions(endpoint, limit=5)
    record_outcomes(claim, [CallFailure("overloaded", "", retryable=True)] * 2, endpoint)
    Completion.objects.update(not_before=timezone.now() - timedelta(days=1))
    claim = claim_completions(endpoint, limit=5)
    assert len(claim.completions) == 1
    record_outcomes(claim, [Reply("")], endpoint)
    assert claim_completions(endpoint, limit=5).completions == []
    run.refresh_from_db()
    assert (run.status, run.calls) == (RunStatus.BUDGET_REACHED, 3)


@pytest.mark.django_db
def test_a_failed_call_whose_tokens_are_known_is_paid_and_adds_to_the_cost() -> None:
    endpoint, run = _endpoint(**PRICES), _run()
    enqueue_completions(endpoint, _requests(1), run=run)
    outcomes: Sequence[Outcome] = [
        CallFailure("malformed", "", retryable=True, input_tokens=1, output_tokens=1),
        Reply("", None, 1, 1),
    ]
    for outcome in outcomes:
        Completion.objects.update(not_before=timezone.now() - timedelta(days=1))
        record_outcomes(claim_completions(endpoint, limit=1), [outcome], endpoint)
    run.refresh_from_db()
    assert (run.spent, run.reserved, run.calls) == (2 * CENT, 0, 2)
    assert Completion.objects.get().cost == 2 * CENT


@pytest.mark.django_db
def test_what_an_expired_lease_or_an_orderly_stop_held_back_is_free_again() -> None:
    endpoint, run = _endpoint(**PRICES), _run(money_budget=2 * CENT)
    enqueue_completions(endpoint, _requests(2), run=run)
    claim = claim_completions(endpoint, limit=2)
    release_claimed(claim.lease, claim.completions[1:])
    run.refresh_from_db()
    assert (run.reserved, run.calls) == (CENT, 1)
    Completion.objects.filter(status="leased").update(leased_until=timezone.now() - timedelta(seconds=1))
    assert len(claim_completions(endpoint, limit=2).completions) == 2
    run.refresh_from_db()
    assert (run.reserved, run.calls) == (2 * CENT, 3)
    # The lease that was lost brings its result too late, and changes no sum.
    record_outcomes(claim, [Reply("", None, 1, 1)] * 2, endpoint)
    run.refresh_from_db()
    assert (run.reserved, run.spent) == (2 * CENT, 0)


@pytest.mark.django_db
@pytest.mark.parametrize("status", [RunStatus.PAUSED, RunStatus.CANCELLED, RunStatus.BUDGET_REACHED])
def test_a_run_that_has_stopped_starts_no_call(status: RunStatus) -> None:
    endpoint, run = _endpoint(), _run()
    enqueue_completions(endpoint, _requests(2), run=run)
    Run.objects.update(status=status)
    assert claim_completions(endpoint, limit=2).completions == []


@pytest.mark.django_db
def test_runs_take_turns_and_places_that_one_leaves_go_to_the_others() -> None:
    endpoint, big, small = _endpoint(), _run(), _run()
    enqueue_completions(endpoint, _requests(20), run=big)
    enqueue_completions(endpoint, _requests(5, first=20), run=small)
    enqueue_completions(endpoint, _requests(1, first=25))
    first = _claimed_runs(endpoint, 9)
    assert (first.count(small.pk), first.count(big.pk), first.count(None)) == (4, 4, 1)
    second = _claimed_runs(endpoint, 10)
    assert (second.count(small.pk), second.count(big.pk)) == (1, 9)


@pytest.mark.django_db
def test_a_running_run_that_asks_the_same_takes_over_what_a_stopped_one_was_to_pay() -> None:
    endpoint, stopped, running = _endpoint(), _run(), _run()
    enqueue_completions(endpoint, _requests(2), run=stopped)
    enqueue_completions(endpoint, _requests(1), run=running)
    assert set(Completion.objects.values_list("run", flat=True)) == {stopped.pk}  # it was running still
    Run.objects.filter(pk=stopped.pk).update(status=RunStatus.PAUSED)
    enqueue_completions(endpoint, _requests(1), run=running)
    assert _claimed_runs(endpoint, 5) == [running.pk]


@pytest.mark.django_db
@pytest.mark.parametrize("hand_over", ["release", "adopt"])
def test_calls_that_a_running_run_waits_for_are_handed_over_when_their_payer_stops(hand_over: str) -> None:
    endpoint, stopped, running = _endpoint(), _run(), _run()
    rows = enqueue_completions(endpoint, _requests(2), run=stopped)
    shared = min(row.pk for row in rows.values())
    ItemCall.objects.create(item=build.item(running), stage="baseline", completion_id=shared)
    Run.objects.filter(pk=stopped.pk).update(status=RunStatus.CANCELLED)
    assert (release_for(stopped) if hand_over == "release" else adopt_for(running)) == 1
    assert dict(Completion.objects.values_list("pk", "run"))[shared] == running.pk
    assert _claimed_runs(endpoint, 5) == [running.pk]


@pytest.mark.django_db
def test_failed_calls_are_retried_at_the_cost_of_the_run_that_wants_them() -> None:
    endpoint, first, second = _endpoint(), _run(), _run()
    rows = enqueue_completions(endpoint, _requests(2), run=first)
    claim = claim_completions(endpoint, limit=2)
    record_outcomes(claim, [CallFailure("bad_request", "", retryable=False)] * 2, endpoint)
    wanted = max(row.pk for row in rows.values())
    Run.objects.update(endpoint=endpoint)
    ItemCall.objects.create(item=build.item(second), stage="baseline", completion_id=wanted)
    assert control.retry_failed(run=second, actor=None) == 1
    assert _claimed_runs(endpoint, 5) == [second.pk]


@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_never_pass_the_budget_together() -> None:
    endpoint, run = _endpoint(**PRICES), _run(money_budget=50 * CENT, call_budget=60)
    enqueue_completions(endpoint, _requests(200), run=run)
    start = threading.Barrier(8)

    def work() -> None:
        try:
            start.wait()
            while (claim := claim_completions(endpoint, limit=7)).completions:
                record_outcomes(claim, [Reply("", None, 0, 1)] * len(claim.completions), endpoint)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while (claim := claim_completions(endpoint, limit=7)).completions:
        record_outcomes(claim, [Reply("", None, 0, 1)] * len(claim.completions), endpoint)
    run.refresh_from_db()
    assert (run.status, run.spent, run.reserved, run.calls) == (RunStatus.BUDGET_REACHED, 50 * CENT, 0, 50)
    assert Completion.objects.filter(status="succeeded").count() == 50


@pytest.mark.django_db
def test_a_drain_stops_at_the_budget_and_says_so(providers: StubProcess) -> None:
    endpoint = _endpoint(
        base_url=providers.openai_url,
        api_key_variable="STUB_KEY",
        input_price=Decimal(0),
        output_price=Decimal(500),
        priced_on="2026-01-01",
    )  # the stub's answers have 20 tokens: a cent
    run = _run(money_budget=10 * CENT)
    requests = [ChatRequest("m", (Message("user", f"q {n}"),), max_tokens=20) for n in range(40)]
    enqueue_completions(endpoint, requests, run=run)
    assert drain(endpoint) == 10
    run.refresh_from_db()
    assert (run.status, run.spent, run.reserved) == (RunStatus.BUDGET_REACHED, 10 * CENT, 0)
    assert providers.stats()["requests"] == 10
