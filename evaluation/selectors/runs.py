"""Runs and batches, and which of them have work left."""

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from evaluation.errors import NotFound
from evaluation.models import (
    Batch,
    Completion,
    Endpoint,
    Run,
)
from evaluation.models.completion import CompletionStatus
from evaluation.models.run import RunStatus


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


def batches_with_counts() -> QuerySet[Batch]:
    """Batches with `run_count` and `unfinished_count`, newest first."""
    return Batch.objects.annotate(
        run_count=Count("runs"), unfinished_count=Count("runs", filter=Q(runs__status=RunStatus.RUNNING))
    )
