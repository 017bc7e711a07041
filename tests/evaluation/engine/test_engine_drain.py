"""A drain calls, records and ends well, whatever the provider does; and claims by an index, whatever waits."""

import re
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from evaluation.endpoints.selectors import health_of, record_of
from evaluation.endpoints.services.endpoints import fixed_fields
from evaluation.endpoints.services.waking import queue_of
from evaluation.engine.calls import pipeline
from evaluation.engine.calls.claims import Claim, claim_completions
from evaluation.engine.calls.completions import enqueue_completions
from evaluation.engine.calls.drain import drain
from evaluation.engine.calls.recording import record_outcomes
from evaluation.engine.selectors import endpoints_with_work
from evaluation.llm.replies import CallFailure, Reply
from evaluation.llm.requests import ChatRequest, Message
from evaluation.models import Completion, Endpoint, Run
from evaluation.models.run import RunStatus
from tests import build
from tests.stub_llm import StubProcess


def _endpoint(stub: StubProcess | None = None, **fields: object) -> Endpoint:
    known = {"name": "e", "provider": "openai", "model": "m", "api_key_variable": "STUB_KEY"}
    return Endpoint.objects.create(**known | {"base_url": stub.openai_url if stub else ""} | fields)


def _running() -> Run:
    run = build.run()
    Run.objects.filter(pk=run.pk).update(status=RunStatus.RUNNING)
    run.refresh_from_db()
    return run


def _requests(count: int) -> list[ChatRequest]:
    return [ChatRequest("m", (Message("user", f"question {n}"),)) for n in range(count)]


@pytest.fixture
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evaluation.engine.calls.recording.LONGEST_DELAY", 0.05)


@pytest.mark.django_db
@pytest.mark.parametrize("provider", ["openai", "anthropic"])
@pytest.mark.one_in(2)
def test_every_request_is_sent_once_and_recorded_with_all_that_came_back(
    provider: str, providers: StubProcess
) -> None:
    base_url = providers.openai_url if provider == "openai" else providers.url
    endpoint, run = _endpoint(provider=provider, base_url=base_url), _running()
    providers.configure(rates={"reasoning": 1.0})
    enqueue_completions(endpoint, _requests(50), run=run)
    chunks: list[int] = []
    assert drain(endpoint, after_chunk=lambda: chunks.append(1)) == 50
    assert drain(endpoint) == 0
    assert providers.stats()["requests"] == 50
    row = Completion.objects.order_by("?")[0]
    assert (row.status, row.text, row.reasoning) == ("succeeded", "The answer is A.", "Let me see.")
    assert (row.input_tokens, row.output_tokens, row.attempts) == (100, 20, 1)
    assert row.seconds is not None
    assert row.raw_reply is not None
    assert "stub" in row.raw_reply["id"]
    assert chunks


