"""Figures of people from the database; pausing, resuming, setting aside and restoring; votes in report and gold."""

import uuid
from collections.abc import Sequence

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotations import tasks as celery_tasks
from annotations.agreement.quality import AnnotatorQuality
from annotations.agreement.report import agreement_report
from annotations.models import Adjudication, Assignment, AuditEvent, Campaign, Draft, Label, Member, Task
from annotations.models.campaign import Role
from annotations.selectors.labels import judge_scores, label_counts
from annotations.selectors.quality import (
    PersonQuality,
    evidence_for_pausing,
    figures_by_member,
    people_with_figures,
)
from annotations.services.controls import KnownItem, add_controls
from annotations.services.gold import release_gold
from annotations.services.quality import (
    pause_member,
    pause_surely_below_bars,
    restore_labels,
    resume_member,
    set_aside_labels,
)
from evaluation.errors import Conflict, DomainError
from evaluation.models import Judge, Judgment, Response
from evaluation.models.item import Condition
from tests import build

pytestmark = pytest.mark.django_db

GOOD = [1, 2, 3, 4, 5] * 8


def _campaign(
    labels: dict[str, Sequence[int]], *, controls: dict[str, Sequence[int]] | None = None, **fields: object
) -> Campaign:
    """A campaign in which each person has given their scores, task by task; control items have known score 3."""
    count = len(next(iter(labels.values())))
    items = len(next(iter(controls.values()))) if controls else 0
    run = build.run_with_items(count + items)
    people = [build.person(name) for name in labels]
    campaign = build.campaign(
        run, people, overlap=len(people), size=count, leads=[build.person("lead")], guidelines=""
    )
    Campaign.objects.filter(pk=campaign.pk).update(**fields)
    campaign.refresh_from_db()
    for name, scores in labels.items():
        _label(campaign, name, list(campaign.tasks.order_by("response__item__position")), scores)
    if controls:
        taken = campaign.tasks.values("response")
        free = Response.objects.filter(condition=Condition.PERSONALISED).exclude(pk__in=taken)
        added = add_controls(
            campaign=campaign, items=[KnownItem(response.pk, 3) for response in free], actor=None
        )
        for name, scores in controls.items():
            _label(campaign, name, added, scores)
    return campaign


def _label(
    campaign: Campaign, name: str, tasks: Sequence[Task], scores: Sequence[int], seconds: float | None = 20
) -> None:
    member = _member(campaign, name)
    for task, score in zip(tasks, scores, strict=True):
        assignment = Assignment.objects.create(
            task=task, member=member, status="submitted", submitted_at=timezone.now()
        )
        Label.objects.create(assignment=assignment, score=score, seconds=seconds, submission_key=uuid.uuid4())
        if task.kind == "regular":
            Task.objects.filter(pk=task.pk).update(open_slots=_free(task))


def _free(task: Task) -> int:
    task.refresh_from_db()
    held = task.assignments.voting().count() + task.assignments.filter(status="leased").count()
    return task.wanted_labels - held


def _member(campaign: Campaign, name: str) -> Member:
    return campaign.members.select_related("user", "campaign").get(user__username=name)


def _lead_client(campaign: Campaign) -> Client:
    client = Client()
    client.force_login(_member(campaign, "lead").user)
    return client


# Figures


def _people(campaign: Campaign) -> list[PersonQuality]:
    return people_with_figures(campaign, figures_by_member(campaign))


def _figures(campaign: Campaign) -> dict[str, AnnotatorQuality]:
    return {each.member.user.username: each.figures for each in _people(campaign)}


def test_figures_leave_a_person_out_of_their_own_rest_and_count_the_newest_revision() -> None:
    campaign = _campaign({"ann": [1, 2, 4, 5], "bob": [1, 2, 4, 5], "cat": [5, 5, 1, 1]})
    revised = Assignment.objects.filter(member=_member(campaign, "ann")).order_by("pk")[0]
    Label.objects.create(assignment=revised, revision=2, score=3, seconds=500, submission_key=uuid.uuid4())
    figures = _figures(campaign)["ann"]
    assert figures.own_counts == (0, 1, 1, 1, 1)
    assert figures.rest_counts == (3, 1, 0, 1, 3)
    # Against the medians of bob and cat, 3, 3.5, 2.5 and 3.
    assert figures.agreement.n == 4
    assert figures.agreement.value == pytest.approx(2 * -0.25 / (1.25 + 0.125 + 0.25))
    assert (figures.seconds.value, figures.seconds.n) == (20, 4)


