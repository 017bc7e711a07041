"""Prediction-powered rates: a few labels and many predictions.

The estimator, for labels drawn without replacement from the judged items, per stratum and summed with N_h/N:

    θ̂ = ȳ(labelled) + λ' [ f̄(all judged) − f̄(labelled) ],   λ' = cov(y, f) / var(f), within [0, N/(N − n)]

That is PPI++ (`prediction_powered_mean`) with the labelled items against the rest: the two samples are then
independent, as PPI++ wants them, and λ' = λ N/(N − n). So for a simple random sample the value and λ are those of
`ppi_py`, with `Yhat_unlabeled` the predictions of the items without a label.

Its variance has two parts: the labels' own draw, (1/n − 1/N) S²(y − λ'f), and that of the run, S²(y)/N, since the items
asked are a sample of those that might have been. For the rate of exactly these items the second part falls away.

Sources: Angelopoulos, Duchi & Zrnic, PPI++, arXiv 2311.01453; stratum by stratum: Fisch et al., Stratified
Prediction-Powered Inference, arXiv 2406.04291; the difference and regression estimator with inclusion probabilities:
Särndal, Swensson & Wretman, Model Assisted Survey Sampling (1992), ch. 5–7.
"""

from dataclasses import dataclass

import numpy as np

from annotations.agreement.judged_counts import JudgedCounts
from annotations.agreement.judged_sample import JudgedSample
from annotations.agreement.stratified_interval import POWERED, normal_quantile, stratified_interval
from evaluation.statistics.resampling import Floats, dense_codes


@dataclass(frozen=True, slots=True)
class PredictionPoweredMean:
    """A mean from `n` labels and `unlabelled` predictions; `tuning` is λ in [0, 1], 0 = the labels alone."""

    value: float
    low: float
    high: float
    tuning: float
    n: int
    unlabelled: int


def prediction_powered_mean(
    outcomes: Floats,
    predictions: Floats,
    unlabelled_predictions: Floats,
    *,
    tuning: float | None = None,
    confidence: float = 0.95,
) -> PredictionPoweredMean:
    """PPI++ as published, with its normal interval: outcomes and predictions (n,), and other predictions (M,).

    λ is estimated as `ppi_py` does (covariance by n, pooled variance by n + M − 1, held within [0, 1]) unless given.
    Nothing holds the interval within the range of the outcomes, and with few failures it covers too seldom: that is
    what `powered_interval` is for.

    Raises:
        ValueError: no label, no unlabelled prediction, or shapes that do not fit.
    """
    n, m = outcomes.size, unlabelled_predictions.size
    if outcomes.shape != (n,) or predictions.shape != (n,) or unlabelled_predictions.shape != (m,):
        raise ValueError("outcomes and predictions are vectors over the same labelled items")
    if n == 0 or m == 0:
        raise ValueError("labels and unlabelled predictions are needed")
    if tuning is None:
        spread = np.concatenate([predictions, unlabelled_predictions]).var(ddof=1)
        shared = np.mean((outcomes - outcomes.mean()) * (predictions - predictions.mean()))
        tuning = float(np.clip(shared / ((1 + n / m) * spread), 0, 1)) if spread > 0 else 0.0
    value = tuning * unlabelled_predictions.mean() + (outcomes - tuning * predictions).mean()
    variance = tuning**2 * unlabelled_predictions.var() / m + (outcomes - tuning * predictions).var() / n
    half = normal_quantile(confidence) * np.sqrt(variance)
    return PredictionPoweredMean(float(value), float(value - half), float(value + half), tuning, n, m)


@dataclass(frozen=True, slots=True)
class PoweredMoments:
    """What `powered_moments` finds; nothing is held within the range of the outcome.

    Attributes:
        value, human: the mean with the predictions, and by the labels alone under the same design.
        tuning: λ of PPI++, averaged over strata.
        variance, human_variance: of both, clusters and design respected.
        unclustered, human_unclustered: the same as if no two items shared a question.
    """

    value: float
    human: float
    tuning: float
    variance: float
    human_variance: float
    unclustered: float
    human_unclustered: float


