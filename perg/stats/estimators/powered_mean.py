"""The mean of a number in a range, from a judge on every item and people on some.

PPI++ as for rates (`ppi`), for outcomes that are not 0 or 1: a score, or a win, loss or tie. Values are brought to
[0, 1]; the interval is `range_interval`, from the variance of the estimate itself, with clusters and design in it.

Sources: as `ppi` and `perg.stats.base.scores`.
"""

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from perg.stats.base.estimate import Estimate
from perg.stats.base.intervals import interval_warnings
from perg.stats.base.resampling import Clusters, Floats, dense_codes
from perg.stats.base.scores import kurtosis, mean_score, range_interval
from perg.stats.estimators.coverage_warning import FEW_FREEDOM, SENTENCES, SIMULATED_LABELS
from perg.stats.estimators.judged_sample import JudgedSample
from perg.stats.estimators.label_selection import BY_CHANCE
from perg.stats.estimators.ppi import LEAST_FREEDOM, powered_moments

FEW_AT_THE_END = 8
ONE_CLUSTER_LABELLED = "All labels belong to one question, so there is no interval."


@dataclass(frozen=True, slots=True)
class CorrectedMean:
    """One mean by three methods, in the unit of the scores.

    Attributes:
        human: by people's labels alone, n = labelled items.
        judge: by the judge alone; its interval knows nothing of the judge's errors. n = judged items.
        corrected: by PPI++, n = labelled items.
        bias: judge − corrected, its interval the corrected one's mirrored; above 0 the judge is too generous.
        tuning: λ of PPI++ in [0, 1]; 0 = the judge is not used.
        effective_labels: labels alone that would give the same variance.
    """

    human: Estimate
    judge: Estimate
    corrected: Estimate
    bias: Estimate
    tuning: float | None
    effective_labels: float | None


def corrected_mean(
    outcome: Floats,
    prediction: Floats,
    *,
    lowest: float = 0.0,
    highest: float = 1.0,
    stratum: NDArray[np.generic] | None = None,
    inclusion: Floats | None = None,
    cluster: Clusters | None = None,
    confidence: float = 0.95,
) -> CorrectedMean:
    """People's mean `outcome` (N,), NaN where there is no label, from the judge's `prediction` (N,) of every item.

    Both lie in [lowest, highest]. Several people's ratings of an item are first averaged. `stratum`, `inclusion` and
    `cluster` (N,) are those of `JudgedSample`. Undefined as the corrected rates are: without two labels, or with a
    stratum that has none.

    Raises:
        ValueError: values outside the range, a range without width, or arrays of different shapes.
    """
    if not highest > lowest:
        raise ValueError("a range runs from the lowest to a higher value")
    y, f = ((values - lowest) / (highest - lowest) for values in (outcome, prediction))
    if not ((y >= 0) & (y <= 1) | np.isnan(y)).all() or not ((f >= 0) & (f <= 1)).all():
        raise ValueError("outcomes and predictions lie in the range; leave out items that were not judged")
    sample = JudgedSample.of(
        np.where(np.isnan(y), np.nan, 0.0), f, stratum=stratum, inclusion=inclusion, cluster=cluster
    )

    def scaled(estimate: Estimate, *warnings: str) -> Estimate:
        if estimate.value is None:
            return estimate
        ends = None
        if estimate.low is not None and estimate.high is not None:
            ends = lowest + (highest - lowest) * estimate.low, lowest + (highest - lowest) * estimate.high
        value = lowest + (highest - lowest) * estimate.value
        return Estimate.of(value, estimate.n, ends, warnings=(*estimate.warnings, *warnings))

    judge = scaled(_without_warnings(mean_score(f, clusters=sample.cluster, confidence=confidence)))
    if (reason := sample.undefined()) is not None:
        nothing = Estimate.of_nothing(reason, sample.n)
        return CorrectedMean(nothing, judge, nothing, nothing, None, None)
    moments = powered_moments(sample, outcome=y, prediction=f)
    unit = max(float(moments.pooled.unit_variance), 1 / sample.n)
    groups = int(np.unique(sample.cluster[sample.labelled]).size)
    freedom = min(groups - 1.0, max(float(moments.pooled.freedom), LEAST_FREEDOM))

    def estimate(value: float, variance: float, residuals: Floats) -> Estimate:
        value = min(max(value, 0.0), 1.0)
        if groups < 2:
            return Estimate.of(value, sample.n, None, warnings=(ONE_CLUSTER_LABELLED,))
        ends = range_interval(
            value,
            variance,
            unit=unit,
            freedom=freedom,
            kurtosis=kurtosis(residuals),
            confidence=confidence,
        )
        return Estimate.of(value, sample.n, ends, warnings=interval_warnings(groups))

    warnings = _warnings(sample, y, float(moments.pooled.freedom))
    labels, predictions = y[sample.labelled], f[sample.labelled]
    of_both = labels - float(moments.pooled.slope) * predictions
    human = scaled(estimate(moments.human, moments.human_variance, labels), *warnings)
    corrected = scaled(estimate(moments.value, moments.variance, of_both), *warnings)
    known = moments.variance > 1e-15 and moments.human_variance > 1e-15
    return CorrectedMean(
        human=human,
        judge=judge,
        corrected=corrected,
        bias=_bias(judge, corrected),
        tuning=moments.tuning,
        effective_labels=sample.n * moments.human_variance / moments.variance if known else None,
    )


