"""The metrics of a run with the names that pages show, and their forest plot."""

from collections.abc import Sequence
from typing import NamedTuple

from core.figures.drawing import Figure
from core.figures.forest import ForestRow, forest
from perg.stats.base.estimate import Estimate
from perg.stats.runs.perg_metrics import PergMetrics


class NamedMetric(NamedTuple):
    """A metric as pages show it; where it is by a judge, the judge is part of the name.

    `key` is its name in DEFINITIONS; `judge` is empty where none is asked, and NO_JUDGE_NEEDED where none need be.
    """

    name: str
    estimate: Estimate
    definition: str
    key: str
    judge: str = ""


DEFINITIONS = {
    "Baseline accuracy": "Share of items whose baseline answer (no preference given) is the gold option.",
    "Personalised accuracy": "Share of items whose answer is the gold option when the model is given the preference.",
    "Breakage rate": "Of the items answered correctly without the preference, the share answered wrongly with it. "
    "Lower is better.",
    "Alignment failure": "Of the items answered correctly without the preference, the share where this judge says the "
    "preference was not followed. Lower is better.",
    "Robustness error": "Of the items answered correctly without the preference, the share that is then wrong, or does "
    "not follow the preference by this judge, or both. Lower is better.",
    "Performance variation": "How far the sets of correctly answered items with and without the preference differ: 1 "
    "minus their overlap (Jaccard). Lower is better.",
    "Delivery failure, baseline": "Share of baseline responses from which no option letter could be read. Lower is "
    "better.",
    "Delivery failure, personalised": "Share of personalised responses from which no option letter could be read. "
    "Lower is better.",
}


def named_metrics(metrics: PergMetrics) -> list[NamedMetric]:
    """The metrics with the names that pages show, in reading order."""
    by_judge = {"Alignment failure": metrics.alignment_failure, "Robustness error": metrics.robustness_error}
    alone = {
        "Baseline accuracy": metrics.baseline_accuracy,
        "Personalised accuracy": metrics.personalised_accuracy,
        "Breakage rate": metrics.breakage_rate,
        "Performance variation": metrics.performance_variation,
        "Delivery failure, baseline": metrics.delivery_failure.baseline,
        "Delivery failure, personalised": metrics.delivery_failure.personalised,
    }
    named = []
    for name, definition in DEFINITIONS.items():
        if name in alone:
            named.append(NamedMetric(name, alone[name], definition, name))
        else:
            named += [
                NamedMetric(f"{name} — {judge}", estimate, definition, name, judge)
                for judge, estimate in by_judge[name].items()
            ]
    return named


def forest_plot(metrics: Sequence[NamedMetric]) -> Figure:
    """A forest plot of metrics in [0, 1], in their order."""
    return forest(
        "Metrics with their 95% intervals",
        "A point for each metric on an axis from 0 to 1, with a line for its interval. The table of metrics has the "
        "same numbers.",
        [ForestRow(metric.name, metric.estimate) for metric in metrics],
        digits=3,
    )