@pytest.mark.django_db
@pytest.mark.usefixtures("quick_retries")
def test_through_limits_crashes_and_bad_replies_every_completion_finishes_and_repeats_have_a_cause(
    providers: StubProcess, settings: Settings
) -> None:
    settings.COMPLETION_MAX_ATTEMPTS = 12
    rates = {"429": 0.10, "500": 0.05, "drop": 0.02, "malformed": 0.02, "refuse": 0.02}
    providers.configure(rates=rates, latency=0.01)
    endpoint, run = _endpoint(providers), _running()
    enqueue_completions(endpoint, _requests(300), run=run)
    drain(endpoint)
    statuses = list(Completion.objects.values_list("status", flat=True))
    assert set(statuses) == {"succeeded", "refused"}
    stats = providers.stats()
    assert stats["distinct"] == 300
    assert set(stats["repeats"]) <= {"429", "500", "drop", "malformed"}
    assert stats["requests"] == 300 + sum(stats["repeats"].values())
    for cause in ("429", "500", "drop", "malformed"):
        assert stats["repeats"].get(cause, 0) == stats["answers"].get(cause, 0)
    run.refresh_from_db()
    assert run.calls == stats["requests"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("quick_retries")
def test_drains_at_once_share_the_limit_and_send_nothing_twice(providers: StubProcess) -> None:
    providers.configure(latency=0.02, max_in_flight=12)
    endpoint, run = _endpoint(providers, max_concurrency=12, model="shared"), _running()
    requests = [ChatRequest("shared", (Message("user", f"{n}"),)) for n in range(200)]
    enqueue_completions(endpoint, requests, run=run)

    def work() -> None:
        try:
            drain(endpoint)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stats = providers.stats()
    assert Completion.objects.filter(status="succeeded").count() == 200
    assert stats["requests"] == 200
    assert stats["most_in_flight"] <= 12


@pytest.mark.django_db
def test_what_becomes_due_just_after_a_claim_found_nothing_is_called(
    providers: StubProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint, run = _endpoint(providers), _running()
    enqueue_completions(endpoint, _requests(1), run=run)
    claims: list[dict[str, Any]] = []

    def claim_too_early(*args: Any, **kwargs: Any) -> Claim:
        claims.append(kwargs)
        return Claim(kwargs["lease"], []) if len(claims) == 1 else claim_completions(*args, **kwargs)

    monkeypatch.setattr(pipeline, "claim_completions", claim_too_early)
    assert drain(endpoint) == 1


@pytest.mark.django_db(transaction=True)
def test_a_pause_stops_new_calls_and_gives_back_what_was_only_claimed(
    providers: StubProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "CHECK_RUNS_SECONDS", 0.0)
    providers.configure(latency=0.05)
    endpoint, run = _endpoint(providers, max_concurrency=4, model="paused"), _running()
    requests = [ChatRequest("paused", (Message("user", f"{n}"),)) for n in range(100)]
    enqueue_completions(endpoint, requests, run=run)

    def pause() -> None:
        Run.objects.update(status=RunStatus.PAUSED)

    drain(endpoint, after_chunk=pause)
    done = Completion.objects.filter(status="succeeded").count()
    assert 0 < done < 100
    assert providers.stats()["requests"] == done
    assert Completion.objects.filter(status="pending", attempts=0, lease=None).count() == 100 - done
    assert Run.objects.get(pk=run.pk).calls == done


@pytest.mark.django_db
def test_an_orderly_stop_finishes_what_is_in_flight_and_gives_the_rest_back(providers: StubProcess) -> None:
    providers.configure(latency=0.1)
    endpoint, run = _endpoint(providers, max_concurrency=3, model="stopped"), _running()
    requests = [ChatRequest("stopped", (Message("user", f"{n}"),)) for n in range(50)]
    enqueue_completions(endpoint, requests, run=run)
    recorded = drain(endpoint, should_stop=lambda: providers.stats()["requests"] > 0)
    assert 0 < recorded < 50
    assert providers.stats()["requests"] == recorded
    assert Completion.objects.filter(status="pending", attempts=0).count() == 50 - recorded


@pytest.mark.django_db
def test_a_missing_key_fails_the_calls_and_names_the_variable() -> None:
    endpoint = _endpoint(api_key_variable="NO_SUCH_KEY")
    enqueue_completions(endpoint, _requests(2))
    assert drain(endpoint) == 2
    assert "NO_SUCH_KEY" in Completion.objects.all()[0].error_message


@pytest.mark.django_db
def test_a_provider_that_raises_fails_that_call_and_no_other(
    providers: StubProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    from evaluation.llm.openai_api import OpenAIProvider

    honest = OpenAIProvider.complete

    async def faulty(self: OpenAIProvider, request: ChatRequest) -> object:
        if request.messages[0].content == "question 3":
            raise ZeroDivisionError
        return await honest(self, request)

    monkeypatch.setattr(OpenAIProvider, "complete", faulty)
    endpoint = _endpoint(providers)
    enqueue_completions(endpoint, _requests(10))
    assert drain(endpoint) == 10
    assert Completion.objects.filter(status="succeeded").count() == 9
    assert Completion.objects.get(status="failed").error_code == "provider_error"


@pytest.mark.django_db
def test_without_redis_calls_go_on(providers: StubProcess, settings: Settings) -> None:
    settings.REDIS_URL = "unix:///nonexistent/redis.sock"
    endpoint = _endpoint(providers)
    enqueue_completions(endpoint, _requests(30))
    assert drain(endpoint) == 30


@pytest.mark.django_db
def test_rate_limiting_is_not_an_attempt_but_has_an_end(settings: Settings) -> None:
    settings.COMPLETION_MAX_ATTEMPTS = 1
    endpoint = _endpoint()
    enqueue_completions(endpoint, _requests(1))
    told = CallFailure("rate_limited", "", retryable=True, rate_limited=True, retry_after=50.0)
    record_outcomes(claim_completions(endpoint, limit=1), [told], endpoint)
    row = Completion.objects.get()
    assert (row.status, row.attempts) == ("pending", 0)
    assert row.not_before > timezone.now() + timedelta(seconds=49)
    Completion.objects.update(
        not_before=timezone.now() - timedelta(days=1), throttled_since=timezone.now() - timedelta(hours=2)
    )
    record_outcomes(claim_completions(endpoint, limit=1), [told], endpoint)
    row = Completion.objects.get()
    assert (row.status, row.error_code) == ("failed", "rate_limited")


@pytest.mark.django_db
def test_a_reply_with_what_postgresql_cannot_store_is_kept_without_it() -> None:
    endpoint = _endpoint()
    enqueue_completions(endpoint, _requests(2))
    hostile = Reply("a\0b \ud800", {"text": "a\0b \ud800 \\u0000"}, reasoning="\0")
    claim = claim_completions(endpoint, limit=2)
    assert record_outcomes(claim, [hostile, Reply("fine", cut_off=True)], endpoint) == 2
    first, second = Completion.objects.order_by("pk")
    assert first.raw_reply is not None
    assert (first.text, first.raw_reply["text"]) == ("a\ufffdb ?", "a\ufffdb ? \\u0000")
    assert (second.text, second.error_code) == ("fine", "cut_off")


def _fill(endpoint: Endpoint, run: Run) -> None:
    """A hundred thousand calls that wait for the run."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO evaluation_completion (endpoint_id, run_id, request_key, request, status, not_before,
                attempts, text, reasoning, reserved_cost, error_code, error_message, created_at)
            SELECT %s, %s, 'filler ' || n, '{}', 'pending', now(), 0, '', '', 0, '', '', now()
            FROM generate_series(1, 100000) AS n
            """,
            [endpoint.pk, run.pk],
        )


@pytest.mark.django_db
@pytest.mark.parametrize("statistics", ["none", "of an emptier table", "current"])
def test_a_claim_reads_a_range_of_the_index_and_not_what_waits_for_a_paused_run(statistics: str) -> None:
    endpoint, paused, running = _endpoint(), build.run(), _running()
    with connection.cursor() as cursor:
        if statistics == "of an emptier table":
            enqueue_completions(endpoint, _requests(1), run=paused)
            cursor.execute("ANALYZE evaluation_completion")
    _fill(endpoint, paused)
    enqueue_completions(endpoint, _requests(11)[1:], run=running)
    with connection.cursor() as cursor:
        if statistics == "current":
            cursor.execute("ANALYZE evaluation_completion")  # as autovacuum does after so many new rows
    with CaptureQueriesContext(connection) as captured:
        assert len(claim_completions(endpoint, limit=5).completions) == 5
    looked_for = [query["sql"] for query in captured if "SKIP LOCKED" in query["sql"]][1:]
    assert len(looked_for) == 2  # of nobody, of the runs; the first was for expired leases
    for sql in looked_for:
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN (ANALYZE, BUFFERS) " + sql)
            plan = "\n".join(line for (line,) in cursor.fetchall())
        assert "Seq Scan on evaluation_completion" not in plan, plan
        read = sum(int(pages) for pages in re.findall(r"shared (?:hit|read)=(\d+)", plan.splitlines()[1]))
        assert read < 100, plan  # pages; all that waits for the paused run is on more than a thousand


@pytest.mark.django_db
def test_the_calls_to_an_endpoint_are_counted_without_reading_those_to_others() -> None:
    endpoint, other = _endpoint(), _endpoint(name="other")
    _fill(other, build.run())
    enqueue_completions(endpoint, _requests(3), run=None)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE evaluation_completion")
    with CaptureQueriesContext(connection) as captured:
        assert health_of(endpoint, limit_key="k").waiting == 3
        assert fixed_fields(endpoint)
        assert not record_of(endpoint).runs
    reads = [query["sql"] for query in captured if "evaluation_completion" in query["sql"]]
    assert len(reads) == 7
    for sql in reads:
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN " + sql)
            plan = "\n".join(line for (line,) in cursor.fetchall())
        assert "Seq Scan on evaluation_completion" not in plan, plan


@pytest.mark.django_db
def test_the_sweep_finds_an_endpoint_only_while_a_worker_could_call_it() -> None:
    endpoint, run = _endpoint(), _running()
    enqueue_completions(endpoint, _requests(1), run=run)
    assert list(endpoints_with_work()) == [endpoint]
    Run.objects.filter(pk=run.pk).update(status=RunStatus.PAUSED)
    assert not endpoints_with_work()
    Run.objects.filter(pk=run.pk).update(status=RunStatus.RUNNING)
    claim_completions(endpoint, limit=1)
    assert not endpoints_with_work()
    Completion.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert list(endpoints_with_work()) == [endpoint]


def test_local_models_are_called_by_workers_of_their_own() -> None:
    assert (queue_of("transformers"), queue_of("openai"), queue_of("heuristic")) == ("gpu", "llm", "llm")
    assert django_settings.DRAIN_SECONDS > 0
