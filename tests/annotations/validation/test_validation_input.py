"""What a validation report is computed from, as it is read from the database."""

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotations.models import Adjudication, Campaign, Task
from annotations.validation.selectors.validation import validation_input
from annotations.validation.services import validation
from annotations.validation.services.ratings_import import RatingsFile, RatingsSpec, import_ratings
from core.db.whole_numbers import whole_numbers
from core.models import User
from evaluation.models import Item, Judge, Judgment
from tests import build
from tests.judged_campaign import QUICK, again, judged_campaign, place, tasks_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> list[User]:
    return [build.person(name) for name in ("ann", "bob")]


@pytest.fixture
def campaign(people: list[User]) -> Campaign:
    return judged_campaign(people)


def test_items_are_all_judged_responses_and_people_vote_on_tasks_only(campaign: Campaign) -> None:
    report_input = validation_input(campaign)
    assert report_input.ratings.people == ("ann", "bob")
    assert report_input.ratings.judges == ("gpt", "yes")
    assert len(report_input.table.units) == 6
    assert np.array_equal(report_input.table.column("gpt"), [1, 2, 3, 4, 5, 1])
    assert np.array_equal(report_input.table.column("yes"), [5, 5, 5, 5, 5, np.nan], equal_nan=True)
    voted = [place(report_input, task) for task in tasks_of(campaign)[:2]]
    expected = np.full((6, 2), np.nan)
    expected[voted] = [2, 3]  # bob's newest revision
    assert np.array_equal(report_input.people.values, expected, equal_nan=True)
    assert report_input.inclusion is not None
    drawn = [place(report_input, task) for task in tasks_of(campaign)]
    assert np.flatnonzero(~np.isnan(report_input.inclusion)).tolist() == sorted(drawn)
    assert report_input.inclusion[drawn].tolist() == [0.5] * 3
    assert report_input.threshold == 3
    assert report_input.run == ["first run"] * 6


def test_what_is_known_of_the_items(campaign: Campaign) -> None:
    item = Item.objects.get(position=2)
    item.question.category = "law"
    item.question.save()
    report_input = validation_input(campaign)
    assert report_input.facets["category"] == [None, "law", None, None, None, None]
    assert report_input.facets["answer correct"] == ["correct", "incorrect"] * 3
    assert report_input.facets["setting"] == ["relevant"] * 6
    assert report_input.facets["method"] == ["direct"] * 6
    assert report_input.baseline_correct is not None
    assert report_input.baseline_correct.all()
    assert report_input.answer_correct is not None
    assert report_input.answer_correct.tolist() == [True, False] * 3
    assert report_input.response_length is not None
    assert report_input.response_length.tolist() == [2] * 6
    assert report_input.clusters.tolist() == list(
        Item.objects.order_by("position").values_list("question", flat=True)
    )


def test_votes_alone_count(campaign: Campaign, people: list[User]) -> None:
    """Neither surplus labels nor those set aside, nor anything on control items."""
    before = validation_input(campaign).people.values
    third = build.person("eve")
    campaign.members.create(user=third)
    build.vote(tasks_of(campaign)[2], third, 5, is_surplus=True)
    build.vote(tasks_of(campaign)[1], third, 5, is_set_aside=True)
    report_input = validation_input(campaign)
    assert report_input.ratings.people == ("ann", "bob")
    assert np.array_equal(report_input.people.values, before, equal_nan=True)


def test_the_adjudicators_last_decision_is_gold(campaign: Campaign, people: list[User]) -> None:
    task = tasks_of(campaign)[0]
    for revision, score in enumerate((1, 4), 1):
        Adjudication.objects.create(
            task=task, revision=revision, adjudicator=people[0], score=score, rationale="So."
        )
    assert np.isnan(validation_input(campaign).gold).all()  # type: ignore[arg-type]
    Task.objects.filter(pk=task.pk).update(state="adjudicated", open_slots=0)
    report_input = validation_input(campaign)
    assert report_input.gold is not None
    assert report_input.gold[place(report_input, task)] == 4
    assert np.isnan(report_input.gold).sum() == 5


