"""The metrics of a run for its page: as they are stored, where that is current, else computed now."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from evaluation.models import ResultRow, Run
from evaluation.models.run import Setting
from evaluation.results.metrics.run_metrics import RunOutcomes, Slice
from evaluation.results.selectors.results import current_result
from perg.stats.base.estimate import Estimate, EstimateDict
from perg.stats.runs.perg_metrics import NO_JUDGE_NEEDED, PergMetrics, PergMetricsDict


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


def _metrics(stored: PergMetricsDict) -> PergMetrics:
    return PergMetrics(
        baseline_accuracy=_estimate(stored["baseline_accuracy"]),
        personalised_accuracy=_estimate(stored["personalised_accuracy"]),
        breakage_rate=_estimate(stored["breakage_rate"]),
        performance_variation=_estimate(stored["performance_variation"]),
        baseline_delivery_failure=_estimate(stored["delivery_failure"]["baseline"]),
        personalised_delivery_failure=_estimate(stored["delivery_failure"]["personalised"]),
        alignment_failure=_by_judge(stored["alignment_failure"]),
        robustness_error=_by_judge(stored["robustness_error"]),
        unscored=dict(sorted(stored["unscored"].items())),
        items=stored["items"],
        baseline_correct=stored["baseline_correct"],
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
        baseline_delivery_failure=_estimate(figures["baseline_delivery_failure"]),
        personalised_delivery_failure=_estimate(figures["delivery_failure"]),
        alignment_failure=alignment_failure,
        robustness_error=robustness_error,
        unscored=unscored,
        items=rows[0].items,
        baseline_correct=figures["baseline_correct"],
    )


def _by_judge(stored: Mapping[str, EstimateDict]) -> dict[str, Estimate]:
    """By name: PostgreSQL keeps the keys of JSON in an order of its own."""
    return {judge: _estimate(stored[judge]) for judge in sorted(stored)}


def _estimate(stored: EstimateDict) -> Estimate:
    return Estimate.of_dict(stored)
