"""Geometry of the plots: templates draw SVG from it, without a script."""

from collections.abc import Iterable
from dataclasses import dataclass

from evaluation.statistics.estimate import Estimate
from evaluation.statistics.perg import PergMetrics

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


def forest_plot(estimates: Iterable[tuple[str, Estimate]]) -> ForestPlot:
    """A forest plot of (label, estimate in [0, 1]) pairs, in their order."""
    pairs = list(estimates)
    bottom = TOP + ROW_HEIGHT * len(pairs)
    return ForestPlot(
        rows=[
            ForestRow(
                label,
                estimate,
                TOP + ROW_HEIGHT * (i + 0.5),
                _x(estimate.value),
                _x(estimate.low),
                _x(estimate.high),
            )
            for i, (label, estimate) in enumerate(pairs)
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


def named_metrics(metrics: PergMetrics) -> list[tuple[str, Estimate]]:
    """The metrics with the names that pages show, in reading order."""
    return [
        ("Baseline accuracy", metrics.baseline_accuracy),
        ("Personalised accuracy", metrics.personalised_accuracy),
        ("Breakage rate", metrics.breakage_rate),
        *((f"Alignment failure — {judge}", value) for judge, value in metrics.alignment_failure.items()),
        *((f"Robustness error — {judge}", value) for judge, value in metrics.robustness_error.items()),
        ("Performance variation", metrics.performance_variation),
        ("Delivery failure, baseline", metrics.baseline_delivery_failure),
        ("Delivery failure, personalised", metrics.personalised_delivery_failure),
    ]
