"""Computing the results of runs ahead, so that pages and lists read them instead of items."""

import time

import numpy as np
from django.db import connection, transaction
from django.db.models import Count
from django.utils import timezone

from evaluation.models import Item, Judge, ResultRow, Run, RunChange, RunGain, RunResult
from evaluation.models.item import ItemStatus
from evaluation.models.result import Dimension
from evaluation.models.run import Setting
from evaluation.results.metrics.aligner_failures import NO_JUDGE, aligner_failures
from evaluation.results.metrics.comparison import ComparisonDocument, compare_anew
from evaluation.results.metrics.run_costs import item_costs
from evaluation.results.metrics.run_metrics import DIMENSIONS, SEED, RunOutcomes
from evaluation.results.selectors.results import is_current
from perg.stats.base.estimate import Estimate
from perg.stats.base.result import dump
from perg.stats.runs.perg_metrics import NO_JUDGE_NEEDED, NO_RELEVANT_PREFERENCE, PergMetrics

LOCK = 0x5045_5247  # "PERG": the first half of the key of the advisory locks of refreshers


@transaction.atomic
def refresh_result(*, run: Run) -> RunResult:
    """Compute the run's result unless it is current; one worker at a time for each run.

    The notes of changes go first, then the rows are read: a change committed in between, seen or not, leaves a
    note that stays. A result that is current gives the numbers that `RunOutcomes` would give now.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [LOCK, str(run.pk)])
    if is_current(run):
        return RunResult.objects.get(run=run)
    RunChange.objects.filter(run_id=run.pk).delete()
    started = time.monotonic()
    run.refresh_from_db()
    outcomes = RunOutcomes(run)
    counts = dict(Item.objects.filter(run=run).order_by().values_list("status").annotate(n=Count("pk")))
    metrics = outcomes.metrics()
    rows = _rows(outcomes, metrics)
    costs, stages = item_costs(run, outcomes.items), aligner_failures(outcomes)
    result, _ = RunResult.objects.update_or_create(
        run=run,
        defaults={
            "computed_at": timezone.now(),
            "items": sum(counts.values()),
            "items_done": counts.get(ItemStatus.DONE, 0),
            "items_failed": counts.get(ItemStatus.FAILED, 0),
            "metrics": dump(metrics),
            "costs": dump(costs.means(outcomes.outcomes.question, rng=np.random.default_rng(SEED))),
            "stages": None if stages is None else dump(stages),
            "seconds": time.monotonic() - started,
        },
    )
    result.rows.all().delete()
    for row in rows:
        row.result = result
    ResultRow.objects.bulk_create(rows, batch_size=500)
    return result


@transaction.atomic
def refresh_gain(*, run: Run, reference: Run) -> RunGain:
    """Compare a run with its reference and keep that. The time noted is that before the items are read."""
    began = timezone.now()
    compared = compare_anew(reference, run)
    gain, _ = RunGain.objects.update_or_create(
        run=run,
        defaults={
            "reference": reference,
            "computed_at": began,
            "document": dump(compared, of=ComparisonDocument),
        },
    )
    return gain


def forget_deleted_runs() -> int:
    """Take away the notes that the deletion of runs left behind; give their number."""
    deleted, _ = RunChange.objects.exclude(run_id__in=Run.objects.values("pk")).delete()
    return deleted


def _rows(outcomes: RunOutcomes, whole: PergMetrics) -> list[ResultRow]:
    """A row for each slice and judge; where no judge rates, one without a judge."""
    judges: list[Judge | None] = [] if outcomes.run.setting == Setting.IRRELEVANT else list(outcomes.judges)
    judges = judges or [None]
    rows = [_row(Dimension.WHOLE, "", whole, judge) for judge in judges]
    for dimension in DIMENSIONS:
        for part in outcomes.slices(dimension):
            rows += [_row(Dimension(dimension), part.value, part.metrics, judge) for judge in judges]
    return rows


def _row(dimension: Dimension, value: str, metrics: PergMetrics, judge: Judge | None) -> ResultRow:
    if judge is not None:
        alignment_failure = metrics.alignment_failure[judge.name]
        robustness_error = metrics.robustness_error[judge.name]
        unscored = metrics.unscored[judge.name]
    elif NO_JUDGE_NEEDED in metrics.robustness_error:
        robustness_error, unscored = metrics.robustness_error[NO_JUDGE_NEEDED], 0
        alignment_failure = Estimate.of_nothing(NO_RELEVANT_PREFERENCE)
    else:
        alignment_failure = robustness_error = Estimate.of_nothing(NO_JUDGE)
        unscored = 0
    estimates = {
        "baseline_accuracy": metrics.baseline_accuracy,
        "personalised_accuracy": metrics.personalised_accuracy,
        "breakage_rate": metrics.breakage_rate,
        "alignment_failure": alignment_failure,
        "robustness_error": robustness_error,
        "performance_variation": metrics.performance_variation,
        "baseline_delivery_failure": metrics.delivery_failure.baseline,
        "delivery_failure": metrics.delivery_failure.personalised,
    }
    return ResultRow(
        dimension=dimension,
        value=value,
        judge=judge,
        items=metrics.items,
        figures={
            "baseline_correct": metrics.baseline_correct,
            "unscored": unscored,
            **{name: dump(estimate) for name, estimate in estimates.items()},
        },
        **{name: estimates[name].value for name in SORTED_BY},
    )


SORTED_BY = (
    "breakage_rate",
    "alignment_failure",
    "robustness_error",
    "performance_variation",
    "delivery_failure",
)
