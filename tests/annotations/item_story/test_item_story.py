"""The story of an item: everything for staff, for leads what is theirs, and nothing for those who are to be blind."""

import pytest
from django.test import Client
from django.urls import reverse

from annotations.models import Adjudication, Campaign, Task
from core.models import AuditEvent, User
from core.models.audit import named
from evaluation.models import Completion, Item, ItemCall
from evaluation.results.services.results import refresh_result
from tests import build
from tests.pages import one_line
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
        request={"messages": [{"role": "user", "content": "What do you say to this?"}], "temperature": 0.0},
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


def page(item: Item, user: User) -> tuple[int, str]:
    client = Client()
    client.force_login(user)
    answer = client.get(reverse("item_story", args=[item.pk]))
    return answer.status_code, one_line(answer.content.decode())


def led(item: Item, *, overlap: int = 1) -> tuple[Campaign, User, list[User]]:
    """A campaign with the item, its lead, and two annotators."""
    lead, people = build.person(), [build.person("ada"), build.person("ben")]
    return build.campaign(item.run, people, leads=[lead], overlap=overlap), lead, people


def test_staff_see_the_whole_story(item: Item) -> None:
    campaign, _, (ada, _) = led(item)
    task = campaign.tasks.get()
    build.vote(task, ada, 2, 4, comment="It could be shorter.")
    status, html = page(item, build.person(staff=True))
    assert status == 200
    for told in (
        item.question.text,
        str(item.preference),
        "What do you say to this?",
        "A, for short.",
        "2 attempts",
        "1,234 tokens in",
        "$0.2500",
        "strict judge",
        SAID,
        "ada",
        "2 → 4",
        "It could be shorter.",
    ):
        assert told in html, told


def test_what_a_model_or_a_judge_wrote_is_no_markup(item: Item) -> None:
    item.responses.update(text="<script>alert(1)</script>", thoughts="<b>bold</b>")
    _, html = page(item, build.person(staff=True))
    assert "<script>alert" not in html
    assert "<b>bold</b>" not in html


def test_annotators_and_leads_of_other_campaigns_find_no_story(item: Item) -> None:
    _, _, (ada, _) = led(item)
    _, stranger, _ = _elsewhere()
    assert page(item, ada)[0] == page(item, stranger)[0] == 404


def _elsewhere() -> tuple[Campaign, User, list[User]]:
    lead = build.person()
    return build.campaign(build.run_with_items(1), [build.person()], leads=[lead], overlap=1), lead, []


def test_a_lead_sees_the_judges_once_people_agree(item: Item) -> None:
    campaign, lead, (ada, _) = led(item)
    assert SAID not in page(item, lead)[1]
    build.vote(campaign.tasks.get(), ada, 2)
    assert SAID in page(item, lead)[1]


def test_a_lead_who_is_to_adjudicate_sees_no_judge_and_no_names(item: Item) -> None:
    campaign, lead, (ada, ben) = led(item, overlap=2)
    task = campaign.tasks.get()
    build.vote(task, ada, 1)
    build.vote(task, ben, 5)
    Task.objects.filter(pk=task.pk).update(state="disputed")
    status, html = page(item, lead)
    assert status == 200
    assert SAID not in html
    assert "strict judge" not in html
    assert "ada" not in html


def test_a_lead_sees_the_judges_of_an_adjudicated_task_only_after_asking_where_it_is_noted(
    item: Item,
) -> None:
    campaign, lead, (ada, ben) = led(item, overlap=2)
    task = campaign.tasks.get()
    build.vote(task, ada, 1)
    build.vote(task, ben, 5)
    Task.objects.filter(pk=task.pk).update(state="adjudicated", open_slots=0)
    Adjudication.objects.create(task=task, adjudicator=lead, score=2, rationale="Ada is right.")
    html = page(item, lead)[1]
    assert "Ada is right." in html
    assert SAID not in html
    AuditEvent.objects.create(
        action="judges.revealed", actor=lead, scope=named(campaign), subject=f"task {task.pk}"
    )
    assert SAID in page(item, lead)[1]


def test_a_lead_who_may_still_label_the_item_elsewhere_finds_no_story(item: Item) -> None:
    campaign, lead, (ada, _) = led(item)
    build.vote(campaign.tasks.get(), ada, 2)
    other = build.campaign(item.run, [lead], leads=[build.person()], overlap=1)
    assert page(item, lead)[0] == 404
    build.vote(other.tasks.get(), lead, 3)
    assert page(item, lead)[0] == 200


def test_there_is_no_story_of_an_item_that_is_not_there() -> None:
    client = Client()
    client.force_login(build.person(staff=True))
    assert client.get("/items/999999/").status_code == 404


def test_the_queries_of_a_story_do_not_grow_with_what_it_tells(item: Item) -> None:
    client = Client()
    client.force_login(build.person(staff=True))
    refresh_result(run=item.run)

    def add_rows(count: int) -> None:
        for _ in range(count):
            build.judgment(item, 4, by=f"judge {build.person().pk}")
            people = [build.person(), build.person()]
            campaign = build.campaign(item.run, people)
            for each in people:
                build.vote(campaign.tasks.get(response__item=item), each, 4)

    check_query_count(
        "item_story", add_rows=add_rows, ask=lambda: client.get(reverse("item_story", args=[item.pk]))
    )
