"""Krippendorff's alpha, for any number of raters and missing ratings.

Source: Krippendorff, Computing Krippendorff's Alpha-Reliability (2011),
https://repository.upenn.edu/asc_papers/43. Equal to the `krippendorff` package, which the tests compare it
with. The interval resamples units, or the questions that units share, as in Zapf et al., BMC Medical Research
Methodology 16:93 (2016).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from perg.stats.base.estimate import Estimate
from perg.stats.base.pooling import PooledBootstrap, pool, row_keys
from perg.stats.base.resampling import Draws, Floats, defined_ratio
from perg.stats.ratings.distances import Distances, on_unit_range
from perg.stats.ratings.pair_counts import PairCounts
from perg.stats.ratings.pooled import PooledTable
from perg.stats.ratings.ratings import Codes, RatingTable
from perg.stats.ratings.ratings import Level as Level

NO_PAIRS = "no unit has two ratings"
UNANIMOUS = "unanimous: all ratings are the same"


def krippendorff_alpha(table: RatingTable, level: Level = "ordinal", *, draws: Draws) -> Estimate:
    """Alpha of all raters in the table: at most 1 (perfect), 0 at chance; n = units with two ratings or more.

    Units with fewer than two ratings count for nothing and are not resampled. Undefined if no unit has two ratings,
    and where all ratings that can be paired are the same, since agreement by chance is then complete. Perfect
    agreement has no interval: see `percentile_interval`.

    Raises:
        ValueError: `clusters` does not have one id per unit.
    """
    draws.require_units(len(table.units))
    codes = table.codes()
    pairable = (codes >= 0).sum(axis=1) >= 2
    n = int(pairable.sum())
    if n == 0:
        return Estimate.of_nothing(NO_PAIRS)
    codes = np.sort(codes[pairable], axis=1)  # units whose ratings are the same, by whomever, are one pool
    pools = pool(codes, draws.among(pairable).clusters)
    return _alpha(PooledBootstrap(pools, draws), codes[pools.first], table.categories, level, n)


def pooled_alpha(pooled: PooledTable, raters: Sequence[str], level: Level = "ordinal") -> Estimate:
    """Alpha of these raters with the draws of `pooled`, else as `krippendorff_alpha`.

    All units of the table are resampled, so the number of units with two ratings varies from draw to draw.

    Raises:
        ValueError: an unknown rater.
    """
    codes = pooled.table.select(raters).codes()
    pairable = (codes >= 0).sum(axis=1) >= 2
    n = pooled.n(pairable)
    if n == 0:
        return Estimate.of_nothing(NO_PAIRS)
    codes = np.where(pairable[:, np.newaxis], codes, -1)
    return _alpha(pooled.bootstrap, codes, pooled.table.categories, level, n)


def _alpha(
    bootstrap: PooledBootstrap, codes: Codes, categories: tuple[float, ...], level: Level, n: int
) -> Estimate:
    """Alpha of the pools' category codes (u, r); categories that nobody uses change nothing."""
    used, inverse = np.unique(codes, return_inverse=True)
    dense = inverse.reshape(codes.shape) - np.count_nonzero(used < 0)
    positions = np.asarray(categories, dtype=np.float64)[used[used >= 0]]
    coincidences = unit_coincidences(dense, positions.size)
    return bootstrap.estimate(
        coincidences.indicator,
        lambda sums: coincidences.pairs(sums).of_each_block(
            lambda pairs: alpha_of_pairs(pairs, positions, level)
        ),
        n=n,
        undefined=UNANIMOUS,
        rarer=off_the_most_common(codes),
    )


def off_the_most_common(codes: Codes) -> NDArray[np.bool_]:
    """Which units, of category codes (n_units, r), have a rating other than the most common one: (n_units,).

    An interval of chance-corrected agreement rests on these, however many units there are besides.
    """
    rated = codes >= 0
    common = np.bincount(codes[rated]).argmax() if rated.any() else 0
    others: NDArray[np.bool_] = (rated & (codes != common)).any(axis=1)
    return others


@dataclass(frozen=True, slots=True, eq=False)
class UnitCoincidences:
    """Which pairs of categories each unit's ratings form.

    Attributes:
        indicator: (n_units, c) ones; each column is a pair of categories, in units of a number of ratings in which it
            occurs a number of times.
        rows, columns: (c,) codes of the pair. weights: (c,) times that it occurs, divided by ratings − 1.
        size: number of categories.
    """

    indicator: "scipy.sparse.csc_array"
    rows: Codes
    columns: Codes
    weights: Floats
    size: int

    def pairs(self, sums: Floats) -> PairCounts:
        """The coincidences of R sums of the indicator's rows (R, c)."""
        return PairCounts(self.rows, self.columns, sums * self.weights, self.size)


def unit_coincidences(codes: Codes, size: int) -> UnitCoincidences:
    """The pairs of ratings of each unit, from category codes (n_units, r) below `size`, −1 where missing.

    A unit with m >= 2 ratings adds its pairs of ratings, divided by m − 1; its pairs are those of the distinct
    categories that it has, so that what is held grows with what occurs.
    """
    unit, category, times = value_counts(codes)
    ends = np.searchsorted(unit, unit, side="right")
    partners = ends - np.arange(unit.size)
    first = np.repeat(np.arange(unit.size), partners)
    second = first + np.arange(first.size) - np.repeat(np.cumsum(partners) - partners, partners)
    equal = first == second
    occur = np.where(equal, times[first] * (times[first] - 1) // 2, times[first] * times[second])
    first, second, occur = first[occur > 0], second[occur > 0], occur[occur > 0]
    ratings = (codes >= 0).sum(axis=1)[unit[first]]
    kinds = np.column_stack([category[first], category[second], ratings, occur])
    _, sample, column = np.unique(row_keys(kinds), return_index=True, return_inverse=True)
    rows, columns, ratings, occur = kinds[sample].T
    indicator = scipy.sparse.csc_array(
        (np.ones(column.size, dtype=np.float32), (unit[first], column)),
        shape=(codes.shape[0], sample.size),
    )
    return UnitCoincidences(indicator, rows, columns, occur / (ratings - 1), size)


def value_counts(codes: Codes) -> tuple[Codes, Codes, Codes]:
    """How many raters gave each unit each category, of category codes (n_units, r), for what occurs.

    Returns:
        Unit, category and count (t,) each, by unit and then by category.
    """
    unit, rater = np.nonzero(codes >= 0)
    size = int(codes.max(initial=0)) + 1
    keys, counts = np.unique(unit * size + codes[unit, rater], return_counts=True)
    return keys // size, keys % size, counts


def alpha_of_pairs(pairs: PairCounts, positions: Floats, level: Level) -> Floats:
    """Alpha of R tables of unordered coincidences: (R,), NaN where one category has all the ratings.

    Two raters' confusion matrices are such tables. `positions` (V,) are those of the categories on an interval scale.
    Krippendorff's ordinal difference, the ratings from c to k less half of those at both ends, is the difference of
    the two categories' mid-ranks.
    """
    rows, columns = pairs.marginals
    marginals = rows + columns
    if level == "nominal":
        distances = Distances("nominal", positions)
    elif level == "interval":
        distances = Distances("quadratic", on_unit_range(positions))
    else:
        distances = Distances("quadratic", np.cumsum(marginals, axis=1) - marginals / 2)
    disagreement = 2 * pairs.weighted(distances.between(pairs.rows, pairs.columns))
    by_chance = distances.expected(marginals, marginals)
    return 1 - defined_ratio((marginals.sum(axis=1) - 1) * disagreement, by_chance)
