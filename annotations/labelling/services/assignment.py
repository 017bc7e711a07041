"""Handing out tasks: on pull, under a lease, never more people on a task than labels wanted.

Locks. Rows are locked in the order Task, Assignment, Member, several tasks by primary key; and code that writes an
assignment holds its task's row, but for the renewal of a lease, one statement that holds nothing else. A claim alone
begins at the other end: it holds its member's row from the start, so that one person's claims come one after another.
It can be part of no deadlock, because from then on it never waits: it takes tasks with SKIP LOCKED, and writes
assignments only of tasks that it has taken.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from annotations.access import CAMPAIGN, MEMBER
from annotations.labelling.selectors.standing import (
    MOST_IN_HAND,
    Standing,
    control_is_due,
    may_get_tasks,
    standing_of,
)
from annotations.labelling.services.claim_sql import (
    CLAIM_ANEW,
    CLAIM_CONTROL,
    CLAIM_ONWARD,
    LOCK_MEMBER,
)
from annotations.labelling.services.resolution import settle_task
from annotations.models import Assignment, Campaign, Member, Task
from annotations.models.task import AssignmentStatus, TaskKind
from core.audit.writing import record
from core.db.prepared import prepared_row, the_row
from core.errors import Conflict, NotAllowed


def membership(campaign: Campaign, user: AbstractUser) -> Member:
    """The user's active membership. Raises NotAllowed for one who is not in the campaign."""
    member = Member.objects.filter(campaign=campaign, user_id=user.pk, is_active=True).first()
    if member is None:
        raise NotAllowed("Only people in the campaign can label.")
    return member


@transaction.atomic
def claim_task(*, member: Member, holding: Collection[int] = ()) -> Assignment | None:
    """A task for the member: one in hand that is not among the assignments `holding`, else a new one.

    `holding` are those that the asking page has already. A person has at most two in hand: the one shown and the next
    one. None where there is nothing for them now; `why_nothing_to_label` says why.
    """
    member, standing = _locked(member.pk)
    if not may_get_tasks(member):
        return None
    deadline = timezone.now() + timedelta(seconds=member.campaign.lease_seconds)
    waiting = [assignment for assignment in standing.in_hand if assignment not in holding]
    if waiting:
        return _handed_again(waiting[0], member, deadline)
    if len(standing.in_hand) >= MOST_IN_HAND or standing.quota_is_reached:
        return None
    return _claim(member, standing, deadline, holding)


def _locked(key: int) -> tuple[Member, Standing]:
    """The member as they are now and where they stand: one claim at a time per person, whatever pages they have.

    The second statement sees what was there when the first had its lock.
    """
    row = the_row(LOCK_MEMBER, {"member": key})
    member = MEMBER.instance(row[: len(MEMBER)])
    member.campaign = CAMPAIGN.instance(row[len(MEMBER) :])
    return member, standing_of(member)


def _handed_again(key: int, member: Member, deadline: datetime) -> Assignment:
    """An assignment in hand, with its lease renewed unless something else is under way with it just now."""
    free = Assignment.objects.select_for_update(skip_locked=True, no_key=True).filter(
        pk=key, status=AssignmentStatus.LEASED
    )
    Assignment.objects.filter(pk__in=free.values("pk")).update(leased_until=deadline)
    return Assignment.objects.get(pk=key)


def _claim(
    member: Member, standing: Standing, deadline: datetime, holding: Collection[int]
) -> Assignment | None:
    if control_is_due(member, standing):
        control = _run_claim(CLAIM_CONTROL, member, deadline, holding)
        if control is not None:
            return control
    regular = _run_claim(CLAIM_ONWARD, member, deadline, holding) or _run_claim(
        CLAIM_ANEW, member, deadline, holding
    )
    if regular is None and reclaim_expired_assignments(campaign=member.campaign):
        regular = _run_claim(CLAIM_ANEW, member, deadline, holding)
    return regular


