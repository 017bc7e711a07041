"""The bootstrap as matrix products.

A statistic that depends on the units only through sums of per-unit numbers (a ratio, kappa, alpha) is
resampled by weighting: how often each unit was drawn, times the per-unit numbers. Units that share a cluster
(items that share a question) are summed first, so that whole clusters are drawn.

Sources: Efron & Tibshirani, An Introduction to the Bootstrap (1993), ch. 6 and 13; Field & Welsh,
Bootstrapping clustered data, JRSS B 69 (2007) 369–390; Hesterberg, What Teachers Should Know About the Bootstrap, The
American Statistician 69 (2015) 371–386 (expanded percentiles).
"""

import math
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, stdtrit

Floats = NDArray[np.float64]
Clusters = NDArray[np.int64]

RESAMPLES = 1000
UNDEFINED_SHARE = 0.05
CHUNK_ELEMENTS = 2**22  # 32 MiB of weights at a time
DRAWS_PER_BINOMIAL = 8  # a binomial draw costs about as much as this many draws of a unit


def bootstrap_weights(
    n_units: int,
    resamples: int,
    rng: np.random.Generator,
    *,
    sizes: NDArray[np.int64] | None = None,
    chunk_elements: int = CHUNK_ELEMENTS,
) -> Iterator[Floats]:
    """How often each unit is drawn in each resample: multinomial counts of `n_units` fair draws.

    With `sizes` (u,), which add up to `n_units`, how often each of u groups of equal units is drawn.

    Yields:
        Chunks of shape (r, n_units) or (r, u), whole numbers held as floats for the product that follows; the r
        add up to `resamples`. The size of the chunks bounds memory and does not change the draws.

    Raises:
        ValueError: no unit, or no resample.
    """
    if n_units < 1 or resamples < 1:
        raise ValueError("a bootstrap needs at least one unit and one resample")
    groups = np.ones(n_units, dtype=np.int64) if sizes is None else sizes
    rows = max(1, chunk_elements // groups.size)
    for start in range(0, resamples, rows):
        draws = np.full(min(rows, resamples - start), n_units)
        yield drawn_counts(groups, draws, rng).astype(np.float64)


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


def replicate_sums(
    statistics: Floats,
    *,
    clusters: Clusters | None,
    rng: np.random.Generator,
    resamples: int = RESAMPLES,
) -> Floats:
    """Sums over resampled units (or clusters) of per-unit statistics (n, k): shape (resamples, k).

    Units (clusters) with the same numbers are drawn as one group, which changes nothing but the time.
    """
    per_cluster = cluster_sums(statistics, clusters)
    distinct, sizes = distinct_rows(per_cluster)
    if distinct.shape[0] == per_cluster.shape[0]:
        chunks = bootstrap_weights(per_cluster.shape[0], resamples, rng)
        return np.concatenate([weights @ per_cluster for weights in chunks])
    chunks = bootstrap_weights(per_cluster.shape[0], resamples, rng, sizes=sizes)
    return np.concatenate([weights @ distinct for weights in chunks])


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
    quantile = -float(stdtrit(clusters - 1, (1 - confidence) / 2))
    return float(ndtr(-math.sqrt(clusters / (clusters - 1)) * quantile))


def ratio_interval(
    numerator: Floats,
    denominator: Floats,
    clusters: Clusters | None = None,
    *,
    rng: np.random.Generator,
    resamples: int = RESAMPLES,
    confidence: float = 0.95,
) -> tuple[float, float] | None:
    """Expanded percentile cluster-bootstrap interval of sum(numerator) / sum(denominator), both of shape (n,).

    None if `percentile_interval` finds none. A resample whose denominator is 0 is undefined.
    """
    by_cluster = cluster_sums(np.column_stack([numerator, denominator]), clusters)
    sums = replicate_sums(by_cluster, clusters=None, rng=rng, resamples=resamples)
    return percentile_interval(
        defined_ratio(sums[:, 0], sums[:, 1]), confidence, clusters=by_cluster.shape[0]
    )


def defined_ratio(numerator: Floats, denominator: Floats) -> Floats:
    """Element by element, NaN (an undefined replicate) where the denominator is 0."""
    undefined = np.full(np.broadcast_shapes(numerator.shape, denominator.shape), np.nan)
    ratios: Floats = np.divide(numerator, denominator, out=undefined, where=denominator != 0)
    return ratios
