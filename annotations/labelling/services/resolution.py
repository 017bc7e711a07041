"""Settling a task by its votes: enough labels or not, agreed or disputed, and whether one more person is asked.

The task's row is locked by the caller: its slots, its state and its votes change together or not at all.
"""

from collections.abc import Sequence

from annotations.models import Assignment, Campaign, Label, Task
from annotations.models.campaign import Disagreement
from annotations.models.task import TaskKind, TaskState
from core.db.columns import Columns
from core.db.prepared import the_row

SETTLED = ("wanted_labels", "open_slots", "priority", "state", "score_range")
"""The fields of a task that its votes and the places on it decide."""

# Every label reads both: only what settling a task needs.
_TASK = Columns(
    Task, "task", only=("id", "campaign_id", "imported_item_id", "kind", "waits_for_lead", *SETTLED)
)
_CAMPAIGN = Columns(
    Campaign,
    "campaign",
    only=(
        "id",
        "status",
        "overlap",
        "max_overlap",
        "disagreement",
        "disagreement_range",
        "asks_correctness",
        "threshold",
    ),
)
_LOCK_TASK = f"""
    SELECT {_TASK}, {_CAMPAIGN}
    FROM annotations_task AS task JOIN annotations_campaign AS campaign ON campaign.id = task.campaign_id
    WHERE task.id = %(task)s FOR NO KEY UPDATE OF task
"""


def locked_task(key: int) -> Task:
    """The task, locked, with its campaign: submissions, claims and reclaims of one task happen one after another."""
    row = the_row(_LOCK_TASK, {"task": key})
    task = _TASK.instance(row[: len(_TASK)])
    task.campaign = _CAMPAIGN.instance(row[len(_TASK) :])
    return task


def settle_task(task: Task) -> Task:
    """Bring a locked task's state, range and slots in line with its votes; `task` is as it is in the database.

    Where people disagree, the task asks for one more label at a time up to the campaign's maximum, and then for an
    adjudication. A task that is adjudicated stays so. Control and qualification items have nothing to settle.
    """
    if task.kind != TaskKind.REGULAR:
        return task
    before = settled_values(task)
    resolve(task, scores=_votes(task))
    return save_settled(task, before)


def settled_values(task: Task) -> dict[str, int | str | None]:
    return {field: getattr(task, field) for field in SETTLED}


_SAVE = f"""
    UPDATE annotations_task SET {", ".join(f"{field} = %({field})s" for field in SETTLED)} WHERE id = %(task)s
    RETURNING id
"""


def save_settled(task: Task, before: dict[str, int | str | None]) -> Task:
    """Store what has changed since `before`. Most labels change nothing: then nothing is written."""
    after = settled_values(task)
    if after != before:
        the_row(_SAVE, {"task": task.pk, **after})
    return task


def resolve(task: Task, *, scores: Sequence[int | None]) -> None:
    """What `scores`, the votes, make of the task. Wanted less open slots are the votes and the live leases.

    Votes without a score, those of imported items, do not disagree: such a task is settled when it has its labels.
    """
    rated = [score for score in scores if score is not None]
    task.score_range = max(rated) - min(rated) if len(rated) > 1 else None
    if task.state == TaskState.ADJUDICATED:
        # Decided: who is on it may still submit, but nobody else is asked.
        task.wanted_labels, task.open_slots, task.priority = (
            max(task.wanted_labels - task.open_slots, 1),
            0,
            0,
        )
        return
    campaign = task.campaign
    disagrees = votes_disagree(campaign, rated)
    if not disagrees:
        _take_back_extra_slots(task, campaign)
    if task.waits_for_lead:
        # Sent there by a lead, who decides it: agreement does not take it out, and nobody more is asked.
        task.state = TaskState.DISPUTED
    elif len(scores) < task.wanted_labels:
        task.state = TaskState.OPEN
    elif disagrees and task.wanted_labels < campaign.max_overlap:
        task.wanted_labels += 1
        task.open_slots += 1
        task.priority = 1
        task.state = TaskState.OPEN
    else:
        task.state = TaskState.DISPUTED if disagrees else TaskState.AGREED


def votes_disagree(campaign: Campaign, scores: Sequence[int]) -> bool:
    """Whether scores lie far apart, or on both sides of the threshold: whichever the campaign goes by."""
    if len(scores) < 2:
        return False
    lowest, highest = min(scores), max(scores)
    is_far = highest - lowest >= campaign.disagreement_range
    is_across = lowest < campaign.threshold <= highest
    return {
        Disagreement.RANGE: is_far,
        Disagreement.THRESHOLD: is_across,
        Disagreement.EITHER: is_far or is_across,
    }[Disagreement(campaign.disagreement)]


def _take_back_extra_slots(task: Task, campaign: Campaign) -> None:
    """A disagreement that has gone, as by a revision, asks nobody new; who is on an extra slot already stays."""
    extra = max(min(task.open_slots, task.wanted_labels - campaign.overlap), 0)
    task.wanted_labels -= extra
    task.open_slots -= extra


def _votes(task: Task) -> list[int | None]:
    """The current score of each label that has a vote."""
    return list(
        Label.objects.filter(assignment__in=Assignment.objects.voting().filter(task=task.pk))
        .order_by("assignment_id", "-revision")
        .distinct("assignment_id")
        .values_list("score", flat=True)
    )
