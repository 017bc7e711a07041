"""Bias-corrected and accelerated (BCa) bootstrap intervals.

Source: Efron, Better Bootstrap Confidence Intervals, JASA 82 (1987) 171–185; Efron & Tibshirani, An
Introduction to the Bootstrap (1993), ch. 14. Agrees with `scipy.stats.bootstrap`, which resamples in a loop.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from perg.stats.base.resampling import UNDEFINED_SHARE, Floats, percentile_interval


def bca_interval(
    value: float,
    replicates: Floats,
    jackknife: Floats,
    *,
    sizes: NDArray[np.int64] | None = None,
    confidence: float = 0.95,
) -> tuple[float, float] | None:
    """BCa interval of a statistic with this `value`, in its unit.

    `replicates` (resamples,) are of the bootstrap; `jackknife` (d,) holds the statistic without one unit or
    cluster, and `sizes` (d,) how many units each of its entries stands for (one, if not given). The bias
    correction counts ties as half. Undefined entries (NaN) are left out.

    None if `percentile_interval` finds none, where more than 5% of the jackknife is undefined, where all
    replicates lie on one side of the value (the bias correction is then infinite), and where the acceleration
    is so large that the corrected quantiles are no longer in order.

    Raises:
        ValueError: `confidence` outside (0, 1), or `sizes` of another shape than `jackknife`.
    """
    counts = np.ones(jackknife.size, dtype=np.int64) if sizes is None else sizes
    if counts.shape != jackknife.shape:
        raise ValueError("one size per jackknife value is needed")
    if percentile_interval(replicates, confidence) is None:
        return None
    known = ~np.isnan(jackknife)
    if counts[known].sum() < (1 - UNDEFINED_SHARE) * counts.sum():
        return None
    defined = replicates[~np.isnan(replicates)]
    rounding = 1e-12 * max(1.0, abs(value))  # the same draw may be summed in another order
    ties = np.count_nonzero(np.abs(defined - value) <= rounding)
    below = (np.count_nonzero(defined < value - rounding) + ties / 2) / defined.size
    if not 0 < below < 1:
        return None
    bias = float(ndtri(below))
    acceleration = _acceleration(jackknife[known], counts[known])
    tail = float(ndtri((1 - confidence) / 2))
    levels = []
    for z in (tail, -tail):
        shrink = 1 - acceleration * (bias + z)
        if shrink <= 0:
            return None
        levels.append(float(ndtr(bias + (bias + z) / shrink)))
    low, high = np.quantile(defined, levels)
    return (float(low), float(high)) if low <= high else None


def _acceleration(jackknife: Floats, counts: NDArray[np.int64]) -> float:
    """A sixth of the skewness of the jackknife influence values; 0 where they do not vary."""
    deviations = np.average(jackknife, weights=counts) - jackknife
    spread = float(counts @ deviations**2)
    return float(counts @ deviations**3) / (6 * spread**1.5) if spread > 1e-24 else 0.0
