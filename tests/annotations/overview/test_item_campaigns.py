"""Pages of a campaign of imported items that people label, and pages that are for campaigns on runs alone."""

import uuid
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from annotations.labelling.services.labels import submit_label
from annotations.labelling.services.skips import flag_task, skip_task
from annotations.models import Assignment, Campaign
from core.models import User
from tests import build
from tests.imported_items import BETTER, ERRORS, SAFE, claimed, labelled_campaign

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann() -> User:
    return build.person("ann")


@pytest.fixture
def lead() -> User:
    return build.person("lead")


@pytest.fixture
def campaign(ann: User, lead: User) -> Campaign:
    """One item labelled and flagged, one skipped, one left."""
    campaign = labelled_campaign([SAFE, BETTER, ERRORS], [ann], pairs=True, lead=lead)
    done = claimed(campaign, 1)
    Assignment.objects.filter(pk=done.pk).update(is_swapped=True)
    submit_label(
        assignment=done,
        answers={"safe": "no", "better": "first", "errors": ["facts", "cut"]},
        comment="<script>alert(1)</script>",
        submission_key=uuid.uuid4(),
    )
    flag_task(assignment=done, reason="harmful", note="Look at it.")
    skip_task(assignment=claimed(campaign, 1), reason="unclear")
    return campaign


@pytest.fixture
def page() -> Callable[..., str]:
    def get(person: User, route: str, *args: object, status: int = 200) -> str:
        client = Client()
        client.force_login(person)
        answer = client.get(reverse(route, args=args))
        assert answer.status_code == status
        return " ".join(answer.content.decode().split())

    return get


def test_the_lead_sees_progress_flags_and_people(
    campaign: Campaign, lead: User, page: Callable[..., str]
) -> None:
    text = page(lead, "campaign_detail", campaign.pk)
    assert "1 of 3 labels" in text
    assert "Look at it." in text
    assert "Waiting for adjudication" not in text
    assert reverse("begin_labelling", args=[campaign.pk]) in text
    client = Client()
    client.force_login(lead)
    fragment = client.get(reverse("campaign_detail", args=[campaign.pk]), headers={"HX-Request": "true"})
    assert "<html" not in fragment.content.decode()


def test_the_history_has_the_answers_as_their_person_saw_the_outputs(
    campaign: Campaign, ann: User, page: Callable[..., str]
) -> None:
    text = page(ann, "label_history", campaign.pk)
    assert "The first is better" in text
    assert "Wrong facts, Cut off" in text
    assert "Question" in text
    assert "gpt-4o" not in text
    assert "<script>alert" not in text
    assert 'name="score"' not in text
    client = Client()
    client.force_login(ann)
    rows = client.get(f"/api/v1/campaigns/{campaign.pk}/history/").json()["results"]
    assert [row["answers"] for row in rows] == [
        None,
        {"safe": "no", "better": "first", "errors": ["facts", "cut"]},
    ]
    searched = client.get(
        f"/api/v1/campaigns/{campaign.pk}/history/", {"words": "alert nothing-like-it"}
    ).json()
    assert searched["results"] == []


def test_the_page_of_the_item_has_the_labels_in_the_items_own_order(
    campaign: Campaign, lead: User, ann: User, page: Callable[..., str]
) -> None:
    item = campaign.tasks.get(state="agreed").imported_item_id
    campaign.imported_items.update(attributes={"items": "7", "keys": "x"})  # what a template's own names are
    assert "items" in page(lead, "imported_items", campaign.pk)
    text = page(lead, "imported_item", campaign.pk, item)
    assert "The second is better" in text
    assert "<script>alert" not in text
    page(ann, "imported_item", campaign.pk, item, status=404)


def test_lists_and_the_home_page_offer_it_to_those_who_label(
    campaign: Campaign, ann: User, page: Callable[..., str]
) -> None:
    for route in ("campaign_list", "home"):
        assert reverse("label_next", args=[campaign.pk]) in page(ann, route)
    assert "1 by you" in page(ann, "campaign_list")


@pytest.mark.parametrize(
    "route",
    ["adjudication_queue", "adjudication_next", "quality", "controls", "campaign_gold"],
)
def test_pages_for_campaigns_on_runs_say_so(
    campaign: Campaign, lead: User, page: Callable[..., str], route: str
) -> None:
    assert "for campaigns on runs" in page(lead, route, campaign.pk, status=404)


@pytest.mark.parametrize("path", ["adjudications", "quality", "controls", "gold"])
def test_rest_for_campaigns_on_runs_says_so_or_is_not_there(
    campaign: Campaign, lead: User, path: str
) -> None:
    client = Client()
    client.force_login(lead)
    assert client.get(f"/api/v1/campaigns/{campaign.pk}/{path}/").status_code == 404


def test_rest_lists_tasks_and_labels_of_items(campaign: Campaign, lead: User) -> None:
    client = Client()
    client.force_login(lead)
    tasks = client.get(f"/api/v1/campaigns/{campaign.pk}/tasks/").json()["results"]
    assert {task["external_id"] for task in tasks} == {"gpt-4o_0", "gpt-4o_1", "gpt-4o_2"}
    assert {task["response"] for task in tasks} == {None}
    (label,) = client.get(f"/api/v1/campaigns/{campaign.pk}/labels/").json()["results"]
    assert (label["score"], label["answers"]["better"]) == (None, "second")


def test_an_adjudication_of_an_item_is_not_there(campaign: Campaign, lead: User) -> None:
    client = Client()
    client.force_login(lead)
    task = campaign.tasks.get(state="agreed").pk
    for address in (
        reverse("adjudication_task", args=[campaign.pk, task]),
        f"/api/v1/campaigns/{campaign.pk}/tasks/{task}/adjudication/",
    ):
        assert client.get(address).status_code == 404
    answer = client.post(reverse("adjudication_act", args=[campaign.pk, task, "send"]))
    assert answer.status_code == 404
    assert campaign.tasks.get(pk=task).state == "agreed"


def test_the_log_says_what_was_answered_and_what_before(
    campaign: Campaign, lead: User, page: Callable[..., str]
) -> None:
    assignment = Assignment.objects.get(status="submitted")
    submit_label(
        assignment=assignment,
        answers={"safe": "yes", "better": "tie", "errors": []},
        comment="",
        submission_key=uuid.uuid4(),
    )
    for person, route, arguments in (
        (lead, "campaign_audit", [campaign.pk]),
        (build.person(staff=True), "audit_log", []),
    ):
        text = page(person, route, *arguments)
        assert "safe yes, better tie, errors none" in text
        assert "safe no, better second, errors facts, cut" in text
