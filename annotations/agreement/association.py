"""Two raters on a scale: whether they order units alike, and which of them rates higher.

Source: Spearman, The proof and measurement of association between two things, American Journal of Psychology
15 (1904) 72–101, with mid-ranks for ties. Equal to `scipy.stats.spearmanr`.
"""

from collections.abc import Sequence
from typing import Unpack

import numpy as np

from annotations.agreement.kappa import NOT_RATED_BY_BOTH, unit_cells
from annotations.agreement.ratings import Ratings, category_codes
from evaluation.statistics.estimate import Estimate
from evaluation.statistics.pooling import BootstrapOptions, Coefficient, IntervalMethod, PooledBootstrap, pool
from evaluation.statistics.resampling import RESAMPLES, Clusters, Floats, defined_ratio

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
    size = len(categories)
    return _estimate(
        a,
        b,
        categories,
        lambda cells: spearman_of_cells(cells, size),
        ONE_RATING_ONLY,
        **options,
    )


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
        lambda cells: mean_difference_of_cells(cells, positions),
        NOT_RATED_BY_BOTH,
        **options,
    )


def _estimate(
    a: Ratings,
    b: Ratings,
    categories: Sequence[float],
    coefficient: Coefficient,
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
    cells = unit_cells(codes[pools.first, 0], codes[pools.first, 1], len(categories))
    return PooledBootstrap(pools, rng=rng, resamples=resamples).estimate(
        cells, coefficient, n=n, undefined=undefined, interval=interval, confidence=confidence
    )


def spearman_of_cells(cells: Floats, size: int) -> Floats:
    """Spearman's correlation of each of R confusion matrices (R, size²): (R,), NaN where a rater never varies."""
    observed = cells.reshape(-1, size, size)
    rows, columns = observed.sum(axis=2), observed.sum(axis=1)
    row_ranks, column_ranks = _centred_ranks(rows), _centred_ranks(columns)
    together = np.einsum("ri,rij,rj->r", row_ranks, observed, column_ranks, optimize=True)
    spread = (rows * row_ranks**2).sum(axis=1) * (columns * column_ranks**2).sum(axis=1)
    varied = (np.count_nonzero(rows, axis=1) > 1) & (np.count_nonzero(columns, axis=1) > 1)
    return np.clip(defined_ratio(together, np.sqrt(np.where(varied, spread, 0.0))), -1, 1)


def _centred_ranks(marginals: Floats) -> Floats:
    """Mid-ranks of the categories, less the mean rank: (R, V) from counts (R, V)."""
    ranks: Floats = np.cumsum(marginals, axis=1) - (marginals + marginals.sum(axis=1, keepdims=True)) / 2
    return ranks


def mean_difference_of_cells(cells: Floats, categories: Floats) -> Floats:
    """Mean of row less column category of each of R confusion matrices (R, V²): (R,), NaN for an empty one."""
    differences = (categories[:, np.newaxis] - categories).ravel()
    return defined_ratio(cells @ differences, cells.sum(axis=1))
