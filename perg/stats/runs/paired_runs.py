"""Two runs on the same items: differences of their rates, question by question.

Both runs are taken together, whole questions at a time, so that what is hard for both cancels out. A rate is a ratio of
sums over items, so each run brings a numerator and a denominator for every item; the denominators may differ (each run
has its own items with a correct baseline answer).

A difference of rates has one interval and one p-value, of the same statistic and the same distribution: the interval
leaves out 0 exactly where p < 0.05. It is Bonett and Price's, brought to ratios and questions: two pseudo-questions,
one of either direction, stand for what a few differing items cannot tell; the variance is that of the linearised
ratios, summed by question; and where items share questions the quantile is Student's with questions − 1 degrees of
freedom.
Where every item is a question of its own and counts in both runs, it is Bonett and Price's interval itself.

Sources: Bonett & Price, Journal of Educational and Behavioral Statistics 37 (2012) 479–488; Liang & Zeger, Biometrika
73 (1986) 13–22; for amounts and ratios of differences, the bootstrap: Efron & Tibshirani (1993), Field & Welsh, JRSS B
69 (2007) 369–390.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from perg.stats.base.estimate import Estimate
from perg.stats.base.intervals import bootstrap_estimate, interval_warnings
from perg.stats.base.resampling import (
    RESAMPLES,
    UNDEFINED_SHARE,
    Clusters,
    Draws,
    Floats,
    cluster_sums,
    defined_ratio,
    expanded_tail,
    resampled_sums,
)

ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class PairedRatio:
    """A ratio of sums over the same items (n,) in run a and run b, as four arrays of shape (n,).

    `complement`: the rate is 1 minus the ratio. `undefined` is the reason where a denominator is 0. `tested`: a rate,
    with a p-value; otherwise a mean of amounts, with a bootstrap interval and no test.

    Raises:
        ValueError: arrays of different shapes.
    """

    a_numerator: Floats
    a_denominator: Floats
    b_numerator: Floats
    b_denominator: Floats
    complement: bool = False
    undefined: str = "no items in common"
    tested: bool = True

    def __post_init__(self) -> None:
        shapes = {array.shape for array in self.columns}
        if len(shapes) != 1 or len(next(iter(shapes))) != 1:
            raise ValueError("the runs are compared over the same items")

    @property
    def columns(self) -> tuple[Floats, Floats, Floats, Floats]:
        return self.a_numerator, self.a_denominator, self.b_numerator, self.b_denominator


@dataclass(frozen=True, slots=True)
class PairedRate:
    """Rate of run a, of run b, and b − a with its interval; `p_value` is two-sided, None if there is no test.

    The n of the difference are the items in common that count in either run.
    """

    a: float | None
    b: float | None
    difference: Estimate
    p_value: float | None


@dataclass(frozen=True, slots=True)
class PairedRates:
    """Rates in the order given, the resampled differences (resamples, k), and how many questions were resampled."""

    rates: tuple[PairedRate, ...]
    replicates: Floats
    questions: int


def paired_rates(
    ratios: Sequence[PairedRatio], *, clusters: Clusters, rng: np.random.Generator
) -> PairedRates:
    """Differences b − a of ratios over items (n,) that come from questions `clusters` (n,), all on the same draws.

    Raises:
        ValueError: not one cluster id an item.
    """
    if clusters.size == 0 or not ratios:
        nothing = [PairedRate(None, None, Estimate.of_nothing("no items in common"), None) for _ in ratios]
        return PairedRates(tuple(nothing), np.full((RESAMPLES, len(ratios)), np.nan), 0)
    table = np.column_stack([column for ratio in ratios for column in ratio.columns])
    by_question = cluster_sums(table, clusters)
    replicates = _differences(resampled_sums(by_question, Draws(rng=rng))[1:], ratios)
    rates = [
        paired_difference(ratio, clusters=clusters)
        if ratio.tested
        else _difference_of_means(ratio, by_question[:, 4 * i : 4 * i + 4], replicates[:, i])
        for i, ratio in enumerate(ratios)
    ]
    return PairedRates(tuple(rates), replicates, by_question.shape[0])


def paired_difference(ratio: PairedRatio, *, clusters: Clusters, confidence: float = 0.95) -> PairedRate:
    """A rate in run a and in run b over items (n,) from questions `clusters` (n,): b − a, interval and p-value agree.

    Raises:
        ValueError: not one cluster id an item.
    """
    counts = (ratio.a_denominator > 0) | (ratio.b_denominator > 0)
    a, b = _both(ratio, np.array([column.sum() for column in ratio.columns]))
    n = int(counts.sum())
    if a is None or b is None:
        return PairedRate(a, b, Estimate.of_nothing(ratio.undefined, n), None)
    columns = np.column_stack(ratio.columns)[counts]
    items = _parts(columns, a if not ratio.complement else 1 - a, b if not ratio.complement else 1 - b)
    by_question = cluster_sums(items, clusters[counts])
    questions = by_question.shape[0]
    discordant = int((np.abs(by_question[:, 0]) > ROUNDING).sum())
    if questions < 2:
        difference = Estimate.of(b - a, n, None, warnings=interval_warnings(questions))
        return PairedRate(a, b, difference, None)
    centre, error = _adjusted(items, by_question)
    freedom = None if questions == n else questions - 1
    tail = (1 - confidence) / 2
    half = (
        -float(scipy.special.ndtri(tail) if freedom is None else scipy.special.stdtrit(freedom, tail)) * error
    )
    distance = -abs(centre) / error
    p_value = 2 * float(
        scipy.special.ndtr(distance) if freedom is None else scipy.special.stdtr(freedom, distance)
    )
    centre = -centre if ratio.complement else centre
    interval = (max(centre - half, -1.0), min(centre + half, 1.0))
    warnings = interval_warnings(questions, discordant=discordant)
    return PairedRate(a, b, Estimate.of(b - a, n, interval, warnings=warnings), p_value)


def _parts(columns: Floats, a: float, b: float) -> Floats:
    """Each item's part of the difference of ratios, and its weight, (n, 2), from its four columns: they add up to b − a
    and to 1, and (part − (b − a) · weight) is the item's influence."""
    a_numerator, a_weight, b_numerator, b_weight = (columns / columns[:, [1, 1, 3, 3]].sum(axis=0)).T
    influence = (b_numerator - b * b_weight) - (a_numerator - a * a_weight)
    weight = (a_weight + b_weight) / 2
    return np.column_stack([influence + (b - a) * weight, weight])


