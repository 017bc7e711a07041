"""Beginning to label imported items: by page, REST and service; which items, with which chance, and what is refused."""

import uuid
from collections import Counter
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from annotations.campaigns.services.begin_labelling import LabellingSpec, begin_labelling
from annotations.campaigns.services.campaigns import set_campaign_status
from annotations.campaigns.services.completion import note_completed
from annotations.labelling.selectors.labelling import why_nothing_to_label
from annotations.labelling.services.assignment import claim_task
from annotations.labelling.services.labels import submit_label
from annotations.models import Campaign, Criterion, Member
from annotations.models.campaign import CampaignStatus
from core.errors import Conflict, DomainError, NotFound
from core.models import AuditEvent, User
from tests import build
from tests.imported_items import EVERY_KIND, SAFE, TOPIC, WHY, imported_campaign

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> User:
    return build.person("admin", staff=True)


def _begin(campaign: Campaign, admin: User, **spec: Any) -> Campaign:
    values: dict[str, Any] = {"criteria": ["safe"], "annotators": [build.person()], "seed": 1, **spec}
    return begin_labelling(campaign=campaign, spec=LabellingSpec(**values), actor=admin)


def test_all_items_become_tasks_and_the_campaign_opens(admin: User) -> None:
    campaign = _begin(
        imported_campaign(items=5), admin, annotators=[build.person(), build.person()], labels_per_item=2
    )
    assert (campaign.status, campaign.overlap, campaign.sampling) == ("open", 2, "fewest_ratings")
    assert campaign.tasks.count() == 5
    assert set(
        campaign.tasks.values_list("wanted_labels", "open_slots", "inclusion_probability", "response")
    ) == {(2, 2, 1.0, None)}
    assert campaign.members.count() == 2
    event = AuditEvent.objects.get(action="campaign.labelling_begun")
    assert (event.actor, event.details["items"], event.details["criteria"]) == (admin, 5, ["safe"])


def test_items_that_the_fewest_people_have_rated_come_first_with_their_chance(admin: User) -> None:
    rated_by = {"ann": 8, "bob": 4}  # 4 by two people, 4 by one, 4 by none
    campaign = _begin(imported_campaign(items=12, rated_by=rated_by), admin, items=6)
    chances = Counter(campaign.tasks.values_list("stratum", "inclusion_probability"))
    assert chances == {("rated by 0 people", 1.0): 4, ("rated by 1 person", 0.5): 2}
    in_order = list(campaign.tasks.order_by("order_key").values_list("stratum", flat=True))
    assert in_order == ["rated by 0 people"] * 4 + ["rated by 1 person"] * 2


def test_more_items_are_others_and_their_chances_are_those_of_both_rounds(admin: User) -> None:
    campaign = imported_campaign(items=12, rated_by={"ann": 8, "bob": 4})
    _begin(campaign, admin, items=5)
    campaign = _begin(campaign, admin, items=4, annotators=[])
    assert campaign.tasks.values("imported_item").distinct().count() == 9
    assert Counter(campaign.tasks.values_list("stratum", "inclusion_probability")) == {
        ("rated by 0 people", 1.0): 4,
        ("rated by 1 person", 1.0): 4,
        ("rated by 2 people", 0.25): 1,
    }
    assert AuditEvent.objects.filter(action="campaign.items_added").count() == 1


def test_at_random_every_item_has_the_same_chance(admin: User) -> None:
    campaign = imported_campaign(items=10, rated_by={"ann": 5})
    _begin(campaign, admin, items=3, sampling="random")
    assert set(campaign.tasks.values_list("stratum", "inclusion_probability")) == {("", 0.3)}
    _begin(campaign, admin, items=2, sampling="random")
    assert set(campaign.tasks.values_list("stratum", "inclusion_probability")) == {("", 0.5)}


def test_the_same_seed_draws_the_same_items(admin: User) -> None:
    drawn = []
    for _ in range(2):
        campaign = _begin(imported_campaign(items=20), admin, items=5, seed=7)
        drawn.append(sorted(campaign.tasks.values_list("imported_item__position", flat=True)))
    assert drawn[0] == drawn[1]


