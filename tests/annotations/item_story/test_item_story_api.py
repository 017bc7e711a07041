"""The story of an item over REST: as much of it as the page shows, to the same people; and a judge's verdicts."""

from typing import Any

import pytest
from django.test import Client

from annotations.gold.services.gold import release_gold
from annotations.models import Task, ValidationReport
from core.models import User
from evaluation.models import Completion, Item, ItemCall, Judge, RunJudge
from perg.stats.gold.gold_criteria import EVERY_TASK
from tests import build
from tests.query_counts import check_query_count

pytestmark = pytest.mark.django_db

SAID = "It is not short at all."


@pytest.fixture
def item() -> Item:
    run = build.run()
    made = build.item(run, texts=("Because of this and that, A.", "A, for short."))
    judged = build.judgment(made, 2, by="strict judge")
    judged.explanation = SAID
    judged.save()
    completion = Completion.objects.create(
        endpoint=run.endpoint,
        request_key="story",
        request={"messages": [{"role": "user", "content": "What do you say to this?"}], "temperature": 0.5},
        status="succeeded",
        finished_at=run.created_at,
        text="A, for short.",
        attempts=2,
        input_tokens=1234,
        output_tokens=5,
        seconds=1.5,
        cost="0.25",
    )
    ItemCall.objects.create(item=made, stage="personalised", completion=completion)
    return made


def story(item: Item, user: User) -> Any:
    client = Client()
    client.force_login(user)
    return client.get(f"/api/v1/items/{item.pk}/story/")


def test_an_admin_reads_the_whole_story(item: Item) -> None:
    ada, lead = build.person("ada"), build.person("lead")
    campaign = build.campaign(item.run, [ada], leads=[lead], overlap=1)
    build.vote(campaign.tasks.get(), ada, 2, 4, comment="It could be shorter.")
    release_gold(campaign=campaign, criteria=EVERY_TASK, created_by=lead)
    told = story(item, build.person(staff=True)).json()
    assert (told["question"], told["gold_option"], told["model"]) == (item.question.text, "A", "test-model")
    assert [preference["text"] for preference in told["told"]] == [str(item.preference)]
    assert [response["text"] for response in told["responses"]] == [
        "Because of this and that, A.",
        "A, for short.",
    ]
    assert [response["is_right"] for response in told["responses"]] == [True, True]
    (call,) = told["calls"]
    assert call["messages"] == [{"role": "user", "content": "What do you say to this?"}]
    assert (call["name"], call["sampling"], call["cost"]) == (
        "personalised",
        {"temperature": 0.5},
        "0.25000000",
    )
    (judgment,) = told["judgments"]
    assert (judgment["judge"], judgment["score"], judgment["followed"]) == ("strict judge", 2, False)
    assert judgment["explanation"] == SAID
    (task,) = told["tasks"]
    (label,) = task["labels"]
    assert (label["name"], label["score"], label["revisions"]) == ("ada", 4, [2, 4])
    assert [gold["number"] for gold in task["gold"]] == [1]


def test_annotators_and_leads_of_other_campaigns_find_no_story(item: Item) -> None:
    ada, stranger = build.person("ada"), build.person()
    build.campaign(item.run, [ada], leads=[build.person()], overlap=1)
    build.campaign(build.run_with_items(1), [build.person()], leads=[stranger], overlap=1)
    for person in (ada, stranger, build.person()):
        assert story(item, person).status_code == 404


def test_a_lead_who_is_to_adjudicate_reads_of_no_judge_and_no_names(item: Item) -> None:
    ada, ben, lead = build.person("ada"), build.person("ben"), build.person("lead")
    campaign = build.campaign(item.run, [ada, ben], leads=[lead], overlap=2)
    task = campaign.tasks.get()
    build.vote(task, ada, 1)
    build.vote(task, ben, 5)
    Task.objects.filter(pk=task.pk).update(state="disputed")
    answer = story(item, lead)
    assert (answer.status_code, answer.json()["judgments"]) == (200, None)
    for word in (SAID, "strict judge", "ada", "ben"):
        assert word not in answer.text
    Task.objects.filter(pk=task.pk).update(state="agreed", open_slots=0)
    assert story(item, lead).json()["judgments"][0]["explanation"] == SAID


def test_what_reports_say_of_a_judge_is_listed_by_campaign(item: Item) -> None:
    judge = Judge.objects.get(name="strict judge")
    RunJudge.objects.create(run=item.run, judge=judge)
    first = build.campaign(item.run, [build.person()], overlap=1)
    second = build.campaign(item.run, [build.person()], overlap=1)
    ValidationReport.objects.create(
        campaign=first,
        status="ready",
        settings={},
        input_hash="0" * 64,
        code_version="0",
        document={"judges": [{"name": "strict judge", "verdict": {"sentence": "It may be used."}}]},
        finished_at=item.run.created_at,
    )
    client = Client(headers=build.bearer(build.person(staff=True)))
    found = {row["campaign"]: row for row in client.get(f"/api/v1/judges/{judge.pk}/verdicts/").json()}
    assert found[first.pk]["verdict"] == "It may be used."
    assert (found[second.pk]["verdict"], found[second.pk]["as_of"]) == ("", None)


def test_a_floor_is_listed_with_the_reason_why_it_has_no_verdict(item: Item) -> None:
    judge = Judge.objects.get(name="strict judge")
    RunJudge.objects.create(run=item.run, judge=judge)
    ValidationReport.objects.create(
        campaign=build.campaign(item.run, [build.person()], overlap=1),
        status="ready",
        settings={},
        input_hash="0" * 64,
        code_version="0",
        document={"judges": [{"name": "strict judge", "verdict": None, "no_verdict": "a yardstick"}]},
        finished_at=item.run.created_at,
    )
    client = Client(headers=build.bearer(build.person(staff=True)))
    (row,) = client.get(f"/api/v1/judges/{judge.pk}/verdicts/").json()
    assert row["verdict"] == "no verdict: a yardstick"


def test_the_queries_of_a_story_do_not_grow_with_what_it_tells(item: Item) -> None:
    client = Client()
    client.force_login(build.person(staff=True))

    def add_rows(count: int) -> None:
        for _ in range(count):
            build.judgment(item, 4, by=f"judge {build.person().pk}")
            people = [build.person(), build.person()]
            campaign = build.campaign(item.run, people)
            for each in people:
                build.vote(campaign.tasks.get(response__item=item), each, 4)

    check_query_count(
        "api_item_story", add_rows=add_rows, ask=lambda: client.get(f"/api/v1/items/{item.pk}/story/")
    )


def test_the_story_has_the_answer_cell_of_an_imported_file(item: Item) -> None:
    item.responses.filter(condition="personalised").update(recorded_answer="(b)")
    told = story(item, build.person(staff=True)).json()
    assert [response["recorded_answer"] for response in told["responses"]] == ["", "(b)"]