def _adjusted(items: Floats, by_question: Floats) -> tuple[float, float]:
    """Bonett and Price's difference and standard error, from the parts and weights of items and of questions (., 2).

    A pseudo-question has as many items as questions seem to have that differ all in one direction; where no item
    differs, as many as the questions have.
    """
    part, weight = by_question.T
    alone = float((items[:, 0] ** 2).sum())
    together = float((part**2).sum()) / alone if alone > ROUNDING**2 else 0.0
    if together == 0:
        together = float((weight**2).sum() / (items[:, 1] ** 2).sum())
    unit = max(together, 1.0) * float((items[:, 1] ** 2).sum())  # a pseudo-question's weight
    shrunk = 1 / (1 + 2 * unit)
    centre = float(part.sum()) * shrunk
    residuals = shrunk * part - centre * shrunk * weight
    pseudo = shrunk * unit * np.array([1 - centre, -1 - centre])
    few = part.size / (part.size - 1) if part.size < items.shape[0] else 1.0
    return centre, float(np.sqrt(few * (residuals**2).sum() + (pseudo**2).sum()))


def paired_gain(
    gain: Floats,
    cost: Floats,
    *,
    gain_value: float | None,
    cost_value: float | None,
    n: int,
    questions: int,
    per: str,
) -> Estimate:
    """Gain for a unit of cost: a ratio of two differences, its percentile interval from the replicates (r,) of both.

    Undefined if either difference is, and where the cost's interval reaches 0: a ratio whose denominator may have
    either sign has no interval (Fieller, JRSS B 16, 1954, 175–185). `per` names the unit of cost.
    """
    if gain_value is None or cost_value is None:
        return Estimate.of_nothing("one of the two differences is undefined", n)
    known = cost[~np.isnan(cost)]
    # Not `percentile_interval`: a difference that is the same in every resample is as sure as can be.
    if known.size < (1 - UNDEFINED_SHARE) * cost.size:
        return Estimate.of_nothing(f"the difference in {per} is undefined in many resamples", n)
    if questions < 2:
        return Estimate.of_nothing(f"the difference in {per} is known on one question only", n)
    tail = expanded_tail(questions, 0.95)
    low, high = np.quantile(known, [tail, 1 - tail])
    if abs(cost_value) < ROUNDING or low <= 0 <= high:
        return Estimate.of_nothing(f"the runs do not surely differ in {per}", n)
    if cost_value < 0:
        return Estimate.of_nothing(f"it takes fewer {per}, so nothing is paid for the gain", n)
    return bootstrap_estimate(gain_value / cost_value, n, defined_ratio(gain, cost), clusters=questions)


def _difference_of_means(ratio: PairedRatio, by_question: Floats, replicates: Floats) -> PairedRate:
    a, b = _both(ratio, by_question.sum(axis=0))
    n = int(((ratio.a_denominator > 0) | (ratio.b_denominator > 0)).sum())
    if a is None or b is None:
        return PairedRate(a, b, Estimate.of_nothing(ratio.undefined, n), None)
    questions = int((by_question[:, [1, 3]] > 0).any(axis=1).sum())
    return PairedRate(a, b, bootstrap_estimate(b - a, n, replicates, clusters=questions), None)


def _both(ratio: PairedRatio, sums: Floats) -> tuple[float | None, float | None]:
    """The rate in run a and in run b from the sums (4,) of the columns; None if a denominator is 0."""
    a, b = (None if not sums[2 * i + 1] else float(sums[2 * i] / sums[2 * i + 1]) for i in range(2))
    if ratio.complement:
        a, b = (None if rate is None else 1 - rate for rate in (a, b))
    return a, b


def _differences(sums: Floats, ratios: Sequence[PairedRatio]) -> Floats:
    """b − a of each ratio, NaN where a denominator is 0, from sums (r, 4k): (r, k)."""
    a = defined_ratio(sums[:, 0::4], sums[:, 1::4])
    b = defined_ratio(sums[:, 2::4], sums[:, 3::4])
    signs = np.array([-1.0 if ratio.complement else 1.0 for ratio in ratios])
    differences: Floats = (b - a) * signs
    return differences