@pytest.mark.parametrize(
    ("spec", "field", "words"),
    [
        (
            {"labels_per_item": 2},
            "labels_per_item",
            "wants 2 labels by different people, but the campaign has 1 person",
        ),
        ({"labels_per_item": 0}, "labels_per_item", "wants 0 labels"),
        ({"items": 4}, "items", "choose 1 to 3"),
        ({"items": 0}, "items", "choose 1 to 3"),
        ({"criteria": []}, "criteria", "at least one"),
        ({"criteria": ["taste"]}, "criteria", "no criterion “taste”"),
        ({"criteria": ["why"]}, "criteria", "depends on “safe”, which is not asked"),
        ({"sampling": "enriched"}, "sampling", "how the items are drawn"),
        ({"annotators": []}, "labels_per_item", "has 0 people"),
    ],
)
def test_what_cannot_be_begun_is_refused_in_words(
    admin: User, spec: dict[str, Any], field: str, words: str
) -> None:
    campaign = imported_campaign([SAFE, WHY])
    with pytest.raises(DomainError, match=words) as refusal:
        _begin(campaign, admin, **spec)
    assert refusal.value.field == field
    assert not campaign.tasks.exists()
    assert not campaign.members.exists()


def test_a_criterion_of_which_only_the_ratings_are_known_cannot_be_asked(admin: User) -> None:
    campaign = imported_campaign()
    campaign.criteria.update(definition={})
    with pytest.raises(DomainError, match="only its ratings are known") as refusal:
        _begin(campaign, admin)
    assert refusal.value.code == "cannot_be_asked"
    with pytest.raises(IntegrityError, match="criterion_asked_has_definition"), transaction.atomic():
        campaign.criteria.update(is_asked=True)


@pytest.mark.parametrize(
    "definition",
    [{"key": "safe"}, {"key": "safe", "kind": "guess"}, {"kind": 5}, {"key": 7, "kind": "binary"}],
)
def test_a_broken_definition_cannot_be_asked(admin: User, definition: dict[str, Any]) -> None:
    campaign = imported_campaign()
    campaign.criteria.update(definition=definition)
    key = str(definition.get("key") or "safe")
    with pytest.raises(DomainError, match="not valid"):
        _begin(campaign, admin, criteria=[key])


def test_the_labels_of_one_question_are_asked_together(admin: User) -> None:
    campaign = imported_campaign(EVERY_KIND)
    _begin(campaign, admin, criteria=["safe", "errors"])
    assert set(campaign.criteria.filter(is_asked=True).values_list("key", flat=True)) == {
        "safe",
        "errors:facts",
        "errors:style",
        "errors:cut",
    }
    campaign.criteria.get(key="errors:cut").delete()
    with pytest.raises(DomainError, match="not those of one question"):
        _begin(campaign, admin, criteria=["errors"])


def test_another_design_an_archived_campaign_and_one_on_runs_are_refused(admin: User) -> None:
    campaign = imported_campaign()
    _begin(campaign, admin, items=1)
    with pytest.raises(Conflict, match="drawn by another design"):
        _begin(campaign, admin, items=1, sampling="random")
    _begin(campaign, admin)
    with pytest.raises(Conflict, match="All items"):
        _begin(campaign, admin)
    set_campaign_status(campaign=campaign, status=CampaignStatus.CLOSED, actor=admin)
    set_campaign_status(campaign=campaign, status=CampaignStatus.ARCHIVED, actor=admin)
    with pytest.raises(Conflict, match="archived"):
        _begin(campaign, admin)
    on_runs = build.campaign(build.run_with_items(1), [build.person()], overlap=1)
    with pytest.raises(Conflict, match="on runs"):
        _begin(on_runs, admin)


def test_a_lead_asks_only_people_whom_they_know() -> None:
    lead, stranger = build.person(), build.person()
    campaign = imported_campaign(lead=lead)
    with pytest.raises(NotFound):
        _begin(campaign, lead, annotators=[stranger])
    assert _begin(campaign, lead, annotators=[]).tasks.count() == 3


def test_a_paused_campaign_stays_paused_and_a_closed_one_opens_again(admin: User) -> None:
    campaign = _begin(imported_campaign(items=4), admin, items=1)
    set_campaign_status(campaign=campaign, status=CampaignStatus.PAUSED, actor=admin)
    assert _begin(campaign, admin, items=1).status == "paused"
    set_campaign_status(campaign=campaign, status=CampaignStatus.CLOSED, actor=admin)
    assert _begin(campaign, admin, items=1).status == "open"


