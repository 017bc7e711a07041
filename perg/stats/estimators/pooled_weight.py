"""A mean from labels in strata and predictions of all items, with one weight on the predictions for all strata.

    θ̂ = Σ_h W_h [ ȳ_h + λ' (F_h − f̄_h) ],   λ' = Σ_h a_h cov_h(y, f) / Σ_h a_h var_h(f),   a_h = W_h² (1/n_h − 1/N_h)

with covariances within strata; this λ' makes the variance smallest. A weight for each stratum, fitted to its few
labels, would bias the mean: it is large where a failure happens to be labelled, and 0 where none is. A pooled weight
still shares labels with the differences F_h − f̄_h that it multiplies, so with several strata each label is weighted
by a λ' fitted without it, and the bias is gone. One stratum keeps the published λ, that of `ppi_py`: the covariance
divided by n, which is the general rule here, (degrees of freedom) / (degrees of freedom + 1) of the unbiased one.

Sources: Angelopoulos, Duchi & Zrnic, PPI++, arXiv 2311.01453; combined regression estimator: Cochran, Sampling
Techniques (1977), ch. 7.10; Särndal, Swensson & Wretman, Model Assisted Survey Sampling (1992), ch. 6 and 7.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from perg.stats.base.resampling import Floats
from perg.stats.estimators.judged_counts import JudgedCounts

PRIOR_LABELS = 1.0
"""Labels of average variance that each stratum's own variance is averaged with: a few labels can be all alike."""


@dataclass(frozen=True, slots=True, eq=False)
class LabelledStrata:
    """Labels as rows sorted by stratum, of one campaign or of many with the same rows.

    Attributes:
        outcome, prediction: (..., L) of each row.
        labels: (..., L) labels that the row stands for; 0 for a row that is not there.
        weight: (..., L) of each of them within its stratum; they add up to 1 by stratum.
        stratum: (L,) codes from 0 in ascending order, without a gap.
        sizes, run_mean, run_variance: (..., H) judged items, with the mean and variance of their predictions.
    """

    outcome: Floats
    prediction: Floats
    labels: Floats
    weight: Floats
    stratum: NDArray[np.int64]
    sizes: Floats
    run_mean: Floats
    run_variance: Floats

    @classmethod
    def of_counts(cls, counts: JudgedCounts) -> Self:
        """Four rows a stratum: failure or none, by the verdict 0 or 1."""
        passed = counts.labelled - counts.failures
        labels = np.stack(
            [counts.failures[..., 0], counts.failures[..., 1], passed[..., 0], passed[..., 1]], axis=-1
        )
        drawn = labels.sum(axis=-1, keepdims=True)
        shape = (*labels.shape[:-2], labels.shape[-2] * 4)
        sizes = counts.judged.sum(axis=-1)
        reported = counts.judged[..., 1] / np.maximum(sizes, 1)
        return cls(
            outcome=np.broadcast_to([1.0, 1, 0, 0], labels.shape).reshape(shape),
            prediction=np.broadcast_to([0.0, 1, 0, 1], labels.shape).reshape(shape),
            labels=labels.reshape(shape),
            weight=np.broadcast_to(1 / np.maximum(drawn, 1), labels.shape).reshape(shape),
            stratum=np.repeat(np.arange(labels.shape[-2]), 4),
            sizes=sizes,
            run_mean=reported,
            run_variance=reported * (1 - reported) * sizes / np.maximum(sizes - 1, 1),
        )

    @property
    def stratum_weights(self) -> Floats:
        """W_h: (..., H)."""
        weights: Floats = self.sizes / self.sizes.sum(axis=-1, keepdims=True)
        return weights

    def by_stratum(self, values: Floats) -> Floats:
        """Sums (..., H) of values (..., L) over labels."""
        starts = np.searchsorted(self.stratum, np.arange(self.sizes.shape[-1]))
        sums: Floats = np.add.reduceat(self.labels * values, starts, axis=-1)
        return sums

    def rows(self, values: Floats) -> Floats:
        """Values (..., H) of strata, for their rows: (..., L)."""
        spread: Floats = values[..., self.stratum]
        return spread