def powered_moments(
    sample: JudgedSample,
    *,
    outcome: Floats | None = None,
    prediction: Floats | None = None,
    run_is_sample: bool = True,
) -> PoweredMoments:
    """PPI++ of a sample whose `undefined()` is None, for any predictions, strata, probabilities and clusters.

    `outcome` and `prediction` (N,) stand in for the sample's own where the mean is of something else (a difference of
    two runs); the sample then says which items are labelled. Variances are those of the linearised estimator. With
    clusters each item's part, of its label and of its prediction, is summed within clusters (the sandwich), for a run
    that is a sample of questions; for exactly these items only the draw of labels is random, and clusters do not
    matter.
    """
    labelled, strata, weights = sample.labelled, sample.stratum, sample.label_weights()
    y = np.nan_to_num(sample.outcome if outcome is None else outcome)
    f = sample.prediction if prediction is None else prediction
    sizes = np.bincount(strata).astype(np.float64)
    drawn = np.bincount(strata, labelled).astype(np.float64)
    shares = sizes / sample.judged

    def weighted(values: Floats) -> Floats:
        """Mean by stratum, estimated from labelled items."""
        means: Floats = np.bincount(strata, weights * values) / shares
        return means

    y_mean, f_mean, f_all = weighted(y), weighted(f), np.bincount(strata, f) / sizes
    covariance = weighted((y - y_mean[strata]) * (f - f_mean[strata]))
    spread = np.bincount(strata, (f - f_all[strata]) ** 2) / np.maximum(sizes - 1, 1)
    slope = _tuned_slope(covariance, spread, sizes, drawn)
    human = float(shares @ y_mean)
    of_run = max(float(shares @ weighted(y**2)) - human**2, 0.0) / sample.judged

    def variances(slopes: Floats, centre: float) -> tuple[float, float]:
        """(with clusters, without) of the estimator with these slopes."""
        residual = y - slopes[strata] * f
        residual = residual - weighted(residual)[strata]
        finite = drawn / np.maximum(drawn - 1, 1) * (1 - drawn / sizes)
        draw = float((weights**2 * residual**2 * finite[strata]).sum())
        if not run_is_sample:
            return draw, draw
        if not sample.clustered:
            return draw + of_run, draw + of_run
        model = y_mean[strata] + slopes[strata] * (f - f_mean[strata]) - centre
        parts = np.bincount(dense_codes(sample.cluster), weights * residual + model / sample.judged)
        return float((parts**2).sum() * parts.size / max(parts.size - 1, 1)), draw + of_run

    value = float(shares @ (y_mean + slope * (f_all - f_mean)))
    variance, unclustered = variances(slope, value)
    human_variance, human_unclustered = variances(np.zeros_like(slope), human)
    return PoweredMoments(
        value=value,
        human=human,
        tuning=float(shares @ (slope * (sizes - drawn) / sizes)),
        variance=variance,
        human_variance=human_variance,
        unclustered=unclustered,
        human_unclustered=human_unclustered,
    )


def _tuned_slope(covariance: Floats, spread: Floats, sizes: Floats, drawn: Floats) -> Floats:
    """λ' = cov / var within [0, N/(N − n)]; 0 where predictions do not vary or every item has a label."""
    slope = np.divide(covariance, spread, out=np.zeros_like(spread), where=spread > 1e-12)
    rest = sizes - drawn
    return np.where(rest > 0, np.clip(slope, 0, sizes / np.maximum(rest, 1)), 0)


def powered_interval(
    counts: JudgedCounts,
    *,
    power: float = POWERED,
    design_effect: Floats | float = 1.0,
    run_is_sample: bool = True,
    confidence: float = 0.95,
) -> tuple[Floats, Floats]:
    """Interval of the rate from labels within strata and verdicts: ends in [0, 1], shape (...).

    For a yes/no judge, the tuned estimator is to first order the sum over verdicts of (share of the verdict) × (share
    of failures among labels with it), Tenenbein's maximum likelihood estimate: so the interval inverts a test of that.
    """
    weights, labelled, failures = counts.verdict_cells()
    return stratified_interval(
        weights,
        labelled,
        failures,
        counts.population,
        power=power,
        design_effect=design_effect,
        run_is_sample=run_is_sample,
        confidence=confidence,
    )


def powered_value(counts: JudgedCounts) -> tuple[Floats, Floats]:
    """PPI++ of a yes/no judge: the rate held within [0, 1] and λ, both (...), for many campaigns at once.

    The same as `powered_moments` for equal probabilities within strata, which a test holds to.
    """
    sizes, drawn = counts.judged.sum(axis=-1), counts.labelled.sum(axis=-1)
    there = np.maximum(drawn, 1)
    y_mean = counts.failures.sum(axis=-1) / there
    f_mean, f_all = counts.labelled[..., 1] / there, counts.judged[..., 1] / np.maximum(sizes, 1)
    covariance = counts.failures[..., 1] / there - y_mean * f_mean
    spread = f_all * (1 - f_all) * sizes / np.maximum(sizes - 1, 1)
    slope = _tuned_slope(covariance, spread, sizes, drawn)
    shares = counts.stratum_weights
    value = (shares * (y_mean + slope * (f_all - f_mean))).sum(axis=-1)
    tuning = (shares * slope * (sizes - drawn) / np.maximum(sizes, 1)).sum(axis=-1)
    return np.clip(value, 0, 1), tuning
