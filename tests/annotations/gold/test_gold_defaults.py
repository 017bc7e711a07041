"""What a release takes in unless somebody says otherwise, the same by every way to make one; and what its notes say."""

import json
import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotations.exports.tables.pseudonyms import pseudonyms_of
from annotations.exports.writers.dataset_card import dataset_card
from annotations.gold.release_card import release_facts
from annotations.gold.services.gold import preview_gold, release_gold
from annotations.gold.services.requests import request_release
from annotations.models import Campaign, GoldRelease, Member
from core.errors import Conflict
from core.models import User
from evaluation.models import Response
from perg.stats.base.result import dump
from perg.stats.gold.gold_criteria import EVERY_TASK, GoldCriteria, looser_choices
from tests import build
from tests.api_person import Person
from tests.gold_lines import gold_lines

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead() -> User:
    return build.person("lead")


@pytest.fixture
def campaign(lead: User) -> Campaign:
    """Two labels wanted: a task that agrees, a tie, one label, none, and a tie that was adjudicated."""
    people = [build.person("ann"), build.person("bob")]
    campaign = build.campaign(build.run_with_items(5), people, leads=[lead], overlap=2)
    scores = ((5, 4), (5, 1), (5,), (), (1, 5))
    tasks = campaign.tasks.order_by("response__item__position")
    for task, given in zip(tasks, scores, strict=True):
        for person, score in zip(people, given, strict=False):
            build.vote(task, person, score)
    task = tasks[4]
    task.adjudications.create(adjudicator=lead, score=2, rationale="It does not.")
    campaign.tasks.filter(pk=task.pk).update(state="adjudicated", open_slots=0)
    return campaign


def _positions(release: GoldRelease) -> list[int]:
    return [json.loads(line)["position"] for line in gold_lines(release)]


def test_every_way_to_make_a_release_has_the_same_defaults(campaign: Campaign, lead: User) -> None:
    client, program = Client(), Person(lead)
    client.force_login(lead)
    page = client.get(reverse("campaign_gold", args=[campaign.pk]))
    posted = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.content.decode()))
    states = re.findall(r'<input type="hidden" name="states" value="(\w+)"', page.content.decode())
    client.post(reverse("gold_release", args=[campaign.pk]), posted | {"states": states})
    at = f"campaigns/{campaign.pk}/gold/"
    bodies: list[dict[str, object]] = [{}, {"criteria": {}}, {"criteria": {"rule": "majority"}}]
    for body in bodies:
        assert program.post(at, body).status_code == 201
    release_gold(campaign=campaign)
    request_release(campaign=campaign, requested_by=lead)
    releases = list(campaign.gold_releases.all())
    assert len(releases) == 6
    usual = GoldCriteria().for_overlap(2).model_dump(mode="json")
    for release in releases:
        assert release.criteria == usual
        assert _positions(release) == [1, 5], "the tasks that are decided"
        assert release.counts == {
            "tasks": 5,
            "included": 2,
            "followed": 1,
            "not_followed": 1,
            "unresolved": 0,
            "statuses": {"unanimous": 1, "adjudicated": 1},
            "left_out": {"tied": 1, "few_labels": 1, "unlabelled": 1},
        }
        assert release.notes == {"overlap": 2, "looser": [], "raters": []}
    assert program.post(f"{at}preview/", {}).json()["criteria"] == usual


def test_one_label_is_not_released_by_default_and_never_called_agreement(lead: User) -> None:
    people = [build.person("ann"), build.person("bob")]
    campaign = build.campaign(build.run_with_items(1), people, leads=[lead], overlap=2)
    build.vote(campaign.tasks.get(), people[0], 5)
    with pytest.raises(Conflict) as raised:
        release_gold(campaign=campaign)
    assert raised.value.code == "nothing_selected"
    release = release_gold(campaign=campaign, criteria=EVERY_TASK)
    (record,) = (json.loads(line) for line in gold_lines(release))
    assert (record["status"], record["how"], record["votes"], record["agreement"]) == (
        "single",
        "1 label, followed if score >= 3",
        1,
        None,
    )
    client = Client()
    client.force_login(lead)
    loosest = EVERY_TASK.model_dump()
    query = {"shown": "1", "rule": "majority", "states": loosest["states"], "minimum_labels": 0}
    query |= {"minimum_agreement": 0, "minimum_confidence": 0, "include_unresolved": "on"}
    for page in (
        client.get(reverse("gold_detail", args=[release.pk])),
        client.get(reverse("campaign_gold", args=[campaign.pk]), query),
    ):
        text = page.content.decode()
        assert "1 label" in text
        assert "labels agree" not in text
        assert "Looser than the defaults" in text


