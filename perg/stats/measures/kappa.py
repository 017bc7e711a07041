"""Agreement of two raters: percent agreement, Cohen's kappa, linearly and quadratically weighted kappa.

Sources: Cohen, Educational and Psychological Measurement 20 (1960) 37–46; Cohen, Psychological Bulletin 70
(1968) 213–220. Equal to scikit-learn, which the tests compare it with.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy

from perg.stats.base.estimate import Estimate
from perg.stats.base.pooling import PooledBootstrap, pool, row_keys
from perg.stats.base.proportions import proportion
from perg.stats.base.resampling import Draws, Floats, defined_ratio
from perg.stats.ratings.distances import Distances, on_unit_range
from perg.stats.ratings.pair_counts import PairCounts
from perg.stats.ratings.ratings import Codes, Level, Ratings, category_codes, require_ascending

Weights = Literal["nominal", "linear", "quadratic"]

NOT_RATED_BY_BOTH = "no unit rated by both"
UNANIMOUS = "unanimous: both raters gave every unit the same rating"


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """Two raters on the `n` units that both rated; percent agreement is in [0, 1], kappas at most 1."""

    n: int
    percent_agreement: Estimate
    cohen_kappa: Estimate
    linear_kappa: Estimate
    quadratic_kappa: Estimate


def pairwise(
    a: Ratings, b: Ratings, categories: Sequence[float], *, level: Level = "ordinal", draws: Draws
) -> PairAgreement:
    """Agreement of two raters' ratings (n,), NaN where missing, on ascending `categories`.

    Weights are of the categories' ranks, or on an interval scale (`level`) of their values. Units that either did not
    rate are left out. Kappa is undefined if both gave one and the same rating throughout: chance agreement is then
    1.

    Raises:
        ValueError: arrays of different shapes, a rating outside the categories, categories that do not ascend.
    """
    require_ascending(categories)
    first, second, draws = codes_of_both(a, b, categories, draws)
    n = first.size
    if n == 0:
        nothing = Estimate.of_nothing(NOT_RATED_BY_BOTH)
        return PairAgreement(0, nothing, nothing, nothing, nothing)
    percent_agreement = proportion(first == second, clusters=draws.clusters, confidence=draws.confidence)
    size = len(categories)
    pools = pool(np.column_stack([first, second]), draws.clusters)
    bootstrap = PooledBootstrap(pools, draws)
    rows, columns, indicator = unit_pairs(first[pools.first], second[pools.first])
    positions = np.asarray(categories, dtype=np.float64)
    common = np.bincount(np.concatenate([first, second])).argmax()
    rarer = (first[pools.first] != common) | (second[pools.first] != common)

    def kappa(weights: Weights) -> Estimate:
        distances = weighted_distances(weights, positions, level)
        return bootstrap.estimate(
            indicator,
            lambda sums: PairCounts(rows, columns, sums, size).of_each_block(
                lambda pairs: kappa_of_pairs(pairs, distances)
            ),
            n=n,
            undefined=UNANIMOUS,
            rarer=rarer,
        )

    nominal = kappa("nominal")
    if size <= 2:  # weights tell distances apart, and there is one
        return PairAgreement(n, percent_agreement, nominal, nominal, nominal)
    return PairAgreement(n, percent_agreement, nominal, kappa("linear"), kappa("quadratic"))


def codes_of_both(
    a: Ratings, b: Ratings, categories: Sequence[float], draws: Draws
) -> tuple[Codes, Codes, Draws]:
    """The category codes of two raters (n,) over the units that both rated, and the draws of those.

    Raises:
        ValueError: arrays of different shapes, or a rating outside the categories.
    """
    if a.shape != b.shape or a.ndim != 1:
        raise ValueError("both raters' ratings are vectors over the same units")
    draws.require_units(a.size)
    first, second = category_codes(a, categories), category_codes(b, categories)
    both = (first >= 0) & (second >= 0)
    return first[both], second[both], draws.among(both)


def unit_pairs(first: Codes, second: Codes) -> "tuple[Codes, Codes, scipy.sparse.csc_array]":
    """The pairs of categories that occur (c,), row by row, and which unit has which: ones (n, c), of codes (n,)."""
    pairs = np.column_stack([first, second])
    _, sample, column = np.unique(row_keys(pairs), return_index=True, return_inverse=True)
    shape = (first.size, sample.size)
    indicator = scipy.sparse.csc_array(
        (np.ones(first.size, dtype=np.float32), (np.arange(first.size), column)), shape=shape
    )
    return first[sample], second[sample], indicator


def kappa_of_pairs(pairs: PairCounts, distances: Distances) -> Floats:
    """Kappa of R confusion matrices: (R,), NaN where chance agreement is 1."""
    rows, columns = pairs.marginals
    disagreement = pairs.weighted(distances.between(pairs.rows, pairs.columns))
    return 1 - defined_ratio(pairs.total() * disagreement, distances.expected(rows, columns))


def weighted_distances(weights: Weights, categories: Floats, level: Level) -> Distances:
    """Of ranks, or on an interval scale of the values of the categories (V,)."""
    return Distances(
        weights,
        on_unit_range(categories) if level == "interval" else np.arange(categories.size, dtype=np.float64),
    )
