"""The bootstrap as matrix products.

A statistic that depends on the units only through sums of per-unit numbers (a ratio, kappa, alpha) is
resampled by weighting: how often each unit was drawn, times the per-unit numbers. Units that share a cluster
(items that share a question) are summed first, so that whole clusters are drawn.

Sources: Efron & Tibshirani, An Introduction to the Bootstrap (1993), ch. 6 and 13; Field & Welsh,
Bootstrapping clustered data, JRSS B 69 (2007) 369–390; Hesterberg, What Teachers Should Know About the Bootstrap, The
American Statistician 69 (2015) 371–386 (expanded percentiles).
"""

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

import numpy as np
import scipy
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Clusters = NDArray[np.int64]

IntervalMethod = Literal["percentile", "bca"]

RESAMPLES = 1000
UNDEFINED_SHARE = 0.05
CHUNK_ELEMENTS = 2**22  # 32 MiB of weights at a time
DRAWS_PER_BINOMIAL = 8  # a binomial draw costs about as much as this many draws of a unit


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Draws:
    """How a number is resampled: what every function takes whose intervals come from a bootstrap.

    Attributes:
        rng: of the draws; one after another, functions that get the same one draw differently.
        clusters: (n,) ids; units that share one are drawn together. None: every unit is its own cluster.
        resamples: how many. confidence: of the intervals. interval: the expanded percentile interval, or BCa.

    Raises:
        ValueError: no resample.
    """

    rng: np.random.Generator
    clusters: Clusters | None = None
    resamples: int = RESAMPLES
    confidence: float = 0.95
    interval: IntervalMethod = "percentile"

    def __post_init__(self) -> None:
        if self.resamples < 1:
            raise ValueError("a bootstrap needs at least one resample")

    def among(self, units: NDArray[np.bool_]) -> "Draws":
        """The draws of the flagged units (n,) alone."""
        return self if self.clusters is None else replace(self, clusters=self.clusters[units])

    def require_units(self, n: int) -> None:
        """Raise ValueError if there is not one cluster id for each of n units."""
        if self.clusters is not None and self.clusters.shape != (n,):
            raise ValueError("one cluster id per unit is needed")