@dataclass(frozen=True, slots=True, eq=False)
class PooledMean:
    """One mean for each campaign (...), not held within the range of the outcome.

    Attributes:
        value, human: with the predictions, and by the labels alone.
        tuning: λ of PPI++, in [0, 1]: of the difference to the items without a label, averaged over strata.
        variance, human_variance: of both, from the draw of the labels alone. With several strata `variance` has that
            of λ' in it, by the jackknife.
        unit_variance: the same for an outcome with variance 1 in every stratum: 1 / this many labels are drawn.
        freedom: Satterthwaite's degrees of freedom for a variance that is the same in all strata: few where a
            stratum with few labels weighs much.
        imbalance: `unit_variance` over that of equal weights within strata, 1 or more.
        thin: share of `unit_variance` from strata with fewer than 4 labels.
        slope: λ', averaged over strata.
        bias, human_bias: of both by the jackknife, because weights are themselves estimated; 0 for equal ones.
        residual, human_residual: (..., L) of each row, with mean 0 in its stratum; scaled for unbiased squares.
    """

    value: Floats
    human: Floats
    tuning: Floats
    variance: Floats
    human_variance: Floats
    unit_variance: Floats
    freedom: Floats
    imbalance: Floats
    thin: Floats
    slope: Floats
    bias: Floats
    human_bias: Floats
    residual: Floats
    human_residual: Floats


FEW_IN_STRATUM = 4


def pooled_mean(strata: LabelledStrata) -> PooledMean:
    """PPI++ with one weight, and the labels alone. Every stratum has a label."""
    shares = strata.stratum_weights
    drawn = strata.by_stratum(np.ones_like(strata.weight))
    squares = np.maximum(strata.by_stratum(strata.weight**2), 1e-12)  # 0 without a label
    rest = 1 - np.minimum(drawn / np.maximum(strata.sizes, 1), 1)
    unit = shares**2 * rest * squares
    highest = 1 / np.maximum((shares * rest).sum(axis=-1), 1e-12)
    per_row, of_slope = _row_slopes(strata, drawn, squares, unit, highest)
    distance = strata.prediction - strata.rows(strata.run_mean)
    value, variance, bias, residual = _mean(strata, strata.outcome - per_row * distance, drawn, squares, unit)
    human, human_variance, human_bias, human_residual = _mean(strata, strata.outcome, drawn, squares, unit)
    slopes = strata.by_stratum(strata.weight * per_row)
    total = unit.sum(axis=-1)
    return PooledMean(
        value=value,
        human=human,
        tuning=(shares * slopes * rest).sum(axis=-1),
        variance=variance + of_slope,
        human_variance=human_variance,
        unit_variance=total,
        freedom=total**2 / np.maximum((unit**2 / np.maximum(1 / squares - 1, 0.5)).sum(axis=-1), 1e-300),
        imbalance=total / np.maximum((shares**2 * rest / np.maximum(drawn, 1)).sum(axis=-1), 1e-300),
        thin=np.where(drawn < FEW_IN_STRATUM, unit, 0).sum(axis=-1) / np.maximum(total, 1e-300),
        slope=(shares * slopes).sum(axis=-1),
        bias=bias,
        human_bias=human_bias,
        residual=residual,
        human_residual=human_residual,
    )


