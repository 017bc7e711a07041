"""A run of which nothing came is not complete: for REST, commands, webhooks and pages."""

import io
from collections.abc import Iterator

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from evaluation.engine.steps.advance import advance_run
from evaluation.engine.steps.judging import launch_judging
from evaluation.judges.selectors import default_rubric, heuristic_judge
from evaluation.models import Judge, Judgment, Run
from evaluation.runs.services.control import retry_failed
from evaluation.signals import run_failed, run_finished
from evaluation.stages.verdicts import ABSTAINED
from tests import build
from tests.launched_batches import batch_spec, end_calls, launched_batch, model_endpoint, waiting_calls

pytestmark = pytest.mark.django_db

ANSWERED = {"status": "succeeded", "text": "The answer is A."}
FAILED = {"status": "failed", "error_code": "connection"}


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONSOLE_TEST_KEY", "k")


@pytest.fixture
def told() -> Iterator[list[str]]:
    """What receivers of the signals hear."""
    heard: list[str] = []

    def failed(reason: str, **_: object) -> None:
        heard.append(reason)

    def finished(**_: object) -> None:
        heard.append("finished")

    run_failed.connect(failed, weak=False, dispatch_uid="failed")
    run_finished.connect(finished, weak=False, dispatch_uid="finished")
    yield heard
    run_failed.disconnect(dispatch_uid="failed")
    run_finished.disconnect(dispatch_uid="finished")


def judge() -> Judge:
    return Judge.objects.create(name="j", endpoint=model_endpoint("judge"), rubric=default_rubric())


def advanced(run: Run) -> Run:
    for _ in range(3):
        run.refresh_from_db()
        advance_run(run)
    run.refresh_from_db()
    return run


def test_a_run_of_which_every_item_failed_has_failed_everywhere(staff: Client, told: list[str]) -> None:
    batch = launched_batch(settings=["relevant"])
    run = batch.runs.get()
    end_calls(waiting_calls(), **FAILED)
    assert advanced(run).status == "failed"
    assert run.finished_at is not None
    assert told == ["every_item_failed"]
    assert staff.get(f"/api/v1/runs/{run.pk}/").json()["status"] == "failed"
    assert [each["status"] for each in staff.get(f"/api/v1/batches/{batch.pk}/").json()["runs"]] == ["failed"]
    page = staff.get(reverse("run_detail", args=[run.pk])).content.decode()
    assert "Every item failed." in page
    assert "The run is complete" not in page
    for url in (reverse("run_list"), reverse("batch_detail", args=[batch.pk])):
        assert '<span class="badge badge-failed">Failed</span>' in staff.get(url).content.decode()


def test_a_run_of_which_some_items_failed_is_complete(told: list[str]) -> None:
    run = launched_batch(settings=["relevant"]).runs.get()
    first, *others = waiting_calls()
    end_calls([first], **FAILED)
    end_calls(others, **ANSWERED)
    assert advanced(run).status == "complete"
    assert told == ["finished"]


def test_a_judge_without_a_score_for_any_item_fails_the_run_and_trying_again_completes_it(
    staff: Client, told: list[str]
) -> None:
    run = launched_batch(settings=["relevant"], judges=[judge()]).runs.get()
    end_calls(waiting_calls(), **ANSWERED)
    advance_run(run)
    end_calls(waiting_calls(), **FAILED)
    assert advanced(run).status == "failed"
    assert told == ["every_judgment_failed"]
    page = staff.get(reverse("run_detail", args=[run.pk])).content.decode()
    assert "one judge has not scored any of them" in page
    retry_failed(run=run, actor=None)
    end_calls(waiting_calls(), status="succeeded", text='{"explanation": "", "score": 4}')
    assert advanced(run).status == "complete"
    assert set(Judgment.objects.values_list("score", flat=True)) == {4}


def test_replies_without_a_score_are_no_judgments_either_but_abstaining_is() -> None:
    run = launched_batch(settings=["relevant"], judges=[judge()]).runs.get()
    end_calls(waiting_calls(), **ANSWERED)
    advance_run(run)
    for _ in range(2):  # a judge whose reply is unreadable is asked once more
        end_calls(waiting_calls(), status="succeeded", text="I cannot say.")
        advance_run(run)
    assert advanced(run).status == "failed"

    judged = build.run_with_items(2)
    launch_judging(run=judged, judge=heuristic_judge(), actor=None)
    judged.refresh_from_db()
    advance_run(judged)
    Judgment.objects.filter(response__item__run=judged).update(status="unscored", unscored_reason=ABSTAINED)
    assert advanced(judged).status == "complete"


def test_the_commands_that_wait_fail_where_a_run_did_not_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail_all(seconds: float) -> None:
        end_calls(waiting_calls(), **FAILED)
        for run in Run.objects.filter(status="running"):
            advance_run(run)

    monkeypatch.setattr("time.sleep", fail_all)
    batch_spec()  # its data
    arguments = {"dataset": "launched", "catalogue": "launched", "model": ["model"], "method": ["direct"]}
    out = io.StringIO()
    with pytest.raises(CommandError, match="1 of 1 runs did not complete"):
        call_command("launch_run", "waited for", setting=["relevant"], wait=True, stdout=out, **arguments)
    assert "failed" in out.getvalue()

    run = build.run_with_items(2)
    judge()
    with pytest.raises(CommandError, match="did not complete"):
        call_command("judge_run", run.name, judge="j", wait=True, stdout=out)
    run.refresh_from_db()
    assert run.status == "failed"
