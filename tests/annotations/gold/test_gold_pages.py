"""The pages of gold: the preview, its drill-down, the release that was seen, and what it changed."""

import uuid

import pytest
from django.test import Client
from django.urls import reverse

from annotations.gold.services.gold import release_gold
from annotations.labelling.services.labels import submit_label
from annotations.models import Assignment, Campaign, GoldRelease
from core.models import User
from perg.stats.gold.gold_criteria import EVERY_TASK
from tests import build
from tests.pages import one_line

pytestmark = pytest.mark.django_db

CRITERIA = {
    "shown": "1",
    "rule": "majority",
    "states": ["open", "agreed", "disputed", "adjudicated"],
    "adjudicated_first": "on",
    "minimum_labels": "2",
    "minimum_agreement": "0",
    "minimum_confidence": "0",
}


@pytest.fixture
def campaign() -> Campaign:
    """Two labels that agree, two that do not, one alone, and a task without any."""
    people = [build.person("ann"), build.person("bob")]
    made = build.campaign(build.run_with_items(4), people, overlap=2, leads=[build.person("lead")])
    tasks = made.tasks.order_by("response__item__position")
    for task, scores in zip(tasks, ((5, 5), (1, 5), (4,)), strict=False):
        for person, score in zip(people, scores, strict=False):
            build.vote(task, person, score)
    return made


@pytest.fixture
def client(campaign: Campaign) -> Client:
    client = Client()
    client.force_login(User.objects.get(username="lead"))
    return client


def test_the_page_shows_what_would_go_in_and_links_to_what_would_not(
    client: Client, campaign: Campaign
) -> None:
    page = client.get(reverse("campaign_gold", args=[campaign.pk]), CRITERIA)
    assert page.context["preview"].counts.left_out == {"unlabelled": 1, "tied": 1, "few_labels": 1}
    for reason, says in (("tied", "Tied"), ("few_labels", "Too few labels")):
        address = reverse("gold_left_out", args=[campaign.pk, reason])
        assert f'href="{address}?' in page.content.decode()
        listed = client.get(address, CRITERIA).content.decode()
        assert f"Excluded: {says.lower()}" in listed
        assert "1 task would be excluded" in listed
    assert "ann: 4" in one_line(
        client.get(reverse("gold_left_out", args=[campaign.pk, "few_labels"]), CRITERIA).content.decode()
    )


def test_what_was_seen_is_released(client: Client, campaign: Campaign) -> None:
    seen = client.get(reverse("campaign_gold", args=[campaign.pk]), CRITERIA).context["preview"].fingerprint
    answer = client.post(reverse("gold_release", args=[campaign.pk]), CRITERIA | {"seen": seen})
    release = GoldRelease.objects.get()
    assert answer.headers["Location"] == reverse("gold_detail", args=[release.pk])
    assert release.counts is not None
    assert release.counts["included"] == 1
    assert release.criteria["minimum_labels"] == 2
    page = client.get(answer.headers["Location"]).content.decode()
    assert release.checksum in page
    assert "first release" in page


def test_the_form_of_the_preview_sends_the_same_criteria_on(client: Client, campaign: Campaign) -> None:
    """What the hidden fields hold is what a browser would send."""
    from html.parser import HTMLParser

    class Hidden(HTMLParser):
        fields: dict[str, list[str]] = {}

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            given = dict(attrs)
            if tag == "input" and given.get("type") == "hidden" and not given.get("id"):
                self.fields.setdefault(str(given["name"]), []).append(given.get("value") or "")

    Hidden.fields = {}
    Hidden().feed(client.get(reverse("campaign_gold", args=[campaign.pk]), CRITERIA).content.decode())
    client.post(reverse("gold_release", args=[campaign.pk]), Hidden.fields)
    criteria = GoldRelease.objects.get().criteria
    assert criteria["minimum_labels"] == 2
    assert (criteria["adjudicated_first"], criteria["include_unresolved"]) == (True, False)
    assert criteria["states"] == CRITERIA["states"]


def test_labels_that_came_meanwhile_are_shown_before_anything_is_released(
    client: Client, campaign: Campaign
) -> None:
    seen = client.get(reverse("campaign_gold", args=[campaign.pk]), CRITERIA).context["preview"].fingerprint
    assignment = Assignment.objects.order_by("pk").first()
    assert assignment is not None
    submit_label(assignment=assignment, score=1, comment="", submission_key=uuid.uuid4(), based_on=1)
    answer = client.post(reverse("gold_release", args=[campaign.pk]), CRITERIA | {"seen": seen})
    assert answer.status_code == 409
    assert "changed since the preview" in answer.content.decode()
    assert not GoldRelease.objects.exists()


def test_a_later_release_shows_what_changed_with_before_and_after(client: Client, campaign: Campaign) -> None:
    release_gold(campaign=campaign, criteria=EVERY_TASK)
    assignment = Assignment.objects.order_by("pk").first()
    assert assignment is not None
    submit_label(assignment=assignment, score=1, comment="", submission_key=uuid.uuid4(), based_on=1)
    second = release_gold(campaign=campaign, criteria=EVERY_TASK)
    page = client.get(reverse("gold_detail", args=[second.pk]), {"against": "1"})
    assert page.context["differences"].changed == 1
    assert [row.task for row in page.context["rows"]] == [assignment.task_id]
    assert "Changed: 1" in page.content.decode()


@pytest.mark.parametrize("extension", ["csv", "jsonl", "parquet", "zip"])
def test_a_release_is_streamed_in_every_format(client: Client, campaign: Campaign, extension: str) -> None:
    release = release_gold(campaign=campaign, criteria=EVERY_TASK)
    answer = client.get(reverse("gold_export", args=[release.pk, extension]))
    assert answer.status_code == 200
    assert len(b"".join(answer)) > 100
    assert answer.headers["X-Gold-Checksum"] == release.checksum


def test_odd_addresses_are_refused(client: Client, campaign: Campaign) -> None:
    release = release_gold(campaign=campaign, criteria=EVERY_TASK)
    assert client.get(reverse("gold_export", args=[release.pk, "exe"])).status_code == 404
    assert client.get(reverse("gold_left_out", args=[campaign.pk, "no-such"])).status_code == 404
    wrong = CRITERIA | {"minimum_agreement": "101"}
    assert client.get(reverse("campaign_gold", args=[campaign.pk]), wrong).status_code == 422
    behind = {"behind": "9" * 40, "kind": "x", "against": "-1"}
    assert client.get(reverse("gold_detail", args=[release.pk]), behind).status_code == 200
