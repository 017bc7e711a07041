"""Means of amounts (seconds, tokens, dollars), with intervals that hold where items share a question.

Amounts are skewed, so that the percentile bootstrap covers too rarely with few questions. The bootstrap-t
resamples (mean − true mean) / standard error, and follows the skewness.

Sources: Efron & Tibshirani, An Introduction to the Bootstrap (1993), section 12.5; over clusters as in `resampling`.
Cochran, Sampling Techniques (1977), section 2.15 (how many are few where amounts are skewed).
"""

import numpy as np

from perg.stats.base.estimate import Estimate
from perg.stats.base.intervals import interval_warnings, reason_for_none
from perg.stats.base.resampling import (
    Draws,
    Floats,
    cluster_sums,
    defined_ratio,
    percentile_interval,
    resampled_sums,
)

COCHRAN = 25


def mean(amounts: Floats, *, undefined: str, draws: Draws) -> Estimate:
    """Mean of the known `amounts` (n,), NaN where not known, in their unit; `n` counts the known ones.

    The interval is the bootstrap-t over clusters. `undefined` is the reason given where none is known.

    Raises:
        ValueError: not one cluster id an amount.
    """
    draws.require_units(amounts.size)
    known = ~np.isnan(amounts)
    if not known.any():
        return Estimate.of_nothing(undefined)
    values = amounts[known]
    values_and_ones = np.column_stack([values, np.ones(values.size)])
    sums, sizes = cluster_sums(values_and_ones, draws.among(known).clusters).T
    value = float(values.mean())
    moments = np.column_stack([sums, sizes, sums**2, sums * sizes, sizes**2])
    warnings = (*interval_warnings(sizes.size), *_uneven(sums - value * sizes))
    if sizes.size < 2:
        return Estimate.of(value, values.size, None, warnings=warnings)
    drawn = resampled_sums(moments, draws)
    means = drawn[:, 0] / drawn[:, 1]
    errors = _standard_errors(drawn, means)
    error = errors[0]
    # Without any variation left, rounding decides whether an error is 0.
    studentised = defined_ratio(means - value, np.where(errors > 1e-9 * error, errors, 0))[1:]
    ends = percentile_interval(studentised, draws.confidence)
    if ends is None:
        return Estimate.of(value, values.size, None, warnings=(reason_for_none(studentised), *warnings))
    interval = (value - ends[1] * error, value - ends[0] * error)
    return Estimate.of(value, values.size, interval, warnings=warnings)


def _uneven(residuals: Floats) -> tuple[str, ...]:
    """The warning of amounts too skewed for this many clusters (d,): fewer than 25 times the squared skewness."""
    clusters, spread = residuals.size, float((residuals**2).mean())
    if clusters < 2 or spread <= 0 or clusters >= COCHRAN * float((residuals**3).mean()) ** 2 / spread**3:
        return ()
    return (
        f"The amounts are too uneven for {clusters} independent questions: the interval may not hold its level.",
    )


def _standard_errors(moments: Floats, means: Floats) -> Floats:
    """Linearised standard errors of ratio means (r,), from sums (r, 5) over clusters of s, m, s², s·m and m²."""
    _, sizes, squares, products, squared_sizes = moments.T
    spread = squares - 2 * means * products + means**2 * squared_sizes
    errors: Floats = np.sqrt(np.maximum(spread, 0)) / sizes
    return errors