def _run_claim(
    statement: str, member: Member, deadline: datetime, holding: Collection[int]
) -> Assignment | None:
    values: dict[str, int | datetime | str] = {
        "campaign": member.campaign_id,
        "member": member.pk,
        "cursor": member.claimed_up_to,
        "deadline": deadline,
        "holding": f"{{{','.join(map(str, holding))}}}",  # an array, as text: the driver takes long over a list
        "seed": member.campaign.seed,
    }
    while True:
        row = prepared_row(statement, values)
        if row is None:
            return None
        task, assignment = row
        if assignment is not None:
            return Assignment(
                pk=assignment,
                task_id=task,
                member=member,
                status=AssignmentStatus.LEASED,
                leased_until=deadline,
            )
        # The person has labelled this very task, late, since the statement began. The slot goes back: the task is
        # ours till the end of the transaction, and the next look sees their label.
        Task.objects.filter(pk=task, kind=TaskKind.REGULAR).update(open_slots=F("open_slots") + 1)


def renew_lease(*, assignment: Assignment) -> Assignment:
    """Keep a task for its person while the page is in use. Raises Conflict (code `lease_lost`) once the lease is lost.

    A lost lease stays lost, even where the task still has a slot: control items always have room, so that taking a
    lease again would tell them from other tasks.
    """
    seconds = assignment.task.campaign.lease_seconds
    assignment.leased_until = timezone.now() + timedelta(seconds=seconds)
    renewed = Assignment.objects.filter(pk=assignment.pk, status=AssignmentStatus.LEASED).update(
        leased_until=assignment.leased_until
    )
    if not renewed:
        raise Conflict(
            "This task is no longer kept for you; what you submit is still accepted.", code="lease_lost"
        )
    return assignment


@transaction.atomic
def reclaim_expired_assignments(*, campaign: Campaign | None = None) -> int:
    """Take back the tasks whose lease has run out, in one campaign or in all; give the number.

    What is given back goes first to the next person who asks. Tasks that are locked now are left to the next time.
    """
    expired = Assignment.objects.filter(status=AssignmentStatus.LEASED, leased_until__lt=timezone.now())
    if campaign is not None:
        expired = expired.filter(task__campaign=campaign)
    tasks = Task.objects.select_for_update(skip_locked=True, no_key=True, of=("self",)).select_related(
        "campaign"
    )
    reclaimed = 0
    for task in list(tasks.filter(pk__in=expired.values("task")).order_by("pk")):
        # The condition is checked again under the lock: a lease renewed meanwhile stays.
        count = expired.filter(task=task).update(status=AssignmentStatus.RELEASED, leased_until=None)
        if count:
            before = task.state, task.wanted_labels
            give_slots_back(task, count)
            if (task.state, task.wanted_labels) != before:
                # As where it was on a slot more, which nobody wants any longer: what is kept of a campaign goes by its
                # log, and must hear of it.
                record(
                    "task.settled",
                    actor=None,
                    scope=task.campaign,
                    subject=task,
                    state=task.state,
                    wanted_labels=task.wanted_labels,
                )
        reclaimed += count
    return reclaimed


def free_leases(*, of: QuerySet[Member]) -> int:
    """Take back what the members have in hand, so that it goes to others first; give the number.

    Part of the caller's transaction. Tasks are locked before assignments, by primary key.
    """
    held = Assignment.objects.filter(member__in=of, status=AssignmentStatus.LEASED)
    tasks = Task.objects.select_for_update(no_key=True, of=("self",)).select_related("campaign")
    freed = 0
    for task in list(tasks.filter(pk__in=held.values("task")).order_by("pk")):
        if count := held.filter(task=task).update(status=AssignmentStatus.RELEASED, leased_until=None):
            give_slots_back(task, count)
            freed += count
    return freed


def give_slots_back(task: Task, count: int = 1) -> Task:
    """Places on a locked task have come free: others get them before all else."""
    if task.kind != TaskKind.REGULAR:
        return task
    task.open_slots += count
    task.priority = 1
    Task.objects.filter(pk=task.pk).update(open_slots=task.open_slots, priority=task.priority)
    return settle_task(task)
