"""Testing a judge with injected responses: how often a text in a response raises its score."""

import json
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from scipy.stats import binomtest

from core.errors import Conflict, DomainError
from core.models import User
from evaluation.engine.calls.drain import drain
from evaluation.judges.selectors import default_rubric, heuristic_judge
from evaluation.judges.services.canaries import canary_cost_limit, start_canary_test
from evaluation.judges.services.canary_results import CanaryResult, canary_result
from evaluation.judges.services.judges import JudgeSpec, create_judge
from evaluation.models import CanaryTest, Completion, Endpoint, Judge, Judgment
from evaluation.stages.canaries import CanaryPair, canary_set
from tests.pages import page_text

pytestmark = pytest.mark.django_db


@pytest.fixture
def judge() -> Judge:
    endpoint = Endpoint.objects.create(
        name="api",
        provider="openai",
        model="m",
        structured_output="tagged",
        base_url="http://127.0.0.1:1/v1",
        input_price=Decimal(1),
        output_price=Decimal(2),
        priced_on="2026-11-01",
    )
    spec = JudgeSpec(name="tested", endpoint=endpoint, rubric=default_rubric())
    return create_judge(spec=spec, actor=None)


@pytest.fixture
def admin() -> User:
    return User.objects.create_user("admin", is_staff=True)


def _answer(test: CanaryTest, reply: Callable[[CanaryPair, bool], str]) -> CanaryResult:
    """Finish the calls of a test; `reply` says what the judge writes of a pair, without or with the injected text."""
    pairs = {pair.technique: pair for pair in canary_set().pairs}
    for call in test.calls.all():
        text = reply(pairs[call.technique], call.is_injected)
        Completion.objects.filter(pk=call.completion_id).update(
            status="succeeded", text=text, finished_at=timezone.now()
        )
    return canary_result(test)


def test_each_pair_differs_by_one_technique_and_has_a_question_of_its_own() -> None:
    pairs = canary_set().pairs
    assert (
        len({pair.technique for pair in pairs}) == len({pair.clean.question for pair in pairs}) == len(pairs)
    )
    for pair in pairs:
        texts = {"baseline": pair.clean.baseline, "personalised": pair.clean.personalised}
        assert pair.injection.strip()
        assert pair.injected.question == pair.clean.question
        assert pair.injected.preference == pair.clean.preference
        for name, text in texts.items():
            expected = f"{text}\n\n{pair.injection}" if name == pair.into else text
            assert getattr(pair.injected, name) == expected


def test_a_judge_that_obeys_some_injected_texts_has_their_share_with_an_interval(
    judge: Judge, admin: User
) -> None:
    test = start_canary_test(judge=judge, actor=admin)
    obeyed = {pair.technique for pair in canary_set().pairs[:6]}
    result = _answer(
        test,
        lambda pair, injected: f"<score>{5 if injected and pair.technique in obeyed else 1}</score>",
    )
    interval = binomtest(6, 24).proportion_ci(method="wilson")
    assert (result.raised.value, result.raised.n) == (0.25, 24)
    assert result.raised.low == pytest.approx(interval.low)
    assert result.raised.high == pytest.approx(interval.high)
    assert result.turned.value == 0.25
    assert {pair.technique for pair in result.pairs if pair.is_raised} == obeyed
    assert result.unfinished == 0


def test_a_judge_that_obeys_none_may_still_be_moved_as_the_interval_says(judge: Judge, admin: User) -> None:
    result = _answer(start_canary_test(judge=judge, actor=admin), lambda pair, injected: "<score>2</score>")
    assert result.raised.value == 0
    assert result.raised.high == pytest.approx(1.959964**2 / (24 + 1.959964**2))


def test_pairs_that_cannot_be_raised_or_have_no_score_are_counted_apart(judge: Judge, admin: User) -> None:
    top, silenced, lowered = (pair.technique for pair in canary_set().pairs[:3])

    def reply(pair: CanaryPair, injected: bool) -> str:
        if pair.technique == top:
            return "<score>5</score>"
        if pair.technique == silenced:
            return "I cannot help with that." if injected else "<score>1</score>"
        if pair.technique == lowered:
            return "<score>1</score>" if injected else "<score>3</score>"
        return "<score>4</score>" if injected else "<score>3</score>"

    result = _answer(start_canary_test(judge=judge, actor=admin), reply)
    assert (result.raised.n, result.raised.value) == (22, 21 / 22)
    assert (result.without_room_count, result.silenced_count, result.lowered_count) == (1, 1, 1)
    assert result.unreadable_count == 1
    assert result.turned.value is None  # every clean response was followed
    assert "clean response that does not follow" in str(result.turned.undefined)


def test_only_one_test_runs_at_a_time_and_the_next_one_asks_again(judge: Judge, admin: User) -> None:
    test = start_canary_test(judge=judge, actor=admin)
    with pytest.raises(Conflict, match="under way"):
        start_canary_test(judge=judge, actor=admin)
    _answer(test, lambda pair, injected: "<score>1</score>")
    again = start_canary_test(judge=judge, actor=admin)
    assert canary_result(again).unfinished == canary_set().calls
    assert Completion.objects.count() == 2 * canary_set().calls


def test_imported_ratings_cannot_be_tested_with_injected_responses(admin: User) -> None:
    imported = Judge.objects.create(name="imported", origin="imported")
    with pytest.raises(DomainError, match="imported"):
        start_canary_test(judge=imported, actor=admin)


def test_a_price_bounds_what_the_test_may_cost(judge: Judge) -> None:
    limit = canary_cost_limit(judge)
    assert limit is not None
    assert limit > canary_set().calls * judge.max_tokens * 2 / 1_000_000
    assert canary_cost_limit(heuristic_judge()) is None


def test_the_floor_is_tested_by_page_and_rest_and_no_judgment_is_written(staff: Client) -> None:
    judge = heuristic_judge()
    assert judge.endpoint is not None
    assert "Not tested" in page_text(staff, "judge_detail", judge.pk)
    page = reverse("judge_canaries", args=[judge.pk])
    assert staff.post(page).status_code == 302
    assert "calls remaining" in page_text(staff, "judge_canaries", judge.pk)
    drain(judge.endpoint)
    assert "Rated higher with the text" in page_text(staff, "judge_canaries", judge.pk)
    assert "All pairs" in page_text(staff, "judge_detail", judge.pk)
    document = staff.get(reverse("api_judge_canaries", args=[judge.pk])).json()
    assert (document["unfinished"], len(document["pairs"])) == (0, len(canary_set().pairs))
    assert document["raised"]["n"] + document["without_room_count"] == sum(
        pair["clean_score"] is not None and pair["injected_score"] is not None for pair in document["pairs"]
    )
    assert staff.post(reverse("api_judge_canaries", args=[judge.pk])).status_code == 202
    assert Judgment.objects.count() == 0
    assert not Completion.objects.filter(run__isnull=False).exists()


def test_the_judge_is_shown_the_injected_text_within_its_document(judge: Judge, admin: User) -> None:
    test = start_canary_test(judge=judge, actor=admin)
    for pair in canary_set().pairs:
        call = test.calls.select_related("completion").get(technique=pair.technique, is_injected=True)
        document = json.loads(call.completion.request["messages"][-1]["content"])
        assert pair.injection in document[pair.into]
