"""What follows from a person's quality: pausing and resuming them, setting their labels aside and restoring them.

Nothing is deleted. Locks are taken as everywhere: tasks by primary key, then assignments, then the member.
"""

import contextlib
from collections import defaultdict
from collections.abc import Callable, Sequence

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from annotations.labelling.services.assignment import free_leases
from annotations.labelling.services.resolution import resolve, save_settled, settled_values
from annotations.models import Assignment, Campaign, Label, Member, Task
from annotations.models.campaign import CampaignStatus
from annotations.models.task import AssignmentStatus, TaskKind, TaskState
from annotations.quality.selectors.quality import RESUMED, Evidence, evidence_for_pausing
from core.audit.writing import record
from core.errors import Conflict, DomainError
from core.models import User
from perg.stats.base.estimate import Estimate
from perg.stats.base.result import dump

AUTOMATIC_REASON = "A lead will look at your labels."
"""The person reads it, so it does not say that there are control items; the audit log has the figures."""

REASON_LENGTH = 300


@transaction.atomic
def pause_member(
    *, member: Member, reason: str, actor: User | None = None, evidence: Evidence | None = None
) -> Member:
    """Give the member no more tasks, and their current ones to others; their labels stay as they are.

    `actor` is None where the platform pauses by itself, on `evidence`. Raises Conflict for one who is paused already.
    """
    if not reason.strip():
        raise DomainError("Say why, so that the person and other leads know.", field="reason")
    if len(reason) > REASON_LENGTH:
        raise DomainError(f"A reason has at most {REASON_LENGTH} characters.", field="reason")
    released = free_leases(of=Member.objects.filter(pk=member.pk))
    paused = Member.objects.filter(pk=member.pk, paused_at__isnull=True).update(
        paused_at=timezone.now(), paused_by=actor, pause_reason=reason.strip()
    )
    if not paused:
        raise Conflict(f"{member.user} is paused already.", code="already_paused")
    member.refresh_from_db()
    record(
        "member.paused",
        actor=actor,
        scope=member.campaign,
        subject=member,
        member=member.pk,
        username=member.user.get_username(),
        reason=member.pause_reason,
        released=released,
        **_facts(evidence),
    )
    return member


def _facts(evidence: Evidence | None) -> dict[str, object]:
    if evidence is None:
        return {}

    def fact(estimate: Estimate) -> dict[str, object]:
        return dump(estimate)

    return {
        "below": list(evidence.below),
        "control_accuracy": fact(evidence.control_accuracy),
        "agreement": fact(evidence.agreement),
    }


@transaction.atomic
def resume_member(*, member: Member, actor: User) -> Member:
    """Let a paused member continue. Their work so far does not pause them automatically again."""
    resumed = Member.objects.filter(pk=member.pk, paused_at__isnull=False).update(
        paused_at=None, paused_by=None, pause_reason=""
    )
    if not resumed:
        raise Conflict(f"{member.user} is not paused.", code="not_paused")
    member.refresh_from_db()
    record(
        RESUMED,
        actor=actor,
        scope=member.campaign,
        subject=member,
        member=member.pk,
        username=member.user.get_username(),
    )
    return member


def pause_surely_below_bars(*, campaign: Campaign) -> list[Member]:
    """Pause everybody whose whole interval is below a threshold of the campaign; return them. It can run again.

    See `evidence_for_pausing` for what counts against somebody whom a lead has resumed.
    """
    paused = []
    for evidence in evidence_for_pausing(campaign):
        try:
            paused.append(pause_member(member=evidence.member, reason=AUTOMATIC_REASON, evidence=evidence))
        except Conflict:
            continue  # A lead, or another worker, was first.
    return paused


def pause_everywhere() -> int:
    """`pause_surely_below_bars` for every open campaign; give the number of people paused."""
    return sum(
        len(pause_surely_below_bars(campaign=campaign))
        for campaign in Campaign.objects.filter(status=CampaignStatus.OPEN)
    )


def set_aside_labels(*, member: Member, actor: User) -> int:
    """Take the vote from all of the member's labels, and hand their places to others; give the number.

    The labels are kept, and `restore_labels` gives the votes back. Tasks that are adjudicated stay so. A label that is
    submitted at the same moment is either among those set aside, or finds that it has no vote. Raises Conflict where no
    label of theirs has a vote.
    """
    return _with_member_standing_still(lambda: _set_aside(member, actor))


def _set_aside(member: Member, actor: User) -> int:
    voting = Assignment.objects.voting().filter(member=member)
    tasks = _locked_tasks(member, voting)
    count = voting.filter(task__in=tasks).update(is_set_aside=True)
    if not count:
        raise Conflict(f"No label of {member.user} has a vote that could be set aside.", code="no_votes")
    _give_slots_back(tasks)
    _settle(tasks, member.campaign)
    Member.objects.filter(pk=member.pk).update(set_aside_at=timezone.now())
    member.refresh_from_db()
    record(
        "labels.set_aside",
        actor=actor,
        scope=member.campaign,
        subject=member,
        member=member.pk,
        username=member.user.get_username(),
        labels=count,
    )
    return count


