"""The completion queue: a request is made once, claimed by one, recorded under its lease."""

import threading
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from evaluation.engine.calls.claims import Claimed, claim_completions
from evaluation.engine.calls.completions import enqueue_completions
from evaluation.engine.calls.drain import drain
from evaluation.engine.calls.recording import record_outcomes
from evaluation.llm.replies import CallFailure, Outcome, Refusal, Reply
from evaluation.llm.requests import ChatRequest, Message
from evaluation.models import Completion, Endpoint
from evaluation.models.completion import CompletionStatus


def _endpoint(**fields: object) -> Endpoint:
    return Endpoint.objects.create(**{"name": "e", "provider": "openai", "model": "m"} | fields)


def _requests(count: int) -> list[ChatRequest]:
    return [ChatRequest("m", (Message("user", f"question {n}"),)) for n in range(count)]


def _expire(completions: Sequence[Claimed]) -> None:
    Completion.objects.filter(pk__in=[row.pk for row in completions]).update(
        leased_until=timezone.now() - timedelta(seconds=1)
    )


def test_request_comes_back_from_storage_as_it_was() -> None:
    request = ChatRequest("m", (Message("system", "s"), Message("user", "ü")), temperature=0.5, replicate=2)
    assert ChatRequest.from_json(request.as_json()) == request


def test_every_field_of_a_request_is_part_of_its_key() -> None:
    message = (Message("user", "q"),)
    variants = [
        ChatRequest("m", message),
        ChatRequest("n", message),
        ChatRequest("m", (Message("user", "other"),)),
        ChatRequest("m", (Message("system", "q"),)),
        ChatRequest("m", message, temperature=0.0),
        ChatRequest("m", message, max_tokens=5),
        ChatRequest("m", message, response_format="json_schema"),
        ChatRequest("m", message, replicate=2),
    ]
    keys = {request.key("e") for request in variants} | {variants[0].key("other endpoint")}
    assert len(keys) == len(variants) + 1


@pytest.mark.django_db
def test_the_same_request_is_enqueued_once() -> None:
    endpoint = _endpoint()
    first = enqueue_completions(endpoint, _requests(3) + _requests(2))
    again = enqueue_completions(endpoint, _requests(4))
    assert Completion.objects.count() == 4
    assert {key: row.pk for key, row in first.items()}.items() <= {
        key: row.pk for key, row in again.items()
    }.items()


@pytest.mark.django_db
def test_claims_are_oldest_first_and_never_overlap() -> None:
    endpoint = _endpoint()
    enqueue_completions(endpoint, _requests(5))
    first, second = claim_completions(endpoint, limit=3), claim_completions(endpoint, limit=3)
    assert [row.pk for row in (*first.completions, *second.completions)] == sorted(
        Completion.objects.values_list("pk", flat=True)
    )
    assert claim_completions(endpoint, limit=3).completions == []


@pytest.mark.django_db
def test_outcomes_end_on_their_rows_with_cost() -> None:
    endpoint = _endpoint(input_price=Decimal(2), output_price=Decimal(10), priced_on="2026-01-01")
    enqueue_completions(endpoint, _requests(4))
    claim = claim_completions(endpoint, limit=4)
    outcomes: list[Outcome] = [
        Reply("yes", {"id": 1}, input_tokens=1000, output_tokens=100),
        Refusal("no"),
        CallFailure("bad_request", "never", retryable=False),
        CallFailure("overloaded", "later", retryable=True),
    ]
    assert record_outcomes(claim, outcomes, endpoint) == 4
    succeeded, refused, failed, waiting = Completion.objects.order_by("pk")
    assert (succeeded.status, succeeded.text, succeeded.cost) == ("succeeded", "yes", Decimal("0.003"))
    assert (refused.status, refused.error_code) == ("refused", "refused")
    assert (failed.status, failed.error_code) == ("failed", "bad_request")
    assert waiting.status == "pending"
    assert waiting.not_before > timezone.now()
    assert claim_completions(endpoint, limit=4).completions == []  # the retry waits


@pytest.mark.django_db
def test_an_unpriced_endpoint_has_no_cost_rather_than_none_to_pay() -> None:
    endpoint = _endpoint()
    enqueue_completions(endpoint, _requests(1))
    record_outcomes(claim_completions(endpoint, limit=1), [Reply("y", None, 10, 10)], endpoint)
    assert Completion.objects.get().cost is None


@pytest.mark.django_db
def test_a_retryable_failure_fails_for_good_after_its_last_attempt(settings: Settings) -> None:
    settings.COMPLETION_MAX_ATTEMPTS = 2
    endpoint = _endpoint()
    enqueue_completions(endpoint, _requests(1))
    for _ in range(2):
        Completion.objects.update(not_before=timezone.now() - timedelta(days=1))
        claim = claim_completions(endpoint, limit=1)
        record_outcomes(claim, [CallFailure("overloaded", "later", retryable=True)], endpoint)
    assert Completion.objects.get().status == CompletionStatus.FAILED


@pytest.mark.django_db
def test_an_expired_lease_is_claimed_again_and_the_late_result_dropped() -> None:
    endpoint = _endpoint()
    enqueue_completions(endpoint, _requests(1))
    lost = claim_completions(endpoint, limit=1)
    _expire(lost.completions)
    taken = claim_completions(endpoint, limit=1)
    assert [row.pk for row in taken.completions] == [row.pk for row in lost.completions]
    assert record_outcomes(lost, [Reply("late")], endpoint) == 0
    assert record_outcomes(taken, [Reply("in time")], endpoint) == 1
    assert Completion.objects.get().text == "in time"


@pytest.mark.django_db
def test_a_request_that_outlives_every_lease_fails_instead_of_killing_workers_for_ever(
    settings: Settings,
) -> None:
    settings.COMPLETION_MAX_ATTEMPTS = 2
    endpoint = _endpoint()
    enqueue_completions(endpoint, _requests(1))
    for _ in range(2):
        _expire(claim_completions(endpoint, limit=1).completions)
    assert claim_completions(endpoint, limit=1).completions == []
    row = Completion.objects.get()
    assert (row.status, row.error_code, row.attempts) == ("failed", "lease_expired", 2)


@pytest.mark.django_db
def test_a_provider_that_cannot_be_called_ends_on_the_row() -> None:
    endpoint = _endpoint(provider="openai", api_key_variable="NO_SUCH_KEY")
    enqueue_completions(endpoint, _requests(2))
    assert drain(endpoint) == 2
    assert set(Completion.objects.values_list("status", "error_code")) == {
        ("failed", "provider_not_available")
    }


@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_claim_every_row_exactly_once() -> None:
    endpoint = _endpoint()
    enqueue_completions(endpoint, _requests(300))
    claimed: list[int] = []
    start = threading.Barrier(10)

    def work() -> None:
        try:
            start.wait()
            while rows := claim_completions(endpoint, limit=7).completions:
                claimed.extend(row.pk for row in rows)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # A claim may find all rows locked by others and stop early; what it left is still there to be claimed.
    while rows := claim_completions(endpoint, limit=50).completions:
        claimed.extend(row.pk for row in rows)
    assert sorted(claimed) == sorted(Completion.objects.values_list("pk", flat=True))
