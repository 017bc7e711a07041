"""The progress of a run: stages, judges, failures, cost."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.db.models import Count, Exists, OuterRef, Q, Sum
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
    """How far a judge is on a run: judgments wanted, scored, unscored and waiting; and how many items have each score.

    With several replicates an item has several judgments, and may stand under several scores.
    """

    judge: Judge
    wanted: int
    scored: int
    unscored: int
    waiting: int
    scores: Mapping[int, int]


def judging_progress(run: Run) -> list[JudgingProgress]:
    """The progress of each judge of the run, by name."""
    responses = Response.objects.filter(
        item__run=run, condition=Condition.PERSONALISED, item__preference__isnull=False
    ).count()
    judgments = (
        Judgment.objects.filter(response__item__run=run)
        .exclude(status=JudgmentStatus.PENDING)
        .order_by("judge", "score")
        .values_list("judge", "score")
        .annotate(judgments=Count("pk"), items=Count("response", distinct=True))
    )
    scored: Counter[int] = Counter()
    unscored: Counter[int] = Counter()
    scores: defaultdict[int, dict[int, int]] = defaultdict(dict)
    for key, score, count, items in judgments:
        if score is None:
            unscored[key] += count
        else:
            scored[key] += count
            scores[key][score] = items
    progress = []
    for judge in run.judges.select_related("endpoint").order_by("name"):
        total = responses * judge.replicates
        waiting = max(total - scored[judge.pk] - unscored[judge.pk], 0)
        progress.append(
            JudgingProgress(judge, total, scored[judge.pk], unscored[judge.pk], waiting, scores[judge.pk])
        )
    return progress


def unscored_reasons(run: Run) -> Iterable[Mapping[str, object]]:
    """Why judgments of the run have no score: judge, reason, how many judgments, and of how many items."""
    return (
        Judgment.objects.filter(response__item__run=run, status=JudgmentStatus.UNSCORED)
        .values("judge", "judge__name", "unscored_reason")
        .annotate(count=Count("pk"), items=Count("response", distinct=True))
        .order_by("judge__name", "-count")
    )


@dataclass(frozen=True, slots=True)
class StageProgress:
    """How far the calls of one stage are: `wanted` by all items, of which some are finished, failed or under way.

    `not_asked`: wanted, and not to come any more, since the item failed before. A judge's stage has its `judge`,
    and what is counted are judgments.
    """

    stage: str
    wanted: int
    succeeded: int
    failed: int
    waiting: int
    not_asked: int = 0
    judge: Judge | None = None

    @property
    def finished(self) -> int:
        """Calls that need no more waiting for."""
        return self.wanted - self.waiting


@dataclass(frozen=True, slots=True)
class RunProgress:
    """The progress of a launched run. Money in US dollars; `seconds_left` is None while no rate is known."""

    items: int
    done: int
    failed: int
    stages: list[StageProgress]
    calls_per_second: float
    projected_cost: Decimal | None
    seconds_left: int | None

    @property
    def any_not_asked(self) -> bool:
        return any(stage.not_asked for stage in self.stages)


RATE_SECONDS = 60


def run_progress(run: Run) -> RunProgress:
    """Progress by stage, judging included, with the rate of the last minute and what it means for the rest."""
    items = Item.objects.filter(run=run).aggregate(
        all=Count("pk"),
        done=Count("pk", filter=Q(status=ItemStatus.DONE)),
        failed=Count("pk", filter=Q(status=ItemStatus.FAILED)),
    )
    stages = _stage_progress(run, items["all"], items["failed"])
    since = timezone.now() - timedelta(seconds=RATE_SECONDS)
    rate = Completion.objects.filter(run=run, finished_at__gte=since).count() / RATE_SECONDS
    finished = sum(stage.succeeded + stage.failed for stage in stages)
    left = max(sum(stage.waiting for stage in stages), 0)
    return RunProgress(
        items=items["all"],
        done=items["done"],
        failed=items["failed"],
        stages=stages,
        calls_per_second=round(rate, 2),
        projected_cost=run.spent * (finished + left) / finished if finished and run.spent else None,
        seconds_left=round(left / rate) if rate and run.status == RunStatus.RUNNING else None,
    )


def _stage_progress(run: Run, items: int, items_failed: int) -> list[StageProgress]:
    counts = {
        row["stage"]: row
        for row in ItemCall.objects.filter(item__run=run)
        .values("stage")
        .annotate(
            asked=Count("pk"),
            asked_of_failed=Count("pk", filter=Q(item__status=ItemStatus.FAILED)),
            succeeded=Count("pk", filter=Q(completion__status=CompletionStatus.SUCCEEDED)),
            failed=Count(
                "pk", filter=Q(completion__status__in=[CompletionStatus.FAILED, CompletionStatus.REFUSED])
            ),
        )
    }
    stages = []
    for stage in Stage:
        row = counts.get(stage, {"asked": 0, "asked_of_failed": 0, "succeeded": 0, "failed": 0})
        of_all = stage in stages_of(Method(run.method)) and bool(counts)
        total = items if of_all else row["asked"]
        if total:
            not_asked = items_failed - row["asked_of_failed"] if of_all else 0
            waiting = total - row["succeeded"] - row["failed"] - not_asked
            stages.append(StageProgress(stage, total, row["succeeded"], row["failed"], waiting, not_asked))
    unanswered = _failed_without_answer(run) if items_failed and counts else 0
    for judged in judging_progress(run):
        if judged.judge.origin == JudgeOrigin.ENDPOINT:
            # While items are being answered, all of them are still to be judged.
            total = max(judged.wanted, items * judged.judge.replicates) if counts else judged.wanted
            not_asked = unanswered * judged.judge.replicates
            waiting = max(total - judged.scored - judged.unscored - not_asked, 0)
            stages.append(
                StageProgress(
                    f"judge: {judged.judge}",
                    total,
                    judged.scored,
                    judged.unscored,
                    waiting,
                    not_asked,
                    judged.judge,
                )
            )
    return stages


def _failed_without_answer(run: Run) -> int:
    """Items that failed before there was anything to judge."""
    answers = Response.objects.filter(item=OuterRef("pk"), condition=Condition.PERSONALISED)
    return Item.objects.filter(~Exists(answers), run=run, status=ItemStatus.FAILED).count()


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