def test_control_items_count_for_accuracy_only_and_withdrawn_ones_for_nothing() -> None:
    campaign = _campaign({"ann": [1, 5], "bob": [1, 5]}, controls={"ann": [3, 3, 1, 3], "bob": [1, 1, 1, 1]})
    figures = _figures(campaign)
    assert (figures["ann"].control_accuracy.value, figures["bob"].control_accuracy.value) == (0.75, 0)
    assert (figures["ann"].labels, figures["ann"].own_counts) == (2, (1, 0, 0, 0, 1))
    Task.objects.filter(kind="control").update(kind="withdrawn")
    withdrawn = _figures(campaign)["ann"]
    assert withdrawn.control_accuracy.undefined == "no control item was answered"


def test_who_is_set_aside_still_has_figures_but_is_no_longer_among_the_others() -> None:
    campaign = _campaign({"ann": [1, 2, 4, 5], "bob": [1, 2, 4, 5], "cat": [5, 5, 1, 1]})
    Assignment.objects.filter(member=_member(campaign, "cat")).update(is_set_aside=True)
    assert _figures(campaign)["cat"].agreement.n == 4
    agreement = _figures(campaign)["ann"].agreement
    assert (agreement.value, agreement.n) == (1, 4)


def test_the_share_of_fast_labels_is_against_the_campaigns_minimum() -> None:
    campaign = _campaign({"ann": [1, 2], "bob": [1, 2]}, minimum_seconds=21)
    assert _figures(campaign)["ann"].fast.value == 1


# Pausing


