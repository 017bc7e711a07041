"""Launching a batch: the grid, its items and preferences, shared baselines, the estimate, and what is refused."""

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from core.errors import DomainError
from evaluation.engine.steps.advance import advance_run
from evaluation.engine.steps.prompts import current_prompts
from evaluation.judges.selectors import default_rubric
from evaluation.models import (
    Batch,
    Catalogue,
    Completion,
    Endpoint,
    Item,
    ItemCall,
    Judge,
    Judgment,
    Preference,
    Question,
    Response,
    Run,
)
from evaluation.runs.services import control
from evaluation.runs.services.estimate import estimate_launch
from evaluation.runs.services.launching import BatchSpec, launch_batch
from evaluation.stages import prompts as prompt_module
from evaluation.stages.plan import RunOptions
from tests import build

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_KEY", "k")


def _endpoint(name: str = "model", **fields: object) -> Endpoint:
    valid: dict[str, object] = {"provider": "openai", "model": name, "api_key_variable": "TEST_KEY"}
    return Endpoint.objects.get_or_create(name=name, defaults=valid | fields)[0]


def _judge(name: str = "judge") -> Judge:
    return Judge.objects.create(name=name, endpoint=_endpoint(name), rubric=default_rubric())


def _spec(questions: int = 4, **fields: Any) -> BatchSpec:
    dataset = build.question(source="s0").dataset
    for number in range(1, questions):
        build.question(dataset, source=f"s{number % 2}")
    catalogue = Catalogue.objects.create(name="c")
    for kind, count in (("relevant", 2), ("irrelevant", 6)):
        for number in range(count):
            Preference.objects.create(catalogue=catalogue, text=f"{kind} {number}", kind=kind)
    valid: dict[str, Any] = {
        "name": "batch",
        "dataset": dataset,
        "catalogue": catalogue,
        "models": [_endpoint()],
        "methods": ["direct"],
        "settings": ["relevant"],
    }
    return BatchSpec(**valid | fields)


def _answer(text: str = "The correct answer is A.", **which: object) -> None:
    Completion.objects.filter(status="pending", **which).update(
        status="succeeded", text=text, finished_at=timezone.now()
    )


def _advance(run: Run) -> Run:
    run.refresh_from_db()
    advance_run(run)
    run.refresh_from_db()
    return run


def test_a_grid_makes_one_run_per_cell_with_all_items() -> None:
    spec = _spec(methods=["direct", "cot"], settings=["relevant", "mixed", "irrelevant"], judges=[_judge()])
    batch = launch_batch(spec=spec, actor=None)
    assert batch.runs.count() == 6
    assert {run.items.count() for run in batch.runs.all()} == {4}
    assert {run.judges.count() for run in batch.runs.exclude(setting="irrelevant")} == {1}
    assert {run.judges.count() for run in batch.runs.filter(setting="irrelevant")} == {0}
    mixed = Item.objects.filter(run__setting="mixed", run__method="direct")
    assert {(item.preference is not None, item.shown_irrelevant.count()) for item in mixed} == {(True, 4)}
    irrelevant = Item.objects.filter(run__setting="irrelevant")
    assert {(item.preference, item.shown_irrelevant.count()) for item in irrelevant} == {(None, 4)}


def test_preferences_go_round_robin_by_source_and_are_the_same_in_every_run() -> None:
    batch = launch_batch(spec=_spec(questions=8, methods=["direct", "cot"]), actor=None)
    told = [list(run.items.values_list("preference__text", flat=True)) for run in batch.runs.all()]
    assert told[0] == told[1]
    for source in ("s0", "s1"):
        of_source = Item.objects.filter(run=batch.runs.all()[0], question__source=source).order_by("position")
        assert [item.preference.text for item in of_source if item.preference] == [
            "relevant 0",
            "relevant 1",
            "relevant 0",
            "relevant 1",
        ]


def test_runs_of_a_batch_share_their_baselines() -> None:
    batch = launch_batch(spec=_spec(methods=["direct", "cot"]), actor=None)
    for run in batch.runs.all():
        _advance(run)
    assert ItemCall.objects.count() == 16
    assert Completion.objects.count() == 12  # 4 baselines, shared, and 4 personalised in each run


def test_advancing_takes_a_run_from_launch_to_judged() -> None:
    judge = _judge()
    run = launch_batch(spec=_spec(judges=[judge]), actor=None).runs.get()
    _advance(run)
    assert Completion.objects.count() == 8
    _answer()
    _advance(run)
    assert Response.objects.count() == 8
    assert set(Item.objects.values_list("status", flat=True)) == {"done"}
    _advance(run)
    _answer('{"score": 4, "explanation": "fine"}', endpoint=judge.endpoint)
    run = _advance(run)
    assert list(Judgment.objects.values_list("score", flat=True)) == [4] * 4
    assert run.status == "complete"
    assert _advance(run).status == "complete"


