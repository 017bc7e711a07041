"""How a campaign goes right now, for its leads. A handful of aggregates, however many tasks there are."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Avg, Count, F, Q, QuerySet
from django.db.models.functions import TruncHour
from django.utils import timezone

from annotations.campaigns.selectors.alignment import StratumCounts, alignment_counts
from annotations.campaigns.selectors.campaigns import Progress, being_labelled, campaign_progress
from annotations.campaigns.selectors.presence import WorkDone, work_done
from annotations.models import Assignment, Campaign, Flag, Task
from annotations.models.task import AssignmentStatus, SkipReason, TaskKind, TaskState
from evaluation.models.dataset import PreferenceCategory
from perg.stats.base.estimate import Estimate
from perg.stats.base.proportions import wilson_interval

RECENT = timedelta(hours=24)
SHOWN_DISPUTES = 5
SHOWN_GROUPS = 12

# In one statement: a claim between two would be missed, or counted twice.
MISSING = """
    SELECT
        (
            SELECT coalesce(sum(open_slots), 0) FROM annotations_task
            WHERE campaign_id = %(campaign)s AND open_slots > 0 AND kind = 'regular'
        ) + (
            SELECT count(*) FROM annotations_member AS member
            JOIN annotations_assignment AS assignment ON assignment.member_id = member.id
            JOIN annotations_task AS task ON task.id = assignment.task_id
            WHERE member.campaign_id = %(campaign)s AND assignment.status = 'leased' AND task.kind = 'regular'
        )
"""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast labels come in.

    Attributes:
        last_hour: labels in the last 60 minutes.
        recent: labels in the last 24 hours; `recent_hours` are the clock hours among them in which anybody labelled.
        missing: votes that the open tasks still want, those that people are on included.
    """

    last_hour: int
    recent: int
    recent_hours: int
    missing: int

    @property
    def per_hour(self) -> float | None:
        """Labels in an hour in which people label; None where none came in the last 24 hours."""
        return self.recent / self.recent_hours if self.recent_hours else None

    @property
    def seconds_left(self) -> int | None:
        """Time that people spend labelling until no vote is missing, if they keep the pace and disagree no further."""
        return round(self.missing / self.per_hour * 3600) if self.per_hour else None


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Of the tasks of one group with at least two votes, how many people disagreed on."""

    group: str
    share: Estimate
    mean_range: float


@dataclass(frozen=True, slots=True)
class CountedProgress:
    """What it takes all tasks and labels to count.

    It changes with the campaign's audit log and its runs, and with nothing else: of `counts`, those of places that
    people have in hand count as `missing`. `alignment` is None where it was not asked for.
    """

    counts: Progress
    missing: int
    skips: list[tuple[str, int]]
    by_category: list[Disagreement]
    by_stratum: list[Disagreement]
    done: dict[int, WorkDone]
    alignment: list[StratumCounts] | None


@dataclass(frozen=True, slots=True)
class LiveProgress:
    """All that the lead's page shows of a campaign under way, without the people (see `people_now`)."""

    counts: Progress
    pace: Pace
    skips: list[tuple[str, int]]
    open_flags: int
    disputed: list[Task]
    by_category: list[Disagreement]
    by_stratum: list[Disagreement]


def counted_progress(campaign: Campaign, *, with_alignment: bool = False) -> CountedProgress:
    with connection.cursor() as cursor:
        cursor.execute(MISSING, {"campaign": campaign.pk})
        (missing,) = cursor.fetchone()
    return CountedProgress(
        counts=campaign_progress(campaign),
        missing=int(missing),
        skips=_skips(campaign),
        by_category=[
            replace(row, group=PreferenceCategory(row.group).label if row.group else "")
            for row in _disagreement(campaign, "response__item__preference__category")
        ],
        by_stratum=_disagreement(campaign, "stratum"),
        done=work_done(campaign),
        alignment=alignment_counts(campaign) if with_alignment else None,
    )


def live_progress(campaign: Campaign, counted: CountedProgress | None = None) -> LiveProgress:
    """The counts, current or from `counted`, and everything else as it is now."""
    counted = counted_progress(campaign) if counted is None else counted
    in_hand = being_labelled(campaign)
    return LiveProgress(
        counts=replace(counted.counts, being_labelled=in_hand, open_slots=max(counted.missing - in_hand, 0)),
        pace=_pace(campaign, counted.missing),
        skips=counted.skips,
        open_flags=open_flags(campaign).count(),
        disputed=list(disputed_tasks(campaign)[:SHOWN_DISPUTES]),
        by_category=counted.by_category,
        by_stratum=counted.by_stratum,
    )


def disputed_tasks(campaign: Campaign) -> QuerySet[Task]:
    """Tasks that wait for adjudication, widest range first; what a lead sent there with fewer votes than two comes
    before, having none. In the order of the index.
    """
    return (
        Task.objects.filter(campaign=campaign, state=TaskState.DISPUTED)
        .select_related("response__item__question", "response__item__preference")
        .order_by(F("score_range").desc(), "order_key", "pk")
    )


def open_flags(campaign: Campaign) -> QuerySet[Flag]:
    """Flags that no lead has resolved, oldest first, with what they are about. Control items may be flagged, too."""
    return (
        Flag.objects.filter(assignment__task__campaign=campaign, resolved_at__isnull=True)
        .select_related(
            "assignment__task__response__item__question",
            "assignment__task__imported_item",
            "assignment__member__user",
        )
        .order_by("pk")
    )


def _pace(campaign: Campaign, missing: int) -> Pace:
    now: datetime = timezone.now()
    recent = (
        Assignment.objects.regular_in(campaign)
        .filter(status=AssignmentStatus.SUBMITTED, submitted_at__gt=now - RECENT)
        .aggregate(
            last_hour=Count("pk", filter=Q(submitted_at__gt=now - timedelta(hours=1))),
            labels=Count("pk"),
            hours=Count(TruncHour("submitted_at"), distinct=True),
        )
    )
    return Pace(
        last_hour=recent["last_hour"],
        recent=recent["labels"],
        recent_hours=recent["hours"],
        missing=missing,
    )


def _skips(campaign: Campaign) -> list[tuple[str, int]]:
    counts = (
        Assignment.objects.filter(member__campaign=campaign, status=AssignmentStatus.SKIPPED)
        .order_by()
        .values_list("skip_reason")
        .annotate(count=Count("pk"))
        .order_by("-count", "skip_reason")
    )
    return [(SkipReason(reason).label, count) for reason, count in counts]


def _disagreement(campaign: Campaign, group: str) -> list[Disagreement]:
    """By the value of a field. People disagreed where a task came to want more labels than at first, or a lead."""
    disagreed = Q(wanted_labels__gt=campaign.overlap) | Q(
        state__in=[TaskState.DISPUTED, TaskState.ADJUDICATED]
    )
    rows = (
        Task.objects.filter(campaign=campaign, kind=TaskKind.REGULAR, score_range__isnull=False)
        .order_by()
        .values_list(group)
        .annotate(n=Count("pk"), disagreed=Count("pk", filter=disagreed), mean_range=Avg("score_range"))
        .order_by("-mean_range", group)[:SHOWN_GROUPS]
    )
    return [
        Disagreement(value or "", Estimate.of(hits / n, n, wilson_interval(hits, n)), mean_range)
        for value, n, hits, mean_range in rows
    ]
