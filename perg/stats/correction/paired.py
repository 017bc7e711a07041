"""The difference of two runs' rates on the same questions: is Pref-Aligner better than direct prompting?

PPI++ on the difference: each question has d = y_b − y_a in {−1, 0, 1} where people labelled both responses, and the
judge's f_b − f_a everywhere. A pair has far less variance than two runs apart, as most questions are easy or hard for
both.

Sources: as `ppi`; the pseudo-pairs in the variance follow Bonett & Price, Journal of Educational and Behavioral
Statistics 37 (2012) 479–488, who add one pair to either discordant cell of McNemar's table: without, two runs that
differ on no labelled question would seem to differ nowhere.
"""

from dataclasses import dataclass

import numpy as np
import scipy

from perg.stats.base.estimate import Estimate
from perg.stats.estimators.coverage_warning import FEW_FREEDOM, SENTENCES
from perg.stats.estimators.judged_sample import JudgedSample
from perg.stats.estimators.ppi import LEAST_FREEDOM, powered_moments

PSEUDO_PAIRS = 2.0
FEW_DISCORDANT = 10


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """Rate of run b minus rate of run a, in [−1, 1]: below 0, b fails less often.

    Attributes:
        labels_only, corrected: the difference by people alone and by PPI++, n = pairs with both labels.
        naive: by the judge alone, over all pairs. `bias` is naive − corrected, its interval the corrected one's
            mirrored.
        tuning: λ in [0, 1]. effective_labels: n times the ratio of variances.
        p_value: two-sided, of no difference, by the corrected estimate.
        warnings: where the interval is known not to hold.
    """

    labels_only: Estimate
    naive: float | None
    corrected: Estimate
    bias: Estimate
    pairs: int
    labelled_pairs: int
    tuning: float | None
    effective_labels: float | None
    p_value: float | None
    warnings: tuple[str, ...]


def paired_difference(a: JudgedSample, b: JudgedSample, *, confidence: float = 0.95) -> PairedDifference:
    """b − a over items (N,) in the same order, on the strata, probabilities and clusters of `a`.

    Only pairs with both labels count as labelled. `inclusion` of `a` is taken for that of the pair. The interval is
    Student's with n − 1 degrees of freedom (clusters − 1, where items share questions; fewer where a stratum with few
    labels weighs much), held within [−1, 1]. The p-value is of the same statistic, so that the two always agree.

    Raises:
        ValueError: samples of different sizes, strata or clusters.
    """
    if a.judged != b.judged or (a.stratum != b.stratum).any() or (a.cluster != b.cluster).any():
        raise ValueError("both runs are over the same items, strata and clusters")
    difference = b.outcome - a.outcome
    predicted = b.prediction - a.prediction
    naive = float((b.verdict - a.verdict).mean()) if a.judged else None
    n = int((~np.isnan(difference)).sum())
    pair = JudgedSample.of(
        np.where(np.isnan(difference), np.nan, 0.0),
        a.prediction,
        stratum=a.stratum,
        inclusion=a.inclusion,
        cluster=a.cluster,
    )
    if (reason := pair.undefined()) is not None:
        why = "no question has a label in both runs" if a.judged and n == 0 else reason
        nothing = Estimate.of_nothing(why, n)
        return PairedDifference(nothing, naive, nothing, nothing, a.judged, n, None, None, None, ())
    moments = powered_moments(pair, outcome=difference, prediction=predicted)
    unit = float(moments.pooled.unit_variance)
    effective = min(float(n), 1 / unit) if unit > 0 else float(n)
    variance = _with_pseudo_pairs(moments.variance, effective)
    plain_variance = _with_pseudo_pairs(moments.human_variance, effective)
    groups = np.unique(pair.cluster[pair.labelled]).size if pair.clustered else n
    freedom = min(groups - 1.0, max(float(moments.pooled.freedom), LEAST_FREEDOM))
    quantile = float(scipy.stats.t.ppf((1 + confidence) / 2, freedom)) if groups > 1 else None

    def estimate(value: float, variance: float) -> Estimate:
        if quantile is None:
            return Estimate.of(value, n, None)
        half = quantile * float(np.sqrt(variance))
        return Estimate.of(value, n, (max(-1.0, value - half), min(1.0, value + half)))

    corrected = estimate(float(np.clip(moments.value, -1, 1)), variance)
    labels_only = estimate(moments.human, plain_variance)
    assert naive is not None
    assert corrected.value is not None
    ends = (
        None
        if corrected.low is None or corrected.high is None
        else (naive - corrected.high, naive - corrected.low)
    )
    discordant = int(np.count_nonzero(np.nan_to_num(difference)))
    warnings = []
    if discordant < FEW_DISCORDANT:
        warnings.append(
            f"The two runs differ on only {discordant} of {n} labelled questions: the interval is a rough one."
        )
    if pair.stratum.any() and moments.pooled.freedom < FEW_FREEDOM:
        warnings.append(SENTENCES["few strata count"])
    statistic = abs(corrected.value) / float(np.sqrt(variance))
    return PairedDifference(
        labels_only=labels_only,
        naive=naive,
        corrected=corrected,
        bias=Estimate.of(naive - corrected.value, n, ends),
        pairs=a.judged,
        labelled_pairs=n,
        tuning=moments.tuning,
        effective_labels=n * plain_variance / variance,
        p_value=float(2 * scipy.stats.t.sf(statistic, freedom)) if groups > 1 else None,
        warnings=tuple(warnings),
    )


def _with_pseudo_pairs(variance: float, n: float) -> float:
    """Variance of a mean of n differences (effective ones, in strata), with one pair more of each discordant kind."""
    return (variance * n**2 + PSEUDO_PAIRS) / (n + PSEUDO_PAIRS) ** 2
