"""Drafts and labels: nothing entered is lost, nothing is counted twice."""

import uuid

from django.db import IntegrityError, transaction
from django.db.models import F, Max
from django.utils import timezone

from annotations.models import Assignment, Draft, Label, Task
from annotations.models.task import AssignmentStatus
from evaluation.errors import Conflict, DomainError
from evaluation.models.endpoint import SCALE

COMMENT_LENGTH = 10_000


def save_draft(*, assignment: Assignment, score: int | None, comment: str, version: int) -> Draft:
    """Keep what has been entered so far. `version` is the one that the page last knew (0: none).

    Raises Conflict (code `stale_draft`) where another page has saved a newer one; nothing is overwritten.
    """
    _check(score, comment)
    if version == 0:
        try:
            with transaction.atomic():
                return Draft.objects.create(assignment=assignment, score=score, comment=comment)
        except IntegrityError:
            pass  # Another page was first: the conditional update below finds version 0 stale.
    saved = Draft.objects.filter(assignment=assignment, version=version).update(
        score=score, comment=comment, version=F("version") + 1, updated_at=timezone.now()
    )
    if not saved:
        raise Conflict(
            "This task was edited in another window; reload to see what was saved.", code="stale_draft"
        )
    return Draft.objects.get(assignment=assignment)


@transaction.atomic
def submit_label(*, assignment: Assignment, score: int, comment: str, submission_key: uuid.UUID) -> Label:
    """Record a person's rating of a task; a second submission under a new key is a new revision.

    The same key again gives the label it made. A submission after the lease was lost is kept: it takes a slot that
    is still open, else it is marked surplus.
    """
    _check(score, comment)
    # The task is locked first: submissions, claims and reclaims of one task happen one after another.
    task = Task.objects.select_for_update().get(pk=assignment.task_id)
    already = Label.objects.filter(submission_key=submission_key).first()
    if already is not None:
        if already.assignment_id != assignment.pk:
            raise Conflict("This submission key belongs to another task.", code="submission_key_reused")
        return already
    assignment.refresh_from_db()
    if assignment.status != AssignmentStatus.SUBMITTED:
        _mark_submitted(assignment, task)
    last = assignment.labels.aggregate(last=Max("revision"))["last"] or 0
    label = Label.objects.create(
        assignment=assignment, revision=last + 1, score=score, comment=comment, submission_key=submission_key
    )
    Draft.objects.filter(assignment=assignment).delete()
    return label


def _mark_submitted(assignment: Assignment, task: Task) -> None:
    """A live lease turns into the label; a lost one takes an open slot, or is surplus."""
    if assignment.status == AssignmentStatus.RELEASED:
        if task.open_slots > 0:
            Task.objects.filter(pk=task.pk).update(open_slots=F("open_slots") - 1)
        else:
            assignment.is_surplus = True
    assignment.status, assignment.leased_until = AssignmentStatus.SUBMITTED, None
    assignment.submitted_at = timezone.now()
    assignment.save(update_fields=["status", "leased_until", "submitted_at", "is_surplus"])


def _check(score: int | None, comment: str) -> None:
    if score is not None and score not in SCALE:
        raise DomainError(f"A score is {SCALE[0]} to {SCALE[-1]}.", field="score")
    if len(comment) > COMMENT_LENGTH:
        raise DomainError(f"A comment has at most {COMMENT_LENGTH:,} characters.", field="comment")
    if "\0" in comment:
        raise DomainError("A comment is plain text.", field="comment")
