"""The true rate of a 0/1 outcome of a run, from a judge on every item and people on some.

Four estimates are compared: people's labels alone, the judge alone, PPI++ and Rogan–Gladen. All take
a `JudgedSample`, so that strata, inclusion probabilities and questions count in each. The rate is that of the process
behind the run (this model, prompted so, on questions like these), as everywhere in PERG's metrics.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, Self

import numpy as np

from perg.stats.base.estimate import Estimate
from perg.stats.base.resampling import Floats, dense_codes
from perg.stats.estimators.coverage_warning import coverage_warning
from perg.stats.estimators.judged_counts import JudgedCounts
from perg.stats.estimators.judged_sample import JudgedSample
from perg.stats.estimators.label_selection import selection_warning
from perg.stats.estimators.pooled_weight import PooledMean
from perg.stats.estimators.ppi import (
    PoweredMoments,
    labels_interval,
    pooled_interval,
    powered_interval,
    powered_moments,
)
from perg.stats.estimators.rogan_gladen import rogan_gladen
from perg.stats.estimators.stratified_interval import stratified_interval

Ends = tuple[Floats, Floats]
"""Of an interval, each of shape ()."""

Method = Literal["human labels only", "judge naively", "PPI++", "Rogan–Gladen"]

HUMAN: Method = "human labels only"
NAIVE: Method = "judge naively"
POWERED: Method = "PPI++"
ROGAN_GLADEN: Method = "Rogan–Gladen"


UNEQUAL_WEIGHTS = (
    "Within strata of few labels, these have very unequal weights: the rate may be off by more than a fifth of its "
    "standard error, and the interval may cover 90 to 99 %."
)
IMBALANCE = 1.3


@dataclass(frozen=True, slots=True)
class CorrectedRate:
    """One estimate of the rate.

    Attributes:
        method: how it was estimated.
        estimate: the rate in [0, 1] with its interval; n = labelled items (judged ones for the judge naively). The
            intervals invert tests and are not built around the value: where few labels leave it outside (in up to 5 %
            of campaigns with few failures, else never), it is held at the nearer end.
        labelled, judged: n and N.
        naive: the judge alone, uncorrected.
        bias: naive − estimate, in [−1, 1]; above 0 the judge is too harsh. The naive rate is taken as a fact of the
            run, so the interval is the estimate's, mirrored.
        tuning: λ of PPI++ in [0, 1], averaged over strata: 0 = the predictions are not used; None for other methods.
        effective_labels: how many labels alone, drawn in the same way, would give the same variance: n times the ratio
            of variances. Below n, the method does worse than the labels alone. None if no variance is estimable.
        warnings: sentences on where simulation shows the interval not to hold its 95 %, or on what was left out.
    """

    method: Method
    estimate: Estimate
    labelled: int
    judged: int
    naive: float | None
    bias: Estimate
    tuning: float | None
    effective_labels: float | None
    warnings: tuple[str, ...]

    @property
    def reportable(self) -> bool:
        """Whether it is defined, has an interval, and carries no warning."""
        return self.estimate.value is not None and self.estimate.low is not None and not self.warnings


@dataclass(frozen=True, slots=True)
class CorrectedRates:
    """The same rate by each method.

    `recommended` is the one to report: the first of PPI++, Rogan–Gladen and the labels alone that has an interval and
    no warning, or None. Never the judge naively, whose interval knows nothing of the judge's errors.
    `recommended_reason` says why, in one sentence.
    """

    human: CorrectedRate
    naive: CorrectedRate
    powered: CorrectedRate
    rogan_gladen: CorrectedRate
    recommended: Method | None = None
    recommended_reason: str = ""

    @classmethod
    def of(
        cls, human: CorrectedRate, naive: CorrectedRate, powered: CorrectedRate, rogan_gladen: CorrectedRate
    ) -> Self:
        """The rates with the one that they recommend."""
        by_preference = (powered, rogan_gladen, human)
        method = next((rate.method for rate in by_preference if rate.reportable), None)
        return cls(human, naive, powered, rogan_gladen, method, _reason(method, human))


def _reason(recommended: Method | None, human: CorrectedRate) -> str:
    """Why that method, or why none: one sentence."""
    if recommended == POWERED:
        return "PPI++ uses people's labels and all verdicts of the judge, and nothing speaks against its interval."
    if recommended == ROGAN_GLADEN:
        return "PPI++ is undefined or has a warning; nothing speaks against the interval of Rogan–Gladen."
    if recommended == HUMAN:
        return (
            "PPI++ and Rogan–Gladen are undefined or have a warning; nothing speaks against the interval of "
            "people's labels alone."
        )
    if human.estimate.value is None:
        return f"No corrected rate is defined: {human.estimate.undefined}."
    return "Every corrected rate is undefined or has a warning: more labels are needed."


def corrected_rates(sample: JudgedSample, *, confidence: float = 0.95) -> CorrectedRates:
    """The rate by all four methods."""
    rates = _Rates(sample, confidence)
    return CorrectedRates.of(rates.human(), rates.naive(), rates.powered(), rates.rogan_gladen())


def powered_rate(sample: JudgedSample, *, grouped: bool = True, confidence: float = 0.95) -> CorrectedRate:
    """The rate by PPI++ alone; `grouped` says whether items with like predictions are alike, labelled or not."""
    return _Rates(sample, confidence).powered(grouped=grouped)


class _Rates:
    """One sample, with what several methods need of it."""

    def __init__(self, sample: JudgedSample, confidence: float) -> None:
        self.sample, self.confidence = sample, confidence
        self.undefined = sample.undefined()
        self.moments: PoweredMoments | None = None if self.undefined else powered_moments(sample)
        self.share = float(sample.verdict.mean()) if sample.judged else None

    @cached_property
    def counts(self) -> JudgedCounts:
        """Counts by stratum and verdict."""
        return self.sample.counts()

    @cached_property
    def selected(self) -> str | None:
        """The warning if the labels are not a random sample."""
        return selection_warning(self.sample, self.counts)

    def human(self) -> CorrectedRate:
        """Labels alone, weighted by design; Wilson's interval for one stratum, `labels_interval` for more."""
        if self.moments is None:
            return self._nothing(HUMAN)
        effect = _design_effect(self.moments.human_variance, self.moments.human_unclustered)
        if not self.sample.equal_probabilities:
            interval = self._of_estimate(self.moments.pooled, effect, by_labels=True)
        else:
            interval = labels_interval(
                self.sample.counts(np.zeros_like(self.sample.stratum)),
                self.moments.pooled,
                design_effect=effect,
                confidence=self.confidence,
            )
        return self._rate(HUMAN, self.moments.human, interval, self.moments.human_variance)

    def _of_estimate(self, pooled: PooledMean, design_effect: float, *, by_labels: bool = False) -> Ends:
        """The interval that an estimate has of itself."""
        return pooled_interval(
            pooled,
            np.asarray(float(self.sample.judged)),
            by_labels=by_labels,
            design_effect=design_effect,
            confidence=self.confidence,
        )

    def naive(self) -> CorrectedRate:
        """The judge's own rate of failures; Wilson's interval, which knows nothing of the judge's errors."""
        if self.share is None:
            return self._nothing(NAIVE)
        n = float(self.sample.judged)
        parts = np.bincount(dense_codes(self.sample.cluster), self.sample.verdict - self.share)
        effect = _design_effect(float((parts**2).sum()), n * self.share * (1 - self.share))
        one, total, failed = np.ones(1), np.array([n]), np.array([n * self.share])
        low, high = stratified_interval(
            one, total, failed, np.asarray(np.inf), design_effect=effect, confidence=self.confidence
        )
        estimate = Estimate.of(self.share, self.sample.judged, (float(low), float(high)))
        return CorrectedRate(
            NAIVE,
            estimate,
            self.sample.n,
            self.sample.judged,
            self.share,
            Estimate.of_nothing("the judge naively is what the others are compared with"),
            None,
            None,
            (),
        )

    def powered(self, *, grouped: bool = True) -> CorrectedRate:
        """PPI++ with one weight for all strata: see `ppi`.

        For a simple random sample the interval inverts a test on groups of like predictions, unless these are not
        `grouped`; otherwise it comes from the estimate.
        """
        if self.moments is None:
            return self._nothing(POWERED)
        effect = _design_effect(self.moments.variance, self.moments.unclustered)
        if grouped and self.sample.equal_probabilities:
            interval = powered_interval(
                self.sample.counts(self.sample.prediction_groups()),
                self.moments.pooled,
                design_effect=effect,
                confidence=self.confidence,
            )
        else:
            interval = self._of_estimate(self.moments.pooled, effect)
        value = float(np.clip(self.moments.value, 0, 1))
        return self._rate(POWERED, value, interval, self.moments.variance, self.moments.tuning)

    def rogan_gladen(self) -> CorrectedRate:
        """Rogan–Gladen with Fieller's interval: see `rogan_gladen`. Predictions count as verdicts, cut at one half.

        With unequal inclusion probabilities, labels are weighted up to the run's verdicts within each stratum. The
        rate is then Σ (share of a verdict) × (weighted share of failures with it), with that sum's interval.
        """
        if self.moments is None:
            return self._nothing(ROGAN_GLADEN)
        effect = max(
            _design_effect(self.moments.variance, self.moments.unclustered),
            _design_effect(self.moments.human_variance, self.moments.human_unclustered),
        )
        counts = self.counts
        if not self.sample.equal_probabilities:
            if ((counts.judged > 0) & (counts.labelled <= 0)).any():
                return self._nothing(ROGAN_GLADEN, "a verdict of the judge has no label in some stratum")
            counts = counts.by_verdict()
        estimate = rogan_gladen(
            counts,
            design_effect=effect,
            confidence=self.confidence,
        )
        sensitivity, specificity = float(estimate.sensitivity), float(estimate.specificity)
        if np.isnan(sensitivity):
            return self._nothing(ROGAN_GLADEN, "no failure among the labels: the sensitivity is unknown")
        if np.isnan(specificity):
            return self._nothing(
                ROGAN_GLADEN, "nothing but failures among the labels: the specificity is unknown"
            )
        if np.isnan(estimate.value):
            return self._nothing(
                ROGAN_GLADEN,
                f"sensitivity {sensitivity:.2f} + specificity {specificity:.2f} is not above 1: "
                "the judge finds failures no better than chance",
            )
        fits = not (np.isnan(estimate.low) or np.isnan(estimate.high))
        interval = (estimate.low, estimate.high) if fits else None
        if not self.sample.equal_probabilities:
            parts = replace(self.sample, stratum=dense_codes(2 * self.sample.stratum + self.sample.verdict))
            interval = self._of_estimate(powered_moments(parts).pooled, effect, by_labels=True)
        return self._rate(ROGAN_GLADEN, float(estimate.value), interval, float(estimate.variance))

    def _rate(
        self,
        method: Method,
        value: float,
        ends: Ends | None,
        variance: float,
        tuning: float | None = None,
    ) -> CorrectedRate:
        assert self.moments is not None
        assert self.share is not None
        interval = None if ends is None else (float(ends[0]), float(ends[1]))
        if interval is not None:
            value = float(np.clip(value, *interval))
        estimate = Estimate.of(value, self.sample.n, interval)
        mirrored = None if interval is None else (self.share - interval[1], self.share - interval[0])
        known = self.moments.human_variance > 1e-12 and variance > 1e-12
        gained = self.sample.n * self.moments.human_variance / variance if known else None
        return CorrectedRate(
            method=method,
            estimate=estimate,
            labelled=self.sample.n,
            judged=self.sample.judged,
            naive=self.share,
            bias=Estimate.of(self.share - value, self.sample.n, mirrored),
            tuning=tuning,
            effective_labels=gained,
            warnings=self._warnings(method, has_interval=interval is not None),
        )

    def _warnings(self, method: Method, *, has_interval: bool) -> tuple[str, ...]:
        if not has_interval:
            return (
                "No rate between 0 and 1 fits the judge's rate in the run and its errors among the labels.",
            )
        warnings = coverage_warning(self.counts, method)
        if self.selected is not None:
            warnings = (self.selected, *warnings)
        return (*warnings, UNEQUAL_WEIGHTS) if self._weights_are_rough(method) else warnings

    def _weights_are_rough(self, method: Method) -> bool:
        """Whether unequal weights shift the estimate, or make one label of a few say much more than others."""
        assert self.moments is not None
        pooled = self.moments.pooled
        if self.sample.stratum.any() and pooled.imbalance > IMBALANCE:
            return True
        by_method = {
            HUMAN: (pooled.human_bias, self.moments.human_variance),
            POWERED: (pooled.bias, self.moments.variance),
        }
        if method not in by_method:
            return False
        bias, variance = by_method[method]
        return bool(bias**2 > variance / 25 + 1e-12)

    def _nothing(self, method: Method, reason: str | None = None) -> CorrectedRate:
        why = reason or self.undefined or "no item is judged"
        nothing = Estimate.of_nothing(why, self.sample.n)
        return CorrectedRate(
            method, nothing, self.sample.n, self.sample.judged, self.share, nothing, None, None, ()
        )


def _design_effect(clustered: float, plain: float) -> float:
    """How much clusters widen a variance; at least 1, since an estimate below is chance more often than fact."""
    return max(1.0, clustered / plain) if plain > 1e-12 else 1.0
