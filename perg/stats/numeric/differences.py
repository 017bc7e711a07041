"""Judge minus people: bias, and the limits between which 95% of the differences lie.

Limits of agreement are bias ± 1.96 standard deviations of a single difference. Where an item has several ratings the
variance of one difference is that between items plus that within them (one-way analysis of variance): the spread of the
items' means would be too small, that of all rows wrong where some items have more of them.

The interval of a limit combines that of the bias with that of the spread, which is taken on a log scale (MOVER). Bias
and spread go together where scores lie at the end of their scale, so their correlation is counted; the usual formula
takes it for 0.

Sources: Bland & Altman, Lancet 327 (1986) 307–310 (limits); Bland & Altman, Statistical Methods in Medical Research 8
(1999) 135–160, section 5, and Journal of Biopharmaceutical Statistics 17 (2007) 571–582 (several ratings an item);
Zou, Psychological Methods 12 (2007) 399–413, and Statistical Methods in Medical Research 22 (2013) 630–642 (MOVER, for
correlated parts and for limits of agreement).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perg.stats.base.delete_one import Statistic, delete_one, delete_one_estimate
from perg.stats.base.estimate import Estimate
from perg.stats.base.proportions import proportion
from perg.stats.base.resampling import Clusters, Floats, defined_ratio, dense_codes

NORMAL = 1.959963984540054
NO_PAIRS = "no item has a rating by both"
FEW_INSIDE, MANY_INSIDE = 0.92, 0.98


@dataclass(frozen=True, slots=True)
class LimitsOfAgreement:
    """Differences judge − people in the unit of the scale.

    Attributes:
        bias: their mean; above 0 the judge is the more generous one.
        spread: standard deviation of a single difference.
        low, high: bias ∓ 1.96 spread, each with its interval.
        inside: share of the differences that lie within the limits: about 95% where they are as the normal
            distribution has them.
        within: the part of the variance that lies between ratings of one item, in [0, 1]; None without an item that has
            several.
    """

    bias: Estimate
    spread: Estimate
    low: Estimate
    high: Estimate
    inside: Estimate
    within: float | None


def limits_of_agreement(
    judge: Floats,
    people: Floats,
    *,
    item: NDArray[np.integer] | None = None,
    clusters: Clusters | None = None,
    confidence: float = 0.95,
) -> LimitsOfAgreement:
    """Of pairs of a judge's and a person's rating (n,), NaN where missing.

    `item` (n,) are the ids of the items, one a row if not given; a row is one pair of ratings. `clusters` (n,) hold
    whole items and are the items if not given. The spread is undefined with one pair, and where no variance can be
    told.

    Raises:
        ValueError: arrays of different shapes, or an item in two clusters.
    """
    arrays = [judge, people, *(extra for extra in (item, clusters) if extra is not None)]
    if judge.ndim != 1 or any(array.shape != judge.shape for array in arrays):
        raise ValueError("judge, people, item and clusters are vectors over the same ratings")
    there = ~(np.isnan(judge) | np.isnan(people))
    difference = (judge - people)[there]
    n = difference.size
    if n == 0:
        nothing = Estimate.of_nothing(NO_PAIRS)
        return LimitsOfAgreement(nothing, nothing, nothing, nothing, nothing, None)
    items = dense_codes(np.arange(judge.size)[there] if item is None else item[there])
    centre = float(difference.mean())  # squares of what is left lose no digits
    sums = _item_sums(difference - centre, items)
    of_clusters = None if clusters is None else _one_cluster_each(items, clusters[there])

    def estimate(
        statistic: Statistic, undefined: str = NO_PAIRS, transform: tuple[Statistic, Statistic] | None = None
    ) -> Estimate:
        return delete_one_estimate(
            sums,
            of_clusters,
            statistic,
            n=n,
            undefined=undefined,
            transform=transform,
            confidence=confidence,
        )

    unknown = "a spread needs two differences"
    bias = estimate(lambda parts: centre + _mean(parts))
    spread = estimate(_spread, unknown, (_log, np.exp))
    low, high = (_limit(sign, bias, spread, sums, of_clusters) for sign in (-1.0, 1.0))
    inside = Estimate.of_nothing(unknown, n)
    if low.value is not None and high.value is not None:
        flags = (difference >= low.value) & (difference <= high.value)
        inside = proportion(
            flags, clusters=items if clusters is None else clusters[there], confidence=confidence
        )
        if inside.value is not None and not FEW_INSIDE <= inside.value <= MANY_INSIDE:
            sentence = (
                f"{inside.value:.0%} of the differences lie within the limits, not 95%: they are not as the normal "
                "distribution has them."
            )
            low, high = low.with_warnings(sentence), high.with_warnings(sentence)
    total, within = _components(sums.sum(axis=0)[np.newaxis])
    repeated = sums.shape[0] < n and total[0] > 0
    return LimitsOfAgreement(
        bias=bias,
        spread=spread,
        low=low,
        high=high,
        inside=inside,
        within=float(within[0] / total[0]) if repeated else None,
    )


def _item_sums(difference: Floats, items: Clusters) -> Floats:
    """By item (i, 6): 1, ratings m, m², sum of differences, their squares, and (sum)² / m."""
    times = np.bincount(items).astype(np.float64)
    total = np.bincount(items, difference)
    squares = np.bincount(items, difference**2)
    return np.column_stack([np.ones(times.size), times, times**2, total, squares, total**2 / times])


def _mean(sums: Floats) -> Floats:
    return defined_ratio(sums[:, 3], sums[:, 1])


def _components(sums: Floats) -> tuple[Floats, Floats]:
    """Variance of a single difference and its part within items, (r,) each, from sums (r, 6); NaN with one rating."""
    items, n, squared_times, total, squares, of_means = sums.T
    within_squares = np.maximum(squares - of_means, 0)
    between_squares = np.maximum(of_means - defined_ratio(total**2, n), 0)
    repeated = n - items > 0.5
    within = np.where(repeated, within_squares / np.where(repeated, n - items, 1), 0)
    between_mean = defined_ratio(between_squares, np.maximum(items - 1, 0))
    per_item = defined_ratio(n - defined_ratio(squared_times, n), np.maximum(items - 1, 0))
    between = np.maximum(between_mean - within, 0) / per_item
    only_item = (items < 1.5) & repeated
    return np.where(only_item, within, between + within), within


def _spread(sums: Floats) -> Floats:
    """Standard deviation of a single difference: (r,)."""
    values: Floats = np.sqrt(_components(sums)[0])
    return values


def _log(values: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        logs: Floats = np.log(values)
    return logs


def _limit(
    sign: float, bias: Estimate, spread: Estimate, sums: Floats, clusters: Clusters | None
) -> Estimate:
    """bias + sign × 1.96 spread, with the two intervals combined."""
    if bias.value is None or spread.value is None:
        return spread
    middle, deviation = bias.value, spread.value
    value = middle + sign * NORMAL * deviation
    if bias.low is None or bias.high is None or spread.low is None or spread.high is None:
        return Estimate.of(value, bias.n, None, warnings=spread.warnings)
    of_bias, of_spread, of_sum = (
        delete_one(sums, clusters, statistic).variance or 0.0
        for statistic in (_mean, _spread, lambda parts: _mean(parts) + _spread(parts))
    )
    together = (of_sum - of_bias - of_spread) / 2
    correlation = float(np.clip(sign * together / max(np.sqrt(of_bias * of_spread), 1e-300), -1, 1))

    def reach(bias_end: float, spread_end: float) -> float:
        first, second = abs(middle - bias_end), NORMAL * abs(deviation - spread_end)
        return float(np.sqrt(max(first**2 + second**2 + 2 * correlation * first * second, 0.0)))

    spread_ends = (spread.low, spread.high) if sign > 0 else (spread.high, spread.low)
    ends = value - reach(bias.low, spread_ends[0]), value + reach(bias.high, spread_ends[1])
    warnings = dict.fromkeys((*bias.warnings, *spread.warnings))
    return Estimate.of(value, bias.n, ends, warnings=tuple(warnings))


def _one_cluster_each(items: Clusters, clusters: Clusters) -> Clusters:
    """The cluster (i,) of each item."""
    of_item = np.zeros(int(items.max()) + 1, dtype=clusters.dtype)
    of_item[items] = clusters
    if (of_item[items] != clusters).any():
        raise ValueError("an item belongs to one cluster")
    return of_item