def test_a_judge_asked_again_has_its_replicates_beside_its_first_answers(campaign: Campaign) -> None:
    again("gpt", Item.objects.get(position=1), 2, 4)
    report_input = validation_input(campaign)
    assert report_input.table.column("gpt")[0] == 1
    assert set(report_input.replicates) == {"gpt"}
    table = report_input.replicates["gpt"]
    assert table.raters == ("replicate 1", "replicate 2")
    assert table.column("replicate 1").tolist() == [1, 2, 3, 4, 5, 1]
    assert np.array_equal(table.column("replicate 2"), [4] + [np.nan] * 5, equal_nan=True)


def test_a_judge_named_like_a_person_is_distinguished(campaign: Campaign) -> None:
    Judge.objects.filter(name="gpt").update(name="ann")
    report_input = validation_input(campaign)
    assert report_input.ratings.judges == ("ann (judge)", "yes")
    assert report_input.judge_kinds == {"ann (judge)": "judge", "yes": "judge"}


def test_items_that_ask_the_same_in_two_runs_are_paired(people: list[User]) -> None:
    runs = [build.run("direct run"), build.run("aligned run", method="pref_aligner")]
    questions = [build.question() for _ in range(3)]
    for run in runs:
        for question in questions:
            build.judgment(build.item(run, about=question), 4)
    build.item(runs[0])  # neither judged nor a task: not an item of the report
    campaign = build.campaign(runs, people, size=2)
    Task.objects.filter(response__judgments=None).delete()
    report_input = validation_input(campaign)
    assert report_input.run == ["direct run"] * 3 + ["aligned run"] * 3
    assert report_input.pairing is not None
    assert report_input.pairing[:3].tolist() == report_input.pairing[3:].tolist()
    assert len(set(report_input.pairing.tolist())) == 3


def test_the_number_of_queries_does_not_grow(campaign: Campaign, people: list[User]) -> None:
    with CaptureQueriesContext(connection) as few:
        validation_input(campaign)
    for _ in range(5):
        build.judgment(build.item(campaign.runs.get()), 4, by="gpt")
    build.vote(tasks_of(campaign)[2], people[0], 2)
    with CaptureQueriesContext(connection) as more:
        validation_input(campaign)
    assert len(more) == len(few) <= 10


def test_a_campaign_without_any_label_or_judgment_can_be_read(people: list[User]) -> None:
    report_input = validation_input(build.campaign(build.run_with_items(2), people))
    assert report_input.table.values.shape == (2, 0)


def test_imported_ratings_are_read_as_they_were_in_the_file() -> None:
    text = "item,ann,bob\nq1,10,9\nq2,,x\n"
    campaign = import_ratings(
        spec=RatingsSpec(name="names", files=[RatingsFile("a.csv", text, "human")], scale="nominal")
    ).campaign
    report_input = validation_input(campaign)
    assert report_input.ratings.labels == ("9", "10", "x")
    assert [report_input.ratings.labels[int(value)] for value in report_input.table.column("bob")] == [
        "9",
        "x",
    ]
    assert report_input.threshold is None
    assert report_input.inclusion is None


def test_raters_called_as_the_reports_own_are_told_apart() -> None:
    """Each person and judge of the file is in the report, beside the baselines of the same name."""
    own = ["people (median)", "adjudicated gold", "the others", "random judge", "constant judge"]
    rows = [
        f"q{i},{rater},{'judge' if 'judge' in rater else 'human'},{1 + (i * 7 + k) % 5}"
        for i in range(12)
        for k, rater in enumerate([*own, "constant judge (imported)"])
    ]
    text = "\n".join(["item,rater,kind,score", *rows])
    made = import_ratings(spec=RatingsSpec(name="names", files=[RatingsFile("a.csv", text)], scale="ordinal"))
    report, _ = validation.computed_report(made.campaign, QUICK)
    assert {rater.name for rater in report.raters} == {f"{name} (imported)" for name in own} | {
        "constant judge (imported) (imported)"
    }


def test_whole_numbers_come_as_they_are_and_a_missing_one_is_refused(campaign: Campaign) -> None:
    rows = Judgment.objects.filter(judge__name="yes").values_list("response", "replicate", "score")
    scored = rows.filter(status="scored")
    assert sorted(map(tuple, whole_numbers(scored).tolist())) == sorted(scored)
    assert whole_numbers(rows.filter(replicate=9)).shape == (0, 3)
    with pytest.raises(ValueError, match="missing"):
        whole_numbers(rows)
