"""Two raters on a scale: whether they order units alike, and which of them rates higher.

Source: Spearman, The proof and measurement of association between two things, American Journal of Psychology
15 (1904) 72–101, with mid-ranks for ties. Equal to `scipy.stats.spearmanr`.
"""

from collections.abc import Callable, Sequence
from typing import Unpack

import numpy as np

from perg.stats.base.estimate import Estimate
from perg.stats.base.pooling import BootstrapOptions, IntervalMethod, PooledBootstrap, pool
from perg.stats.base.resampling import RESAMPLES, Clusters, Floats, defined_ratio
from perg.stats.measures.kappa import NOT_RATED_BY_BOTH, unit_pairs
from perg.stats.ratings.pair_counts import PairCounts
from perg.stats.ratings.ratings import Ratings, category_codes

ONE_RATING_ONLY = "a rater gave every unit the same rating, so the units have no order"


def spearman(
    a: Ratings,
    b: Ratings,
    categories: Sequence[float],
    **options: Unpack[BootstrapOptions],
) -> Estimate:
    """Rank correlation in [−1, 1] of two raters' ratings (n,), NaN where missing, out of ascending `categories`.

    n = units rated by both. Undefined without such a unit, and where a rater never varies.

    Raises:
        ValueError: arrays of different shapes, or a rating outside the categories.
    """
    return _estimate(a, b, categories, spearman_of_pairs, ONE_RATING_ONLY, **options)


def mean_signed_difference(
    a: Ratings,
    b: Ratings,
    categories: Sequence[float],
    **options: Unpack[BootstrapOptions],
) -> Estimate:
    """Mean of a − b in points of the scale over the units both rated: above 0, the first rates higher.

    Raises:
        ValueError: as `spearman`.
    """
    positions = np.asarray(categories, dtype=np.float64)
    return _estimate(
        a,
        b,
        categories,
        lambda pairs: mean_difference_of_pairs(pairs, positions),
        NOT_RATED_BY_BOTH,
        **options,
    )


def _estimate(
    a: Ratings,
    b: Ratings,
    categories: Sequence[float],
    coefficient: Callable[[PairCounts], Floats],
    undefined: str,
    *,
    clusters: Clusters | None = None,
    resamples: int = RESAMPLES,
    confidence: float = 0.95,
    interval: IntervalMethod = "percentile",
    rng: np.random.Generator,
) -> Estimate:
    if a.shape != b.shape or a.ndim != 1 or (clusters is not None and clusters.shape != a.shape):
        raise ValueError("both raters' ratings, and the cluster ids, are vectors over the same units")
    codes = np.column_stack([category_codes(a, categories), category_codes(b, categories)])
    both = (codes >= 0).all(axis=1)
    codes, n = codes[both], int(both.sum())
    if n == 0:
        return Estimate.of_nothing(NOT_RATED_BY_BOTH)
    pools = pool(codes, None if clusters is None else clusters[both])
    rows, columns, indicator = unit_pairs(codes[pools.first, 0], codes[pools.first, 1])
    return PooledBootstrap(pools, rng=rng, resamples=resamples).estimate(
        indicator,
        lambda sums: PairCounts(rows, columns, sums, len(categories)).of_each_block(coefficient),
        n=n,
        undefined=undefined,
        interval=interval,
        confidence=confidence,
    )


def spearman_of_pairs(pairs: PairCounts) -> Floats:
    """Spearman's correlation of R confusion matrices: (R,), NaN where a rater never varies."""
    rows, columns = pairs.marginals
    row_ranks, column_ranks = _centred_ranks(rows), _centred_ranks(columns)
    together = pairs.weighted(row_ranks[:, pairs.rows] * column_ranks[:, pairs.columns])
    spread = (rows * row_ranks**2).sum(axis=1) * (columns * column_ranks**2).sum(axis=1)
    varied = (np.count_nonzero(rows, axis=1) > 1) & (np.count_nonzero(columns, axis=1) > 1)
    return np.clip(defined_ratio(together, np.sqrt(np.where(varied, spread, 0.0))), -1, 1)


def _centred_ranks(marginals: Floats) -> Floats:
    """Mid-ranks of the categories, minus the mean rank: (R, V) from counts (R, V)."""
    ranks: Floats = np.cumsum(marginals, axis=1) - (marginals + marginals.sum(axis=1, keepdims=True)) / 2
    return ranks


def mean_difference_of_pairs(pairs: PairCounts, positions: Floats) -> Floats:
    """Mean position (V,) of the first minus the second category: (R,), NaN for an empty table."""
    return defined_ratio(pairs.weighted(positions[pairs.rows] - positions[pairs.columns]), pairs.total())
