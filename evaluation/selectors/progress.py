"""Where a run stands: stages, judges, failures, cost."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.db.models import Count, Q, Sum
from django.utils import timezone

from evaluation.models import (
    Completion,
    Item,
    ItemCall,
    Judge,
    Judgment,
    Response,
    Run,
)
from evaluation.models.completion import CompletionStatus
from evaluation.models.endpoint import JudgeOrigin
from evaluation.models.item import Condition, ItemStatus
from evaluation.models.judgment import JudgmentStatus
from evaluation.models.run import RunStatus
from evaluation.stages.plan import Method, Stage, stages_of


@dataclass(frozen=True, slots=True)
class JudgingProgress:
    """How far a judge is on a run: judgments wanted, scored, unscored and waiting."""

    judge: Judge
    wanted: int
    scored: int
    unscored: int
    waiting: int


def judging_progress(run: Run) -> list[JudgingProgress]:
    """The progress of each judge of the run, by name."""
    responses = Response.objects.filter(
        item__run=run, condition=Condition.PERSONALISED, item__preference__isnull=False
    ).count()
    counts = {
        row["judge"]: row
        for row in Judgment.objects.filter(response__item__run=run)
        .values("judge")
        .annotate(
            scored=Count("pk", filter=Q(status=JudgmentStatus.SCORED)),
            unscored=Count("pk", filter=Q(status=JudgmentStatus.UNSCORED)),
        )
    }
    progress = []
    for judge in run.judges.select_related("endpoint").order_by("name"):
        row = counts.get(judge.pk, {"scored": 0, "unscored": 0})
        wanted = responses * judge.replicates
        waiting = max(wanted - row["scored"] - row["unscored"], 0)
        progress.append(JudgingProgress(judge, wanted, row["scored"], row["unscored"], waiting))
    return progress


def unscored_reasons(run: Run) -> Iterable[Mapping[str, object]]:
    """Why judgments of the run have no score: judge, reason and count."""
    return (
        Judgment.objects.filter(response__item__run=run, status=JudgmentStatus.UNSCORED)
        .values("judge__name", "unscored_reason")
        .annotate(count=Count("pk"))
        .order_by("judge__name", "-count")
    )


@dataclass(frozen=True, slots=True)
class StageProgress:
    """How far the calls of one stage are: `wanted` by all items, of which some are finished, failed or under way."""

    stage: str
    wanted: int
    succeeded: int
    failed: int
    waiting: int


@dataclass(frozen=True, slots=True)
class RunProgress:
    """Where a launched run stands. Money in US dollars; `seconds_left` is None while no rate is known."""

    items: int
    done: int
    failed: int
    stages: list[StageProgress]
    calls_per_second: float
    projected_cost: Decimal | None
    seconds_left: int | None


RATE_SECONDS = 60


def run_progress(run: Run) -> RunProgress:
    """Progress by stage, judging included, with the rate of the last minute and what it means for the rest."""
    items = Item.objects.filter(run=run).aggregate(
        all=Count("pk"),
        done=Count("pk", filter=Q(status=ItemStatus.DONE)),
        failed=Count("pk", filter=Q(status=ItemStatus.FAILED)),
    )
    stages = _stage_progress(run, items["all"])
    since = timezone.now() - timedelta(seconds=RATE_SECONDS)
    rate = Completion.objects.filter(run=run, finished_at__gte=since).count() / RATE_SECONDS
    finished = sum(stage.succeeded + stage.failed for stage in stages)
    left = max(sum(stage.wanted for stage in stages) - finished, 0)
    return RunProgress(
        items=items["all"],
        done=items["done"],
        failed=items["failed"],
        stages=stages,
        calls_per_second=round(rate, 2),
        projected_cost=run.spent * (finished + left) / finished if finished and run.spent else None,
        seconds_left=round(left / rate) if rate and run.status == RunStatus.RUNNING else None,
    )


def _stage_progress(run: Run, items: int) -> list[StageProgress]:
    counts = {
        row["stage"]: row
        for row in ItemCall.objects.filter(item__run=run)
        .values("stage")
        .annotate(
            asked=Count("pk"),
            succeeded=Count("pk", filter=Q(completion__status=CompletionStatus.SUCCEEDED)),
            failed=Count(
                "pk", filter=Q(completion__status__in=[CompletionStatus.FAILED, CompletionStatus.REFUSED])
            ),
        )
    }
    stages = []
    for stage in Stage:
        row = counts.get(stage, {"asked": 0, "succeeded": 0, "failed": 0})
        wanted = items if stage in stages_of(Method(run.method)) and counts else row["asked"]
        if wanted:
            finished = row["succeeded"] + row["failed"]
            stages.append(StageProgress(stage, wanted, row["succeeded"], row["failed"], wanted - finished))
    for judged in judging_progress(run):
        if judged.judge.origin == JudgeOrigin.ENDPOINT:
            # While items are being answered, all of them are still to be judged.
            wanted = max(judged.wanted, items * judged.judge.replicates) if counts else judged.wanted
            waiting = wanted - judged.scored - judged.unscored
            stages.append(
                StageProgress(f"judge: {judged.judge}", wanted, judged.scored, judged.unscored, waiting)
            )
    return stages


def cost_by_endpoint(run: Run) -> Iterable[Mapping[str, object]]:
    """What the run has paid for, endpoint by endpoint: calls, tokens and US dollars (None: unpriced)."""
    return (
        Completion.objects.filter(run=run)
        .values("endpoint__name")
        .annotate(
            calls=Count("pk"),
            input=Sum("input_tokens"),
            output=Sum("output_tokens"),
            dollars=Sum("cost"),
        )
        .order_by("endpoint__name")
    )
