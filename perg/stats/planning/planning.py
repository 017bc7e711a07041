"""How many labels an interval of the corrected rate needs.

The report's own intervals are computed on simulated campaigns, so that a plan knows what they know: the finite run of
judged items out of which labels are drawn, rates that are estimated, smoothing, and that labels on all of the run give
the labels' own rate. The width planned for is the median over campaigns: near chance, or with few failures, a few
campaigns have intervals from 0 to 1, which would drive a mean.

A plan is as good as its guesses: the failure rate and the judge's error rates as seen on the labels so far.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from perg.stats.base.proportions import normal_quantile
from perg.stats.base.resampling import Floats
from perg.stats.estimators.judged_counts import JudgedCounts
from perg.stats.estimators.ppi import powered_interval
from perg.stats.estimators.rogan_gladen import rogan_gladen
from perg.stats.estimators.stratified_interval import stratified_interval

Method = Literal["human only", "PPI++", "Rogan-Gladen"]

CAMPAIGNS = 100
"""Simulated for each number of labels that is tried; the median width then varies by about 2%."""

FEWEST_LABELS = 10
TOLERANCE = 0.015
OFTEN_UNDEFINED = 0.05


@dataclass(frozen=True, slots=True)
class LabelPlan:
    """Items that people must label, of the `judged` ones of a run, for an interval of ± `half_width`.

    It is that narrow in half of the campaigns. None if no number does, for a reason.
    """

    method: Method
    half_width: float
    judged: int
    labels: int | None
    undefined: str | None


@dataclass(frozen=True, slots=True)
class JudgedRun:
    """What is taken for true of a run that is to be labelled.

    Attributes:
        failure_rate: in (0, 1). sensitivity, specificity: the judge's, in [0, 1].
        judged: N >= 2 items, all rated by the judge; labels are drawn from them at random.
        clustering: by how much clusters widen the variance once all of the run is labelled: the design effect of n
            labels is 1 + clustering · n / N. 0 where items share no question.

    Raises:
        ValueError: a number outside its range.
    """

    failure_rate: float
    sensitivity: float
    specificity: float
    judged: int
    clustering: float = 0.0

    def __post_init__(self) -> None:
        if not 0 < self.failure_rate < 1 or self.clustering < 0:
            raise ValueError("a failure rate lies in (0, 1), and clustering is not negative")
        if not 0 <= self.sensitivity <= 1 or not 0 <= self.specificity <= 1 or self.judged < 2:
            raise ValueError("sensitivity and specificity lie in [0, 1], and two items are judged at least")

    def campaigns(self, labels: int, count: int, rng: np.random.Generator) -> JudgedCounts:
        """Simulated campaigns with labels on items drawn at random: counts (count, 1, 2)."""
        rate = self.failure_rate
        cells = np.array(  # judge sees no failure, judge sees one; of each: no failure, failure
            [
                (1 - rate) * self.specificity,
                rate * (1 - self.sensitivity),
                (1 - rate) * (1 - self.specificity),
                rate * self.sensitivity,
            ]
        )
        items = rng.multinomial(self.judged, cells / cells.sum(), size=count)
        drawn = rng.multivariate_hypergeometric  # of one campaign; the run differs from campaign to campaign
        labelled = np.stack([drawn(run, labels) for run in items]).reshape(count, 2, 2)
        judged = items.reshape(count, 2, 2).sum(axis=2)
        counts = (judged, labelled.sum(axis=2), labelled[:, :, 1])
        return JudgedCounts(*(array.astype(np.float64)[:, np.newaxis, :] for array in counts))


def labels_for_interval(
    half_width: float,
    run: JudgedRun,
    *,
    method: Method = "PPI++",
    confidence: float = 0.95,
    rng: np.random.Generator,
) -> LabelPlan:
    """Labels for an interval of the corrected failure rate that reaches `half_width` to either side, as the median.

    The rate is that of the population that the judged items come from, so the judged items bound what labels can do.
    At least 10 labels; coverage asks for more (`bench/coverage.py`).

    Raises:
        ValueError: a half-width or confidence outside (0, 1).
    """
    if not 0 < half_width < 1 or not 0 < confidence < 1:
        raise ValueError("half-width and confidence lie in (0, 1)")
    if method == "Rogan-Gladen" and run.sensitivity + run.specificity - 1 < 1e-9:
        reason = (
            "sensitivity and specificity add up to no more than 1: a judge without skill corrects nothing"
        )
        return LabelPlan(method, half_width, run.judged, None, reason)
    seed = int(rng.integers(2**32))

    def ratio(labels: int) -> float:
        draws = np.random.default_rng(seed)
        return half_width_of_labels(labels, run, method=method, confidence=confidence, rng=draws) / half_width

    if ratio(run.judged) > 1:
        reason = f"labels on all {run.judged} judged units would not do: judge more units"
        return LabelPlan(method, half_width, run.judged, None, reason)
    low, high = min(FEWEST_LABELS, run.judged) - 1, run.judged
    rate = run.failure_rate
    labels = round(rate * (1 - rate) * (normal_quantile(confidence) / half_width) ** 2)  # for labels alone
    while high - low > max(1, TOLERANCE * high):
        labels = min(max(labels, low + 1), high - 1)
        wide = ratio(labels)
        low, high = (labels, high) if wide > 1 else (low, labels)
        # Widths fall with the root of the labels; where the next guess hardly narrows the search, halve it.
        guess = (
            math.ceil(labels * wide**2 * (1 + math.copysign(TOLERANCE / 3, wide - 1))) if wide < 3 else high
        )
        labels = guess if low < guess < high else (low + high) // 2
    return LabelPlan(method, half_width, run.judged, high, None)


def half_width_of_labels(
    labels: int,
    run: JudgedRun,
    *,
    method: Method = "PPI++",
    confidence: float = 0.95,
    rng: np.random.Generator,
) -> float:
    """The other way round: how far the interval reaches to either side with this many labels, as the median.

    Infinite where more than one campaign in twenty would have no rate.

    Raises:
        ValueError: fewer labels than 1, or more than are judged.
    """
    if not 1 <= labels <= run.judged:
        raise ValueError("labels are drawn from the judged items")
    normal_quantile(confidence)  # refuses what is no confidence
    counts = run.campaigns(labels, CAMPAIGNS, rng)
    effect = 1 + run.clustering * labels / run.judged
    low, high = _interval(counts, method, effect, confidence)
    widths = (high - low) / 2
    defined = ~np.isnan(widths)
    if defined.mean() < 1 - OFTEN_UNDEFINED:
        return math.inf
    return float(np.median(widths[defined]))


def _interval(
    counts: JudgedCounts, method: Method, design_effect: float, confidence: float
) -> tuple[Floats, Floats]:
    """Ends of each campaign's interval (campaigns,), as in the corrected rates; NaN where there is no rate."""
    if method == "human only":
        return stratified_interval(
            *counts.stratum_cells(), counts.population, design_effect=design_effect, confidence=confidence
        )
    if method == "PPI++":
        return powered_interval(counts, design_effect=design_effect, confidence=confidence)
    corrected = rogan_gladen(counts, design_effect=design_effect, confidence=confidence)
    undefined = np.isnan(corrected.value)
    low, high = (np.where(undefined, np.nan, end) for end in (corrected.low, corrected.high))
    return low, high
