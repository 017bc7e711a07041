"""Handing out tasks: on pull, under a lease, never more people on a task than labels wanted."""

from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from annotations.models import Assignment, Campaign, Member, Task
from annotations.models.campaign import CampaignStatus
from annotations.models.task import AssignmentStatus
from evaluation.errors import Conflict, NotAllowed


def membership(campaign: Campaign, user: AbstractUser) -> Member:
    """The user's active membership. Raises NotAllowed for one who is not in the campaign."""
    member = Member.objects.filter(campaign=campaign, user_id=user.pk, is_active=True).first()
    if member is None:
        raise NotAllowed("Only people in the campaign can label.")
    return member


@transaction.atomic
def claim_task(*, campaign: Campaign, member: Member) -> Assignment | None:
    """The task that the member works on: the one in hand, else a new one; None where nothing is left for them.

    One query finds the next open task on the partial index, skipping rows that others are claiming and tasks that
    this person has labelled. The slot is taken in the same transaction.
    """
    if campaign.status != CampaignStatus.OPEN:
        return None
    # One claim at a time per person: a double click or a second tab gets the task in hand, not another.
    Member.objects.select_for_update().get(pk=member.pk)
    deadline = timezone.now() + timedelta(seconds=campaign.lease_seconds)
    in_hand = (
        Assignment.objects.filter(member=member, status=AssignmentStatus.LEASED, task__campaign=campaign)
        .order_by("pk")
        .first()
    )
    if in_hand is not None and _renew(in_hand, deadline):
        return in_hand
    task = _open_task(campaign, member)
    if task is None and reclaim_expired_assignments(campaign=campaign):
        task = _open_task(campaign, member)
    if task is None:
        return None
    Task.objects.filter(pk=task.pk).update(open_slots=F("open_slots") - 1)
    assignment, _ = Assignment.objects.update_or_create(
        task=task, member=member, defaults={"status": AssignmentStatus.LEASED, "leased_until": deadline}
    )
    return assignment


def _open_task(campaign: Campaign, member: Member) -> Task | None:
    taken = Assignment.objects.filter(task=OuterRef("pk"), member=member).exclude(
        status=AssignmentStatus.RELEASED
    )
    return (
        Task.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(~Exists(taken), campaign=campaign, open_slots__gt=0)
        .order_by("order_key", "pk")
        .first()
    )


def _renew(assignment: Assignment, deadline: datetime) -> bool:
    """Extend a lease that is still held, even if its time is over; False if it was reclaimed."""
    renewed = Assignment.objects.filter(pk=assignment.pk, status=AssignmentStatus.LEASED).update(
        leased_until=deadline
    )
    assignment.leased_until = deadline
    return bool(renewed)


def renew_lease(*, assignment: Assignment) -> Assignment:
    """Keep a task for its person while the page is in use. Raises Conflict if it was reclaimed."""
    seconds = assignment.task.campaign.lease_seconds
    if not _renew(assignment, timezone.now() + timedelta(seconds=seconds)):
        raise Conflict(
            "This task is no longer kept for you; what you submit is still accepted.", code="lease_lost"
        )
    return assignment


@transaction.atomic
def reclaim_expired_assignments(*, campaign: Campaign | None = None) -> int:
    """Take back the tasks whose lease has run out, in one campaign or in all; give the number.

    Tasks are locked before assignments, as everywhere; those that are locked now are left to the next time.
    """
    expired = Assignment.objects.filter(status=AssignmentStatus.LEASED, leased_until__lt=timezone.now())
    if campaign is not None:
        expired = expired.filter(task__campaign=campaign)
    tasks = Task.objects.select_for_update(skip_locked=True).filter(pk__in=expired.values("task"))
    reclaimed = 0
    for task in list(tasks):
        # The condition is checked again under the lock: a lease renewed meanwhile stays.
        count = expired.filter(task=task).update(status=AssignmentStatus.RELEASED, leased_until=None)
        Task.objects.filter(pk=task.pk).update(open_slots=F("open_slots") + count)
        reclaimed += count
    return reclaimed
