"""Figures of people from the database; pausing and resuming them; the leads' pages."""

import uuid

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotations.models import Assignment, Campaign, Draft, Label, Task
from annotations.models.campaign import Role
from annotations.quality import tasks as celery_tasks
from annotations.quality.selectors.quality import (
    PersonQuality,
    evidence_for_pausing,
    figures_by_member,
    people_with_figures,
)
from annotations.quality.services.controls import KnownItem, add_controls
from annotations.quality.services.quality import pause_member, pause_surely_below_bars, resume_member
from core.errors import Conflict, DomainError
from core.models import AuditEvent
from evaluation.models.item import Condition
from perg.stats.raters.quality import AnnotatorQuality
from tests import build
from tests.labelled_campaign import free_slots, label_as, labelled_campaign, member_named

pytestmark = pytest.mark.django_db

GOOD = [1, 2, 3, 4, 5] * 8


def _lead_client(campaign: Campaign) -> Client:
    client = Client()
    client.force_login(member_named(campaign, "lead").user)
    return client


# Figures


def _people(campaign: Campaign) -> list[PersonQuality]:
    return people_with_figures(campaign, figures_by_member(campaign))


def _figures(campaign: Campaign) -> dict[str, AnnotatorQuality]:
    return {each.member.user.username: each.figures for each in _people(campaign)}


def test_figures_leave_a_person_out_of_their_own_rest_and_count_the_newest_revision() -> None:
    campaign = labelled_campaign({"ann": [1, 2, 4, 5], "bob": [1, 2, 4, 5], "cat": [5, 5, 1, 1]})
    revised = Assignment.objects.filter(member=member_named(campaign, "ann")).order_by("pk")[0]
    Label.objects.create(assignment=revised, revision=2, score=3, seconds=500, submission_key=uuid.uuid4())
    figures = _figures(campaign)["ann"]
    assert figures.own_counts == (0, 1, 1, 1, 1)
    assert figures.rest_counts == (3, 1, 0, 1, 3)
    # Against the medians of bob and cat, 3, 3.5, 2.5 and 3.
    assert figures.agreement.n == 4
    assert figures.agreement.value == pytest.approx(2 * -0.25 / (1.25 + 0.125 + 0.25))
    assert (figures.seconds.value, figures.seconds.n) == (20, 4)


def test_control_items_count_for_accuracy_only_and_withdrawn_ones_for_nothing() -> None:
    campaign = labelled_campaign(
        {"ann": [1, 5], "bob": [1, 5]}, controls={"ann": [3, 3, 1, 3], "bob": [1, 1, 1, 1]}
    )
    figures = _figures(campaign)
    assert (figures["ann"].control_accuracy.value, figures["bob"].control_accuracy.value) == (0.75, 0)
    assert (figures["ann"].labels, figures["ann"].own_counts) == (2, (1, 0, 0, 0, 1))
    Task.objects.filter(kind="control").update(kind="withdrawn")
    withdrawn = _figures(campaign)["ann"]
    assert withdrawn.control_accuracy.undefined == "no control item was answered"


def test_who_is_set_aside_still_has_figures_but_is_no_longer_among_the_others() -> None:
    campaign = labelled_campaign({"ann": [1, 2, 4, 5], "bob": [1, 2, 4, 5], "cat": [5, 5, 1, 1]})
    Assignment.objects.filter(member=member_named(campaign, "cat")).update(is_set_aside=True)
    assert _figures(campaign)["cat"].agreement.n == 4
    agreement = _figures(campaign)["ann"].agreement
    assert (agreement.value, agreement.n) == (1, 4)


def test_the_share_of_fast_labels_is_against_the_campaigns_minimum() -> None:
    campaign = labelled_campaign({"ann": [1, 2], "bob": [1, 2]}, minimum_seconds=21)
    assert _figures(campaign)["ann"].fast.value == 1


# Pausing


def _with_two_bad(**fields: object) -> Campaign:
    """Forty tasks labelled by two who agree, one who always says 5 and one whose control items are all wrong."""
    return labelled_campaign(
        {"ann": GOOD, "bob": GOOD, "cat": GOOD, "five": [5] * 40},
        controls={"ann": [3] * 12, "bob": [1] * 12, "cat": [3] * 12, "five": [3] * 12},
        **({"lowest_control_accuracy": 0.6, "lowest_agreement": 0.3} | fields),
    )


def test_the_platform_pauses_who_is_surely_below_a_bar_once_and_says_by_what_in_the_audit_log() -> None:
    campaign = _with_two_bad()
    celery_tasks.pause_surely_below_bars()
    celery_tasks.pause_surely_below_bars()
    paused = campaign.members.filter(paused_at__isnull=False)
    assert {member.user.username for member in paused} == {"bob", "five"}
    events = {event.details["username"]: event for event in AuditEvent.objects.filter(action="member.paused")}
    assert {name: event.details["below"] for name, event in events.items()} == {
        "bob": ["control_accuracy"],
        "five": ["agreement"],
    }
    assert AuditEvent.objects.filter(action="member.paused").count() == 2
    assert events["bob"].actor is None
    assert events["bob"].details["control_accuracy"]["n"] == 12


