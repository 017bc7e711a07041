"""What runs want of an admin: for the home page. The same few queries however many runs, and no long count."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from evaluation.models import (
    Catalogue,
    CatalogueBuild,
    Completion,
    ComputingTrouble,
    Dataset,
    Endpoint,
    Item,
    Judgment,
    Run,
)
from evaluation.models.catalogue_build import BuildStatus
from evaluation.models.completion import UNANSWERED, CompletionStatus
from evaluation.models.endpoint import Provider
from evaluation.models.item import ItemStatus
from evaluation.models.run import RunStatus
from evaluation.results.selectors.computing import computing_troubles
from evaluation.results.selectors.results import has_changed
from evaluation.runs.selectors.runs import runs_with_counts

SHOWN = 5
ERROR_HOURS = 24


@dataclass(frozen=True, slots=True)
class RunNeeds:
    """Runs by what they want, the latest few of each with how many there are in all."""

    running: Sequence[Run]
    running_count: int
    stopped: Sequence[Run]
    stopped_count: int
    paused: Sequence[Run]
    paused_count: int
    failed: Sequence[Run]
    failed_count: int
    stale_results: int
    troubles: Sequence[ComputingTrouble]
    builds_to_review: Sequence[CatalogueBuild]
    troubled: Sequence[Endpoint]

    @property
    def is_quiet(self) -> bool:
        return not (
            self.running
            or self.stopped
            or self.paused
            or self.failed
            or self.builds_to_review
            or self.troubled
            or self.troubles
        )


def run_needs() -> RunNeeds:
    counts = Run.objects.aggregate(
        running=Count("pk", filter=Q(status=RunStatus.RUNNING)),
        stopped=Count("pk", filter=Q(status=RunStatus.BUDGET_REACHED)),
        paused=Count("pk", filter=Q(status=RunStatus.PAUSED)),
    )
    failed = runs_with_failures().exclude(status=RunStatus.CANCELLED)
    return RunNeeds(
        running=_latest(status=RunStatus.RUNNING),
        running_count=counts["running"],
        stopped=_latest(status=RunStatus.BUDGET_REACHED),
        stopped_count=counts["stopped"],
        paused=_latest(status=RunStatus.PAUSED),
        paused_count=counts["paused"],
        failed=_latest(pk__in=failed.order_by("-pk").values("pk")[:SHOWN]),
        failed_count=failed.count(),
        stale_results=Run.objects.filter(Q(result=None) | has_changed())
        .exclude(status=RunStatus.RUNNING)
        .exclude(pk__in=computing_troubles().values("run"))
        .count(),
        troubles=list(computing_troubles()[:SHOWN]),
        builds_to_review=list(CatalogueBuild.objects.filter(status=BuildStatus.REVIEWING)[:SHOWN]),
        troubled=list(_troubled_endpoints()[:SHOWN]),
    )


def runs_with_failures() -> QuerySet[Run]:
    """Runs that have a failed item, read from the index on these."""
    failed = Item.objects.filter(status=ItemStatus.FAILED).order_by().values("run").distinct()
    return Run.objects.filter(pk__in=failed)


def _latest(**which: object) -> Sequence[Run]:
    return list(runs_with_counts().filter(**which).order_by("-pk")[:SHOWN])


def _troubled_endpoints() -> QuerySet[Endpoint]:
    """Endpoints with a failed call in the last day."""
    since = timezone.now() - timedelta(hours=ERROR_HOURS)
    failed = Completion.objects.filter(
        endpoint=OuterRef("pk"), status__in=UNANSWERED, finished_at__gte=since
    ).filter(status=CompletionStatus.FAILED)
    return Endpoint.objects.filter(Exists(failed)).order_by("name")


@dataclass(frozen=True, slots=True)
class FirstSteps:
    """How far an installation is on its way to a first result."""

    endpoint: bool
    questions: bool
    preferences: bool
    run: bool
    judged: bool


def first_steps() -> FirstSteps:
    callable_ones = Endpoint.objects.exclude(provider__in=[Provider.RECORDED, Provider.HEURISTIC])
    return FirstSteps(
        endpoint=callable_ones.exists(),
        questions=Dataset.objects.exists(),
        preferences=Catalogue.objects.exists(),
        run=Run.objects.exists(),
        judged=Judgment.objects.exists(),
    )
