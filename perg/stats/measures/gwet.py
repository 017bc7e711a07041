"""Gwet's AC1 and AC2, for any number of raters and missing ratings.

Sources: Gwet, Computing inter-rater reliability and its variance in the presence of high agreement, British
Journal of Mathematical and Statistical Psychology 61 (2008) 29–48; Gwet, Handbook of Inter-Rater Reliability
(4th ed., 2014), ch. 2–5. Equal to `irrCAC`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Self, Unpack

import numpy as np
from scipy import sparse

from perg.stats.base.estimate import Estimate
from perg.stats.base.pooling import BootstrapOptions, IntervalMethod, PooledBootstrap, pool, row_keys
from perg.stats.base.resampling import RESAMPLES, Clusters, Floats, defined_ratio
from perg.stats.measures.alpha import NO_PAIRS, unit_coincidences, value_counts
from perg.stats.ratings.distances import Distances, on_unit_range
from perg.stats.ratings.pair_counts import PairCounts
from perg.stats.ratings.ratings import Codes, RatingTable

AgreementWeights = Literal["identity", "linear", "quadratic", "ordinal"]

ONE_CATEGORY = "the scale has one category only"


def gwet_coefficient(
    table: RatingTable,
    weights: AgreementWeights = "identity",
    **options: Unpack[BootstrapOptions],
) -> Estimate:
    """AC1 (`identity`) or AC2 (other weights): at most 1, 0 at chance; n = units with two ratings or more.

    The number of categories is that of the table's scale, used or not. Units with one rating count in the
    chance agreement, as Gwet has it. Unlike kappa it is 1, not undefined, where all ratings are the same.
    Undefined if no unit has two ratings, and on a scale of one category.

    Raises:
        ValueError: `clusters` does not have one id per unit.
    """
    distances = agreement_distances(table.categories, weights)
    return estimate_of_counts(
        table,
        distances,
        lambda sums: gwet_of_sums(sums, distances),
        ONE_CATEGORY,
        **options,
    )


@dataclass(frozen=True, slots=True, eq=False)
class AgreementSums:
    """What the units of R resamples add up to.

    Attributes:
        paired: (R,) units with two ratings. agreeing: (R,) their shares of pairs of ratings that agree, summed.
        rated: (R,) units with a rating. shares: (R, V) their shares of each category, summed.
    """

    paired: Floats
    agreeing: Floats
    rated: Floats
    shares: Floats


def estimate_of_counts(
    table: RatingTable,
    distances: Distances,
    coefficient: Callable[[AgreementSums], Floats],
    undefined: str,
    *,
    clusters: Clusters | None = None,
    resamples: int = RESAMPLES,
    confidence: float = 0.95,
    interval: IntervalMethod = "percentile",
    rng: np.random.Generator,
) -> Estimate:
    """A coefficient of the sums over the units that anybody rated.

    Raises:
        ValueError: `clusters` does not have one id per unit.
    """
    if clusters is not None and clusters.shape != (len(table.units),):
        raise ValueError("one cluster id per unit is needed")
    codes = table.codes()
    ratings = (codes >= 0).sum(axis=1)
    n = int((ratings >= 2).sum())
    if n == 0:
        return Estimate.of_nothing(NO_PAIRS)
    codes = np.sort(codes[ratings > 0], axis=1)
    pools = pool(codes, None if clusters is None else clusters[ratings > 0])
    shares = UnitShares.of(codes[pools.first], distances)
    return PooledBootstrap(pools, rng=rng, resamples=resamples).estimate(
        [shares.agreement, shares.indicator],
        lambda sums: coefficient(shares.sums(sums)),
        n=n,
        undefined=undefined,
        interval=interval,
        confidence=confidence,
    )


@dataclass(frozen=True, slots=True, eq=False)
class UnitShares:
    """What each unit adds to chance-corrected agreement.

    Attributes:
        agreement: (n_units, 3) whether it has two ratings, the share of its pairs that agree, whether it has a rating.
        indicator: (n_units, c) ones; each column is a category and the share of a unit's ratings that say it.
        folding: (c, V) that share, in the column of the category.
    """

    agreement: Floats
    indicator: "sparse.csc_array"
    folding: "sparse.csr_array"

    @classmethod
    def of(cls, codes: Codes, distances: Distances) -> Self:
        """From category codes (n_units, r), −1 where missing; how far pairs agree is 1 − distance / the largest."""
        size, ratings = distances.positions.size, (codes >= 0).sum(axis=1)
        coincidences = unit_coincidences(codes, size)
        apart = distances.between(coincidences.rows, coincidences.columns) / (distances.largest() or 1.0)
        disagreeing = coincidences.indicator @ (2 * coincidences.weights * apart) / np.maximum(ratings, 1)
        paired = ratings >= 2
        unit, category, times = value_counts(codes)
        kinds = np.column_stack([category, times, ratings[unit]])
        _, sample, column = np.unique(row_keys(kinds), return_index=True, return_inverse=True)
        categories, times, of_ratings = kinds[sample].T
        return cls(
            np.column_stack([paired, np.where(paired, 1 - disagreeing, 0.0), ratings > 0]),
            sparse.csc_array(
                (np.ones(unit.size, dtype=np.float32), (unit, column)), shape=(codes.shape[0], sample.size)
            ),
            sparse.csr_array(
                (times / of_ratings, (np.arange(sample.size), categories)), shape=(sample.size, size)
            ),
        )

    def sums(self, sums: Floats) -> AgreementSums:
        """From R sums of `agreement` and `indicator`, side by side: (R, 3 + c)."""
        shares = np.asarray(self.folding.T @ sums[:, 3:].T).T
        return AgreementSums(sums[:, 0], sums[:, 1], sums[:, 2], shares)


def agreement_distances(categories: Sequence[float], weights: AgreementWeights) -> Distances:
    """The distances that weigh agreement, of the V categories; two categories agree by 1 − distance / the largest.

    Linear and quadratic ones are those of the categories' values, as `irrCAC` has them; ordinal ones of their ranks.
    """
    positions = np.asarray(categories, dtype=np.float64)
    if weights == "identity":
        return Distances("nominal", positions)
    if weights == "ordinal":
        return Distances("ordinal", np.arange(positions.size, dtype=np.float64))
    return Distances(weights, on_unit_range(positions))


def gwet_of_sums(sums: AgreementSums, distances: Distances) -> Floats:
    """AC1/AC2: (R,), NaN without two ratings or with one category."""
    size = distances.positions.size
    if size < 2:
        return np.full(sums.paired.shape, np.nan)
    every = np.ones((1, size))
    agreement = size**2 - float(distances.expected(every, every)[0]) / distances.largest()
    observed = defined_ratio(sums.agreeing, sums.paired)
    shares = defined_ratio(sums.shares, sums.rated[:, np.newaxis])
    by_chance = agreement / (size * (size - 1)) * (shares * (1 - shares)).sum(axis=1)
    return defined_ratio(observed - by_chance, 1 - by_chance)


def gwet_of_pairs(pairs: PairCounts, distances: Distances, codes: Codes | None = None) -> Floats:
    """AC1/AC2 of R confusion matrices of two raters: (R,), NaN as in `gwet_of_sums`.

    The distances are those of the whole scale; `codes` say which of its categories are those of the pairs, if not all.
    """
    rows, columns = pairs.marginals
    total, of = pairs.total(), distances if codes is None else distances.at(codes)
    apart = of.between(pairs.rows, pairs.columns) / (distances.largest() or 1.0)
    return gwet_of_sums(
        AgreementSums(total, total - pairs.weighted(apart), total, (rows + columns) / 2), distances
    )