def test_labels_by_one_person_twice_are_one_label(lead: User) -> None:
    ann, bob = build.person("ann"), build.person("bob")
    campaign = build.campaign(build.run_with_items(1), [ann, bob], leads=[lead], overlap=2)
    build.vote(campaign.tasks.get(), ann, 1, 5, 4)
    release = release_gold(campaign=campaign, criteria=EVERY_TASK)
    assert release.counts is not None
    assert release.counts["statuses"] == {"single": 1}


def test_control_items_alone_are_no_gold(lead: User) -> None:
    ann = build.person("ann")
    campaign = build.campaign(build.run_with_items(2), [ann], leads=[lead], overlap=1, size=1)
    response = Response.objects.get(condition="personalised", tasks__isnull=True)
    control = build.control(campaign=campaign, response=response, score=4, actor=None)
    build.vote(control, ann, 4)
    with pytest.raises(Conflict, match="Nothing is labelled yet"):
        release_gold(campaign=campaign, criteria=EVERY_TASK)


def test_looser_choices_are_written_in_the_release_and_its_card(campaign: Campaign) -> None:
    release = release_gold(campaign=campaign, criteria=EVERY_TASK)
    assert release.notes is not None
    assert release.notes["looser"] == looser_choices(EVERY_TASK, overlap=2)
    assert (
        "A decision can rest on 1 label; the campaign wanted 2 labels of each task."
        in release.notes["looser"]
    )
    facts = release_facts(release, raters="pseudonyms", licence="")
    card = dataset_card(facts, rows=5, columns=(), written="", data="")
    for choice in release.notes["looser"]:
        assert choice in card
    assert "1 task rests on 1 label" in card


def test_stricter_choices_are_no_looser_ones() -> None:
    stricter = GoldCriteria(states=("adjudicated",), minimum_labels=3, minimum_agreement=0.8)
    assert looser_choices(stricter, overlap=2) == []
    assert looser_choices(GoldCriteria(minimum_labels=1), overlap=1) == []


def test_raters_whose_labels_should_be_looked_at_are_named(campaign: Campaign) -> None:
    Member.objects.filter(user__username="ann").update(paused_at=timezone.now())
    Campaign.objects.update(pass_mark=0.8, lowest_control_accuracy=0.6)
    Member.objects.filter(user__username="ann").update(qualified_at=timezone.now())
    Member.objects.filter(user__username="bob").update(qualified_at=None)
    campaign.refresh_from_db()
    run = build.run_with_items(3)
    bob = User.objects.get(username="bob")
    for response in Response.objects.filter(item__run=run, condition="personalised"):
        build.vote(build.control(campaign=campaign, response=response, score=5, actor=None), bob, 1)
    raters = preview_gold(campaign=campaign).raters
    assert [(rater.name, rater.labels, rater.reasons) for rater in raters] == [
        ("ann", 2, ("paused",)),
        (
            "bob",
            2,
            ("has not passed the qualification round", "0% of 3 control items right, bar 60%"),
        ),
    ]
    release = release_gold(campaign=campaign)
    assert release.notes is not None
    assert release.notes["raters"] == [dump(rater) for rater in raters]
    for names, shown in (("names", "bob"), ("pseudonyms", pseudonyms_of(campaign)("bob"))):
        card = dataset_card(
            release_facts(release, raters=names, licence=""), rows=2, columns=(), written="", data=""
        )
        assert f"{shown}:** 2 labels; has not passed the qualification round" in card
        assert ("bob" in card) is (names == "names")


def test_who_only_labelled_what_is_left_out_is_not_named(campaign: Campaign) -> None:
    Member.objects.filter(user__username="ann").update(paused_at=timezone.now())
    campaign.tasks.filter(state__in=["agreed", "adjudicated"]).update(state="open")
    criteria = GoldCriteria(states=("open",), minimum_labels=3)
    assert preview_gold(campaign=campaign, criteria=criteria).raters == []