def test_what_the_paused_person_may_read_names_no_control_item() -> None:
    campaign = _with_two_bad()
    pause_surely_below_bars(campaign=campaign)
    assert "control" not in member_named(campaign, "bob").pause_reason.lower()


def test_without_bars_nobody_is_paused() -> None:
    campaign = _with_two_bad(lowest_control_accuracy=None, lowest_agreement=None)
    assert pause_surely_below_bars(campaign=campaign) == []


@pytest.mark.parametrize("status", ["paused", "closed", "archived"])
def test_only_open_campaigns_are_looked_at(status: str) -> None:
    campaign = _with_two_bad(status=status)
    celery_tasks.pause_surely_below_bars()
    assert not campaign.members.filter(paused_at__isnull=False).exists()


def test_a_resumed_person_is_paused_again_only_on_enough_new_labels() -> None:
    campaign = _with_two_bad(lowest_agreement=None)
    pause_surely_below_bars(campaign=campaign)
    lead = member_named(campaign, "lead").user
    resume_member(member=member_named(campaign, "bob"), actor=lead)
    assert evidence_for_pausing(campaign) == []

    def more(count: int) -> None:
        run = campaign.runs.get()
        responses = [build.item(run).responses.get(condition=Condition.PERSONALISED).pk for _ in range(count)]
        added = add_controls(
            campaign=campaign, items=[KnownItem(response, 3) for response in responses], actor=None
        )
        label_as(campaign, "bob", added, [1] * count)

    more(9)
    assert pause_surely_below_bars(campaign=campaign) == []
    more(1)
    assert [member.user.username for member in pause_surely_below_bars(campaign=campaign)] == ["bob"]


def test_pausing_gives_what_is_in_hand_to_others_first_and_keeps_the_draft() -> None:
    campaign = labelled_campaign({"ann": [4], "bob": [4], "cat": [4]})
    fay = campaign.members.create(user=build.person("fay"))
    task = campaign.tasks.get()
    Task.objects.filter(pk=task.pk).update(wanted_labels=4, open_slots=0)
    assignment = Assignment.objects.create(task=task, member=fay, leased_until=timezone.now())
    Draft.objects.create(assignment=assignment, comment="half done")
    pause_member(member=fay, reason="On leave", actor=member_named(campaign, "lead").user)
    assignment.refresh_from_db()
    task.refresh_from_db()
    assert (assignment.status, assignment.draft.comment) == ("released", "half done")
    assert free_slots(task) == task.open_slots
    assert AuditEvent.objects.get(action="member.paused").details["released"] == 1


def test_pausing_and_resuming_twice_is_refused_and_a_pause_needs_a_reason() -> None:
    campaign = labelled_campaign({"ann": [4], "bob": [4]})
    ann, lead = member_named(campaign, "ann"), member_named(campaign, "lead").user
    with pytest.raises(Conflict, match="not paused"):
        resume_member(member=ann, actor=lead)
    with pytest.raises(DomainError, match="Say why"):
        pause_member(member=ann, reason=" ", actor=lead)
    pause_member(member=ann, reason="On leave", actor=lead)
    with pytest.raises(Conflict, match="paused already"):
        pause_member(member=ann, reason="On leave", actor=lead)
    resume_member(member=ann, actor=lead)
    ann.refresh_from_db()
    assert (ann.paused_at, ann.paused_by, ann.pause_reason) == (None, None, "")


# Pages


def test_the_lead_sees_everybody_and_acts(client: Client) -> None:
    campaign = _with_two_bad(minimum_seconds=5)
    lead = _lead_client(campaign)
    page = lead.get(reverse("quality", args=[campaign.pk])).content.decode()
    assert "control accuracy below threshold" in page
    assert "agreement below threshold" in page
    member = member_named(campaign, "bob")
    where = {"campaign_id": campaign.pk, "member_id": member.pk}
    act, detail = reverse("quality_act", kwargs=where), reverse("quality_detail", kwargs=where)
    for action, shown in [
        ("pause", "bob has been paused"),
        ("resume", "bob gets tasks again"),
        ("set_aside", "40 labels set aside"),
        ("restore", "40 labels restored"),
    ]:
        answer = lead.post(act, {"action": action, "reason": "Looks off"}, follow=True)
        assert answer.redirect_chain == [(detail, 302)]
        assert shown in answer.content.decode()
    assert lead.post(act, {"action": "delete"}).status_code == 400


def test_a_member_of_another_campaign_is_not_found() -> None:
    campaign, other = (
        labelled_campaign({"ann": [4]}),
        build.campaign(build.run_with_items(1), [build.person("eve")], overlap=1),
    )
    where = {"campaign_id": campaign.pk, "member_id": other.members.get().pk}
    assert _lead_client(campaign).get(reverse("quality_detail", kwargs=where)).status_code == 404
    posted = {"action": "pause", "reason": "x"}
    assert _lead_client(campaign).post(reverse("quality_act", kwargs=where), posted).status_code == 404


def test_a_lead_who_labels_has_a_row_too() -> None:
    campaign = labelled_campaign({"ann": [4]})
    assert {each.member.role for each in _people(campaign)} == {Role.ANNOTATOR, Role.LEAD}
