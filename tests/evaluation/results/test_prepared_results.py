"""Prepared results: exactly what `RunOutcomes` gives, and never passing for current when something has changed."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection, connections, transaction

from evaluation.models import Item, Judge, Judgment, Question, Response, Run, RunChange, RunJudge, RunResult
from evaluation.models.item import Condition
from evaluation.results.metrics.run_metrics import DIMENSIONS, RunOutcomes
from evaluation.results.selectors.results import is_current, runs_to_compute
from evaluation.results.services import results
from evaluation.results.services.results import forget_deleted_runs, refresh_result
from evaluation.results.tasks import sweep_results
from perg.stats.base.result import dump
from tests import build

pytestmark = pytest.mark.django_db


def judged_run(**fields: str) -> Run:
    """Four items, two of them on one question, judged by one judge: right and followed, broken, not followed, none."""
    run = build.run(**fields)
    shared = build.question(run.dataset, source="a/first")
    items = [
        build.item(run, about=shared),
        build.item(run, about=shared, liking=build.preference("I like examples."), personalised="B"),
        build.item(run, source="b/second"),
        build.item(run, baseline="", personalised="C", source="b/second"),
    ]
    for item, score in zip(items, (5, 4, 1, None), strict=True):
        build.judgment(item, score)
    RunJudge.objects.create(run=run, judge=Judge.objects.get(name="judge"))
    return run


def test_a_result_holds_the_numbers_that_the_metrics_give() -> None:
    run = judged_run()
    result = refresh_result(run=run)
    assert result.metrics == dump(RunOutcomes(run).metrics())
    assert (result.items, result.items_done, result.items_failed) == (4, 4, 0)
    for dimension in DIMENSIONS:
        for part in RunOutcomes(run).slices(dimension):
            metrics = dump(part.metrics)
            row = result.rows.get(dimension=dimension, value=part.value)
            assert row.items == metrics["items"]
            assert row.figures["breakage_rate"] == metrics["breakage_rate"]
            assert row.figures["alignment_failure"] == metrics["alignment_failure"]["judge"]
            assert row.figures["robustness_error"] == metrics["robustness_error"]["judge"]
            assert row.figures["delivery_failure"] == metrics["delivery_failure"]["personalised"]
            assert row.breakage_rate == metrics["breakage_rate"]["value"]


def test_a_run_without_a_judge_has_a_row_that_says_so() -> None:
    row = refresh_result(run=build.run_with_items(2)).rows.get(dimension="")
    assert row.judge is None
    assert row.figures["robustness_error"]["undefined"] == "no judge rates this run"


def test_where_no_preference_is_relevant_robustness_error_is_the_breakage_rate() -> None:
    run = build.run(setting="irrelevant")
    build.item(run, personalised="B")
    row = refresh_result(run=run).rows.get(dimension="")
    assert row.figures["robustness_error"] == row.figures["breakage_rate"]
    assert row.figures["alignment_failure"]["undefined"] == "no preference is relevant in this setting"


def test_a_run_without_items_has_a_result() -> None:
    run = build.run()
    assert refresh_result(run=run).rows.get(dimension="").figures["breakage_rate"]["undefined"]
    assert is_current(run)


def _sql(statement: str) -> Callable[[Run], None]:
    def change(run: Run) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement.replace("{run}", str(run.pk)))

    return change


def _add_item(run: Run) -> None:
    build.item(run)


OF_RUN = "(SELECT id FROM evaluation_item WHERE run_id = {run})"
CHANGES = {
    "a response is rewritten": _sql(f"UPDATE evaluation_response SET answer = 'B' WHERE item_id IN {OF_RUN}"),
    "a judgment is rewritten": _sql("UPDATE evaluation_judgment SET score = 2 WHERE score = 5"),
    "judgments are deleted": _sql("DELETE FROM evaluation_judgment"),
    "judgments are emptied": _sql("SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE evaluation_judgment"),
    "an item fails": _sql("UPDATE evaluation_item SET status = 'failed', failure = 'x' WHERE position = 1"),
    "a question gets its source": _sql("UPDATE evaluation_question SET source = 'c/third'"),
    "a gold option is mended": _sql("UPDATE evaluation_question SET gold_option = 'B'"),
    "a preference gets its category": _sql("UPDATE evaluation_preference SET category = 'brevity'"),
    "a judge gets another threshold": _sql("UPDATE evaluation_judge SET threshold = 5"),
    "a judge is taken off": _sql("DELETE FROM evaluation_runjudge WHERE run_id = {run}"),
    "the run's setting is mended": _sql("UPDATE evaluation_run SET setting = 'mixed' WHERE id = {run}"),
    "an item is added": _add_item,
    "a judgment is copied in": _sql(
        "INSERT INTO evaluation_judgment (response_id, judge_id, replicate, status, score, explanation, "
        "unscored_reason, created_at) SELECT response_id, judge_id, 2, 'scored', 1, '', '', now() "
        "FROM evaluation_judgment WHERE score = 5"
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.one_in(3)
def test_whatever_changes_the_numbers_makes_the_result_stale(change: Callable[[Run], None]) -> None:
    run = judged_run()
    refresh_result(run=run)
    assert is_current(run)
    change(run)
    assert not is_current(run)
    assert run.pk in runs_to_compute() or RunResult.objects.get(run=run).seconds > 0
    assert refresh_result(run=run).metrics == dump(RunOutcomes(Run.objects.get(pk=run.pk)).metrics())
    assert is_current(run)


def test_what_is_none_of_a_runs_business_leaves_its_result_current() -> None:
    run, other = judged_run(), judged_run()
    refresh_result(run=run)
    build.item(other)
    Run.objects.filter(pk=run.pk).update(spent=3, status="running")
    Question.objects.update(external_id="renamed")
    assert is_current(run)


def test_an_item_that_moves_to_another_run_makes_both_results_stale() -> None:
    one, other = build.run_with_items(2), build.run()
    refresh_result(run=one)
    refresh_result(run=other)
    Item.objects.filter(run=one, position=2).update(run=other)
    assert not is_current(one)
    assert not is_current(other)


def test_a_result_that_is_current_is_not_computed_again() -> None:
    run = judged_run()
    first = refresh_result(run=run)
    assert refresh_result(run=run).computed_at == first.computed_at


def test_a_run_can_be_deleted_and_leaves_nothing_behind() -> None:
    run = judged_run()
    refresh_result(run=run)
    build.item(run)
    run.delete()
    forget_deleted_runs()
    assert not RunResult.objects.exists()
    assert not RunChange.objects.exists()


def test_the_sweep_computes_runs_from_before_there_were_results(monkeypatch: pytest.MonkeyPatch) -> None:
    run = judged_run()
    RunChange.objects.all().delete()
    queued: list[int] = []
    monkeypatch.setattr(
        "evaluation.results.tasks.refresh_result.apply_async",
        lambda arguments, **_: queued.append(arguments[0]),
    )
    sweep_results()
    assert queued == [run.pk]


@pytest.mark.django_db(transaction=True)
def test_a_judgment_recorded_while_the_result_is_computed_leaves_it_stale(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The judgment is committed after the rows were read and before the result is stored."""
    run = judged_run()
    item = Item.objects.get(run=run, position=1)
    computed = RunOutcomes

    def read_then_somebody_judges(run: Run) -> RunOutcomes:
        outcomes = computed(run)
        _elsewhere(lambda: Judgment.objects.filter(response__item=item).update(score=1))
        return outcomes

    monkeypatch.setattr(results, "RunOutcomes", read_then_somebody_judges)
    before = refresh_result(run=run)
    monkeypatch.undo()
    assert before.metrics["alignment_failure"]["judge"]["value"] == pytest.approx(1 / 3)
    assert not is_current(run)
    assert refresh_result(run=run).metrics["alignment_failure"]["judge"]["value"] == pytest.approx(2 / 3)
    assert is_current(run)


@pytest.mark.django_db(transaction=True)
def test_a_judgment_still_uncommitted_when_the_result_is_computed_makes_it_stale_once_it_is() -> None:
    run = judged_run()
    response = Response.objects.get(item__run=run, item__position=1, condition=Condition.PERSONALISED)
    written, done = threading.Event(), threading.Event()

    def judge() -> None:
        with transaction.atomic():
            response.judgments.update(score=1)
            written.set()
            assert done.wait(600)

    with InThread(judge) as thread:
        assert written.wait(600)
        result = refresh_result(run=run)
        assert result.metrics["alignment_failure"]["judge"]["value"] == pytest.approx(1 / 3)
        assert is_current(run)
        done.set()
        thread.join()
    assert not is_current(run)


class InThread:
    """Runs work in a thread with a connection of its own."""

    def __init__(self, work: Callable[[], object]) -> None:
        def run() -> None:
            try:
                work()
            finally:
                connections.close_all()

        self.thread = threading.Thread(target=run)

    def __enter__(self) -> threading.Thread:
        self.thread.start()
        return self.thread

    def __exit__(self, *_: object) -> None:
        self.thread.join()


def _elsewhere(work: Callable[[], object]) -> None:
    with InThread(work):
        pass
