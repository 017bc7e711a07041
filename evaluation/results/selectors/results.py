"""Prepared results: which are current, which are to be computed, and the rows of the explorer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from evaluation.models import ResultRow, Run, RunChange, RunGain, RunResult
from evaluation.models.result import Dimension
from evaluation.models.run import Method
from evaluation.results.selectors.computing import computing_troubles

PATIENCE = 20
"""A run that changes all the time is computed again after this many times as long as computing it took."""


THE_RUN = OuterRef("pk")


def has_changed(run_id: OuterRef = THE_RUN) -> Exists:
    """Whether something has changed since the run's result was begun."""
    return Exists(RunChange.objects.filter(run_id=run_id))


def is_current(run: Run) -> bool:
    """Whether the run has a result and nothing has changed since."""
    return RunResult.objects.filter(run=run).exclude(has_changed(OuterRef("run_id"))).exists()


def current_result(run: Run) -> RunResult | None:
    """The run's result if it is current."""
    return RunResult.objects.filter(run=run).exclude(has_changed(OuterRef("run_id"))).first()


def runs_stamp(runs: Iterable[int]) -> str:
    """Another text as soon as anything changes that the results of these runs (primary keys) are made of.

    Every change leaves a note, and the notes go only where a result is computed, which has a time of its own.
    """
    keys = sorted(runs)
    times = (
        Run.objects.filter(pk__in=keys).order_by("pk").values_list("pk", "created_at", "result__computed_at")
    )
    notes = RunChange.objects.filter(run_id__in=keys).aggregate(last=Max("pk"), number=Count("pk"))
    moments = ",".join("@".join(str(part) for part in row) for row in times)
    return f"{moments}/{notes['last']}/{notes['number']}"


def runs_to_compute() -> list[int]:
    """Runs without a current result, those first that have none; a costly one that was only just computed waits."""
    without = Run.objects.filter(result=None).order_by("pk").values_list("pk", flat=True)
    stale = RunResult.objects.filter(has_changed(OuterRef("run"))).order_by("computed_at")
    now = timezone.now()
    due = [
        run
        for run, computed_at, seconds in stale.values_list("run", "computed_at", "seconds")
        if now - computed_at >= timedelta(seconds=PATIENCE * seconds)
    ]
    return [*without, *due]


ROWS_SORTED_BY: Mapping[str, str] = {
    "run": "result__run__name",
    "model": "result__run__endpoint__model",
    "method": "result__run__method",
    "setting": "result__run__setting",
    "value": "value",
    "judge": "judge__name",
    "items": "items",
    "breakage_rate": "breakage_rate",
    "alignment_failure": "alignment_failure",
    "robustness_error": "robustness_error",
    "performance_variation": "performance_variation",
    "delivery_failure": "delivery_failure",
}
"""What the explorer can be sorted by, and the columns that are meant."""


@dataclass(frozen=True, slots=True)
class RowFilter:
    """Which rows of the explorer are wanted; what is empty does not filter. `runs`: of these only."""

    dimension: str = Dimension.WHOLE
    value: str = ""
    model: str = ""
    method: str = ""
    setting: str = ""
    judge: int | None = None
    dataset: int | None = None
    runs: tuple[int, ...] = ()
    sort: str = "model"
    descending: bool = False


def result_rows(filters: RowFilter) -> QuerySet[ResultRow]:
    """The rows of the explorer, with `is_stale`, in order; what is undefined comes last whichever way it is sorted."""
    rows = ResultRow.objects.filter(dimension=filters.dimension)
    conditions = {
        "value__icontains": filters.value,
        "result__run__endpoint__model": filters.model,
        "result__run__method": filters.method,
        "result__run__setting": filters.setting,
        "judge": filters.judge,
        "result__run__dataset": filters.dataset,
        "result__run__in": filters.runs,
    }
    rows = rows.filter(**{field: value for field, value in conditions.items() if value})
    column = F(ROWS_SORTED_BY[filters.sort])
    first = column.desc(nulls_last=True) if filters.descending else column.asc(nulls_last=True)
    return (
        rows.select_related("result__run__endpoint", "judge")
        .annotate(is_stale=has_changed(OuterRef("result__run")))
        .defer("result__metrics", "result__stages", "result__costs", "result__run__options")
        .order_by(
            first,
            "result__run__endpoint__model",
            "result__run__method",
            "result__run__setting",
            "result__run",
            "value",
            "judge__name",
            "pk",
        )
    )


def models_with_runs() -> list[str]:
    """The models that runs are of, by name."""
    return list(Run.objects.order_by("endpoint__model").values_list("endpoint__model", flat=True).distinct())


def models_and_conditions() -> list[tuple[str, str, str]]:
    """Model, method and setting of one's own runs that have a result, each once."""
    return list(
        Run.objects.filter(result__isnull=False)
        .order_by()
        .values_list("endpoint__model", "method", "setting")
        .distinct()
    )


def runs_without_result() -> int:
    """How many runs have never been computed, and are not known to be in trouble."""
    return Run.objects.filter(result=None).exclude(pk__in=computing_troubles().values("run")).count()


def with_reference(runs: QuerySet[Run]) -> QuerySet[Run]:
    """Runs by other methods than direct that have a current result, with `reference_id`, their newest direct run."""
    alike = {name: OuterRef(name) for name in ("endpoint", "setting", "dataset")}
    direct = Run.objects.filter(method=Method.DIRECT, result__isnull=False, **alike).exclude(has_changed())
    return (
        runs.exclude(method=Method.DIRECT)
        .filter(result__isnull=False)
        .exclude(has_changed())
        .annotate(reference_id=Subquery(direct.order_by("-pk").values("pk")[:1]))
        .filter(reference_id__isnull=False)
    )


def gains_to_compute() -> list[tuple[int, int]]:
    """Runs and their references, where the gain is missing, of another reference, or older than a result."""
    newest = RunResult.objects.filter(run=OuterRef("reference_id")).values("computed_at")
    return list(
        with_reference(Run.objects.all())
        .annotate(reference_computed_at=Subquery(newest))
        .filter(
            Q(gain=None)
            | ~Q(gain__reference=F("reference_id"))
            | Q(gain__computed_at__lt=F("result__computed_at"))
            | Q(gain__computed_at__lt=F("reference_computed_at"))
        )
        .order_by("pk")
        .values_list("pk", "reference_id")
    )


def current_gains(runs: Iterable[int]) -> Mapping[int, RunGain]:
    """The gains of runs that are true now, by run."""
    younger = RunResult.objects.filter(
        Q(run=OuterRef("run")) | Q(run=OuterRef("reference")), computed_at__gt=OuterRef("computed_at")
    )
    gains = (
        RunGain.objects.filter(run__in=list(runs))
        .exclude(has_changed(OuterRef("run")))
        .exclude(has_changed(OuterRef("reference")))
        .exclude(Exists(younger))
    )
    return {gain.run_id: gain for gain in gains}