def test_an_unreadable_judge_is_asked_once_more_and_then_unscored_with_both_replies_kept() -> None:
    judge = _judge()
    run = launch_batch(spec=_spec(questions=2, judges=[judge]), actor=None).runs.get()
    _advance(run)
    _answer()
    _advance(run)
    _answer("five stars", endpoint=judge.endpoint)
    _advance(run)
    again = Completion.objects.filter(endpoint=judge.endpoint, status="pending")
    assert again.count() == 2
    assert "five stars" in str(again[0].request)
    first = again[0].pk
    _answer("still five stars", endpoint=judge.endpoint, pk=first)
    _answer("<score>2</score>", endpoint=judge.endpoint)
    assert _advance(run).status == "complete"
    unscored, scored = Judgment.objects.order_by("completion")
    assert (unscored.score, unscored.unscored_reason) == (None, "the judge's reply is unreadable")
    assert scored.score == 2
    assert {
        judgment.first_completion.text for judgment in (unscored, scored) if judgment.first_completion
    } == {"five stars"}


def test_a_refusal_fails_its_item_with_the_reason_and_the_run_still_ends() -> None:
    run = launch_batch(spec=_spec(questions=2, judges=[_judge()]), actor=None).runs.get()
    _advance(run)
    refused = Completion.objects.order_by("pk")[0]
    Completion.objects.filter(pk=refused.pk).update(status="refused", text="no", finished_at=timezone.now())
    _answer()
    _advance(run)
    _answer('{"score": 4, "explanation": ""}')
    assert _advance(run).status == "complete"
    failed = Item.objects.get(status="failed")
    assert failed.failure.endswith("the model refused")
    assert failed.responses.count() == 0


def test_failed_calls_are_tried_again_and_the_run_goes_on() -> None:
    run = launch_batch(spec=_spec(questions=1), actor=None).runs.get()
    _advance(run)
    Completion.objects.update(status="failed", error_code="timeout", finished_at=timezone.now())
    assert _advance(run).status == "failed"
    assert control.retry_failed(run=run, actor=None) == 2
    run.refresh_from_db()
    assert run.status == "running"
    _answer()
    assert _advance(run).status == "complete"
    assert Response.objects.count() == 2
    with pytest.raises(DomainError, match="No call of this run has failed"):
        control.retry_failed(run=run, actor=None)


def test_paused_and_cancelled_runs_ask_nothing_and_resume_goes_on() -> None:
    run = launch_batch(spec=_spec(), actor=None).runs.get()
    control.pause_run(run=run, actor=None)
    _advance(run)
    assert Completion.objects.count() == 0
    control.resume_run(run=run, actor=None)
    _advance(run)
    assert Completion.objects.count() == 8
    control.cancel_run(run=run, actor=None)
    for change in (control.pause_run, control.resume_run, control.cancel_run):
        with pytest.raises(DomainError, match="cancelled"):
            change(run=run, actor=None)


def test_a_shared_call_is_charged_to_a_run_that_still_runs() -> None:
    batch = launch_batch(spec=_spec(methods=["direct", "cot"]), actor=None)
    direct, cot = batch.runs.order_by("pk")
    _advance(direct)
    _advance(cot)
    baselines = Completion.objects.filter(item_calls__stage="baseline").distinct()
    assert set(baselines.values_list("run", flat=True)) == {direct.pk}
    control.pause_run(run=direct, actor=None)
    assert set(baselines.values_list("run", flat=True)) == {cot.pk}
    control.cancel_run(run=cot, actor=None)
    control.resume_run(run=direct, actor=None)
    assert set(baselines.values_list("run", flat=True)) == {direct.pk}


def test_icl_shows_held_out_questions_and_never_the_item_itself() -> None:
    spec = _spec(questions=9, methods=["icl"], sample_size=3, options=RunOptions(icl_examples=2))
    run = launch_batch(spec=spec, actor=None).runs.get()
    _advance(run)
    asked = set(run.items.values_list("question", flat=True))
    for call in ItemCall.objects.filter(stage="personalised").select_related("completion", "item__question"):
        system = call.completion.request["messages"][0]["content"]
        shown = [question for question in Question.objects.all() if question.text in system]
        assert len(shown) == 2
        assert not {question.pk for question in shown} & asked


