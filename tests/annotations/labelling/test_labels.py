"""Drafts and labels: nothing entered is lost, nothing is counted twice."""

import threading
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from annotations.campaigns.services.campaigns import set_campaign_status
from annotations.labelling.selectors.labels import current_labels
from annotations.labelling.services.assignment import claim_task, reclaim_expired_assignments
from annotations.labelling.services.labels import save_draft, submit_label
from annotations.models import Assignment, Campaign, Draft, Label, Task
from annotations.models.campaign import CampaignStatus
from core.errors import Conflict, DomainError
from core.models import AuditEvent
from tests import build


def _campaign(people: int = 1, overlap: int = 1) -> Campaign:
    return build.campaign(build.run_with_items(2), [build.person() for _ in range(people)], overlap=overlap)


def _claim(campaign: Campaign, position: int = 0) -> Assignment:
    assignment = claim_task(member=campaign.members.order_by("pk")[position])
    assert assignment is not None
    return assignment


def _submit(assignment: Assignment, score: int = 4, key: uuid.UUID | None = None, comment: str = "") -> Label:
    return submit_label(
        assignment=assignment, score=score, comment=comment, submission_key=key or uuid.uuid4()
    )


def _lose(assignment: Assignment) -> None:
    Assignment.objects.filter(pk=assignment.pk).update(leased_until=timezone.now() - timedelta(seconds=1))
    reclaim_expired_assignments()


@pytest.mark.django_db
def test_a_label_ends_the_lease_and_keeps_its_slot() -> None:
    campaign = _campaign()
    assignment = _claim(campaign)
    _submit(assignment, 2, comment="hm")
    assignment.refresh_from_db()
    assert (assignment.status, assignment.leased_until, assignment.is_surplus) == ("submitted", None, False)
    assert assignment.task.open_slots == 0
    assert current_labels(campaign).get().comment == "hm"


@pytest.mark.django_db
def test_the_same_submission_twice_is_one_label() -> None:
    assignment, key = _claim(_campaign()), uuid.uuid4()
    assert _submit(assignment, 4, key).pk == _submit(assignment, 4, key).pk
    assert Label.objects.count() == 1


@pytest.mark.django_db
def test_a_submission_key_of_another_task_is_refused() -> None:
    campaign, key = _campaign(), uuid.uuid4()
    _submit(_claim(campaign), 4, key)
    with pytest.raises(Conflict, match="another task"):
        _submit(_claim(campaign), 2, key)


@pytest.mark.django_db
def test_a_change_is_a_new_revision_and_the_newest_counts() -> None:
    campaign = _campaign()
    assignment = _claim(campaign)
    _submit(assignment, 2)
    _submit(assignment, 5)
    assert list(Label.objects.values_list("revision", "score")) == [(1, 2), (2, 5)]
    assert [label.score for label in current_labels(campaign)] == [5]
    assert assignment.task.open_slots == 0


@pytest.mark.django_db
def test_a_late_submission_takes_an_open_slot_if_there_is_one() -> None:
    campaign = _campaign()
    assignment = _claim(campaign)
    _lose(assignment)
    _submit(assignment)
    assignment.refresh_from_db()
    assignment.task.refresh_from_db()
    assert (assignment.is_surplus, assignment.task.open_slots) == (False, 0)


@pytest.mark.django_db
def test_a_late_submission_is_kept_as_surplus_where_others_took_the_slot() -> None:
    campaign = _campaign(people=2)
    late = _claim(campaign, 0)
    _lose(late)
    _submit(_claim(campaign, 1), 5)
    _submit(late, 1)
    late.refresh_from_db()
    assert late.is_surplus
    assert current_labels(campaign).count() == 2
    late.task.refresh_from_db()
    assert late.task.open_slots == 0


@pytest.mark.django_db
@pytest.mark.parametrize(("score", "comment"), [(0, ""), (6, ""), (3, "x" * 10_001), (3, "a\0b")])
def test_what_cannot_be_stored_is_refused_in_words(score: int, comment: str) -> None:
    with pytest.raises(DomainError):
        _submit(_claim(_campaign()), score, comment=comment)
    assert Label.objects.count() == 0


@pytest.mark.django_db
def test_drafts_count_versions_and_a_stale_page_overwrites_nothing() -> None:
    assignment = _claim(_campaign())
    first = save_draft(assignment=assignment, score=None, comment="a", version=0)
    second = save_draft(assignment=assignment, score=3, comment="ab", version=first.version)
    assert (first.version, second.version) == (1, 2)
    for stale in (0, 1):
        with pytest.raises(Conflict) as refusal:
            save_draft(assignment=assignment, score=1, comment="other window", version=stale)
        assert (refusal.value.code, int(refusal.value.status)) == ("stale_draft", 409)
    assert Draft.objects.get().comment == "ab"


