"""Budgets hold where a server does not say how many tokens a call took; what is estimated is marked."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from evaluation.engine.calls.claims import claim_completions
from evaluation.engine.calls.completions import enqueue_completions
from evaluation.engine.calls.costs import MOST_MONEY, charge_for
from evaluation.engine.calls.drain import drain
from evaluation.engine.calls.recording import record_outcomes
from evaluation.llm.failures import connection_failed, malformed, reply_too_large, timed_out
from evaluation.llm.replies import CallFailure, Outcome, Refusal, Reply
from evaluation.llm.requests import ChatRequest, Message
from evaluation.models import Completion, Endpoint, Run
from tests import build
from tests.evaluation.llm.odd_server import Answer, odd_server
from tests.evaluation.llm.test_odd_servers import openai_reply

PRICES = {"input_price": Decimal(1000), "output_price": Decimal(1000), "priced_on": "2026-01-01"}
TEXT = "The answer is B, because of the second law. " * 10
REQUEST = ChatRequest("m", (Message("user", "What is it? " * 10),), max_tokens=500)


def endpoint(**fields: object) -> Endpoint:
    return Endpoint.objects.create(**{"name": "e", "provider": "openai", "model": "m"} | PRICES | fields)


def running(**fields: object) -> Run:
    run = build.run()
    Run.objects.filter(pk=run.pk).update(status="running", **fields)
    run.refresh_from_db()
    return run


@pytest.mark.django_db
@pytest.mark.parametrize(
    "outcome",
    [
        Reply(TEXT),
        Reply(TEXT, None, 50, None),
        Reply(TEXT, None, None, 10),
        Reply(TEXT, None, 0, 0),
        Reply("", reasoning=TEXT),
        Refusal(TEXT),
        malformed("No choice in the answer."),
        reply_too_large(200, 1),
        timed_out(1.0),
        connection_failed(OSError("broken pipe")),
    ],
    ids=repr,
)
def test_a_call_that_may_have_been_billed_costs_an_estimate_above_what_is_likely(outcome: Outcome) -> None:
    charge = charge_for(endpoint(), REQUEST, outcome)
    assert charge.is_estimated
    assert charge.cost is not None
    counted = Decimal(len(REQUEST.messages[0].content) // 4 + 10) / 1000
    assert counted <= charge.cost <= Decimal("0.7")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "outcome",
    [
        CallFailure("rate_limited", "", retryable=True, rate_limited=True),
        CallFailure("authentication", "", retryable=False),
        CallFailure("redirect", "", retryable=False),
        connection_failed(ConnectionRefusedError("refused"), had_begun=False),
        reply_too_large(500, 1),
    ],
    ids=repr,
)
def test_what_no_server_bills_costs_nothing(outcome: Outcome) -> None:
    charge = charge_for(endpoint(), REQUEST, outcome)
    assert (charge.cost, charge.is_estimated) == (None, False)


@pytest.mark.django_db
def test_a_text_of_more_tokens_than_were_allowed_is_estimated_by_its_length() -> None:
    short = charge_for(endpoint(), ChatRequest("m", (), max_tokens=10), Reply("word " * 2000))
    assert short.cost is not None
    assert short.cost >= Decimal(2)  # 2,000 tokens and more


@pytest.mark.django_db
def test_a_run_stops_at_its_budget_on_a_server_that_counts_nothing(
    staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("USAGE_TEST_KEY", "k")
    usages: list[object] = [None, {}, "many", {"prompt_tokens": "x", "completion_tokens": [1]}, {"a": 1}]
    answers = [Answer(openai_reply(usage=usages[number % len(usages)])) for number in range(40)]
    run = running(money_budget=Decimal("0.5"))
    with odd_server(answers) as server:
        target = endpoint(base_url=f"{server.url}/v1", api_key_variable="USAGE_TEST_KEY")
        requests = [
            ChatRequest("m", (Message("user", f"answer {n}"),), max_tokens=50) for n in range(len(answers))
        ]
        enqueue_completions(target, requests, run=run)
        drain(target)
        called = sum(server.calls.values())
    run.refresh_from_db()
    assert run.status == "budget_reached"
    assert called < len(answers)
    assert Decimal(0) < run.spent <= Decimal("0.5")
    assert (run.spent_estimated, run.reserved) == (run.spent, 0)
    assert Completion.objects.filter(cost_is_estimated=True).count() == called

    assert "of it estimated" in staff.get(reverse("run_progress", args=[run.pk])).content.decode()
    told = staff.get(f"/api/v1/runs/{run.pk}/").json()
    assert Decimal(told["spent_estimated"]) == run.spent


@pytest.mark.django_db
def test_tries_of_one_call_add_up_and_the_mark_stays() -> None:
    target, run = endpoint(), running()
    enqueue_completions(target, [REQUEST], run=run)
    record_outcomes(claim_completions(target, limit=1), [timed_out(1.0)], target)
    Completion.objects.update(not_before=timezone.now() - timedelta(days=1))
    record_outcomes(claim_completions(target, limit=1), [Reply(TEXT, None, 100, 100)], target)
    row = Completion.objects.get()
    run.refresh_from_db()
    assert row.cost_is_estimated
    assert row.cost == run.spent == run.spent_estimated + Decimal("0.2")


@pytest.mark.django_db
def test_replies_that_claim_to_cost_more_than_can_be_stored_are_recorded_all_the_same() -> None:
    target, run = endpoint(input_price=Decimal(99_999)), running()
    requests = [ChatRequest("m", (Message("user", f"q {n}"),)) for n in range(3)]
    enqueue_completions(target, requests, run=run)
    claim = claim_completions(target, limit=3)
    replies = [Reply(TEXT, None, 100_000_000, 1), Reply(TEXT, None, 100_000_000, 1), Reply("b", None, 1, 1)]
    assert record_outcomes(claim, replies, target) == 3
    run.refresh_from_db()
    assert run.spent == MOST_MONEY
    assert set(Completion.objects.values_list("status", flat=True)) == {"succeeded"}
