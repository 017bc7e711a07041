"""Ranks of systems, with ranges that hold for all of them at once.

A system's range runs from 1 + the number of systems that are surely better to k − the number that are surely worse. The
differences of all pairs are compared with a quantile of the largest of them (Tukey's way, by simulation from the
estimated covariance), so the chance that any true rank lies outside its range is at most 1 − the level.

Sources: Al Mohamad, Goeman & van Zwet, Biometrics 78 (2022) 238–247 (ranges of ranks from Tukey's differences); Klein,
Wright & Wieczorek, JRSS C 69 (2020) 589–606.
"""

from dataclasses import dataclass

import numpy as np
import scipy

from perg.stats.base.resampling import Floats
from perg.stats.pairwise.uncertainty import Uncertainty

DRAWS = 4000
BLOCK_ELEMENTS = 2**21


@dataclass(frozen=True, slots=True)
class RankInterval:
    """Place by strength, 1 = best (equal ones share the first of their places); and the best and worst place that are
    compatible with the votes, None without an interval."""

    rank: int
    best: int | None
    worst: int | None


def rank_intervals(
    strengths: Floats, uncertainty: Uncertainty | None, *, confidence: float = 0.95, rng: np.random.Generator
) -> tuple[RankInterval, ...]:
    """Ranks of strengths (k,), with the ranges at a simultaneous level."""
    size = strengths.size
    ranks = 1 + (strengths[np.newaxis] > strengths[:, np.newaxis] + 1e-12).sum(axis=1)
    if uncertainty is None:
        return tuple(RankInterval(int(rank), None, None) for rank in ranks)
    covariance = uncertainty.covariance[:size, :size]
    diagonal = np.diag(covariance)
    errors = np.sqrt(np.maximum(diagonal[:, np.newaxis] + diagonal - 2 * covariance, 0))
    np.fill_diagonal(errors, np.inf)
    quantile = _largest_quantile(covariance, errors, confidence, rng)
    freedom = np.minimum(uncertainty.freedom[:size, np.newaxis], uncertainty.freedom[:size])
    # Student's quantile at the level of the normal one: few clusters leave the errors themselves in doubt.
    reach = -scipy.special.stdtrit(freedom, scipy.special.ndtr(-quantile)) * np.where(
        np.isinf(errors), 0, errors
    )
    ahead = strengths[np.newaxis] - strengths[:, np.newaxis] - reach
    np.fill_diagonal(ahead, 0)
    better, worse = (ahead > 0).sum(axis=1), (ahead.T > 0).sum(axis=1)
    return tuple(
        RankInterval(int(rank), int(1 + up), int(size - down))
        for rank, up, down in zip(ranks, better, worse, strict=True)
    )


def _largest_quantile(
    covariance: Floats, errors: Floats, confidence: float, rng: np.random.Generator
) -> float:
    """Quantile of the largest |difference| / error of normal strengths with this covariance (k, k)."""
    size = covariance.shape[0]
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0))
    first, second = np.triu_indices(size, 1)
    scale = 1 / errors[first, second]
    largest = []
    step = max(1, BLOCK_ELEMENTS // first.size)
    for start in range(0, DRAWS, step):
        drawn = rng.standard_normal((min(step, DRAWS - start), size)) @ root.T
        largest.append(np.abs((drawn[:, first] - drawn[:, second]) * scale).max(axis=1))
    return float(np.quantile(np.concatenate(largest), confidence))