def test_the_same_seed_draws_the_same_questions() -> None:
    spec = _spec(questions=20, sample_size=5)
    first = launch_batch(spec=spec, actor=None)
    second = launch_batch(spec=replace(spec, name="again"), actor=None)
    other = launch_batch(spec=replace(spec, name="other", options=RunOptions(seed=7)), actor=None)
    drawn = [
        set(batch.runs.get().items.values_list("question", flat=True)) for batch in (first, second, other)
    ]
    assert drawn[0] == drawn[1] != drawn[2]


def test_an_edited_prompt_is_a_new_version_and_old_runs_keep_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    run = launch_batch(spec=_spec(), actor=None).runs.get()
    edited = dict(prompt_module.prompt_files())
    edited["direct"] = edited["direct"].replace("My preferences", "What I like")
    monkeypatch.setattr("evaluation.engine.steps.prompts.prompt_files", lambda: edited)
    assert current_prompts()["direct"].version == 2
    assert current_prompts()["baseline"].version == 1
    assert run.prompts.get(name="direct").version == 1
    _advance(run)
    assert "My preferences" in str(ItemCall.objects.filter(stage="personalised")[0].completion.request)


def test_the_estimate_counts_calls_shares_baselines_and_calls_no_price_unpriced() -> None:
    priced = _endpoint("priced", input_price=Decimal(1), output_price=Decimal(2), priced_on="2026-01-01")
    judge = _judge()
    spec = _spec(
        models=[priced], methods=["direct", "pref_aligner"], settings=["relevant", "mixed"], judges=[judge]
    )
    estimate = estimate_launch(spec)
    lines = {line.endpoint.name: line for line in estimate.lines}
    # 4 baselines once, and one more call in each of 4 runs; each run's 4 items judged once.
    assert (lines["priced"].calls, lines["judge"].calls) == (4 + 16, 16)
    assert estimate.unpriced == [judge.endpoint]
    line = lines["priced"]
    assert line.cost == (Decimal(line.input_tokens) + 2 * line.output_tokens) / 1_000_000
    assert (estimate.runs, estimate.items, estimate.calls) == (4, 16, 36)


def test_the_estimate_of_calls_is_what_the_run_then_makes() -> None:
    spec = _spec(methods=["direct", "pref_aligner", "self_critic"], judges=[_judge()])
    expected = estimate_launch(spec).calls
    batch = launch_batch(spec=spec, actor=None)
    for _ in range(8):
        for run in batch.runs.all():
            _advance(run)
        # Each answer is another, or judges would be spared the same question in two runs.
        for waiting in Completion.objects.filter(status="pending"):
            reply = {
                "score": 4,
                "explanation": "",
                "response": f"The answer is A ({waiting.pk}).",
                "thoughts": "",
            }
            _answer(json.dumps(reply), pk=waiting.pk)
    assert set(batch.runs.values_list("status", flat=True)) == {"complete"}
    assert Completion.objects.count() == expected


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"methods": []}, "at least one"),
        ({"sample_size": 0}, "4 questions"),
        ({"sample_size": 5}, "4 questions"),
    ],
)
def test_what_cannot_run_is_refused_before_anything_is_written(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(DomainError, match=said):
        launch_batch(spec=_spec(**fields), actor=None)
    assert not Batch.objects.exists()
    assert not Run.objects.exists()


def test_a_missing_key_names_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEST_KEY")
    with pytest.raises(DomainError, match="TEST_KEY") as refused:
        launch_batch(spec=_spec(), actor=None)
    assert refused.value.field == "models"
    assert not Run.objects.exists()


def test_a_missing_key_of_a_judge_is_the_judges_fault() -> None:
    judge = Judge.objects.create(
        name="j", endpoint=_endpoint("j", api_key_variable="NOT_THERE"), rubric=default_rubric()
    )
    with pytest.raises(DomainError, match="NOT_THERE") as refused:
        launch_batch(spec=_spec(judges=[judge]), actor=None)
    assert refused.value.field == "judges"


def test_an_endpoint_that_judges_by_rules_cannot_answer() -> None:
    heuristic = Endpoint.objects.create(name="h", provider="heuristic", model="h")
    with pytest.raises(DomainError, match="judges by rules"):
        launch_batch(spec=_spec(models=[heuristic]), actor=None)


def test_a_record_can_only_replay_answers_not_align_or_extract() -> None:
    recorded = Endpoint.objects.create(name="r", provider="recorded", model="r")
    with pytest.raises(DomainError, match="only replay"):
        launch_batch(spec=_spec(extractor=recorded), actor=None)


def test_a_batch_name_is_used_once() -> None:
    spec = _spec()
    launch_batch(spec=spec, actor=None)
    with pytest.raises(DomainError, match="a batch named"):
        launch_batch(spec=spec, actor=None)
