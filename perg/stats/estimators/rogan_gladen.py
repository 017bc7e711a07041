"""The rate behind a judge's apparent rate, given its sensitivity and specificity among the labels.

θ̂ = (q + sp − 1) / (se + sp − 1), q the share of judged items that the judge reports. All three are estimated, and the
interval knows it: Fieller's set of all θ₀ with

    | q − θ₀ se − (1 − θ₀)(1 − sp) |  <=  z · standard error of that at θ₀

holds where the ratio's own standard error does not, because the denominator may be near 0. The shares are smoothed by
half a label in each cell of the confusion matrix, without which a judge that errs nowhere among the labels seems
infallible. The error has the labels' part, by stratum, and the run's; q and the labels overlap, and the run's part
counts that.

Sources: Rogan & Gladen, American Journal of Epidemiology 107 (1978) 71–76; Fieller, JRSS B 16 (1954) 175–185; on both
samples' uncertainty and the pseudo-counts, Lang & Reiczigel, Preventive Veterinary Medicine 113 (2014) 13–22. The
last one's own interval covers 97–99.7 % in a third of the cells of bench/coverage.py's grid, this one 93–97 % in
nearly all.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perg.stats.base.proportions import normal_quantile
from perg.stats.base.resampling import Floats
from perg.stats.estimators.judged_counts import JudgedCounts
from perg.stats.estimators.pooled_weight import PRIOR_LABELS
from perg.stats.estimators.ppi import powered_interval

SMOOTHING = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class RoganGladen:
    """Per campaign (...): the rate held within [0, 1] and its interval, with the judge's rates among the labels.

    `value` is NaN where sensitivity + specificity <= 1 or one of them is undefined (NaN). `low` and `high` are NaN
    where no rate in [0, 1] fits the two samples.
    """

    value: Floats
    low: Floats
    high: Floats
    sensitivity: Floats
    specificity: Floats
    variance: Floats


def rogan_gladen(
    counts: JudgedCounts,
    *,
    design_effect: Floats | float = 1.0,
    confidence: float = 0.95,
) -> RoganGladen:
    """Rogan–Gladen's rate of each campaign, labels weighted by their strata's shares of the run.

    Where every stratum holds one verdict only, the value is Σ (share of the verdict) × (share of failures with it), and
    the interval is that rate's own (`powered_interval`): Fieller's set would not know that the three rates cancel.
    `design_effect` multiplies the variance. `variance` is that of the value, by the delta method, NaN with it.
    """
    sensitivity, false_rate, _ = _judge_rates(counts, 0.0)
    apparent = counts.judged[..., 1].sum(axis=-1) / counts.population
    gap = sensitivity - false_rate
    with np.errstate(invalid="ignore", divide="ignore"):
        value = np.where(gap > 1e-12, np.clip((apparent - false_rate) / gap, 0, 1), np.nan)
    smooth_se, smooth_false, squares = _smoothed(counts)
    low, high = _fieller(
        apparent - smooth_false,
        smooth_se - smooth_false,
        tuple(part * design_effect for part in squares),
        normal_quantile(confidence),
    )
    by_verdict = ((counts.judged > 0).sum(axis=-1) <= 1).all(axis=-1)
    if by_verdict.any():
        ends = powered_interval(counts, design_effect=design_effect, confidence=confidence)
        low, high = (np.where(by_verdict, end, other) for end, other in zip(ends, (low, high), strict=True))
    a, b, c = squares
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = design_effect * (a + b * value + c * value**2) / (smooth_se - smooth_false) ** 2
    return RoganGladen(value, low, high, sensitivity, 1 - false_rate, variance)


def _judge_rates(counts: JudgedCounts, smoothing: float) -> tuple[Floats, Floats, Floats]:
    """Sensitivity and 1 − specificity (...), and labels by stratum, verdict and outcome (..., H, 2, 2).

    The smoothing is spread over the strata that have the verdict.
    """
    there = counts.judged > 0
    extra = np.where(there, smoothing / np.maximum(there.sum(axis=-2, keepdims=True), 1), 0.0)
    cells = np.stack([counts.labelled - counts.failures + extra, counts.failures + extra], axis=-1)
    totals = cells.sum(axis=(-2, -1))
    scale = np.divide(counts.stratum_weights, totals, out=np.zeros_like(totals), where=totals > 0)
    joint = (cells * scale[..., np.newaxis, np.newaxis]).sum(axis=-3)
    by_outcome = joint.sum(axis=-2)
    with np.errstate(invalid="ignore", divide="ignore"):
        rates = joint[..., 1, :] / by_outcome
    return rates[..., 1], rates[..., 0], cells


def _smoothed(counts: JudgedCounts) -> tuple[Floats, Floats, tuple[Floats, Floats, Floats]]:
    """Smoothed sensitivity and 1 − specificity, and the variance of the distance as a quadratic in θ₀: a, b, c."""
    sensitivity, false_rate, cells = _judge_rates(counts, SMOOTHING)
    totals = cells.sum(axis=(-2, -1))
    shares = counts.stratum_weights
    scale = np.divide(shares, totals, out=np.zeros_like(totals), where=totals > 0)
    mass = cells * scale[..., np.newaxis, np.newaxis]
    failing = mass[..., 1].sum(axis=(-2, -1))
    verdict = np.array([0.0, 1.0])
    of_failures = (verdict - sensitivity[..., np.newaxis]) / failing[..., np.newaxis]
    of_others = (verdict - false_rate[..., np.newaxis]) / (1 - failing)[..., np.newaxis]
    drawn = counts.labelled.sum(axis=-1)
    sampling = 1 - np.minimum(drawn / np.maximum(counts.judged.sum(axis=-1), 1), 1)

    def variance(rate: float) -> Floats:
        part = np.stack([(1 - rate) * of_others, rate * of_failures], axis=-1)[..., np.newaxis, :, :]
        within = np.divide(
            cells, totals[..., np.newaxis, np.newaxis], out=np.zeros_like(cells), where=cells > 0
        )
        mean = (within * part).sum(axis=(-2, -1))
        square = (within * part**2).sum(axis=(-2, -1))
        spread = _within_strata(np.maximum(square - mean**2, 0), drawn)
        draw = (shares**2 * spread * sampling * np.where(totals > 0, 1 / np.maximum(totals, 1e-300), 0)).sum(
            axis=-1
        )
        whole = verdict[:, np.newaxis] - part
        run = (mass * whole**2).sum(axis=(-3, -2, -1)) - (mass * whole).sum(axis=(-3, -2, -1)) ** 2
        return np.asarray(draw + np.maximum(run, 0) / counts.population)

    at_0, at_half, at_1 = variance(0.0), variance(0.5), variance(1.0)
    return (
        sensitivity,
        false_rate,
        (at_0, 4 * at_half - 3 * at_0 - at_1, 2 * at_0 + 2 * at_1 - 4 * at_half),
    )


def _within_strata(spread: Floats, drawn: Floats) -> Floats:
    """Variances (..., H) by stratum from those divided by n; one stratum's stays as it is.

    As in `strata_interval`, n labels count as n − (H − 1)/H, and as in `pooled_mean` each stratum's own variance is
    averaged with one label of the average one.
    """
    there = drawn > 0
    strata = np.maximum(there.sum(axis=-1, keepdims=True), 1)
    counted = np.maximum(drawn - (strata - 1) / strata, drawn / 2)
    unbiased = np.divide(spread * drawn, counted, out=np.zeros_like(spread), where=there)
    freedom = np.maximum(drawn - 1, 0)
    total = freedom.sum(axis=-1, keepdims=True)
    average = (freedom * unbiased).sum(axis=-1, keepdims=True) / np.maximum(total, 1e-12)
    shrunk: Floats = (freedom * unbiased + PRIOR_LABELS * average) / (freedom + PRIOR_LABELS)
    return np.where(there & (strata > 1) & (total > 0), shrunk, unbiased)


def _fieller(excess: Floats, gap: Floats, variance: tuple[Floats, ...], z: float) -> tuple[Floats, Floats]:
    """Hull within [0, 1] of the rates with (excess − rate · gap)² <= z² (a + b rate + c rate²).

    Where the set falls into two pieces, which happens for a judge near chance, the hull is taken.
    """
    a, b, c = variance
    square, linear, constant = gap**2 - z**2 * c, -2 * excess * gap - z**2 * b, excess**2 - z**2 * a
    discriminant = linear**2 - 4 * square * constant
    # Stable for a square term near 0: one root is half / square, the other constant / half.
    half = -(linear + np.where(linear >= 0, 1, -1) * np.sqrt(np.maximum(discriminant, 0))) / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        roots = np.stack([half / square, constant / half], axis=-1)
    inside: NDArray[np.bool_] = (roots > 0) & (roots < 1) & (discriminant > 0)[..., np.newaxis]
    smallest = np.where(inside, roots, np.inf).min(axis=-1)
    largest = np.where(inside, roots, -np.inf).max(axis=-1)
    low = np.where(constant <= 0, 0.0, smallest)
    high = np.where(square + linear + constant <= 0, 1.0, largest)
    empty = ~np.isfinite(low) | ~np.isfinite(high)
    return np.where(empty, np.nan, low), np.where(empty, np.nan, high)
