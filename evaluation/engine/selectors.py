"""Which endpoints and runs have work left."""

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from evaluation.models import Completion, Endpoint, Run
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
