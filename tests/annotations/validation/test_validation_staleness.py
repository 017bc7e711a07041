"""What makes a stored validation report stale: its input, its settings, another version of the code."""

from collections.abc import Callable

import pytest

from annotations.models import Adjudication, Campaign, Task
from annotations.validation.selectors.input_hash import input_hash
from annotations.validation.selectors.reports import reports_now
from annotations.validation.services.ratings_import import RatingsFile, RatingsSpec, import_ratings
from annotations.validation.services.validation import request_report
from core.jobs.leasing import run_job
from core.models import User
from evaluation.models import Item, Judge, Judgment
from tests import build
from tests.judged_campaign import QUICK, SETTINGS, again, judged_campaign, revise, tasks_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> list[User]:
    return [build.person(name) for name in ("ann", "bob")]


@pytest.fixture
def campaign(people: list[User]) -> Campaign:
    return judged_campaign(people)


def vote_anew(campaign: Campaign) -> None:
    build.vote(tasks_of(campaign)[2], User.objects.get(username="ann"), 1)


def set_aside(campaign: Campaign) -> None:
    campaign.members.get(user__username="ann").assignments.update(is_set_aside=True)


def judge_anew(campaign: Campaign) -> None:
    Judgment.objects.filter(judge__name="yes", score=None).update(
        status="scored", score=3, unscored_reason=""
    )


def replicate(campaign: Campaign) -> None:
    again("gpt", Item.objects.get(position=1), 2, 4)


def rename(campaign: Campaign) -> None:
    Judge.objects.filter(name="gpt").update(name="gpt-5")


def adjudicate(campaign: Campaign) -> None:
    task = tasks_of(campaign)[0]
    Adjudication.objects.create(
        task=task, adjudicator=User.objects.get(username="ann"), score=4, rationale="So."
    )
    Task.objects.filter(pk=task.pk).update(state="adjudicated", open_slots=0)


def recategorise(campaign: Campaign) -> None:
    question = Item.objects.get(position=1).question
    question.category = "law"
    question.save()


def add_run(campaign: Campaign) -> None:
    other = build.run()
    build.judgment(build.item(other), 3, by="gpt")
    campaign.runs.add(other)


CHANGES: list[Callable[[Campaign], None]] = [
    *(revise, vote_anew, set_aside, judge_anew, replicate, rename, adjudicate, recategorise, add_run)
]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.one_in(3)
def test_what_the_report_rests_on_changes_its_hash(
    campaign: Campaign, change: Callable[[Campaign], None]
) -> None:
    before = input_hash(campaign, SETTINGS)
    assert input_hash(campaign, SETTINGS) == before
    change(campaign)
    assert input_hash(Campaign.objects.get(pk=campaign.pk), SETTINGS) != before


def test_settings_and_code_version_change_the_hash(campaign: Campaign) -> None:
    before = input_hash(campaign, SETTINGS)
    assert input_hash(campaign, SETTINGS | {"epsilon": 0.2}) != before
    assert input_hash(campaign, SETTINGS, code_version="0.0.0") != before


def test_what_is_no_input_leaves_the_hash(campaign: Campaign, people: list[User]) -> None:
    before = input_hash(campaign, SETTINGS)
    build.vote(tasks_of(campaign)[2], people[0], 5, is_surplus=True)
    build.judgment(build.item(build.run()), 3, by="gpt")  # another run
    campaign.name = "another name"
    campaign.save()
    assert input_hash(campaign, SETTINGS) == before


def test_imported_ratings_have_a_hash_of_their_own() -> None:
    def hash_of(text: str, name: str) -> str:
        made = import_ratings(
            spec=RatingsSpec(name=name, files=[RatingsFile("a.csv", text, "human")], scale="ordinal")
        )
        return input_hash(made.campaign, SETTINGS, criterion=made.criterion)

    first = hash_of("item,ann\nq1,4\n", "a")
    assert hash_of("item,ann\nq1,4\n", "b") == first
    assert hash_of("item,ann\nq1,5\n", "c") != first


def test_a_report_goes_stale_and_says_why(campaign: Campaign) -> None:
    run_job(request_report(campaign=campaign, settings=QUICK))
    assert reports_now(campaign).stale == ""
    revise(campaign)
    assert "have changed since" in reports_now(campaign).stale


def test_a_report_of_another_version_of_the_code_is_stale(campaign: Campaign) -> None:
    report = run_job(request_report(campaign=campaign, settings=QUICK))
    report.input_hash = input_hash(campaign, SETTINGS, code_version="0.0.1")
    report.code_version = "0.0.1"
    report.save()
    assert reports_now(campaign).stale.startswith("It was computed by version 0.0.1")