def _row_slopes(
    strata: LabelledStrata, drawn: Floats, squares: Floats, unit: Floats, highest: Floats
) -> tuple[Floats, Floats]:
    """λ' for each row (..., L), within [0, `highest`], and the variance that it brings to the mean (...).

    It is fitted without the row's own label, except in a simple random sample.
    """
    weight, y, f = strata.weight, strata.outcome, strata.prediction
    terms = {
        "y": weight * y,
        "f": weight * f,
        "yy": weight**2 * y,
        "ff": weight**2 * f,
        "yf": weight**2 * y * f,
    }
    sums = {name: strata.by_stratum(values) for name, values in terms.items()}

    def covariance(
        left_out: Floats | float, parts: dict[str, Floats], squares: Floats, labels: Floats
    ) -> Floats:
        """Unbiased, within strata, of the labels less the share `left_out` of the weight."""
        there = np.maximum(1 - left_out, 1e-12)
        y_mean, f_mean = parts["y"] / there, parts["f"] / there
        products = parts["yf"] - y_mean * parts["ff"] - f_mean * parts["yy"] + y_mean * f_mean * squares
        known = labels > 1 + 1e-9
        scale = np.where(known, labels, 0) / np.where(known, (labels - 1) * squares, 1)
        return products * scale

    def fitted(shared: Floats, spread: Floats, freedom: Floats, highest: Floats) -> Floats:
        slope = np.divide(shared, spread, out=np.zeros_like(shared), where=spread > 1e-15)
        return np.clip(slope * freedom / (freedom + 1), 0, highest)

    shared = unit * covariance(0.0, sums, squares, drawn)
    spread = np.where(drawn > 1 + 1e-9, unit * strata.run_variance, 0)
    freedom = np.maximum(drawn - 1, 0)
    totals = [part.sum(axis=-1) for part in (shared, spread, freedom)]
    if strata.sizes.shape[-1] == 1 and np.ptp(weight, axis=-1).max() < 1e-12:
        slopes: Floats = fitted(totals[0], totals[1], totals[2], highest)[..., np.newaxis]
        return np.broadcast_to(slopes, weight.shape), np.zeros_like(totals[0])
    less = {name: strata.rows(sums[name]) - values for name, values in terms.items()}
    fewer = strata.rows(drawn) - 1
    own = strata.rows(unit) * covariance(weight, less, strata.rows(squares) - weight**2, fewer)
    own_spread = np.where(fewer > 1 + 1e-9, strata.rows(spread), 0)
    whole_shared, whole_spread, whole_freedom = (total[..., np.newaxis] for total in totals)
    slopes = fitted(
        whole_shared - strata.rows(shared) + own,
        whole_spread - strata.rows(spread) + own_spread,
        np.maximum(whole_freedom - 1, 0),
        highest[..., np.newaxis],
    )
    labels = strata.labels.sum(axis=-1, keepdims=True)
    deviations = slopes - (strata.labels * slopes).sum(axis=-1, keepdims=True) / labels
    return slopes, (strata.labels * deviations**2).sum(axis=-1) * totals[1]


def _mean(
    strata: LabelledStrata, values: Floats, drawn: Floats, squares: Floats, unit: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    """Mean of row values, its variance from the draw and its bias (...), and the residuals (..., L).

    A residual is divided by √(1 − weight): for equal weights by that of (n − 1)/n, and more where one label pulls the
    mean to itself (HC2).
    """
    means = strata.by_stratum(strata.weight * values)
    value = (strata.stratum_weights * means).sum(axis=-1)
    others = 1 - strata.weight
    apart = np.where(others > 1e-9, others, 1)
    deviation = values - strata.rows(means)
    fewer = np.maximum(drawn - 1, 0) / np.maximum(drawn, 1)
    bias = -(strata.stratum_weights * fewer * strata.by_stratum(strata.weight * deviation / apart)).sum(
        axis=-1
    )
    residual = deviation / np.sqrt(apart)
    own = strata.by_stratum(strata.weight**2 * residual**2) / squares
    freedom = np.maximum(drawn - 1, 0)
    pooled = (freedom * own).sum(axis=-1) / np.maximum(freedom.sum(axis=-1), 1e-12)
    # With one label in each stratum nothing is known of the variance within: that over all of them is not less.
    between = (strata.stratum_weights * (means - value[..., np.newaxis]) ** 2).sum(axis=-1)
    count = strata.sizes.shape[-1]
    pooled = np.where(freedom.sum(axis=-1) > 1e-9, pooled, between * count / max(count - 1, 1))
    shrunk = (freedom * own + PRIOR_LABELS * pooled[..., np.newaxis]) / (freedom + PRIOR_LABELS)
    return value, (unit * shrunk).sum(axis=-1), bias, residual
