"""Reading the evaluation's tables. Nothing here writes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Subquery, Sum
from django.utils import timezone

from evaluation.errors import NotFound
from evaluation.models import (
    Batch,
    BuildQuestion,
    Catalogue,
    CatalogueBuild,
    Completion,
    Endpoint,
    Item,
    ItemCall,
    Judge,
    Judgment,
    Preference,
    Proposal,
    Response,
    Run,
)
from evaluation.models.catalogue_build import BuildQuestionStatus, BuildStatus, ProposalStatus
from evaluation.models.completion import CompletionStatus
from evaluation.models.dataset import PreferenceKind
from evaluation.models.endpoint import JudgeOrigin
from evaluation.models.item import Condition, ItemStatus
from evaluation.models.judgment import JudgmentStatus
from evaluation.models.run import RunStatus
from evaluation.stages.plan import Method, Stage, stages_of
from evaluation.statistics.near_duplicates import near_duplicate_groups


def endpoints_with_work() -> QuerySet[Endpoint]:
    """Endpoints with completions that a worker could claim now: their payer is running, and no retry is waiting.

    One probe of an index for each endpoint and running run, however many completions wait.
    """
    now = timezone.now()
    due = Completion.objects.filter(
        endpoint=OuterRef("pk"), status=CompletionStatus.PENDING, not_before__lte=now
    )
    of_run = Completion.objects.filter(
        endpoint=OuterRef(OuterRef("pk")),
        run=OuterRef("pk"),
        status=CompletionStatus.PENDING,
        not_before__lte=now,
    )
    lost = Completion.objects.filter(
        endpoint=OuterRef("pk"), status=CompletionStatus.LEASED, leased_until__lt=now
    )
    return Endpoint.objects.filter(
        Exists(due.filter(run__isnull=True))
        | Exists(
            unfinished_runs().annotate(first=Subquery(of_run.values("pk")[:1])).filter(first__isnull=False)
        )
        | Exists(lost)
    )


def unfinished_runs() -> QuerySet[Run]:
    return Run.objects.filter(status=RunStatus.RUNNING)


def runs_waiting_on(endpoint_id: int) -> QuerySet[Run]:
    """Unfinished runs that call the endpoint, for their items or by a judge."""
    calls = (
        Q(endpoint=endpoint_id)
        | Q(aligner=endpoint_id)
        | Q(extractor=endpoint_id)
        | Q(judges__endpoint=endpoint_id)
    )
    return unfinished_runs().filter(calls).distinct()


def run_named(reference: str) -> Run:
    """The run with this name or, failing that, this id. Raises NotFound."""
    runs = Run.objects.select_related("dataset", "endpoint")
    run = runs.filter(name=reference).first()
    if run is None and reference.isascii() and reference.isdigit():
        run = runs.filter(pk=int(reference)).first()
    if run is None:
        raise NotFound(f"There is no run with the name or id “{reference}”.")
    return run


def runs_with_counts() -> QuerySet[Run]:
    """Runs with `item_count`, for lists."""
    return Run.objects.select_related("dataset", "endpoint").annotate(item_count=Count("items"))


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


def failures_by_cause(run: Run) -> Iterable[Mapping[str, object]]:
    """Calls of the run that failed or were refused: endpoint, code, an example message, and how many."""
    return (
        Completion.objects.filter(
            Q(item_calls__item__run=run) | Q(judgments__response__item__run=run),
            status__in=[CompletionStatus.FAILED, CompletionStatus.REFUSED],
        )
        .values("endpoint__name", "status", "error_code")
        .annotate(count=Count("pk", distinct=True), example=Max("error_message"))
        .order_by("-count")
    )


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


def batches_with_counts() -> QuerySet[Batch]:
    """Batches with `run_count` and `unfinished_count`, newest first."""
    return Batch.objects.annotate(
        run_count=Count("runs"), unfinished_count=Count("runs", filter=Q(runs__status=RunStatus.RUNNING))
    )


def builds_asking() -> QuerySet[CatalogueBuild]:
    """Catalogue builds that still wait for their endpoint."""
    return CatalogueBuild.objects.filter(status=BuildStatus.ASKING).select_related("endpoint", "prompt")


def catalogues_with_counts() -> QuerySet[Catalogue]:
    """Catalogues with `relevant_count` and `irrelevant_count`, for lists."""
    return Catalogue.objects.annotate(
        relevant_count=Count("preferences", filter=Q(preferences__kind=PreferenceKind.RELEVANT)),
        irrelevant_count=Count("preferences", filter=Q(preferences__kind=PreferenceKind.IRRELEVANT)),
    )


def catalogues_with_irrelevant() -> QuerySet[Catalogue]:
    """Catalogues that have an irrelevant preference."""
    irrelevant = Preference.objects.filter(catalogue=OuterRef("pk"), kind=PreferenceKind.IRRELEVANT)
    return Catalogue.objects.filter(Exists(irrelevant))


def builds_with_counts() -> QuerySet[CatalogueBuild]:
    """Catalogue builds with `proposal_count`, `open_count` and `accepted_count`, newest first."""
    return CatalogueBuild.objects.select_related("dataset", "endpoint", "catalogue").annotate(
        proposal_count=Count("proposals"),
        open_count=Count("proposals", filter=Q(proposals__status=ProposalStatus.PROPOSED)),
        accepted_count=Count("proposals", filter=Q(proposals__status=ProposalStatus.ACCEPTED)),
    )


@dataclass(frozen=True, slots=True)
class BuildProgress:
    """Where a build stands: its questions, its proposals by status, and US dollars so far (None: unpriced)."""

    waiting: int
    read: int
    failed: int
    cost: Decimal | None
    proposals: Mapping[str, int]

    @property
    def settled(self) -> int:
        return self.read + self.failed


def build_progress(build: CatalogueBuild) -> BuildProgress:
    asked = BuildQuestion.objects.filter(build=build)
    questions = asked.aggregate(
        waiting=Count("pk", filter=Q(status=BuildQuestionStatus.WAITING)),
        read=Count("pk", filter=Q(status=BuildQuestionStatus.READ)),
        failed=Count("pk", filter=Q(status=BuildQuestionStatus.FAILED)),
    )
    # Two questions that read the same share a call: it is paid once.
    calls = Completion.objects.filter(pk__in=asked.values("completion"))
    counts = dict.fromkeys(ProposalStatus.values, 0)
    counts |= dict(
        Proposal.objects.filter(build=build).values_list("status").annotate(Count("pk")).order_by("status")
    )
    return BuildProgress(**questions, cost=calls.aggregate(sum=Sum("cost"))["sum"], proposals=counts)


def build_failures(build: CatalogueBuild) -> Iterable[Mapping[str, object]]:
    """Why questions of the build have no proposals: reason and count."""
    return (
        BuildQuestion.objects.filter(build=build, status=BuildQuestionStatus.FAILED)
        .values("failure")
        .annotate(count=Count("pk"))
        .order_by("-count", "failure")
    )


def near_duplicates(build: CatalogueBuild) -> list[list[Proposal]]:
    """The proposals of a build that are not merged, with near-identical ones in one group, in the questions' order.

    The first of a group is the one that the others nearly repeat; what was merged into a proposal is `merged.all()`.
    """
    proposals = list(
        Proposal.objects.filter(build=build)
        .exclude(status=ProposalStatus.MERGED)
        .select_related("question")
        .prefetch_related("merged")
        .order_by("question", "position")
    )
    groups = near_duplicate_groups([proposal.text for proposal in proposals])
    return [[proposals[index] for index in group] for group in groups]
