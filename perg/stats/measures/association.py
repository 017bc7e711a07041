"""Two raters on a scale: whether they order units alike, and which of them rates higher.

Source: Spearman, The proof and measurement of association between two things, American Journal of Psychology
15 (1904) 72–101, with mid-ranks for ties. Equal to `scipy.stats.spearmanr`.
"""

from collections.abc import Sequence

import numpy as np

from perg.stats.base.estimate import Estimate
from perg.stats.base.pooling import PooledBootstrap, pool
from perg.stats.base.resampling import Draws, Floats, defined_ratio
from perg.stats.measures.kappa import NOT_RATED_BY_BOTH, codes_of_both, unit_pairs
from perg.stats.ratings.pair_counts import PairCounts
from perg.stats.ratings.ratings import Ratings

ONE_RATING_ONLY = "a rater gave every unit the same rating, so the units have no order"


def mean_signed_difference(a: Ratings, b: Ratings, categories: Sequence[float], *, draws: Draws) -> Estimate:
    """Mean of a − b in points of the scale over the units both rated: above 0, the first rates higher.

    Ratings (n,), NaN where missing, are out of ascending `categories`. Undefined without a unit rated by both.

    Raises:
        ValueError: arrays of different shapes, or a rating outside the categories.
    """
    first, second, draws = codes_of_both(a, b, categories, draws)
    if first.size == 0:
        return Estimate.of_nothing(NOT_RATED_BY_BOTH)
    pools = pool(np.column_stack([first, second]), draws.clusters)
    rows, columns, indicator = unit_pairs(first[pools.first], second[pools.first])
    positions = np.asarray(categories, dtype=np.float64)
    return PooledBootstrap(pools, draws).estimate(
        indicator,
        lambda sums: PairCounts(rows, columns, sums, positions.size).of_each_block(
            lambda pairs: mean_difference_of_pairs(pairs, positions)
        ),
        n=first.size,
        undefined=NOT_RATED_BY_BOTH,
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
