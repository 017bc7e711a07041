"""The share of votes that each system wins against each other one: what was voted, without a model."""

from dataclasses import dataclass

import numpy as np

from perg.stats.base.estimate import Estimate
from perg.stats.base.scores import mean_score
from perg.stats.pairwise.votes import PairTable, Votes


@dataclass(frozen=True, slots=True)
class PairWinRate:
    """Win rate of `system` against `other`, ties as half; that of `other` is 1 minus it."""

    system: str
    other: str
    rate: Estimate


def win_matrix(votes: Votes, *, confidence: float = 0.95) -> tuple[PairWinRate, ...]:
    """One entry for each pair of systems with a vote, in the order of `Votes.systems`: no k² cells for few pairs.

    Intervals are `mean_score`'s over the clusters of the pair's own votes, each at the level by itself.
    """
    pairs = PairTable.of(votes.a, votes.b, votes.score)
    points = np.where(pairs.sign > 0, votes.score, 1 - votes.score)
    order = np.argsort(pairs.of_vote, kind="stable")
    ends = np.cumsum(np.bincount(pairs.of_vote, minlength=pairs.n.size))[:-1]
    return tuple(
        PairWinRate(
            votes.systems[low],
            votes.systems[high],
            mean_score(points[rows], clusters=votes.cluster[rows], confidence=confidence),
        )
        for low, high, rows in zip(
            pairs.low, pairs.high, np.split(order, ends) if order.size else (), strict=True
        )
    )
