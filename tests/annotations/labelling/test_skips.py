"""Skips and flags: with a reason, never lost, never twice."""

import uuid

import pytest

from annotations.labelling.services.assignment import claim_task
from annotations.labelling.services.labels import submit_label
from annotations.labelling.services.skips import flag_task, skip_task
from annotations.models import Assignment, Campaign, Flag
from core.errors import Conflict, DomainError
from core.models import AuditEvent
from tests import build

pytestmark = pytest.mark.django_db


def _campaign(people: int = 2, tasks: int = 2) -> Campaign:
    return build.campaign(build.run_with_items(tasks), [build.person() for _ in range(people)], overlap=1)


def _claim(campaign: Campaign, position: int = 0) -> Assignment:
    assignment = claim_task(member=campaign.members.order_by("pk")[position])
    assert assignment is not None
    return assignment


def _submit(assignment: Assignment, score: int = 4) -> None:
    submit_label(assignment=assignment, score=score, comment="", submission_key=uuid.uuid4())


def test_a_skip_gives_the_slot_to_others_first_and_the_task_does_not_come_again() -> None:
    campaign = _campaign()
    skipped = _claim(campaign)
    skip_task(assignment=skipped, reason="cannot_judge", note="no idea")
    skipped.refresh_from_db()
    assert (skipped.status, skipped.skip_reason, skipped.skip_note) == ("skipped", "cannot_judge", "no idea")
    task = skipped.task
    assert (task.open_slots, task.priority) == (1, 1)
    other = _claim(campaign)
    assert other.task_id != skipped.task_id
    _submit(other)
    assert claim_task(member=skipped.member) is None
    assert _claim(campaign, 1).task_id == skipped.task_id
    assert AuditEvent.objects.filter(action="task.skipped", details__reason="cannot_judge").count() == 1


def test_skipping_twice_is_one_skip_and_frees_one_slot() -> None:
    assignment = _claim(_campaign())
    for _ in range(2):
        skip_task(assignment=assignment, reason="unclear")
    assert assignment.task.open_slots == 1
    assert AuditEvent.objects.filter(action="task.skipped").count() == 1


def test_a_skipped_task_can_be_labelled_after_all_in_a_slot_that_is_open() -> None:
    campaign = _campaign(tasks=1)
    assignment = _claim(campaign)
    skip_task(assignment=assignment, reason="unclear", note="?")
    _submit(assignment)
    assignment.refresh_from_db()
    assert (assignment.status, assignment.is_surplus, assignment.skip_reason, assignment.skip_note) == (
        "submitted",
        False,
        "",
        "",
    )
    assert campaign.tasks.get().open_slots == 0


def test_a_skipped_task_labelled_after_others_took_the_slot_is_surplus() -> None:
    campaign = _campaign(tasks=1)
    assignment = _claim(campaign)
    skip_task(assignment=assignment, reason="unclear")
    _submit(_claim(campaign, 1))
    _submit(assignment)
    assignment.refresh_from_db()
    assert assignment.is_surplus


def test_a_labelled_task_is_not_skipped_and_the_label_is_shown() -> None:
    assignment = _claim(_campaign())
    _submit(assignment, 2)
    with pytest.raises(Conflict) as refusal:
        skip_task(assignment=assignment, reason="unclear")
    assert refusal.value.code == "already_labelled"
    assert refusal.value.extra["label"] == {
        "revision": 1,
        "score": 2,
        "answer_correct": "",
        "comment": "",
        "answers": None,
    }


@pytest.mark.parametrize(
    ("reason", "note"), [("", ""), ("bored", ""), ("other", "x" * 10_001), ("other", "\0")]
)
def test_a_skip_wants_a_known_reason_and_plain_text(reason: str, note: str) -> None:
    assignment = _claim(_campaign())
    with pytest.raises(DomainError):
        skip_task(assignment=assignment, reason=reason, note=note)
    assignment.refresh_from_db()
    assert assignment.status == "leased"


def test_a_flag_stands_beside_the_label_and_the_same_one_again_is_one() -> None:
    assignment = _claim(_campaign())
    first = flag_task(assignment=assignment, reason="wrong_key", note="B is right")
    again = flag_task(assignment=assignment, reason="wrong_key", note="B is right")
    other = flag_task(assignment=assignment, reason="harmful")
    assert (first.pk == again.pk, first.pk == other.pk) == (True, False)
    _submit(assignment)
    assert Flag.objects.filter(assignment=assignment).count() == 2
    assert AuditEvent.objects.filter(action="task.flagged").count() == 2
    with pytest.raises(DomainError):
        flag_task(assignment=assignment, reason="")
