"""How far fitted strengths may be off, where votes on one question go together and need not follow the model.

The sandwich: A⁻¹ B A⁻¹, with A the information and B the sum over clusters of the products of their scores. Each
cluster's score is divided by 1 − its leverage, which is what leaving the cluster out does to first order (the
jackknife). Few decisive votes may by chance be all alike, so that the variance is averaged with that of the model, at
the weight of half a decisive vote a system.

Sources: Liang & Zeger, Biometrika 73 (1986) 13–22; Bell & McCaffrey, Survey Methodology 28 (2002) 169–181 (leverage,
and degrees of freedom by Satterthwaite); Mancl & DeRouen, Biometrics 57 (2001) 126–134.
"""

from dataclasses import dataclass

import numpy as np
import scipy

from perg.stats.base.resampling import Clusters, Floats, dense_codes
from perg.stats.pairwise.bradley_terry import Fit
from perg.stats.pairwise.votes import PairTable

BLOCK_ELEMENTS = 2**22
PRIOR_VOTES = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Uncertainty:
    """Covariance (p, p) of the parameters, degrees of freedom (p,) of each, and the number of clusters."""

    covariance: Floats
    freedom: Floats
    clusters: int

    def of_difference(self, i: int, j: int) -> tuple[float, float]:
        """Standard error of strength i − strength j, and its degrees of freedom."""
        variance = self.covariance[i, i] + self.covariance[j, j] - 2 * self.covariance[i, j]
        return float(np.sqrt(max(variance, 0.0))), float(min(self.freedom[i], self.freedom[j]))


def uncertainty(
    fit: Fit,
    pairs: PairTable,
    points: Floats,
    weight: Floats,
    tied: Floats | None,
    clusters: Clusters,
) -> Uncertainty | None:
    """Of a fit to votes (n,): points of the lower code out of `weight`, 1 where `tied`. None for a single cluster."""
    codes = dense_codes(clusters)
    count, size, votes = int(codes.max()) + 1, fit.strengths.size, codes.size
    if count < 2:
        return None
    residual = points - weight * fit.expected[pairs.of_vote]
    low, high = pairs.low[pairs.of_vote], pairs.high[pairs.of_vote]
    shrink = 1 / (1 - _leverage(fit, pairs, weight, codes, count))
    parts = [(residual, low), (-residual, high)]
    if fit.log_tie is not None and tied is not None:
        parts.append((tied - weight * fit.tie[pairs.of_vote], np.full(votes, size)))
    scores = scipy.sparse.csr_array(
        (
            np.concatenate([value * shrink[codes] for value, _ in parts]),
            (np.tile(codes, len(parts)), np.concatenate([place for _, place in parts])),
        ),
        shape=(count, fit.inverse.shape[0]),
    )
    middle = np.asarray((scores.T @ scores).todense()) * (count - 1) / count
    covariance = fit.inverse @ middle @ fit.inverse
    freedom = _freedom(scores, fit.inverse)
    effect = _design_effect(points - weight / 2, low, high, codes, weight)
    decided = pairs.n * fit.expected * (1 - fit.expected)
    information = np.bincount(pairs.low, decided, size) + np.bincount(pairs.high, decided, size)
    prior = PRIOR_VOTES * float((1 / information).mean()) * effect
    return Uncertainty((covariance + prior * effect * fit.inverse) / (1 + prior), freedom, count)


def _leverage(fit: Fit, pairs: PairTable, weight: Floats, codes: Clusters, count: int) -> Floats:
    """Share (c,) of a typical comparison in each cluster that the cluster itself decides, at most a half.

    A cluster's leverages add up over its distinct comparisons, of which no more than k − 1 are independent.
    """
    diagonal = np.diag(fit.inverse)
    spread = diagonal[pairs.low] + diagonal[pairs.high] - 2 * fit.inverse[pairs.low, pairs.high]
    per_vote = spread * fit.expected * (1 - fit.expected)
    total = np.bincount(codes, weight * per_vote[pairs.of_vote], minlength=count)
    distinct = np.unique(codes * pairs.n.size + pairs.of_vote) // pairs.n.size
    kinds = np.minimum(np.bincount(distinct, minlength=count), fit.strengths.size - 1)
    leverage: Floats = np.clip(total / np.maximum(kinds, 1), 0, 0.5)
    return leverage


def _freedom(scores: "scipy.sparse.csr_array", inverse: Floats) -> Floats:
    """Degrees of freedom (p,) of each parameter's variance, by Satterthwaite from the kurtosis of its parts.

    No more than the clusters in which the system has a vote, less one.
    """
    second, fourth = np.zeros(inverse.shape[0]), np.zeros(inverse.shape[0])
    step = max(1, BLOCK_ELEMENTS // inverse.shape[0])
    for start in range(0, scores.shape[0], step):
        squares = (scores[start : start + step] @ inverse) ** 2
        second += squares.sum(axis=0)
        fourth += (squares**2).sum(axis=0)
    taking_part = np.maximum(np.bincount(scores.indices, minlength=second.size), 1)
    share = np.divide(fourth, second**2, out=1 / taking_part, where=second > 0)
    doubt = np.maximum(share - 1 / taking_part, 1e-12)
    freedom: Floats = np.maximum(np.minimum(2 / doubt, taking_part - 1), 1)
    return freedom


def _design_effect(decided: Floats, low: Clusters, high: Clusters, codes: Clusters, weight: Floats) -> float:
    """How many votes a cluster seems to have that all say the same, 1 or more; without decisive votes, all of it."""
    alone = 2 * float((decided**2).sum())
    if alone <= 0:
        return float((np.bincount(codes, weight) ** 2).sum() / weight.sum())
    rows, columns = np.tile(codes, 2), np.concatenate([low, high])
    together = scipy.sparse.csr_array((np.concatenate([decided, -decided]), (rows, columns))).data
    return max(float((together**2).sum()) / alone, 1.0)
