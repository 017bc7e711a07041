"""Prediction-powered rates: a few labels and many predictions.

The estimator, for labels drawn without replacement from the judged items, within each stratum and summed with N_h/N:

    θ̂ = ȳ(labelled) + λ' [ f̄(all judged) − f̄(labelled) ]

with one λ' for all strata (`pooled_weight`). That is PPI++ as published with the labelled items against
the rest: the two samples are then independent, as PPI++ requires, and λ' = λ N/(N − n). So for a simple random
sample the value and λ are those of `ppi_py`, with `Yhat_unlabeled` the predictions of the items without a label.

Its variance has two parts: the labels' own draw, (1/n − 1/N) S²(y − λ'f), and that of the run, S²(y)/N, since the items
asked are a sample of those that might have been.

Sources: Angelopoulos, Duchi & Zrnic, PPI++, arXiv 2311.01453; strata: Fisch et al., Stratified Prediction-Powered
Inference, arXiv 2406.04291; the difference and regression estimator with inclusion probabilities: Särndal, Swensson &
Wretman, Model Assisted Survey Sampling (1992), ch. 5–7; an interval from an effective number of labels: Korn &
Graubard, Survey Methodology 24 (1998) 193–201.
"""

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from perg.stats.base.resampling import Floats, dense_codes
from perg.stats.estimators.judged_counts import JudgedCounts
from perg.stats.estimators.judged_sample import JudgedSample
from perg.stats.estimators.pooled_weight import LabelledStrata, PooledMean, pooled_mean
from perg.stats.estimators.stratified_interval import POWERED, strata_interval, stratified_interval

PRIOR_FAILURES = 0.5
LEAST_FREEDOM = 10.0
THIN = 0.2
"""Share of the variance from strata with few labels above which labels alone have an interval from it."""


@dataclass(frozen=True, slots=True)
class PoweredMoments:
    """The mean of a sample by PPI++ and by its labels; nothing is held within the range of the outcome.

    Attributes:
        value, human: the mean with the predictions, and by the labels alone under the same design.
        tuning: λ of PPI++, averaged over strata.
        variance, human_variance: of both, clusters and design respected.
        unclustered, human_unclustered: the same as if no two items shared a question.
        pooled: the parts of both that come from the draw of labels.
    """

    value: float
    human: float
    tuning: float
    variance: float
    human_variance: float
    unclustered: float
    human_unclustered: float
    pooled: PooledMean


def powered_moments(
    sample: JudgedSample,
    *,
    outcome: Floats | None = None,
    prediction: Floats | None = None,
) -> PoweredMoments:
    """PPI++ of a sample whose `undefined()` is None, for any predictions, strata, probabilities and clusters.

    `outcome` and `prediction` (N,) stand in for the sample's own where the mean is of something else (a difference of
    two runs); the sample then says which items are labelled. Variances are those of the linearised estimator. With
    clusters each item's part, of its label and of its prediction, is summed within clusters (the sandwich).
    """
    y = np.nan_to_num(sample.outcome if outcome is None else outcome)
    f = sample.prediction if prediction is None else prediction
    strata, rows = _labelled_strata(sample, y, f)
    pooled = pooled_mean(strata)
    weights = sample.label_weights()
    human = float(pooled.human)
    of_run = max(float(weights @ y**2) - human**2, 0.0) / sample.judged

    def variance(draw: float, residual: Floats, slope: float, centre: float) -> float:
        """With clusters: the plain variance times the ratio of the two sandwiches."""
        if not sample.clustered:
            return draw + of_run
        stratum = dense_codes(sample.stratum)
        shares = np.bincount(stratum) / sample.judged
        y_mean, f_mean = (np.bincount(stratum, weights * values) / shares for values in (y, f))
        parts = (y_mean[stratum] + slope * (f - f_mean[stratum]) - centre) / sample.judged
        parts[rows] += weights[rows] * residual
        together = np.bincount(dense_codes(sample.cluster), parts)
        sandwich = float((together**2).sum() * together.size / max(together.size - 1, 1))
        apart = float((parts**2).sum())
        return max((draw + of_run) * sandwich / apart, 0.0) if apart > 1e-15 else sandwich

    return PoweredMoments(
        value=float(pooled.value),
        human=human,
        tuning=float(pooled.tuning),
        variance=variance(float(pooled.variance), pooled.residual, float(pooled.slope), float(pooled.value)),
        human_variance=variance(float(pooled.human_variance), pooled.human_residual, 0.0, human),
        unclustered=float(pooled.variance) + of_run,
        human_unclustered=float(pooled.human_variance) + of_run,
        pooled=pooled,
    )


