"""Every number of a run leads to the items behind it, which are as many as it says."""

import pytest
from django.test import Client
from django.urls import reverse

from evaluation.models import Judge, Run, RunJudge
from evaluation.results.metrics.aligner_failures import aligner_failures
from evaluation.results.metrics.run_metrics import RunOutcomes
from evaluation.results.selectors.run_items import SETS, ItemFilter, run_items
from tests import build
from tests.judged_runs import called, judged
from tests.query_counts import check_query_count

pytestmark = pytest.mark.django_db


def _count(run: Run, show: str) -> int:
    judge = Judge.objects.filter(name="judge").first()
    return run_items(run, ItemFilter(show=show, judge=judge)).count()


def test_the_items_behind_a_number_are_as_many_as_it_says() -> None:
    run = judged(build.run())
    metrics = RunOutcomes(run).metrics()

    def failures(estimate: object, show: str, among: str) -> None:
        assert estimate.n == _count(run, among)  # type: ignore[attr-defined]
        assert estimate.value == pytest.approx(_count(run, show) / _count(run, among))  # type: ignore[attr-defined]

    failures(metrics.breakage_rate, "broken", "baseline_right")
    failures(metrics.alignment_failure["judge"], "not_followed", "scored")
    failures(metrics.robustness_error["judge"], "not_robust", "scored")
    failures(metrics.performance_variation, "changed", "right_somewhere")
    failures(metrics.delivery_failure.personalised, "no_personalised_letter", "answered")
    failures(metrics.delivery_failure.baseline, "no_baseline_letter", "answered")
    assert metrics.unscored["judge"] == _count(run, "unscored")


def test_replicates_are_averaged_behind_a_number_too() -> None:
    run = judged(build.run())
    first = run.items.get(position=1).responses.get(condition="personalised")
    first.judgments.create(judge=build.only_judge(), replicate=2, status="scored", score=1)
    first.judgments.create(judge=build.only_judge(), replicate=3, status="scored", score=1)
    value = RunOutcomes(run).metrics().alignment_failure["judge"].value
    assert value == pytest.approx(_count(run, "not_followed") / _count(run, "scored"))


@pytest.mark.parametrize("setting", ["relevant", "irrelevant"])
def test_where_pref_aligner_fails_adds_up_and_leads_to_the_items(setting: str) -> None:
    from evaluation.results.figures.analyses import BEHIND

    run = build.run(method="pref_aligner", setting=setting)
    if setting == "relevant":
        judged(run)
    else:
        build.item(run, texts=("The answer is A.", "The  answer is\nA. "))
        build.item(run, texts=("The answer is A.", "As a pirate: A."))
        build.item(run, personalised="B")
    called(run, stages=["baseline", "aligner"], seconds=1)
    run.items.get(position=1).responses.filter(condition="personalised").update(
        fell_back=setting == "relevant"
    )
    found = aligner_failures(RunOutcomes(run))
    assert found is not None
    (stages,) = found.judges.values()
    assert sum(stage.items or 0 for stage in stages) == run.items.count()
    for stage in stages:
        behind = BEHIND[stage.stage]
        if setting == "irrelevant" and stage.stage == "none":
            behind = "left_alone"
        if stage.items is not None:
            assert _count(run, behind) == stage.items, stage.stage
    undefined = {str(stage.stage): stage.of_all.undefined for stage in stages if stage.items is None}
    if setting == "relevant":
        assert undefined == {"acted_on_irrelevant": "no irrelevant preference was told"}
    else:
        assert undefined == {"not_followed": "no preference is relevant in this setting"}


def test_a_record_does_not_say_whether_the_aligner_fell_back() -> None:
    found = aligner_failures(RunOutcomes(judged(build.run(method="pref_aligner"))))
    assert found is not None
    stage = next(each for each in found.judges["judge"] if each.stage == "fell_back")
    assert stage.items is None
    assert stage.of_all.undefined


def test_items_are_listed_a_page_at_a_time(staff: Client) -> None:
    run = build.run_with_items(60)
    address = reverse("run_item_list", args=[run.pk])
    first = staff.get(address)
    assert [item.position for item, _ in first.context["lines"]] == list(range(1, 51))
    second = staff.get(f"{address}?{first.context['next']}")
    assert [item.position for item, _ in second.context["lines"]] == list(range(51, 61))
    assert second.context["next"] == ""


def test_a_set_that_depends_on_a_judge_asks_for_one(staff: Client) -> None:
    run = judged(build.run())
    assert staff.get(reverse("run_item_list", args=[run.pk]), {"show": "not_followed"}).status_code == 422
    listed = staff.get(
        reverse("run_item_list", args=[run.pk]),
        {"show": "not_followed", "judge": str(build.only_judge().pk)},
    )
    assert len(listed.context["lines"]) == _count(run, "not_followed")


def test_items_are_filtered_by_why_they_have_no_score_or_failed(staff: Client) -> None:
    run = judged(build.run())
    run.items.filter(position=1).update(status="failed", failure="baseline: the model refused")
    address = reverse("run_item_list", args=[run.pk])
    assert len(staff.get(address, {"reason": "unreadable reply"}).context["lines"]) == 1
    assert (
        len(staff.get(address, {"show": "failed", "cause": "baseline: the model refused"}).context["lines"])
        == 1
    )
    assert len(staff.get(address, {"show": "failed", "cause": "other"}).context["lines"]) == 0


def test_the_queries_of_a_list_of_items_do_not_grow_with_the_items(staff: Client) -> None:
    run = build.run()
    judge = build.judgment(build.item(run), 4).judge
    RunJudge.objects.create(run=run, judge=judge)

    def add_rows(count: int) -> None:
        for _ in range(count):
            build.judgment(build.item(run), 4)

    address = reverse("run_item_list", args=[run.pk])
    shown = {"show": "scored", "judge": str(judge.pk)}
    check_query_count("run_item_list", add_rows=add_rows, ask=lambda: staff.get(address, shown))


def test_every_set_of_items_can_be_asked_for(staff: Client) -> None:
    run = judged(build.run())
    judge = str(build.only_judge().pk)
    for show in SETS:
        assert (
            staff.get(reverse("run_item_list", args=[run.pk]), {"show": show, "judge": judge}).status_code
            == 200
        )