def drawn_counts(
    sizes: NDArray[np.int64], draws: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """How often each of u groups of equal units, `sizes` (u,), is drawn by `draws` (r,) draws a resample: (r, u).

    Binomial draws where the groups are large; otherwise every unit is drawn, which then costs less.
    """
    mass = int(sizes.sum())
    if mass > DRAWS_PER_BINOMIAL * sizes.size:
        return rng.multinomial(draws, sizes / mass)
    picks = rng.integers(mass, size=int(draws.sum()), dtype=np.int32 if mass < 2**31 else np.int64)
    if mass > sizes.size:
        picks = np.repeat(np.arange(sizes.size), sizes)[picks]
    cells = picks + np.repeat(np.arange(draws.size) * sizes.size, draws)
    return np.bincount(cells, minlength=draws.size * sizes.size).reshape(draws.size, sizes.size)


def cluster_sums(statistics: Floats, clusters: Clusters | None) -> Floats:
    """Per-unit statistics (n, k) summed within clusters (n,): (n_clusters, k), in the order of cluster ids.

    Without clusters every unit is its own.

    Raises:
        ValueError: not one cluster id per unit.
    """
    if clusters is None:
        return statistics
    if clusters.shape != statistics.shape[:1]:
        raise ValueError("one cluster id per unit is needed")
    codes = dense_codes(clusters)
    size = int(codes.max(initial=-1)) + 1
    sums = np.zeros((size, statistics.shape[1]))
    for column, values in enumerate(statistics.T):
        sums[:, column] = np.bincount(codes, values, minlength=size)
    return sums


def dense_codes(ids: NDArray[np.integer]) -> Clusters:
    """Ids (n,) renumbered from 0 in ascending order, without gaps; without sorting where they are small."""
    if ids.size and ids.min() >= 0 and ids.max() < 32 * ids.size:
        there = np.zeros(int(ids.max()) + 1, dtype=np.bool_)
        there[ids] = True
        codes: Clusters = (np.cumsum(there) - 1)[ids]
        return codes
    inverse: Clusters = np.unique(ids, return_inverse=True)[1].astype(np.int64)
    return inverse


def distinct_rows(rows: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """The distinct rows (u, k) of (n, k) in ascending order, and how often each occurs (u,).

    As `numpy.unique` of rows, but column by column, which is several times as fast.
    """
    order = np.lexsort(rows.T[::-1])
    ascending = rows[order]
    new = np.concatenate([[True], (ascending[1:] != ascending[:-1]).any(axis=1)])
    starts = np.flatnonzero(new)
    return ascending[starts], np.diff(starts, append=order.size)


def resampled_sums(statistics: Floats, draws: Draws) -> Floats:
    """Sums of per-unit (or per-cluster) statistics (n, k), in row 0 over all, below over each resample: (1 + R, k).

    The units are drawn one by one: give what `cluster_sums` makes of them where they share clusters. Those with the
    same numbers are drawn as one group, which changes nothing but the time. The size of the chunks bounds memory and
    does not change the draws.

    Raises:
        ValueError: no unit.
    """
    n = statistics.shape[0]
    if n == 0:
        raise ValueError("a bootstrap needs at least one unit")
    groups, sizes = distinct_rows(statistics)
    if groups.shape[0] == n:
        groups, sizes = statistics, np.ones(n, dtype=np.int64)
    rows = max(1, CHUNK_ELEMENTS // sizes.size)
    sums = [statistics.sum(axis=0, keepdims=True)]
    for start in range(0, draws.resamples, rows):
        units = np.full(min(rows, draws.resamples - start), n)
        sums.append(drawn_counts(sizes, units, draws.rng).astype(np.float64) @ groups)
    return np.concatenate(sums)


def percentile_interval(
    replicates: Floats, confidence: float = 0.95, *, clusters: int | None = None
) -> tuple[float, float] | None:
    """Percentile interval of bootstrap replicates (resamples,), in the unit of the statistic.

    With `clusters`, the number of independent units or clusters that were resampled, the percentiles are those of the
    expanded interval (Hesterberg 2015): a bootstrap of G units is too narrow by the factor sqrt((G − 1) / G) and by
    that of Student's to the normal distribution. With many clusters the two are the same. There is none of one cluster.

    Undefined replicates (NaN) are left out. There is no interval (None) where more than 5% of them are
    undefined, since the rest are then a selected lot, nor where they never vary: a sample without variation
    (one unit, perfect agreement) says nothing of the variation that was not drawn, and a width of 0 would
    claim certainty.

    Raises:
        ValueError: `confidence` outside (0, 1).
    """
    if not 0 < confidence < 1:
        raise ValueError("confidence lies between 0 and 1")
    defined = replicates[~np.isnan(replicates)]
    if defined.size == 0 or defined.size < (1 - UNDEFINED_SHARE) * replicates.size:
        return None
    if np.ptp(defined) < 1e-12:
        return None
    if clusters is not None and clusters < 2:
        return None
    tail = (1 - confidence) / 2 if clusters is None else expanded_tail(clusters, confidence)
    low, high = np.quantile(defined, [tail, 1 - tail])
    return float(low), float(high)


@lru_cache(maxsize=4096)
def expanded_tail(clusters: int, confidence: float) -> float:
    """Share of replicates beyond either end of the expanded percentile interval over 2 clusters or more."""
    quantile = -float(scipy.special.stdtrit(clusters - 1, (1 - confidence) / 2))
    return float(scipy.special.ndtr(-math.sqrt(clusters / (clusters - 1)) * quantile))


def defined_ratio(numerator: Floats, denominator: Floats) -> Floats:
    """Element by element, NaN (an undefined replicate) where the denominator is 0."""
    undefined = np.full(np.broadcast_shapes(numerator.shape, denominator.shape), np.nan)
    ratios: Floats = np.divide(numerator, denominator, out=undefined, where=denominator != 0)
    return ratios
