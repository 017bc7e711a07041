"""The share of a whole population from a sample that was drawn from it by stratum, and interval.

A sample that is enriched (say, with responses on which judges disagree) is not representative: each unit stands for
1 / (its probability of being drawn) units of the population, and gets this weight. What is estimated is the population
that was sampled from, not a wider one, so the unit is what was drawn, a response, even where responses share
questions: the draw is the only thing that could have come out otherwise. What the interval therefore leaves out is
how people other than these would have rated, and how the model would do on other questions.

Sources: Särndal, Swensson & Wretman, Model Assisted Survey Sampling (1992), ch. 5.6–5.7 (ratio of totals, linearised
variance, stratified sampling without replacement); Korn & Graubard, Survey Methodology 24 (1998) 193–201 (effective
sample size in an interval for a proportion); Agresti & Coull, The American Statistician 52 (1998) 119–126 (adding
pseudo-units so that few hits do not make an interval too narrow).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perg.stats.base.estimate import Estimate
from perg.stats.base.proportions import normal_quantile, score_interval, wilson_interval
from perg.stats.base.resampling import Floats

Counts = NDArray[np.int64]

NOTHING_LABELLED = "nothing of this is labelled yet"
CLOSE_TO_ZERO = 1e-12
PSEUDO_UNITS = 4.0
"""Units of the average kind added to each stratum where its variance is estimated, as in Agresti and Coull's plus four.
With them, 95% intervals covered 91 to 97% in simulated designs of 40 labels and up; with one, 77% in the smallest."""


@dataclass(frozen=True, slots=True, eq=False)
class StratifiedCounts:
    """A sample by stratum, arrays of shape (n_strata,).

    Attributes:
        population: units of each stratum in the population, above 0; drawn / chance of being drawn.
        observed: units drawn and labelled; the labelled ones are a random part of the drawn ones of their stratum.
        in_domain: those among them that the share is of.
        hits: those among these that have the property.

    Raises:
        ValueError: shapes that differ, or counts that are not nested in this order.
    """

    population: Floats
    observed: Counts
    in_domain: Counts
    hits: Counts

    def __post_init__(self) -> None:
        shapes = {array.shape for array in (self.population, self.observed, self.in_domain, self.hits)}
        if len(shapes) != 1 or self.population.ndim != 1:
            raise ValueError("one count per stratum is needed")
        if (self.population <= 0).any() or (self.hits < 0).any():
            raise ValueError("a stratum has units, and counts are not negative")
        nested = (
            (self.hits <= self.in_domain)
            & (self.in_domain <= self.observed)
            & (self.observed <= self.population + 1e-6)
        )
        if not nested.all():
            raise ValueError(
                "hits lie in the domain, the domain in what was observed, that in the population"
            )


@dataclass(frozen=True, slots=True)
class WeightedShare:
    """A share of the population, weighted, and of the sample as it is.

    Attributes:
        weighted: each unit counts for those that it stands for; the interval is for the population.
        unweighted: the share of the labelled units, with Wilson's interval: right only if all had one chance.
        covered: part of the population that lies in strata with a labelled unit, in [0, 1]; the rest is left out.
        is_census: every unit of those strata is labelled, so that no sampling error is left and no interval needed.
    """

    weighted: Estimate
    unweighted: Estimate
    covered: float
    is_census: bool


def stratified_share(counts: StratifiedCounts) -> WeightedShare:
    """Share of `hits` in the domain: the ratio of their estimated totals in the population, in [0, 1].

    The interval is Wilson's with the effective sample size p(1 − p) / variance, where the variance is that of the
    linearised ratio in a stratified sample without replacement, with its finite population correction. The shares
    inside a stratum that it takes are shrunk towards those of all strata by PSEUDO_UNITS: a stratum with few labels,
    or with no hit among them, does not pretend to vary little. Where all the labels say the same, the effective size
    is Kish's, (Σw)² / Σw².
    """
    there = counts.observed > 0
    population, observed = counts.population[there], counts.observed[there].astype(np.float64)
    in_domain, hits = counts.in_domain[there].astype(np.float64), counts.hits[there].astype(np.float64)
    covered = float(population.sum() / counts.population.sum()) if counts.population.size else 0.0
    n = int(in_domain.sum())
    if n == 0:
        nothing = Estimate.of_nothing(NOTHING_LABELLED)
        return WeightedShare(nothing, nothing, covered, is_census=False)
    weight = population / observed
    share = float((weight * hits).sum() / (weight * in_domain).sum())
    is_census = bool((population - observed < 1e-6).all())
    interval = None
    if not is_census:
        variance = _variance(share, population, observed, in_domain, hits)
        if variance > CLOSE_TO_ZERO:
            effective = share * (1 - share) / variance
        else:
            effective = (weight * in_domain).sum() ** 2 / (weight**2 * in_domain).sum()
        interval = score_interval(share, float(effective), normal_quantile(0.95))
    unweighted = Estimate.of(hits.sum() / n, n, wilson_interval(int(hits.sum()), n))
    return WeightedShare(Estimate.of(share, n, interval), unweighted, covered, is_census)


def _variance(share: float, population: Floats, observed: Floats, in_domain: Floats, hits: Floats) -> float:
    """Of the ratio. Σ N² (1 − f) / n · var(u) / total², u = 1 − p for a hit, −p for a miss, 0 outside the domain."""
    weight = population / observed
    domain = (weight * in_domain).sum()
    q = (in_domain + PSEUDO_UNITS * domain / population.sum()) / (observed + PSEUDO_UNITS)
    p = (hits + PSEUDO_UNITS * share) / (in_domain + PSEUDO_UNITS)
    spread = q * p * (1 - p) + q * (1 - q) * (p - share) ** 2
    left = 1 - observed / population
    return float((population * weight * left * spread).sum() / domain**2)
