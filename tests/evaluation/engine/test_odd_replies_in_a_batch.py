"""One odd reply costs nothing but itself: what came beside it is recorded, and nothing is paid twice."""

import copy
import random
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from evaluation.engine import tasks
from evaluation.engine.calls.claims import claim_completions
from evaluation.engine.calls.completions import enqueue_completions
from evaluation.engine.calls.costs import cost_of
from evaluation.engine.calls.drain import drain
from evaluation.engine.calls.recording import record_outcomes
from evaluation.llm.replies import Reply
from evaluation.llm.requests import ChatRequest, Message
from evaluation.models import Completion, Endpoint, Run
from tests import build
from tests.evaluation.llm.odd_server import Answer, odd_server
from tests.evaluation.llm.test_odd_servers import ODD_VALUES, anthropic_reply, deep, openai_reply

GOOD = 50


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every field of a reply, from the whole to its leaves."""
    if path:
        yield path
    if isinstance(value, dict | list):
        for name in value if isinstance(value, dict) else range(len(value)):
            yield from _paths(value[name], (*path, name))


def _with(reply: dict[str, object], path: tuple[Any, ...], value: object) -> dict[str, object]:
    changed: Any = copy.deepcopy(reply)
    at = changed
    for name in path[:-1]:
        at = at[name]
    at[path[-1]] = value
    result: dict[str, object] = changed
    return result


def _requests(count: int) -> list[ChatRequest]:
    return [ChatRequest("m", (Message("user", f"answer {n}"),)) for n in range(count)]


def _odd_in_one_place(reply: dict[str, object]) -> list[dict[str, object]]:
    return [_with(reply, path, value) for path in _paths(reply) for value in ODD_VALUES]


def _odd_in_three_places(reply: dict[str, object]) -> list[dict[str, object]]:
    """Drawn at random, the same each time; what is put in one place may be taken apart in the next."""
    rng = random.Random(12)
    values = [deep(90), *(value for value in ODD_VALUES if value != deep(480))]  # `deepcopy` goes no deeper
    replies = []
    for _ in range(200):
        changed: Any = reply
        for _ in range(3):
            places = list(_paths(changed))[:100]
            if places:
                changed = _with(changed, rng.choice(places), rng.choice(values))
        replies.append(changed)
    return replies


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("provider", ["openai", "anthropic"])
@pytest.mark.parametrize("made_odd", [_odd_in_one_place, _odd_in_three_places])
@pytest.mark.one_in(2)
def test_fields_of_a_reply_may_hold_anything_and_the_replies_beside_it_are_recorded_once(
    provider: str,
    made_odd: Callable[[dict[str, object]], list[dict[str, object]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("evaluation.engine.calls.recording.LONGEST_DELAY", 0.01)
    reply = openai_reply() if provider == "openai" else anthropic_reply()
    answers = [Answer(reply)] * GOOD + [Answer(odd) for odd in made_odd(reply)]
    with odd_server(answers) as server:
        endpoint = Endpoint.objects.create(
            name="odd",
            provider=provider,
            model="m",
            base_url=f"{server.url}/v1" if provider == "openai" else server.url,
            input_price=Decimal(1000),
            output_price=Decimal(1000),
            priced_on=date(2026, 1, 1),
        )
        rows = enqueue_completions(endpoint, _requests(len(answers)))
        drain(endpoint)
        calls = server.calls
    pk_of = {key: row.pk for key, row in rows.items()}
    ended = {
        number: Completion.objects.get(pk=pk_of[request.key(endpoint.name)])
        for number, request in enumerate(_requests(len(answers)))
    }
    for number in range(GOOD):
        row = ended[number]
        assert (row.status, row.input_tokens, row.output_tokens) == ("succeeded", 50, 10)
        assert row.cost == Decimal("0.06")
        assert calls[number] == 1
    for number, row in ended.items():
        assert row.status in ("succeeded", "refused", "failed")
        assert row.error_code not in ("provider_error", "unstorable", "lease_expired")
        if row.status != "failed":
            assert calls[number] == 1, "what was answered is paid once"


@pytest.mark.django_db(transaction=True)
def test_what_a_run_trips_over_does_not_end_the_calls_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    def trip(run: Run) -> None:
        raise ZeroDivisionError("a reply that nobody thought of")

    monkeypatch.setattr("evaluation.engine.steps.advance.advance_run", trip)
    with odd_server([Answer(openai_reply())] * GOOD) as server:
        endpoint = Endpoint.objects.create(
            name="odd", provider="openai", model="m", base_url=f"{server.url}/v1", max_concurrency=2
        )
        run = build.run()
        Run.objects.filter(pk=run.pk).update(status="running", endpoint=endpoint)
        enqueue_completions(endpoint, _requests(GOOD), run=run)
        tasks.drain_endpoint(endpoint.pk)
        assert set(server.calls.values()) == {1}
    assert Completion.objects.filter(status="succeeded").count() == GOOD


@pytest.mark.django_db
def test_a_result_that_cannot_be_computed_fails_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = Endpoint.objects.create(name="e", provider="openai", model="m", api_key_variable="K")
    enqueue_completions(endpoint, _requests(3))
    claim = claim_completions(endpoint, limit=3)

    def breaks_on_seven(*args: Any) -> Decimal | None:
        if args[1] == 7:
            raise ZeroDivisionError("seven")
        return cost_of(*args)

    monkeypatch.setattr("evaluation.engine.calls.costs.cost_of", breaks_on_seven)
    written = record_outcomes(
        claim, [Reply("a", None, 1, 1), Reply("b", {"x": 1}, 7, 1), Reply("c")], endpoint
    )
    assert written == 3
    rows = Completion.objects.order_by("pk")
    assert [row.text for row in rows] == ["a", "b", "c"]
    assert [row.input_tokens for row in rows] == [1, None, None]
