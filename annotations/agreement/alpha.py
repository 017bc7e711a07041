"""Krippendorff's alpha, for any number of raters and missing ratings.

Source: Krippendorff, Computing Krippendorff's Alpha-Reliability (2011),
https://repository.upenn.edu/asc_papers/43. Equal to the `krippendorff` package, which the tests compare it
with. The interval resamples units, or the questions that units share, as in Zapf et al., BMC Medical Research
Methodology 16:93 (2016).
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from annotations.agreement.pooled import PooledTable
from annotations.agreement.ratings import RatingTable
from evaluation.statistics.estimate import Estimate
from evaluation.statistics.pooling import IntervalMethod, PooledBootstrap, pool
from evaluation.statistics.resampling import RESAMPLES, Clusters, Floats, defined_ratio

Level = Literal["nominal", "ordinal", "interval"]

NO_PAIRS = "no unit has two ratings"
UNANIMOUS = "unanimous: all ratings are the same"
BLOCK_ELEMENTS = 2**22  # of the resampled coincidence matrices looked at at a time


def krippendorff_alpha(
    table: RatingTable,
    level: Level = "ordinal",
    *,
    clusters: Clusters | None = None,
    resamples: int = RESAMPLES,
    confidence: float = 0.95,
    interval: IntervalMethod = "percentile",
    rng: np.random.Generator,
) -> Estimate:
    """Alpha of all raters in the table: at most 1 (perfect), 0 at chance; n = units with two ratings or more.

    `clusters` (n_units,) are resampled as wholes. Units with fewer than two ratings count for nothing and are
    not resampled. Undefined where no unit has two ratings, and where all ratings that can be paired are the
    same, since agreement by chance is then complete. Perfect agreement has no interval: see
    `percentile_interval`.

    Raises:
        ValueError: `clusters` does not have one id per unit.
    """
    if clusters is not None and clusters.shape != (len(table.units),):
        raise ValueError("one cluster id per unit is needed")
    counts = value_counts(table)
    pairable = counts.sum(axis=1) >= 2
    counts, n = counts[pairable], int(pairable.sum())
    if n == 0:
        return Estimate.of_nothing(NO_PAIRS)
    pools = pool(counts, None if clusters is None else clusters[pairable])
    bootstrap = PooledBootstrap(pools, rng=rng, resamples=resamples)
    return _alpha(bootstrap, counts[pools.first], table.categories, level, n, interval, confidence)


def pooled_alpha(
    pooled: PooledTable,
    raters: Sequence[str],
    level: Level = "ordinal",
    *,
    interval: IntervalMethod = "percentile",
    confidence: float = 0.95,
) -> Estimate:
    """Alpha of these raters with the draws of `pooled`, else as `krippendorff_alpha`.

    All units of the table are resampled, so the number of units with two ratings varies from draw to draw.

    Raises:
        ValueError: an unknown rater.
    """
    counts = value_counts(pooled.table.select(raters))
    pairable = counts.sum(axis=1) >= 2
    n = pooled.n(pairable)
    if n == 0:
        return Estimate.of_nothing(NO_PAIRS)
    counts = np.where(pairable[:, np.newaxis], counts, 0)
    return _alpha(pooled.bootstrap, counts, pooled.table.categories, level, n, interval, confidence)


def _alpha(
    bootstrap: PooledBootstrap,
    counts: NDArray[np.int64],
    categories: tuple[float, ...],
    level: Level,
    n: int,
    interval: IntervalMethod,
    confidence: float,
) -> Estimate:
    """Alpha of the pools' value counts (u, V); categories that nobody uses are left out, and change nothing."""
    used = counts.any(axis=0)
    positions = np.asarray(categories, dtype=np.float64)[used]
    return bootstrap.estimate(
        unit_coincidences(counts[:, used]),
        lambda sums: alpha_of_coincidences(sums, positions, level),
        n=n,
        undefined=UNANIMOUS,
        rarer=off_the_most_common(counts),
        interval=interval,
        confidence=confidence,
    )


def value_counts(table: RatingTable) -> NDArray[np.int64]:
    """How many raters gave each unit each category: shape (n_units, n_categories)."""
    categories = np.arange(len(table.categories))
    counts: NDArray[np.int64] = (table.codes()[:, :, np.newaxis] == categories).sum(axis=1)
    return counts


def off_the_most_common(counts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which units, of value counts (n_units, V), have a rating other than the most common one: (n_units,).

    An interval of chance-corrected agreement rests on these, however many units there are besides.
    """
    others: NDArray[np.bool_] = counts.sum(axis=1) > counts[:, counts.sum(axis=0).argmax()]
    return others


def unit_coincidences(counts: NDArray[np.int64]) -> Floats:
    """Each unit's share of the coincidence matrix: (n_units, V²) from value counts (n_units, V).

    A unit with m >= 2 ratings adds its ordered pairs of ratings, divided by m − 1.
    """
    diagonals = counts[:, :, np.newaxis] * np.eye(counts.shape[1])
    ordered_pairs: Floats = counts[:, :, np.newaxis] * counts[:, np.newaxis, :] - diagonals
    others = np.maximum(counts.sum(axis=1) - 1, 1)
    shares: Floats = ordered_pairs.reshape(counts.shape[0], -1) / others[:, np.newaxis]
    return shares


def alpha_of_coincidences(coincidences: Floats, categories: Floats, level: Level) -> Floats:
    """Alpha of each of R coincidence matrices (R, V²): (R,), NaN where one category has all the ratings."""
    rows = max(1, BLOCK_ELEMENTS // categories.size**2)
    if coincidences.shape[0] > rows:
        blocks = np.split(coincidences, range(rows, coincidences.shape[0], rows))
        return np.concatenate([alpha_of_coincidences(block, categories, level) for block in blocks])
    observed = coincidences.reshape(-1, categories.size, categories.size)
    marginals = observed.sum(axis=2)
    distances = _squared_distances(marginals, categories, level)
    total = marginals.sum(axis=1)
    disagreement = (observed * distances).sum(axis=(1, 2))
    by_chance = np.einsum("rc,rck,rk->r", marginals, distances, marginals)
    return 1 - defined_ratio((total - 1) * disagreement, by_chance)


def _squared_distances(marginals: Floats, categories: Floats, level: Level) -> Floats:
    """Squared differences between categories, (R, V, V) or (1, V, V); ordinal ones hang on the data.

    Krippendorff's ordinal difference, the ratings from c to k less half of those at both ends, is the
    difference of the two categories' mid-ranks.
    """
    if level == "nominal":
        return 1 - np.eye(categories.size)[np.newaxis]
    position = categories[np.newaxis]
    if level == "ordinal":
        position = np.cumsum(marginals, axis=1) - marginals / 2
    squares: Floats = (position[:, :, np.newaxis] - position[:, np.newaxis, :]) ** 2
    return squares