@pytest.mark.django_db
def test_submitting_clears_the_draft() -> None:
    assignment = _claim(_campaign())
    save_draft(assignment=assignment, score=3, comment="a", version=0)
    _submit(assignment)
    assert not Draft.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_twenty_identical_submissions_at_once_are_one_label() -> None:
    assignment, key = _claim(_campaign()), uuid.uuid4()
    start, made, errors = threading.Barrier(20), [], []

    def work() -> None:
        try:
            start.wait()
            own = Assignment.objects.select_related("task").get(pk=assignment.pk)
            made.append(_submit(own, 4, key).pk)
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(set(made)) == 1
    assert Label.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_submission_key_for_two_tasks_at_once_is_one_label_and_one_refusal() -> None:
    campaign, key = _campaign(people=2), uuid.uuid4()
    assignments = [_claim(campaign, position) for position in (0, 1)]
    start, outcomes = threading.Barrier(2), []

    def work(assignment: Assignment) -> None:
        try:
            start.wait()
            outcomes.append(str(_submit(assignment, 4, key).revision))
        except Conflict as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(assignment,)) for assignment in assignments]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["1", "submission_key_reused"]
    assert Label.objects.count() == 1


@pytest.mark.django_db
def test_every_label_and_revision_is_in_the_audit_log() -> None:
    assignment = _claim(_campaign())
    _submit(assignment, 2)
    _submit(assignment, 5)
    events = AuditEvent.objects.order_by("pk").filter(action__startswith="label.")
    assert [(event.action, event.actor, event.details["score"]) for event in events] == [
        ("label.submitted", assignment.member.user, 2),
        ("label.revised", assignment.member.user, 5),
    ]
    assert events[1].details["before"] == 2


@pytest.mark.django_db
def test_a_label_of_a_control_item_leaves_no_mark_on_its_task() -> None:
    campaign = _campaign()
    assignment = _claim(campaign)
    Task.objects.filter(pk=assignment.task_id).update(kind="control", wanted_labels=0, open_slots=0)
    label = _submit(assignment, 1)
    _submit(assignment, 5)
    assignment.refresh_from_db()
    assert (assignment.status, assignment.is_surplus) == ("submitted", False)
    task = Task.objects.get(pk=assignment.task_id)
    assert (task.state, task.open_slots, task.score_range, label.revision) == ("open", 0, None, 1)


def _archived(campaign: Campaign) -> None:
    lead = build.person(staff=True)
    for status in (CampaignStatus.CLOSED, CampaignStatus.ARCHIVED):
        set_campaign_status(campaign=campaign, status=status, actor=lead)


@pytest.mark.django_db
def test_a_label_that_comes_when_the_campaign_is_closed_takes_a_slot_that_is_open() -> None:
    campaign = _campaign()
    late = _claim(campaign)
    set_campaign_status(campaign=campaign, status=CampaignStatus.CLOSED)
    _submit(late)
    late.refresh_from_db()
    assert (late.status, late.is_surplus, late.task.open_slots) == ("submitted", False, 0)


@pytest.mark.django_db
def test_a_label_that_comes_when_the_campaign_is_archived_is_kept_without_a_vote() -> None:
    campaign = _campaign()
    late = _claim(campaign)
    _archived(campaign)
    _submit(late, comment="not lost")
    late.refresh_from_db()
    task = campaign.tasks.get(pk=late.task_id)
    assert (late.status, late.is_surplus, late.labels.get().comment) == ("submitted", True, "not lost")
    assert (task.open_slots, task.state) == (1, "open")
    assert not Assignment.objects.voting().exists()


@pytest.mark.django_db
def test_a_label_of_an_archived_campaign_does_not_change_and_the_draft_of_a_change_stays() -> None:
    campaign = _campaign()
    assignment, key = _claim(campaign), uuid.uuid4()
    first = _submit(assignment, 4, key)
    _archived(campaign)
    save_draft(assignment=assignment, score=1, comment="rather", version=0)
    with pytest.raises(Conflict) as refused:
        _submit(assignment, 1, comment="rather")
    assert refused.value.code == "campaign_archived"
    assert Label.objects.get().score == 4
    assert Draft.objects.get(assignment=assignment).comment == "rather"
    assert _submit(assignment, 4, key).pk == first.pk  # what the page sends again was received
    set_campaign_status(campaign=campaign, status=CampaignStatus.CLOSED)
    assert _submit(assignment, 1).revision == 2