def restore_labels(*, member: Member, actor: User) -> int:
    """Give the member's labels that were set aside their votes back; give the number of votes.

    A label takes a slot that is open, or, where the slot has gone, one more up to the campaign's maximum; beyond that
    it is surplus. Raises Conflict where nothing is set aside.
    """
    return _with_member_standing_still(lambda: _restore(member, actor))


def _restore(member: Member, actor: User) -> int:
    set_aside = Assignment.objects.filter(member=member, is_set_aside=True)
    tasks = _locked_tasks(member, set_aside)
    surplus = [
        task.pk for task in tasks if not task.open_slots and task.wanted_labels >= member.campaign.max_overlap
    ]
    set_aside.filter(task__in=surplus).update(is_set_aside=False, is_surplus=True)
    votes = set_aside.filter(task__in=tasks).update(is_set_aside=False)
    if not votes and not surplus:
        raise Conflict(f"No label of {member.user} is set aside.", code="nothing_set_aside")
    _take_slots([task for task in tasks if task.pk not in set(surplus)])
    _settle(tasks, member.campaign)
    Member.objects.filter(pk=member.pk).update(set_aside_at=None)
    member.refresh_from_db()
    record(
        "labels.restored",
        actor=actor,
        scope=member.campaign,
        subject=member,
        member=member.pk,
        username=member.user.get_username(),
        labels=votes,
        surplus=len(surplus),
    )
    return votes


class _HandedMore(Exception):
    """The member was handed a task while their tasks were being locked: the locks have to be taken again, in order."""


def _with_member_standing_still(act: Callable[[], int]) -> int:
    """Do `act` in a transaction, again and again until nothing was handed to the member while it took its locks."""
    while True:
        with contextlib.suppress(_HandedMore), transaction.atomic():
            return act()


def _locked_tasks(member: Member, assignments: QuerySet[Assignment]) -> list[Task]:
    """The tasks of those of the member's assignments, which are read once nothing of theirs can change any more.

    A submission does not lock the member: every label takes that path, and would wait there for the person's claims.
    It locks its task, and then reads whether the member's labels are set aside. So all tasks that the person could
    submit are locked here, whether they have a label yet or not: a submission that was first has its vote in what is
    read below, and one that comes later sees what became of the member. The member's own row, which every claim holds,
    is last, as everywhere; if a member was handed a task before that, it starts over.
    """
    own = Assignment.objects.filter(member=member, task__kind=TaskKind.REGULAR)
    keys = set(own.values_list("task_id", flat=True))
    tasks = list(Task.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk"))
    Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    if set(own.values_list("task_id", flat=True)) != keys:
        raise _HandedMore
    task_ids = set(assignments.values_list("task_id", flat=True))
    return [task for task in tasks if task.pk in task_ids]


def _give_slots_back(tasks: Sequence[Task]) -> None:
    """One label fewer votes on each."""
    undecided = [task.pk for task in tasks if task.state != TaskState.ADJUDICATED]
    Task.objects.filter(pk__in=undecided).update(open_slots=F("open_slots") + 1, priority=1)
    _fit_decided(tasks)


def _take_slots(tasks: Sequence[Task]) -> None:
    """One label more votes on each: in a slot that is open, else in one that is added."""
    undecided = [task for task in tasks if task.state != TaskState.ADJUDICATED]
    with_slot = [task.pk for task in undecided if task.open_slots]
    without = [task.pk for task in undecided if not task.open_slots]
    Task.objects.filter(pk__in=with_slot).update(open_slots=F("open_slots") - 1)
    Task.objects.filter(pk__in=without).update(wanted_labels=F("wanted_labels") + 1)
    _fit_decided(tasks)


def _fit_decided(tasks: Sequence[Task]) -> None:
    """A task that an adjudicator has decided wants the labels that it has, and no other in a place given up."""
    for task in tasks:
        if task.state == TaskState.ADJUDICATED:
            on_it = Assignment.objects.filter(task=task)
            taken = on_it.voting().count() + on_it.filter(status=AssignmentStatus.LEASED).count()
            Task.objects.filter(pk=task.pk).update(wanted_labels=max(taken, 1), open_slots=0)


def _settle(tasks: Sequence[Task], campaign: Campaign) -> None:
    """Settle tasks that this transaction has locked, as they are after its updates; their votes are read at once."""
    keys = [task.pk for task in tasks]
    scores: defaultdict[int, list[int]] = defaultdict(list)
    current = (
        Label.objects.filter(assignment__in=Assignment.objects.voting().filter(task__in=keys))
        .order_by("assignment_id", "-revision")
        .distinct("assignment_id")
        .values_list("assignment__task_id", "score")
    )
    for task_id, score in current:
        scores[task_id].append(score)
    for task in Task.objects.filter(pk__in=keys).order_by("pk"):
        task.campaign = campaign
        before = settled_values(task)
        resolve(task, scores=scores[task.pk])
        save_settled(task, before)
