"""Reading the evaluation's tables. Nothing here writes."""

from collections.abc import Iterable, Mapping

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from evaluation.errors import NotFound
from evaluation.models import Completion, Endpoint, Judgment, Response, Run
from evaluation.models.completion import CompletionStatus
from evaluation.models.run import Condition, JudgmentStatus, RunStatus


def endpoints_with_work() -> QuerySet[Endpoint]:
    """Endpoints with completions that a worker could claim now."""
    claimable = Completion.objects.filter(endpoint=OuterRef("pk")).filter(
        Q(status=CompletionStatus.PENDING)
        | Q(status=CompletionStatus.LEASED, leased_until__lt=timezone.now())
    )
    return Endpoint.objects.filter(Exists(claimable))


def unfinished_runs() -> QuerySet[Run]:
    return Run.objects.filter(status=RunStatus.RUNNING)


def runs_waiting_on(endpoint_id: int) -> QuerySet[Run]:
    """Unfinished runs that one of the endpoint's judges rates."""
    return unfinished_runs().filter(judges__endpoint=endpoint_id).distinct()


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


def judging_progress(run: Run) -> list[dict[str, object]]:
    """For each judge of the run: judgments wanted, scored, unscored and waiting."""
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
    progress: list[dict[str, object]] = []
    for judge in run.judges.select_related("endpoint").order_by("name"):
        row = counts.get(judge.pk, {"scored": 0, "unscored": 0})
        wanted = responses * judge.replicates
        done = row["scored"] + row["unscored"]
        progress.append(
            {
                "judge": judge,
                "wanted": wanted,
                "scored": row["scored"],
                "unscored": row["unscored"],
                "waiting": max(wanted - done, 0),
            }
        )
    return progress


def unscored_reasons(run: Run) -> Iterable[Mapping[str, object]]:
    """Why judgments of the run have no score: judge, reason and count."""
    return (
        Judgment.objects.filter(response__item__run=run, status=JudgmentStatus.UNSCORED)
        .values("judge__name", "unscored_reason")
        .annotate(count=Count("pk"))
        .order_by("judge__name", "-count")
    )
