"""Items with a known score: those in use with how people do on them, and responses that could become some."""

import secrets
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from annotations.models import Campaign, Label, QualificationAnswer, Task
from annotations.models.task import AssignmentStatus, TaskKind
from core.models import AuditEvent
from evaluation.models import Response
from evaluation.models.item import Condition
from perg.stats.raters.quality import is_suspicious


@dataclass(frozen=True, slots=True)
class ControlItem:
    """An item with its answers that count, and how many of them are right."""

    task: Task
    answers: int
    right: int

    @property
    def percent(self) -> int | None:
        return round(100 * self.right / self.answers) if self.answers else None

    @property
    def is_suspicious(self) -> bool:
        return is_suspicious(self.right, self.answers)


def control_items(campaign: Campaign) -> list[ControlItem]:
    """The control and qualification items in use, with how people did on each.

    Of a control item it is their labels that count, except those of people whose labels are set aside; of a
    qualification item each person's first answer: a second one may know that the first was wrong.
    """
    tasks = (
        campaign.tasks.filter(kind__in=[TaskKind.CONTROL, TaskKind.QUALIFICATION])
        .select_related("known_score__created_by", "response__item__question", "response__item__preference")
        .order_by("kind", "pk")
    )
    return with_answers(campaign, tasks)


def with_answers(campaign: Campaign, items: Iterable[Task]) -> list[ControlItem]:
    """Items of the campaign with how people did on them; the answers to withdrawn ones count for nothing."""
    answers, right = Counter[int](), Counter[int]()
    for task, is_right in [*_control_answers(campaign), *_qualification_answers(campaign)]:
        answers[task] += 1
        right[task] += is_right
    return [ControlItem(task, answers[task.pk], right[task.pk]) for task in items]


def known_items(campaign: Campaign) -> QuerySet[Task]:
    """All items with a known score, in use or withdrawn."""
    return campaign.tasks.filter(known_score__isnull=False).select_related(
        "known_score__created_by", "response__item__question", "response__item__preference"
    )


WITHDRAWN = "withdrawn"
"""What the audit log calls it when an item is: `control_item.withdrawn`, or `qualification_item.withdrawn`."""


def withdrawn_items(campaign: Campaign) -> QuerySet[Task]:
    """The items that are no longer used, the last one withdrawn or added first."""
    return (
        campaign.tasks.filter(kind=TaskKind.WITHDRAWN)
        .select_related("known_score__created_by", "response__item__question", "response__item__preference")
        .order_by("-pk")
    )


def withdrawn_from(task: Task) -> TaskKind:
    """What a withdrawn item was used as; the audit log has it."""
    actions = {f"{kind}_item.{WITHDRAWN}": kind for kind in (TaskKind.CONTROL, TaskKind.QUALIFICATION)}
    last = (
        AuditEvent.objects.about(task)
        .filter(action__in=actions)
        .order_by("-pk")
        .values_list("action", flat=True)
        .first()
    )
    return actions.get(last or "", TaskKind.CONTROL)


def known_item(campaign: Campaign, task_id: int) -> Task | None:
    """An item of the campaign, in use or withdrawn."""
    return (
        campaign.tasks.filter(pk=task_id, known_score__isnull=False)
        .select_related(
            "known_score", "campaign__rubric", "response__item__question", "response__item__preference"
        )
        .first()
    )


def _control_answers(campaign: Campaign) -> list[tuple[int, bool]]:
    newest = (
        Label.objects.filter(
            assignment__task__campaign=campaign,
            assignment__task__kind=TaskKind.CONTROL,
            assignment__status=AssignmentStatus.SUBMITTED,
            assignment__member__set_aside_at__isnull=True,
        )
        .order_by("assignment_id", "-revision")
        .distinct("assignment_id")
        .values_list(
            "assignment__task_id",
            "score",
            "assignment__task__known_score__score",
            "assignment__task__known_score__tolerance",
        )
    )
    return [(task, abs(score - known) <= tolerance) for task, score, known, tolerance in newest]


def _qualification_answers(campaign: Campaign) -> list[tuple[int, bool]]:
    first = (
        QualificationAnswer.objects.filter(task__campaign=campaign, task__kind=TaskKind.QUALIFICATION)
        .order_by("task_id", "attempt__member_id", "attempt__number")
        .distinct("task_id", "attempt__member_id")
    )
    return list(first.values_list("task_id", "is_right"))


def candidates(campaign: Campaign) -> QuerySet[Response]:
    """Personalised responses of the campaign's runs, with a preference to follow, that are no task of it yet."""
    taken = Task.objects.filter(campaign=campaign, response=OuterRef("pk"))
    return (
        Response.objects.filter(
            ~Exists(taken),
            item__run__in=campaign.runs.all(),
            condition=Condition.PERSONALISED,
            item__preference__isnull=False,
        )
        .select_related("item__question", "item__preference")
        .order_by("pk")
    )


def random_candidates(campaign: Campaign, count: int) -> list[Response]:
    """Up to `count` of the candidates, drawn at random."""
    keys = list(candidates(campaign).values_list("pk", flat=True))
    drawn = [keys.pop(secrets.randbelow(len(keys))) for _ in range(min(count, len(keys)))]
    responses = candidates(campaign).in_bulk(drawn)
    return [responses[key] for key in drawn]
