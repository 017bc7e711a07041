"""Skipping a task, with a reason, and flagging one to the leads."""

from django.db import transaction

from annotations.labelling.services.assignment import give_slots_back
from annotations.labelling.services.labels import AlreadyLabelled, check_text
from annotations.labelling.services.resolution import locked_task
from annotations.models import Assignment, Flag, Label
from annotations.models.task import AssignmentStatus, FlagReason, SkipReason
from core.audit.writing import record
from core.errors import DomainError


@transaction.atomic
def skip_task(*, assignment: Assignment, reason: str, note: str = "") -> Assignment:
    """Give a task back for good: it goes to others first, and does not come again to this person.

    They may label it all the same, later, from their history. Skipping it twice is one skip. Raises Conflict (code
    `already_labelled`, with the label) for a task that they have labelled.
    """
    if reason not in SkipReason.values:
        raise DomainError("Choose a reason for the skip.", field="reason")
    check_text(note, "note", "A note")
    task = locked_task(assignment.task_id)
    before = Assignment.objects.values_list("status", flat=True).get(pk=assignment.pk)
    if before == AssignmentStatus.SUBMITTED:
        raise AlreadyLabelled(Label.objects.filter(assignment=assignment).latest("revision"))
    if before == AssignmentStatus.SKIPPED:
        return assignment
    assignment.status, assignment.leased_until = AssignmentStatus.SKIPPED, None
    assignment.skip_reason, assignment.skip_note = reason, note
    assignment.save(update_fields=["status", "leased_until", "skip_reason", "skip_note"])
    if before == AssignmentStatus.LEASED:
        give_slots_back(task)
    record(
        "task.skipped",
        actor=assignment.member.user,
        scope=task.campaign,
        subject=task,
        assignment=assignment.pk,
        reason=reason,
        note=note,
    )
    return assignment


@transaction.atomic
def flag_task(*, assignment: Assignment, reason: str, note: str = "") -> Flag:
    """Tell the leads of something amiss with a task; the label stands beside it.

    The same flag again, while nobody has resolved it, is the same flag: a page sends again what went unanswered.
    """
    if reason not in FlagReason.values:
        raise DomainError("Choose a reason for the flag.", field="reason")
    check_text(note, "note", "A note")
    task = locked_task(assignment.task_id)
    already = assignment.flags.filter(reason=reason, note=note, resolved_at__isnull=True).first()
    if already is not None:
        return already
    flag = Flag.objects.create(assignment=assignment, reason=reason, note=note)
    record(
        "task.flagged",
        actor=assignment.member.user,
        scope=task.campaign,
        subject=task,
        assignment=assignment.pk,
        flag=flag.pk,
        reason=reason,
        note=note,
    )
    return flag
