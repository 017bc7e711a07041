"""Answers to “which of the two is better?”, in the order in which the two outputs were shown."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from perg.stats.base.proportions import Flags
from perg.stats.base.resampling import Clusters, Floats

Answers = NDArray[np.int64]

FIRST, SECOND, TIE, BOTH_BAD, UNREADABLE = 0, 1, 2, 3, -1
"""Codes of what a rater said: the first shown is better, the second, neither, neither is any good, nothing readable."""


@dataclass(frozen=True, slots=True, eq=False)
class ShownAnswers:
    """Answers of one rater, or of several, about pairs of an output one and an output two.

    Attributes:
        answer: (n,) codes, about the outputs as shown.
        swapped: (n,) whether output two was shown first.
        pair: (n,) ids of the pair of outputs; one pair may be answered several times, in either order.
        cluster: (n,) ids; pairs on one question vary together. All answers on a pair are of one cluster.

    Raises:
        ValueError: arrays of different shapes, an unknown code, a pair in two clusters.
    """

    answer: Answers
    swapped: Flags
    pair: Clusters
    cluster: Clusters

    def __post_init__(self) -> None:
        arrays = (self.answer, self.swapped, self.pair, self.cluster)
        if self.answer.ndim != 1 or any(array.shape != self.answer.shape for array in arrays):
            raise ValueError("answer, swapped, pair and cluster are vectors over the same answers")
        if not ((self.answer >= UNREADABLE) & (self.answer <= BOTH_BAD)).all():
            raise ValueError("an answer is FIRST, SECOND, TIE, BOTH_BAD or UNREADABLE")
        order = np.lexsort((self.cluster, self.pair))
        pairs, clusters = self.pair[order], self.cluster[order]
        if ((pairs[1:] == pairs[:-1]) & (clusters[1:] != clusters[:-1])).any():
            raise ValueError("all answers on a pair belong to one cluster")

    @classmethod
    def of(
        cls,
        answer: NDArray[np.integer],
        swapped: Flags,
        *,
        pair: Clusters | None = None,
        cluster: Clusters | None = None,
    ) -> Self:
        """Answers with what is not given filled in: every answer is about its own pair, every pair is a cluster."""
        pairs = np.arange(answer.size) if pair is None else pair
        return cls(answer.astype(np.int64), swapped, pairs, pairs if cluster is None else cluster)

    def select(self, among: Flags) -> Self:
        """The answers flagged in `among` (n,)."""
        return type(self)(self.answer[among], self.swapped[among], self.pair[among], self.cluster[among])

    @property
    def readable(self) -> Flags:
        """(n,)"""
        flags: Flags = self.answer != UNREADABLE
        return flags

    @property
    def decisive(self) -> Flags:
        """Which prefer one output: (n,)."""
        flags: Flags = (self.answer == FIRST) | (self.answer == SECOND)
        return flags

    @property
    def scores(self) -> Floats:
        """What the answers say of output one, the order undone: (n,), 1 better, 0 worse, ½ neither, NaN unreadable."""
        one_is_better = (self.answer == FIRST) != self.swapped
        scores = np.where(self.decisive, one_is_better, 0.5)
        return np.where(self.readable, scores, np.nan)
