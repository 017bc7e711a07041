"""Endpoints: what depends on them, and how they are doing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Subquery, Sum
from django.utils import timezone
from pydantic import TypeAdapter

from core.redis.cache import read_cache, write_cache
from evaluation.llm.limiter_state import LimiterState, limiter_state
from evaluation.models import CatalogueBuild, Completion, Endpoint, Item, Judge, Run
from evaluation.models.completion import OF_ANY_STATUS, UNANSWERED, CompletionStatus
from evaluation.models.endpoint import Provider
from evaluation.models.run import RunStatus

ERROR_HOURS = 24
MANY = 1000
"""Errors are counted up to this number: more of them say nothing more."""

SPEND_KEPT_SECONDS = 300


def endpoints_with_uses() -> QuerySet[Endpoint]:
    """Endpoints with `run_count` and `judge_count`, for lists."""
    runs = Run.objects.filter(endpoint=OuterRef("pk")).order_by().values("endpoint")
    judges = Judge.objects.filter(endpoint=OuterRef("pk")).order_by().values("endpoint")
    return Endpoint.objects.annotate(
        run_count=Subquery(runs.annotate(n=Count("pk")).values("n")),
        judge_count=Subquery(judges.annotate(n=Count("pk")).values("n")),
    ).order_by("name")


def answering_endpoints() -> QuerySet[Endpoint]:
    """Endpoints that can be the model of a run: rules answer no questions, nor does a record without imported runs.

    Ratings that came with an imported run have a record of their own, which holds nothing but what the judge said.
    """
    imported = Run.objects.filter(endpoint=OuterRef("pk"), imported_from__isnull=False)
    return Endpoint.objects.exclude(provider=Provider.HEURISTIC).filter(
        ~Q(provider=Provider.RECORDED) | Exists(imported)
    )


def replays_runs(endpoint: Endpoint) -> bool:
    """Whether a recorded endpoint has answers to replay."""
    return Run.objects.filter(endpoint=endpoint, imported_from__isnull=False).exists()


@dataclass(frozen=True, slots=True)
class Uses:
    """What depends on an endpoint: judges, the latest runs and builds, and how many runs there are."""

    judges: Sequence[Judge]
    runs: Sequence[Run]
    run_count: int
    running_count: int
    builds: Sequence[CatalogueBuild]


def uses_of(endpoint: Endpoint, limit: int = 10) -> Uses:
    runs = Run.objects.filter(Q(endpoint=endpoint) | Q(aligner=endpoint) | Q(extractor=endpoint))
    counts = runs.aggregate(all=Count("pk"), running=Count("pk", filter=Q(status=RunStatus.RUNNING)))
    return Uses(
        judges=list(endpoint.judges.select_related("rubric").order_by("name")),
        runs=list(runs.select_related("endpoint").order_by("-pk")[:limit]),
        run_count=counts["all"],
        running_count=counts["running"],
        builds=list(endpoint.catalogue_builds.order_by("-pk")[:limit]),
    )


@dataclass(frozen=True, slots=True)
class RecentError:
    """Calls of the last day that ended without an answer, by cause."""

    status: str
    error_code: str
    count: int
    last: datetime
    example: str


@dataclass(frozen=True, slots=True)
class Spend:
    """What calls to an endpoint have cost as of a moment, no matter who paid. `dollars` None: nothing is priced."""

    calls: int
    dollars: Decimal | None
    as_of: datetime


SPEND = TypeAdapter(Spend)


@dataclass(frozen=True, slots=True)
class Health:
    """How an endpoint is doing now. `errors_are_many`: there are more than were counted."""

    limiter: LimiterState | None
    waiting: int
    in_flight: int
    errors: Sequence[RecentError]
    errors_are_many: bool
    spend: Spend


def health_of(endpoint: Endpoint, *, limit_key: str) -> Health:
    """How the endpoint is doing; `limit_key` names what it shares its limit of calls by."""
    since = timezone.now() - timedelta(hours=ERROR_HOURS)
    latest = (
        Completion.objects.filter(endpoint=endpoint, status__in=UNANSWERED, finished_at__gte=since)
        .order_by("-finished_at")
        .values("pk")[:MANY]
    )
    rows = (
        Completion.objects.filter(pk__in=latest)
        .order_by()
        .values("status", "error_code")
        .annotate(count=Count("pk"), last=Max("finished_at"), example=Max("error_message"))
        .order_by("-count")
    )
    errors = [RecentError(**row) for row in rows]
    waiting = Completion.objects.filter(endpoint=endpoint, status=CompletionStatus.PENDING)
    leased = Completion.objects.filter(endpoint=endpoint, status=CompletionStatus.LEASED)
    return Health(
        limiter=limiter_state(settings.REDIS_URL, key=limit_key),
        waiting=waiting.values("pk")[: MANY + 1].count(),
        in_flight=leased.count(),
        errors=errors,
        errors_are_many=sum(error.count for error in errors) >= MANY,
        spend=_spend(endpoint),
    )


def _spend(endpoint: Endpoint) -> Spend:
    """All that the endpoint has cost: a sum over every call, so it is taken every few minutes only, and says when."""
    key = f"perg:spend:{endpoint.pk}"
    spend = read_cache(key, SPEND)
    if spend is None:
        sums = Completion.objects.filter(OF_ANY_STATUS, endpoint=endpoint).aggregate(
            calls=Sum("attempts"), dollars=Sum("cost")
        )
        spend = Spend(sums["calls"] or 0, sums["dollars"], timezone.now())
        if spend.calls >= MANY:  # where there are few, the person who has just made one wants to see it
            write_cache(key, spend, SPEND, SPEND_KEPT_SECONDS)
    return spend


@dataclass(frozen=True, slots=True)
class Record:
    """What a recorded endpoint can replay: its imported runs and their items; or a judge's replies, and only these."""

    runs: int
    items: int
    is_of_judge: bool


def record_of(endpoint: Endpoint) -> Record:
    runs = Run.objects.filter(endpoint=endpoint, imported_from__isnull=False)
    last = Item.objects.filter(run=OuterRef("pk")).order_by("-position").values("position")[:1]
    sums = runs.annotate(items_in_run=Subquery(last)).aggregate(runs=Count("pk"), items=Sum("items_in_run"))
    is_of_judge = not sums["runs"] and Completion.objects.filter(OF_ANY_STATUS, endpoint=endpoint).exists()
    return Record(sums["runs"], sums["items"] or 0, is_of_judge)
