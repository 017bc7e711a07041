"""Two runs on the same items: differences of their rates, question by question.

Both runs are resampled together, whole questions at a time, so that what is hard for both cancels out. A rate is a
ratio of sums over items, so each run brings a numerator and a denominator for every item; the denominators may differ
(each run has its own items with a correct baseline answer).

The p-value is of the randomisation test that swaps the runs within questions: under the hypothesis that it makes no
difference which run a question's responses come from, every swap is as likely as what was found.

Sources: Efron & Tibshirani, An Introduction to the Bootstrap (1993), ch. 6 and 8; Field & Welsh, JRSS B 69 (2007)
369–390; Phipson & Smyth, Permutation p-values should never be zero, Stat. Appl. Genet. Mol. Biol. 9 (2010) 39.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.statistics.estimate import Estimate
from evaluation.statistics.resampling import (
    RESAMPLES,
    UNDEFINED_SHARE,
    Clusters,
    Floats,
    cluster_sums,
    defined_ratio,
    percentile_interval,
    replicate_sums,
)

SWAPS = 4999
"""Of the randomisation test: the smallest p-value is 1 in 5,000."""

ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class PairedRatio:
    """A ratio of sums over the same items (n,) in run a and run b, as four arrays of shape (n,).

    `complement`: the rate is 1 less the ratio. `undefined` is the reason where a denominator is 0. `tested`: whether
    a p-value is wanted.

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
    """Rate of run a, of run b, and b − a with its interval; `p_value` is two-sided, None where there is no test.

    The n of the difference are the items in common that count in either run.
    """

    a: float | None
    b: float | None
    difference: Estimate
    p_value: float | None


@dataclass(frozen=True, slots=True)
class PairedRates:
    """Rates in the order given, and the resampled differences (resamples, k) that their intervals are made of."""

    rates: tuple[PairedRate, ...]
    replicates: Floats


def paired_rates(
    ratios: Sequence[PairedRatio],
    *,
    clusters: Clusters,
    rng: np.random.Generator,
    resamples: int = RESAMPLES,
    swaps: int = SWAPS,
) -> PairedRates:
    """Differences b − a of ratios over items (n,) that come from questions `clusters` (n,), all on the same draws.

    Raises:
        ValueError: not one cluster id an item.
    """
    if clusters.size == 0 or not ratios:
        nothing = [PairedRate(None, None, Estimate.of_nothing("no items in common"), None) for _ in ratios]
        return PairedRates(tuple(nothing), np.full((resamples, len(ratios)), np.nan))
    table = np.column_stack([column for ratio in ratios for column in ratio.columns])
    by_question = cluster_sums(table, clusters)
    sums = replicate_sums(by_question, clusters=None, rng=rng, resamples=resamples)
    replicates = _differences(sums, ratios)
    observed = _differences(by_question.sum(axis=0, keepdims=True), ratios)[0]
    p_values = _swapped(by_question, ratios, observed, rng=rng, swaps=swaps)
    rates = [
        _rate(ratio, by_question.sum(axis=0)[4 * i : 4 * i + 4], replicates[:, i], p_values[i])
        for i, ratio in enumerate(ratios)
    ]
    return PairedRates(tuple(rates), replicates)


def paired_gain(
    gain: Floats, cost: Floats, *, gain_found: float | None, cost_found: float | None, n: int, per: str
) -> Estimate:
    """Gain for a unit of cost: a ratio of two differences, its percentile interval from the replicates (r,) of both.

    Undefined where either difference is, and where the cost's interval reaches 0: a ratio whose denominator may have
    either sign has no interval (Fieller, JRSS B 16, 1954, 175–185). `per` names the unit of cost.
    """
    if gain_found is None or cost_found is None:
        return Estimate.of_nothing("one of the two differences is undefined", n)
    known = cost[~np.isnan(cost)]
    # Not `percentile_interval`: a difference that is the same in every resample is as sure as can be.
    if known.size < (1 - UNDEFINED_SHARE) * cost.size:
        return Estimate.of_nothing(f"the difference in {per} is undefined in many resamples", n)
    low, high = np.quantile(known, [0.025, 0.975])
    if abs(cost_found) < ROUNDING or low <= 0 <= high:
        return Estimate.of_nothing(f"the runs do not surely differ in {per}", n)
    if cost_found < 0:
        return Estimate.of_nothing(f"it takes fewer {per}, so nothing is paid for the gain", n)
    return Estimate.of(gain_found / cost_found, n, percentile_interval(defined_ratio(gain, cost)))


def _rate(ratio: PairedRatio, sums: Floats, replicates: Floats, p_value: float) -> PairedRate:
    counted = int(((ratio.a_denominator > 0) | (ratio.b_denominator > 0)).sum())
    a, b = (None if not sums[2 * i + 1] else float(sums[2 * i] / sums[2 * i + 1]) for i in range(2))
    if ratio.complement:
        a, b = (None if rate is None else 1 - rate for rate in (a, b))
    if a is None or b is None:
        return PairedRate(a, b, Estimate.of_nothing(ratio.undefined, counted), None)
    difference = Estimate.of(b - a, counted, percentile_interval(replicates))
    return PairedRate(a, b, difference, float(p_value) if ratio.tested else None)


def _differences(sums: Floats, ratios: Sequence[PairedRatio]) -> Floats:
    """b − a of each ratio, NaN where a denominator is 0, from sums (r, 4k): (r, k)."""
    a = defined_ratio(sums[:, 0::4], sums[:, 1::4])
    b = defined_ratio(sums[:, 2::4], sums[:, 3::4])
    signs = np.array([-1.0 if ratio.complement else 1.0 for ratio in ratios])
    differences: Floats = (b - a) * signs
    return differences


def _swapped(
    by_question: Floats,
    ratios: Sequence[PairedRatio],
    observed: Floats,
    *,
    rng: np.random.Generator,
    swaps: int,
) -> Floats:
    """Share of swaps that differ at least as much as what was found (k,), the finding itself counted in."""
    p_values = np.ones(len(ratios))
    tested = [i for i, ratio in enumerate(ratios) if ratio.tested]
    if not tested:
        return p_values
    columns = np.concatenate([np.arange(4 * i, 4 * i + 4) for i in tested])
    # Questions with the same numbers are swapped as one group: how many of them are is binomial.
    distinct, sizes = np.unique(by_question[:, columns], axis=0, return_counts=True)
    exchanged = distinct.reshape(-1, len(tested), 2, 2)[:, :, ::-1, :].reshape(distinct.shape)
    drawn = rng.binomial(sizes, 0.5, size=(swaps, sizes.size)).astype(np.float64)
    sums = sizes @ distinct + drawn @ (exchanged - distinct)
    differences = _differences(sums, [ratios[i] for i in tested])
    extreme = np.abs(differences) >= np.abs(observed[tested]) - ROUNDING
    # A swap without a defined difference is not evidence against the hypothesis.
    extreme |= np.isnan(differences)
    p_values[tested] = (1 + extreme.sum(axis=0)) / (swaps + 1)
    return p_values
