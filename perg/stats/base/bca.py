"""Bias-corrected and accelerated (BCa) bootstrap intervals.

Source: Efron, Better Bootstrap Confidence Intervals, JASA 82 (1987) 171–185; Efron & Tibshirani, An
Introduction to the Bootstrap (1993), ch. 14. Agrees with `scipy.stats.bootstrap`, which resamples in a loop.
"""

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from perg.stats.base.resampling import UNDEFINED_SHARE, Floats, percentile_interval


@dataclass(frozen=True, slots=True, eq=False)
class Jackknife:
    """A statistic without one unit or cluster, `values` (d,), and how many units each of them stands for, `sizes` (d,).

    Raises:
        ValueError: shapes that differ.
    """

    values: Floats
    sizes: NDArray[np.int64]

    def __post_init__(self) -> None:
        if self.sizes.shape != self.values.shape:
            raise ValueError("one size per jackknife value is needed")


def bca_interval(
    value: float, replicates: Floats, jackknife: Jackknife, *, confidence: float = 0.95
) -> tuple[float, float] | None:
    """BCa interval of a statistic with this `value`, in its unit, from its bootstrap `replicates` (resamples,).

    The bias correction counts ties as half. Undefined entries (NaN) are left out.

    None if `percentile_interval` finds none, where more than 5% of the jackknife is undefined, where all
    replicates lie on one side of the value (the bias correction is then infinite), and where the acceleration
    is so large that the corrected quantiles are no longer in order.

    Raises:
        ValueError: `confidence` outside (0, 1).
    """
    if percentile_interval(replicates, confidence) is None:
        return None
    counts, known = jackknife.sizes, ~np.isnan(jackknife.values)
    if counts[known].sum() < (1 - UNDEFINED_SHARE) * counts.sum():
        return None
    defined = replicates[~np.isnan(replicates)]
    rounding = 1e-12 * max(1.0, abs(value))  # the same draw may be summed in another order
    ties = np.count_nonzero(np.abs(defined - value) <= rounding)
    below = (np.count_nonzero(defined < value - rounding) + ties / 2) / defined.size
    if not 0 < below < 1:
        return None
    bias = float(scipy.special.ndtri(below))
    acceleration = _acceleration(jackknife.values[known], counts[known])
    tail = float(scipy.special.ndtri((1 - confidence) / 2))
    levels = []
    for z in (tail, -tail):
        shrink = 1 - acceleration * (bias + z)
        if shrink <= 0:
            return None
        levels.append(float(scipy.special.ndtr(bias + (bias + z) / shrink)))
    low, high = np.quantile(defined, levels)
    return (float(low), float(high)) if low <= high else None


def _acceleration(jackknife: Floats, counts: NDArray[np.int64]) -> float:
    """A sixth of the skewness of the jackknife influence values; 0 where they do not vary."""
    deviations = np.average(jackknife, weights=counts) - jackknife
    spread = float(counts @ deviations**2)
    return float(counts @ deviations**3) / (6 * spread**1.5) if spread > 1e-24 else 0.0
