"""The metrics of a run for its page: as they are stored, where that is current, else computed now."""

from collections import defaultdict
from dataclasses import replace
from typing import Any

from evaluation.models import ResultRow, Run
from evaluation.models.run import Setting
from evaluation.results.metrics.run_metrics import RunOutcomes, Slice
from evaluation.results.selectors.results import current_result
from perg.stats.base.estimate import Estimate
from perg.stats.base.result import load
from perg.stats.runs.perg_metrics import NO_JUDGE_NEEDED, DeliveryFailure, PergMetrics


def metrics_and_slices(run: Run, dimension: str) -> tuple[PergMetrics, list[Slice]]:
    """What `RunOutcomes` gives for the run and for each value of a dimension."""
    result = current_result(run)
    if result is None:
        outcomes = RunOutcomes(run)
        return outcomes.metrics(), outcomes.slices(dimension)
    whole = _metrics(result.metrics)
    rows: defaultdict[str, list[ResultRow]] = defaultdict(list)
    for row in result.rows.filter(dimension=dimension).select_related("judge").order_by("judge__name"):
        rows[row.value].append(row)
    return whole, [Slice(value, _of_rows(run, rows[value], whole)) for value in sorted(rows)]


def _metrics(stored: object) -> PergMetrics:
    """By name of the judges: PostgreSQL keeps the keys of JSON in an order of its own."""
    metrics = load(PergMetrics, stored)
    return replace(
        metrics,
        alignment_failure=dict(sorted(metrics.alignment_failure.items())),
        robustness_error=dict(sorted(metrics.robustness_error.items())),
        unscored=dict(sorted(metrics.unscored.items())),
    )


def _of_rows(run: Run, rows: list[ResultRow], whole: PergMetrics) -> PergMetrics:
    """The rows of one slice, one for each judge, as one."""
    figures: dict[str, Any] = rows[0].figures  # JSON of several types
    judged = {row.judge.name: row.figures for row in rows if row.judge is not None}
    if run.setting == Setting.IRRELEVANT:
        alignment_failure = dict.fromkeys(whole.alignment_failure, _estimate(figures["alignment_failure"]))
        robustness_error = {NO_JUDGE_NEEDED: _estimate(figures["robustness_error"])}
        unscored = dict(whole.unscored)
    else:
        alignment_failure = {judge: _estimate(said["alignment_failure"]) for judge, said in judged.items()}
        robustness_error = {judge: _estimate(said["robustness_error"]) for judge, said in judged.items()}
        unscored = {judge: said["unscored"] for judge, said in judged.items()}
    return PergMetrics(
        baseline_accuracy=_estimate(figures["baseline_accuracy"]),
        personalised_accuracy=_estimate(figures["personalised_accuracy"]),
        breakage_rate=_estimate(figures["breakage_rate"]),
        performance_variation=_estimate(figures["performance_variation"]),
        delivery_failure=DeliveryFailure(
            baseline=_estimate(figures["baseline_delivery_failure"]),
            personalised=_estimate(figures["delivery_failure"]),
        ),
        alignment_failure=alignment_failure,
        robustness_error=robustness_error,
        unscored=unscored,
        items=rows[0].items,
        baseline_correct=figures["baseline_correct"],
    )


def _estimate(stored: object) -> Estimate:
    return load(Estimate, stored)
