"""Gwet's AC1 and AC2, for any number of raters and missing ratings.

Sources: Gwet, Computing inter-rater reliability and its variance in the presence of high agreement, British
Journal of Mathematical and Statistical Psychology 61 (2008) 29–48; Gwet, Handbook of Inter-Rater Reliability
(4th ed., 2014), ch. 2–5. Equal to `irrCAC`.
"""

from typing import Literal, Unpack

import numpy as np
from numpy.typing import NDArray

from annotations.agreement.alpha import NO_PAIRS, value_counts
from annotations.agreement.ratings import RatingTable
from evaluation.statistics.estimate import Estimate
from evaluation.statistics.pooling import BootstrapOptions, Coefficient, IntervalMethod, PooledBootstrap, pool
from evaluation.statistics.resampling import RESAMPLES, Clusters, Floats, defined_ratio

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
    Undefined where no unit has two ratings, and on a scale of one category.

    Raises:
        ValueError: `clusters` does not have one id per unit.
    """
    size = len(table.categories)

    def coefficient(sums: Floats) -> Floats:
        return gwet_of_sums(sums, agreement_weights(size, weights))

    return estimate_of_counts(
        table,
        weights,
        coefficient,
        ONE_CATEGORY,
        **options,
    )


def estimate_of_counts(
    table: RatingTable,
    weights: AgreementWeights,
    coefficient: Coefficient,
    undefined: str,
    *,
    clusters: Clusters | None = None,
    resamples: int = RESAMPLES,
    confidence: float = 0.95,
    interval: IntervalMethod = "percentile",
    rng: np.random.Generator,
) -> Estimate:
    """A coefficient of the sums of `unit_agreement`, over the units that anybody rated.

    Raises:
        ValueError: `clusters` does not have one id per unit.
    """
    if clusters is not None and clusters.shape != (len(table.units),):
        raise ValueError("one cluster id per unit is needed")
    counts = value_counts(table)
    ratings = counts.sum(axis=1)
    n = int((ratings >= 2).sum())
    if n == 0:
        return Estimate.of_nothing(NO_PAIRS)
    counts = counts[ratings > 0]
    pools = pool(counts, None if clusters is None else clusters[ratings > 0])
    statistics = unit_agreement(counts[pools.first], agreement_weights(len(table.categories), weights))
    return PooledBootstrap(pools, rng=rng, resamples=resamples).estimate(
        statistics, coefficient, n=n, undefined=undefined, interval=interval, confidence=confidence
    )


def agreement_weights(size: int, weights: AgreementWeights) -> Floats:
    """How far two categories agree (size, size), in [0, 1] with ones on the diagonal; evenly spaced categories."""
    if weights == "identity" or size == 1:
        return np.eye(size)
    steps = np.arange(size, dtype=np.float64)
    distances = np.abs(steps[:, np.newaxis] - steps)
    if weights == "quadratic":
        distances = distances**2
    elif weights == "ordinal":
        distances = distances * (distances + 1) / 2
    weighted: Floats = 1 - distances / distances.max()
    return weighted


def unit_agreement(counts: NDArray[np.int64], weights: Floats) -> Floats:
    """What each unit's value counts (n, V) add to chance-corrected agreement: shape (n, V + 3).

    Columns: has two ratings; share of its pairs of ratings that agree; has a rating; share of each category.
    """
    ratings = counts.sum(axis=1)
    agreeing = (counts * (counts @ weights - 1)).sum(axis=1)
    pairs = ratings * (ratings - 1)
    return np.column_stack(
        [
            pairs > 0,
            np.divide(agreeing, pairs, out=np.zeros(pairs.shape), where=pairs > 0),
            ratings > 0,
            counts / np.maximum(ratings, 1)[:, np.newaxis],
        ]
    )


def gwet_of_sums(sums: Floats, weights: Floats) -> Floats:
    """AC1/AC2 of sums of `unit_agreement` (R, V + 3): (R,), NaN without two ratings or with one category."""
    size = weights.shape[0]
    if size < 2:
        return np.full(sums.shape[0], np.nan)
    observed = defined_ratio(sums[:, 1], sums[:, 0])
    shares = defined_ratio(sums[:, 3:], sums[:, 2:3])
    by_chance = weights.sum() / (size * (size - 1)) * (shares * (1 - shares)).sum(axis=1)
    return defined_ratio(observed - by_chance, 1 - by_chance)


def gwet_of_cells(cells: Floats, weights: Floats) -> Floats:
    """AC1/AC2 of each of R confusion matrices of two raters (R, V²): (R,), NaN as in `gwet_of_sums`."""
    size = weights.shape[0]
    observed = cells.reshape(-1, size, size)
    total = observed.sum(axis=(1, 2))
    agreeing = np.einsum("rij,ij->r", observed, weights)
    shares = (observed.sum(axis=1) + observed.sum(axis=2)) / 2
    return gwet_of_sums(np.column_stack([total, agreeing, total, shares]), weights)
