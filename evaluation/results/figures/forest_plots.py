"""Geometry of the plots: templates draw SVG from it, without a script."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from perg.stats.base.estimate import Estimate
from perg.stats.runs.perg_metrics import PergMetrics

ROW_HEIGHT = 28
LABEL_WIDTH = 330
PLOT_WIDTH = 420
VALUE_WIDTH = 190
TOP = 28


@dataclass(frozen=True, slots=True)
class ForestRow:
    """One estimate as a point with a whisker; x and y in SVG units, None where undefined."""

    label: str
    estimate: Estimate
    y: float
    x: float | None
    x_low: float | None
    x_high: float | None


@dataclass(frozen=True, slots=True)
class ForestPlot:
    """Estimates between 0 and 1, one under the other, on a shared axis."""

    rows: list[ForestRow]
    ticks: list[tuple[str, float]]
    width: int
    height: int
    top: int
    bottom: int
    label_end: int
    value_start: int


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


def forest_plot(metrics: Sequence[NamedMetric]) -> ForestPlot:
    """A forest plot of metrics in [0, 1], in their order."""
    bottom = TOP + ROW_HEIGHT * len(metrics)
    return ForestPlot(
        rows=[
            ForestRow(
                metric.name,
                metric.estimate,
                TOP + ROW_HEIGHT * (i + 0.5),
                _x(metric.estimate.value),
                _x(metric.estimate.low),
                _x(metric.estimate.high),
            )
            for i, metric in enumerate(metrics)
        ],
        ticks=[(f"{tick / 4:g}", LABEL_WIDTH + PLOT_WIDTH * tick / 4) for tick in range(5)],
        width=LABEL_WIDTH + PLOT_WIDTH + VALUE_WIDTH,
        height=bottom + 30,
        top=TOP,
        bottom=bottom,
        label_end=LABEL_WIDTH - 14,
        value_start=LABEL_WIDTH + PLOT_WIDTH + 14,
    )


def _x(value: float | None) -> float | None:
    return None if value is None else round(LABEL_WIDTH + PLOT_WIDTH * value, 2)