def _labelled_strata(sample: JudgedSample, y: Floats, f: Floats) -> tuple[LabelledStrata, NDArray[np.int64]]:
    """The labels of a sample, and the items (L,) that have them in the same order."""
    stratum = dense_codes(sample.stratum)
    sizes = np.bincount(stratum).astype(np.float64)
    chosen = np.flatnonzero(sample.labelled)
    rows = chosen[np.argsort(stratum[chosen], kind="stable")]
    run_mean = np.bincount(stratum, f) / sizes
    of_rows = stratum[rows]
    strata = LabelledStrata(
        outcome=y[rows],
        prediction=f[rows],
        labels=np.ones(rows.size),
        weight=sample.label_weights()[rows] / (sizes / sample.judged)[of_rows],
        stratum=of_rows,
        sizes=sizes,
        run_mean=run_mean,
        run_variance=np.bincount(stratum, (f - run_mean[stratum]) ** 2) / np.maximum(sizes - 1, 1),
    )
    return strata, rows


def pooled_interval(
    pooled: PooledMean,
    population: Floats,
    *,
    by_labels: bool = False,
    design_effect: Floats | float = 1.0,
    confidence: float = 0.95,
) -> tuple[Floats, Floats]:
    """Interval of a rate from the pooled estimate itself: ends in [0, 1], shape (...); always around the value.

    It contains every rate θ for which (θ̂ − θ)² <= t² V(θ). The variance of the labels alone changes with θ as θ(1 − θ),
    which makes the interval Wilson's at the effective number of labels. Of that of PPI++ only a part does, as large as
    it is beside theirs; the rest comes from the judge's false reports, which do not vanish with the rate. The ratio of
    the variance to θ̂(1 − θ̂) is averaged with that of an unused judge, which counts as half a failure, as few failures
    say little of it. t is Student's quantile with the degrees of freedom of the labels, at least 10. `population` (...)
    is the number of judged items; `by_labels` leaves the predictions out.
    """
    unit = pooled.unit_variance
    value = np.clip(pooled.human if by_labels else pooled.value, 0, 1)
    events = value * (1 - value)

    def relative(variance: Floats) -> Floats:
        ratio: Floats = (variance + PRIOR_FAILURES * unit**2) / np.maximum(
            events + PRIOR_FAILURES * unit, 1e-300
        )
        return ratio

    alone = relative(pooled.human_variance)
    ratio = alone if by_labels else relative(pooled.variance)
    moving = np.clip(np.divide(ratio, alone, out=np.ones_like(ratio), where=alone > 0), 0, 1)
    limit = (
        scipy.stats.t.ppf((1 + confidence) / 2, np.maximum(pooled.freedom, LEAST_FREEDOM)) ** 2
        * design_effect
    )
    growing = limit * (ratio * moving + 1 / population)
    fixed = limit * ratio * (1 - moving) * events
    middle, scale = value + growing / 2, 1 + growing
    half = np.sqrt(np.maximum(middle**2 - scale * (value**2 - fixed), 0))
    return np.clip((middle - half) / scale, 0, 1), np.clip((middle + half) / scale, 0, 1)


def labels_interval(
    counts: JudgedCounts,
    pooled: PooledMean,
    *,
    design_effect: Floats | float = 1.0,
    confidence: float = 0.95,
) -> tuple[Floats, Floats]:
    """Interval of the rate by labels alone: ends in [0, 1], shape (...).

    `strata_interval`, unless strata with fewer than 4 labels make up a fifth of the variance: their shares of 0, ½ and
    1 say too little for that test, and the interval comes from the effective number of labels.
    """
    population = counts.population
    ends = strata_interval(
        *counts.stratum_cells(), population, design_effect=design_effect, confidence=confidence
    )
    rough = pooled_interval(
        pooled, population, by_labels=True, design_effect=design_effect, confidence=confidence
    )
    thin = (pooled.thin > THIN) & (counts.judged.shape[-2] > 1)
    low, high = (np.where(thin, *pair) for pair in zip(rough, ends, strict=True))
    return low, high


def powered_interval(
    counts: JudgedCounts,
    pooled: PooledMean | None = None,
    *,
    design_effect: Floats | float = 1.0,
    confidence: float = 0.95,
) -> tuple[Floats, Floats]:
    """Interval of the rate from labels within strata and verdicts: ends in [0, 1], shape (...).

    With one stratum, the tuned estimator of a yes/no judge is to first order the sum over verdicts of (share of the
    verdict) × (share of failures among labels with it), Tenenbein's maximum likelihood estimate: the interval inverts
    a test of that. With several it is `pooled_interval`; where the weight is 0, it is that of the labels alone.
    `pooled` is the estimate, where it has more to it than `counts` say.
    """
    if counts.judged.shape[-2] == 1:
        weights, labelled, failures = counts.verdict_cells()
        return stratified_interval(
            weights,
            labelled,
            failures,
            counts.population,
            power=POWERED,
            design_effect=design_effect,
            confidence=confidence,
        )
    estimate = pooled_mean(LabelledStrata.of_counts(counts)) if pooled is None else pooled
    of_labels = labels_interval(counts, estimate, design_effect=design_effect, confidence=confidence)
    of_both = pooled_interval(estimate, counts.population, design_effect=design_effect, confidence=confidence)
    low, high = (np.where(estimate.tuning > 0, *pair) for pair in zip(of_both, of_labels, strict=True))
    return low, high
