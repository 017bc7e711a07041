"""What people's rating is to be expected at a judge's score: people = intercept + slope × judge.

Ordinary least squares of people on the judge, because the line answers the question "the judge says s: what would
people say?", for which the judge's score is given and its own noise is part of the answer. A line of the two true
scores (Deming) would need the ratio of both error variances, which one rating each does not tell, and would predict
worse. A noisy judge has a slope below 1: its high scores are too high, its low ones too low, and by how much is what
the line is for.

Sources: Steyerberg, Clinical Prediction Models (2nd ed., 2019), ch. 15 (intercept and slope of calibration); Linnet,
Clinical Chemistry 39 (1993) 424–432 (when Deming is right); intervals: `delete_one`.
"""

from dataclasses import dataclass

import numpy as np

from perg.stats.base.delete_one import Statistic, delete_one_estimate
from perg.stats.base.estimate import Estimate
from perg.stats.base.resampling import Clusters, Floats, defined_ratio

CONSTANT = "the judge gave one score only"
FEW_ITEMS = "fewer than three items have a rating by both"


@dataclass(frozen=True, slots=True)
class CalibrationLine:
    """The line, in the unit of the scale.

    Attributes:
        slope: 1 = a point of the judge is a point of people's; 0 = its score says nothing.
        at_mean: people's expected rating at the judge's mean score, with `judge_mean`; the difference of the two is the
            bias.
        intercept: people's expected rating at a judge's score of 0, which may lie outside the scale.
        error: root mean square of people's distance from the line; without the line it is people's own spread.
    """

    slope: Estimate
    intercept: Estimate
    at_mean: Estimate
    judge_mean: float | None
    error: float | None


def calibration_line(
    judge: Floats, people: Floats, *, clusters: Clusters | None = None, confidence: float = 0.95
) -> CalibrationLine:
    """From ratings (n,) of the same items, NaN where missing.

    Undefined where the judge gave one score only, and from fewer than three items.

    Raises:
        ValueError: arrays of different shapes.
    """
    if (
        judge.ndim != 1
        or judge.shape != people.shape
        or (clusters is not None and clusters.shape != judge.shape)
    ):
        raise ValueError("judge, people and clusters are vectors over the same items")
    there = ~(np.isnan(judge) | np.isnan(people))
    x, y = judge[there], people[there]
    n = x.size
    of_items = None if clusters is None else clusters[there]
    if n < 3 or np.ptp(x) < 1e-12:
        nothing = Estimate.of_nothing(FEW_ITEMS if n < 3 else CONSTANT, n)
        return CalibrationLine(nothing, nothing, nothing, float(x.mean()) if n else None, None)
    centre = float(x.mean())
    columns = np.column_stack([np.ones(n), x - centre, y, (x - centre) ** 2, (x - centre) * y])

    def slope(sums: Floats) -> Floats:
        count, of_x, of_y, squares, products = sums.T
        spread = squares - of_x**2 / count
        return defined_ratio(products - of_x * of_y / count, np.where(spread > 1e-12 * n, spread, 0))

    def expected_at(score: float) -> Statistic:
        def expected(sums: Floats) -> Floats:
            values: Floats = (sums[:, 2] + slope(sums) * (score * sums[:, 0] - sums[:, 1])) / sums[:, 0]
            return values

        return expected

    def estimate(statistic: Statistic) -> Estimate:
        return delete_one_estimate(
            columns, of_items, statistic, n=n, undefined=CONSTANT, confidence=confidence
        )

    line = estimate(slope)
    at_mean = estimate(expected_at(0.0))
    assert line.value is not None
    assert at_mean.value is not None
    residual = y - at_mean.value - line.value * (x - centre)
    return CalibrationLine(
        slope=line,
        intercept=estimate(expected_at(-centre)),
        at_mean=at_mean,
        judge_mean=centre,
        error=float(np.sqrt((residual**2).mean())),
    )
