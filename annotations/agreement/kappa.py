"""Agreement of two raters: percent agreement, Cohen's kappa, linearly and quadratically weighted kappa.

Sources: Cohen, Educational and Psychological Measurement 20 (1960) 37–46; Cohen, Psychological Bulletin 70
(1968) 213–220. Equal to scikit-learn, which the tests compare it with.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypedDict

import numpy as np

from annotations.agreement.ratings import Codes, Ratings, category_codes, require_evenly_spaced
from evaluation.statistics.estimate import Estimate, EstimateDict
from evaluation.statistics.pooling import IntervalMethod, PooledBootstrap, pool
from evaluation.statistics.proportions import proportion
from evaluation.statistics.resampling import RESAMPLES, Clusters, Floats, defined_ratio

Weights = Literal["nominal", "linear", "quadratic"]

NOT_RATED_BY_BOTH = "no unit rated by both"
UNANIMOUS = "unanimous: both raters gave every unit the same rating"


class PairAgreementDict(TypedDict):
    """`PairAgreement`, ready for JSON."""

    n: int
    percent_agreement: EstimateDict
    cohen_kappa: EstimateDict
    linear_kappa: EstimateDict
    quadratic_kappa: EstimateDict


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """Two raters on the `n` units that both rated; percent agreement is in [0, 1], kappas at most 1."""

    n: int
    percent_agreement: Estimate
    cohen_kappa: Estimate
    linear_kappa: Estimate
    quadratic_kappa: Estimate

    def as_dict(self) -> PairAgreementDict:
        """One JSON-ready object."""
        return {
            "n": self.n,
            "percent_agreement": self.percent_agreement.as_dict(),
            "cohen_kappa": self.cohen_kappa.as_dict(),
            "linear_kappa": self.linear_kappa.as_dict(),
            "quadratic_kappa": self.quadratic_kappa.as_dict(),
        }


def pairwise(
    a: Ratings,
    b: Ratings,
    categories: Sequence[float],
    *,
    clusters: Clusters | None = None,
    resamples: int = RESAMPLES,
    confidence: float = 0.95,
    interval: IntervalMethod = "percentile",
    rng: np.random.Generator,
) -> PairAgreement:
    """Agreement of two raters' ratings (n,), NaN where missing, on evenly spaced ascending `categories`.

    Units that either did not rate are left out. Kappa is undefined where both gave one and the same rating
    throughout: chance agreement is then 1. Kappa intervals resample units, or whole `clusters` (n,).

    Raises:
        ValueError: arrays of different shapes, a rating outside the categories, uneven categories.
    """
    if a.shape != b.shape or a.ndim != 1 or (clusters is not None and clusters.shape != a.shape):
        raise ValueError("both raters' ratings, and the cluster ids, are vectors over the same units")
    require_evenly_spaced(categories)
    first, second = category_codes(a, categories), category_codes(b, categories)
    both = (first >= 0) & (second >= 0)
    first, second, n = first[both], second[both], int(both.sum())
    shared = None if clusters is None else clusters[both]
    if n == 0:
        nothing = Estimate.of_nothing(NOT_RATED_BY_BOTH)
        return PairAgreement(0, nothing, nothing, nothing, nothing)
    percent_agreement = proportion(first == second, clusters=shared, confidence=confidence)
    size = len(categories)
    pools = pool(np.column_stack([first, second]), shared)
    bootstrap = PooledBootstrap(pools, rng=rng, resamples=resamples)
    cells = unit_cells(first[pools.first], second[pools.first], size)
    common = np.bincount(np.concatenate([first, second])).argmax()
    rarer = (first[pools.first] != common) | (second[pools.first] != common)

    def kappa(weights: Weights) -> Estimate:
        return bootstrap.estimate(
            cells,
            lambda sums: kappa_of_cells(sums, size, weights),
            n=n,
            undefined=UNANIMOUS,
            rarer=rarer,
            interval=interval,
            confidence=confidence,
        )

    nominal = kappa("nominal")
    if size <= 2:  # weights tell distances apart, and there is one
        return PairAgreement(n, percent_agreement, nominal, nominal, nominal)
    return PairAgreement(n, percent_agreement, nominal, kappa("linear"), kappa("quadratic"))


def unit_cells(first: Codes, second: Codes, size: int) -> Floats:
    """Each unit's cell of the confusion matrix, one-hot: (n, size²) from category codes (n,)."""
    cells = np.zeros((first.size, size * size))
    cells[np.arange(first.size), first * size + second] = 1
    return cells


def kappa_of_cells(cells: Floats, size: int, weights: Weights) -> Floats:
    """Kappa of each of R confusion matrices (R, size²): shape (R,), NaN where chance agreement is 1."""
    observed = cells.reshape(-1, size, size)
    disagreement_weights = _disagreement_weights(size, weights)
    rows, columns, total = observed.sum(axis=2), observed.sum(axis=1), observed.sum(axis=(1, 2))
    disagreement = np.einsum("rij,ij->r", observed, disagreement_weights)
    by_chance = np.einsum("ri,ij,rj->r", rows, disagreement_weights, columns)
    return 1 - defined_ratio(total * disagreement, by_chance)


def _disagreement_weights(size: int, weights: Weights) -> Floats:
    if weights == "nominal":
        return 1 - np.eye(size)
    steps = np.arange(size, dtype=np.float64)
    distances = np.abs(steps[:, np.newaxis] - steps)
    return distances if weights == "linear" else distances**2