def _without_warnings(estimate: Estimate) -> Estimate:
    """The judge's own mean is a fact of the run: what speaks against it is that nobody corrected it."""
    if estimate.value is None:
        return estimate
    ends = None if estimate.low is None or estimate.high is None else (estimate.low, estimate.high)
    return Estimate.of(estimate.value, estimate.n, ends)


def _bias(judge: Estimate, corrected: Estimate) -> Estimate:
    assert judge.value is not None
    assert corrected.value is not None
    ends = None
    if corrected.low is not None and corrected.high is not None:
        ends = (judge.value - corrected.high, judge.value - corrected.low)
    return Estimate.of(judge.value - corrected.value, corrected.n, ends, warnings=corrected.warnings)


def _warnings(sample: JudgedSample, y: Floats, freedom: float) -> tuple[str, ...]:
    """Few labels, labels that nearly all lie at one end of the range, thin strata, labels that were not drawn."""
    labels = y[sample.labelled]
    away = sample.n - max(int((labels < 0.05).sum()), int((labels > 0.95).sum()))
    sentences = [
        _not_drawn(sample),
        SENTENCES["few labels"] if sample.n < SIMULATED_LABELS else None,
        f"All but {away} labels lie at one end of the range: the interval may not hold its level."
        if away < FEW_AT_THE_END
        else None,
        SENTENCES["few strata count"]
        if int(dense_codes(sample.stratum).max()) > 0 and freedom < FEW_FREEDOM
        else None,
    ]
    return tuple(sentence for sentence in sentences if sentence is not None)


def _not_drawn(sample: JudgedSample) -> str | None:
    """The warning of a judge whose mean on the labelled items differs from that on all by more than chance explains.

    As `selection_warning` for rates: within strata, weighted, at 0.1%, widened by labels that share a question.
    """
    stratum, labelled = dense_codes(sample.stratum), sample.labelled
    sizes = np.bincount(stratum).astype(np.float64)
    labels = np.bincount(stratum, labelled)
    means = np.bincount(stratum, sample.prediction) / sizes
    spread = np.bincount(stratum, (sample.prediction - means[stratum]) ** 2) / sizes
    variance = float(((sizes / sample.judged) ** 2 * spread * np.maximum(1 / labels - 1 / sizes, 0)).sum())
    questions = np.unique(sample.cluster[labelled]).size
    error = float(np.sqrt(variance * sample.n / questions))
    difference = float(sample.label_weights() @ sample.prediction - sample.prediction.mean())
    if error < 1e-12 or 2 * float(scipy.special.ndtr(-abs(difference) / error)) >= BY_CHANCE:
        return None
    return (
        "The judge's mean on the labelled items differs from that on all by more than chance: the labels are not a "
        "random sample of the items, so that what rests on them may be far off."
    )