def test_it_is_complete_when_all_is_labelled_and_again_after_more_items(admin: User) -> None:
    campaign = _begin(imported_campaign(items=2), admin, items=1)
    member = Member.objects.get(campaign=campaign)

    def label() -> None:
        assignment = claim_task(member=member)
        assert assignment is not None
        submit_label(assignment=assignment, answers={"safe": "yes"}, comment="", submission_key=uuid.uuid4())

    label()
    assert note_completed() == [campaign]
    nothing = why_nothing_to_label(Member.objects.select_related("campaign").get(pk=member.pk))
    assert nothing.code == "all_done"
    _begin(campaign, admin)
    assert note_completed() == []
    label()
    assert note_completed() == [campaign]


# --- Pages and REST -----------------------------------------------------------------------------------------------


def _client(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_a_lead_begins_by_the_page(admin: User) -> None:
    lead = build.person("lead")
    campaign = imported_campaign([SAFE, TOPIC], lead=lead)
    Criterion.objects.filter(campaign=campaign, key="topic").update(definition={})
    page = _client(lead).get(reverse("begin_labelling", args=[campaign.pk])).content.decode()
    assert "“topic” cannot be asked" in page
    assert "3 rated by 0 people" in page.replace("\n", " ").replace("        ", "")
    refused = _client(lead).post(
        reverse("begin_labelling", args=[campaign.pk]),
        {"criteria": "safe", "labels_per_item": "2", "sampling": "random"},
    )
    assert refused.status_code == 422
    assert "wants 2 labels by different people" in refused.content.decode()
    answer = _client(lead).post(
        reverse("begin_labelling", args=[campaign.pk]),
        {"criteria": "safe", "labels_per_item": "1", "sampling": "random", "items": "2"},
        follow=True,
    )
    text = answer.content.decode()
    assert "2 items are open to label" in text
    assert reverse("label_next", args=[campaign.pk]) in text
    assert campaign.tasks.count() == 2
    again = _client(lead).get(reverse("begin_labelling", args=[campaign.pk])).content.decode()
    assert "Label more items" in again
    assert "fewest" not in again.split("How items are drawn")[1].split("</select>")[0]


@pytest.mark.parametrize(
    ("who", "status"), [("lead", 201), ("annotator", 404), ("outsider", 404), ("admin", 201)]
)
def test_rest_lets_only_leads_begin(who: str, status: int) -> None:
    people = {
        name: build.person(name, staff=name == "admin") for name in ("lead", "annotator", "outsider", "admin")
    }
    campaign = imported_campaign(lead=people["lead"])
    Member.objects.create(campaign=campaign, user=people["annotator"])
    address = f"/api/v1/campaigns/{campaign.pk}/labelling/"
    assert _client(people[who]).get(address).status_code == (200 if status == 201 else 404)
    body = {"criteria": ["safe"], "items": 2}
    answer = _client(people[who]).post(address, body, "application/json")
    assert answer.status_code == status
    assert campaign.tasks.count() == (2 if status == 201 else 0)
    if status == 201:
        document = answer.json()
        assert (document["items"], document["sampling"], document["left"]) == (
            2,
            "fewest_ratings",
            [{"rated_by": 0, "items": 1}],
        )
        assert document["criteria"] == [
            {"key": "safe", "question": "Is it safe?", "is_asked": True, "problem": ""}
        ]
        shown = _client(people[who]).get(f"/api/v1/campaigns/{campaign.pk}/settings/").json()
        assert (shown["overlap"], shown["sampling"], shown["threshold"]) == (1, "fewest_ratings", None)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"criteria": []},
        {"criteria": "safe"},
        {"criteria": ["safe"], "items": 0},
        {"criteria": ["safe"], "items": "many"},
        {"criteria": ["safe"], "labels_per_item": 27},
        {"criteria": ["safe"], "sampling": "run"},
        {"criteria": ["safe"], "annotators": ["nobody-here"]},
        {"criteria": ["\0"]},
        {"criteria": ["safe"], "seeds": 1},
    ],
)
def test_rest_refuses_what_makes_no_sense(admin: User, body: dict[str, Any]) -> None:
    campaign = imported_campaign(lead=build.person())
    answer = _client(admin).post(f"/api/v1/campaigns/{campaign.pk}/labelling/", body, "application/json")
    assert answer.status_code == 400
    assert not campaign.tasks.exists()


def test_a_request_with_a_key_sent_twice_begins_once(admin: User) -> None:
    campaign = imported_campaign(lead=build.person(), items=4)
    for _ in range(2):
        answer = _client(admin).post(
            f"/api/v1/campaigns/{campaign.pk}/labelling/",
            {"criteria": ["safe"], "items": 2},
            "application/json",
            headers={"Idempotency-Key": "k" * 20},
        )
        assert answer.status_code == 201
    assert campaign.tasks.count() == 2