def _with_two_bad(**fields: object) -> Campaign:
    """Forty tasks labelled by two who agree, one who always says 5 and one whose control items are all wrong."""
    return _campaign(
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
    assert "control" not in _member(campaign, "bob").pause_reason.lower()


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
    lead = _member(campaign, "lead").user
    resume_member(member=_member(campaign, "bob"), actor=lead)
    assert evidence_for_pausing(campaign) == []

    def more(count: int) -> None:
        run = campaign.runs.get()
        responses = [build.item(run).responses.get(condition=Condition.PERSONALISED).pk for _ in range(count)]
        added = add_controls(
            campaign=campaign, items=[KnownItem(response, 3) for response in responses], actor=None
        )
        _label(campaign, "bob", added, [1] * count)

    more(9)
    assert pause_surely_below_bars(campaign=campaign) == []
    more(1)
    assert [member.user.username for member in pause_surely_below_bars(campaign=campaign)] == ["bob"]


def test_pausing_gives_what_is_in_hand_to_others_first_and_keeps_the_draft() -> None:
    campaign = _campaign({"ann": [4], "bob": [4], "cat": [4]})
    fay = campaign.members.create(user=build.person("fay"))
    task = campaign.tasks.get()
    Task.objects.filter(pk=task.pk).update(wanted_labels=4, open_slots=0)
    assignment = Assignment.objects.create(task=task, member=fay, leased_until=timezone.now())
    Draft.objects.create(assignment=assignment, comment="half done")
    pause_member(member=fay, reason="On leave", actor=_member(campaign, "lead").user)
    assignment.refresh_from_db()
    task.refresh_from_db()
    assert (assignment.status, assignment.draft.comment) == ("released", "half done")
    assert _free(task) == task.open_slots
    assert AuditEvent.objects.get(action="member.paused").details["released"] == 1


def test_pausing_and_resuming_twice_is_refused_and_a_pause_needs_a_reason() -> None:
    campaign = _campaign({"ann": [4], "bob": [4]})
    ann, lead = _member(campaign, "ann"), _member(campaign, "lead").user
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


# Setting aside and restoring


def test_labels_set_aside_lose_their_vote_and_their_places_go_to_others_first() -> None:
    campaign = _campaign({"ann": [4, 4], "bob": [4, 2]}, controls={"ann": [3, 3], "bob": [3, 3]})
    lead = _member(campaign, "lead").user
    assert set_aside_labels(member=_member(campaign, "bob"), actor=lead) == 2
    for task in campaign.tasks.filter(kind="regular"):
        assert (task.open_slots, task.priority, task.state, task.score_range) == (1, 1, "open", None)
    assert Label.objects.count() == 8
    aside = Assignment.objects.filter(is_set_aside=True)
    assert {a.task.kind for a in aside} == {"regular"}
    assert _member(campaign, "bob").set_aside_at is not None
    assert AuditEvent.objects.get(action="labels.set_aside").details["labels"] == 2
    with pytest.raises(Conflict, match="has a vote"):
        set_aside_labels(member=_member(campaign, "bob"), actor=lead)


def test_restoring_takes_the_slots_back() -> None:
    campaign = _campaign({"ann": [4, 4], "bob": [4, 2]})
    lead = _member(campaign, "lead").user
    set_aside_labels(member=_member(campaign, "bob"), actor=lead)
    assert restore_labels(member=_member(campaign, "bob"), actor=lead) == 2
    states = campaign.tasks.order_by("response__item__position").values_list("open_slots", "state")
    assert list(states) == [(0, "agreed"), (0, "disputed")]
    assert _member(campaign, "bob").set_aside_at is None
    with pytest.raises(Conflict, match="is set aside"):
        restore_labels(member=_member(campaign, "bob"), actor=lead)


@pytest.mark.parametrize(("most", "surplus"), [(2, True), (3, False)])
def test_a_restored_label_whose_slot_has_gone_is_surplus_unless_one_more_is_allowed(
    most: int, surplus: bool
) -> None:
    campaign = _campaign({"ann": [4], "bob": [4]}, max_overlap=most)
    lead = _member(campaign, "lead").user
    set_aside_labels(member=_member(campaign, "bob"), actor=lead)
    campaign.members.create(user=build.person("cat"))
    _label(campaign, "cat", list(campaign.tasks.all()), [4])
    assert restore_labels(member=_member(campaign, "bob"), actor=lead) == (0 if surplus else 1)
    assignment = Assignment.objects.get(member=_member(campaign, "bob"))
    assert (assignment.is_set_aside, assignment.is_surplus) == (False, surplus)
    task = campaign.tasks.get()
    assert (task.open_slots, task.state) == (0, "agreed")
    assert _free(task) == 0


def test_an_adjudicated_task_stays_so_and_asks_nobody_in_place_of_what_is_set_aside() -> None:
    campaign = _campaign({"ann": [1], "bob": [5]})
    lead = _member(campaign, "lead").user
    task = campaign.tasks.get()
    Task.objects.filter(pk=task.pk).update(state="adjudicated")
    for name in ("ann", "bob"):
        set_aside_labels(member=_member(campaign, name), actor=lead)
        task.refresh_from_db()
        assert (task.state, task.open_slots) == ("adjudicated", 0)
    for name in ("ann", "bob"):
        restore_labels(member=_member(campaign, name), actor=lead)
    task.refresh_from_db()
    assert (task.state, task.wanted_labels, task.open_slots) == ("adjudicated", 2, 0)


def test_surplus_labels_are_neither_set_aside_nor_restored() -> None:
    campaign = _campaign({"ann": [4, 4], "bob": [4, 4]})
    lead = _member(campaign, "lead").user
    Assignment.objects.filter(member=_member(campaign, "bob"), task=campaign.tasks.order_by("pk")[0]).update(
        is_surplus=True
    )
    assert set_aside_labels(member=_member(campaign, "bob"), actor=lead) == 1
    assert restore_labels(member=_member(campaign, "bob"), actor=lead) == 1
    assert Assignment.objects.filter(is_surplus=True).count() == 1


# Votes in the agreement report and in gold


def test_the_report_counts_votes_only_and_comes_back_as_it_was() -> None:
    campaign = _campaign(
        {"ann": GOOD, "bob": GOOD[1:] + GOOD[:1], "five": [5] * 40}, controls={"ann": [3] * 3}
    )
    before, lead = agreement_report(campaign).as_dict(), _member(campaign, "lead").user
    set_aside_labels(member=_member(campaign, "five"), actor=lead)
    after = agreement_report(campaign)
    assert [rater.name for rater in after.raters] == ["ann", "bob"]
    assert (after.labels["given"], after.labels["set_aside"], after.labels["tasks_done"]) == (80, 40, 0)
    assert after.as_dict()["people"] != before["people"]
    restore_labels(member=_member(campaign, "five"), actor=lead)
    assert agreement_report(campaign).as_dict() == before
    assert (before["labels"]["tasks"], before["labels"]["tasks_done"]) == (40, 40)


def test_judges_are_compared_on_regular_tasks_only() -> None:
    campaign = _campaign({"ann": [4]}, controls={"ann": [3]})
    judge = Judge.objects.create(name="imported: x", origin="imported")
    for task in campaign.tasks.all():
        Judgment.objects.create(response=task.response, judge=judge, status="scored", score=5)
    assert judge_scores(campaign) == [(campaign.tasks.get(kind="regular").pk, "imported: x", 5)]


def test_gold_is_of_votes_on_regular_tasks_with_labels_set_aside_beside_them() -> None:
    campaign = _campaign({"ann": [5], "bob": [4], "cat": [1]}, controls={"ann": [1], "bob": [1]})
    set_aside_labels(member=_member(campaign, "cat"), actor=_member(campaign, "lead").user)
    record = release_gold(campaign=campaign).gold_labels.get().record
    assert (record["labels"], record["set_aside_labels"]) == ({"ann": 5, "bob": 4}, {"cat": 1})
    assert (record["status"], record["score"]) == ("unanimous", 4.5)


def test_the_gold_of_an_adjudicated_task_is_the_newest_decision_and_says_so() -> None:
    campaign = _campaign({"ann": [1], "bob": [5]})
    lead, task = _member(campaign, "lead").user, campaign.tasks.get()
    for revision, score in ((1, 5), (2, 2)):
        Adjudication.objects.create(
            task=task, revision=revision, adjudicator=lead, score=score, rationale=f"Why {score}."
        )
    Task.objects.filter(pk=task.pk).update(state="adjudicated")
    release = release_gold(campaign=campaign)
    gold = release.gold_labels.get()
    assert (gold.status, gold.followed, gold.score) == ("adjudicated", False, 2.0)
    assert (gold.record["adjudicator"], gold.record["rationale"]) == ("lead", "Why 2.")
    assert gold.record["how"] == "decided by an adjudicator, followed if score >= 3"
    assert gold.record["labels"] == {"ann": 1, "bob": 5}
    assert AuditEvent.objects.get(action="gold.released").details["number"] == release.number
    # Reopened, its decision is not in force: the labels are tied.
    Task.objects.filter(pk=task.pk).update(state="disputed")
    assert release_gold(campaign=campaign).gold_labels.get().status == "tied"


def test_counts_of_an_empty_campaign_are_0() -> None:
    campaign = build.campaign(build.run_with_items(2), [build.person()], overlap=1)
    counts = label_counts(campaign)
    assert (counts.wanted, counts.given, counts.tasks, counts.tasks_done) == (2, 0, 2, 0)


# Pages


def test_the_lead_sees_everybody_and_acts(client: Client) -> None:
    campaign = _with_two_bad(minimum_seconds=5)
    lead = _lead_client(campaign)
    page = lead.get(reverse("quality", args=[campaign.pk])).content.decode()
    assert "control items below the bar" in page
    assert "agreement below the bar" in page
    member = _member(campaign, "bob")
    where = {"campaign_id": campaign.pk, "member_id": member.pk}
    act, detail = reverse("quality_act", kwargs=where), reverse("quality_detail", kwargs=where)
    for action, shown in [
        ("pause", "bob is paused"),
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
        _campaign({"ann": [4]}),
        build.campaign(build.run_with_items(1), [build.person("eve")], overlap=1),
    )
    where = {"campaign_id": campaign.pk, "member_id": other.members.get().pk}
    assert _lead_client(campaign).get(reverse("quality_detail", kwargs=where)).status_code == 404
    posted = {"action": "pause", "reason": "x"}
    assert _lead_client(campaign).post(reverse("quality_act", kwargs=where), posted).status_code == 404


def test_a_lead_who_labels_has_a_row_too() -> None:
    campaign = _campaign({"ann": [4]})
    assert {each.member.role for each in _people(campaign)} == {Role.ANNOTATOR, Role.LEAD}
