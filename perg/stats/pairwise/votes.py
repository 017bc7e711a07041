"""Votes between two of k systems, and what must hold of them for every system to have a strength.

Strengths exist and are unique exactly if from every system a chain of systems, each of which beat (or tied with) the
next, leads to every other. Otherwise some group of systems lost, or won, every comparison with the rest, and how far
apart the two groups are has no upper bound.

Sources: Ford, The American Mathematical Monthly 64 (1957) 28–33; Zermelo, Mathematische Zeitschrift 29 (1929) 436–460.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy
from numpy.typing import NDArray

from perg.stats.base.proportions import Flags
from perg.stats.base.resampling import Clusters, Floats, dense_codes

Systems = NDArray[np.int64]

NAMED = 5


@dataclass(frozen=True, slots=True, eq=False)
class Votes:
    """n votes of any number of raters.

    Attributes:
        systems: k names.
        a, b: (n,) codes of the two systems compared, which differ.
        score: (n,) 1 if a is better, 0 if b, ½ if neither is; the order in which they were shown is undone.
        cluster: (n,) ids; votes on one question vary together, also those of different raters.

    Raises:
        ValueError: arrays of different shapes, values outside their range, a system compared with itself.
    """

    systems: tuple[str, ...]
    a: Systems
    b: Systems
    score: Floats
    cluster: Clusters

    def __post_init__(self) -> None:
        arrays = (self.a, self.b, self.score, self.cluster)
        if self.a.ndim != 1 or any(array.shape != self.a.shape for array in arrays):
            raise ValueError("a, b, score and cluster are vectors over the same votes")
        if len(set(self.systems)) < len(self.systems):
            raise ValueError("systems have distinct names")
        if self.a.size and (
            min(self.a.min(), self.b.min()) < 0 or max(self.a.max(), self.b.max()) >= len(self.systems)
        ):
            raise ValueError("a and b are codes of systems")
        if (self.a == self.b).any():
            raise ValueError("a system is not compared with itself")
        if not np.isin(self.score, (0, 0.5, 1)).all():
            raise ValueError("a score is 0, ½ or 1")

    @property
    def n(self) -> int:
        return int(self.a.size)


@dataclass(frozen=True, slots=True, eq=False)
class PairTable:
    """Votes summed by pair of systems.

    Attributes:
        low, high: (m,) codes of the two systems of each pair that occurs, low < high.
        n: (m,) votes, or their weights. points: (m,) of the lower code: wins and half of the ties. ties: (m,).
        of_vote: (n,) each vote's pair. sign: (n,) 1 where a is the lower code, else −1.
    """

    low: Systems
    high: Systems
    n: Floats
    points: Floats
    ties: Floats
    of_vote: NDArray[np.int64]
    sign: Floats

    @classmethod
    def of(
        cls,
        a: Systems,
        b: Systems,
        points: Floats,
        *,
        weight: Floats | None = None,
        tied: Flags | None = None,
    ) -> "PairTable":
        """From votes (n,): `points` of a out of `weight`, 1 if not given."""
        weights = np.ones(a.size) if weight is None else weight
        low, high = np.minimum(a, b), np.maximum(a, b)
        base = int(high.max(initial=0)) + 1
        keys = low * base + high
        of_vote = dense_codes(keys)
        size = int(of_vote.max(initial=-1)) + 1
        pairs = np.zeros(size, dtype=np.int64)
        pairs[of_vote] = keys
        of_low = np.where(a == low, points, weights - points)
        return cls(
            low=pairs // base,
            high=pairs % base,
            n=_sums(of_vote, weights, size),
            points=_sums(of_vote, of_low, size),
            ties=np.zeros(size) if tied is None else _sums(of_vote, tied, size),
            of_vote=of_vote,
            sign=np.where(a == low, 1.0, -1.0),
        )


def _sums(places: NDArray[np.int64], values: Floats | Flags, size: int) -> Floats:
    """Of values (n,) by place: (size,)."""
    return np.bincount(places, values, minlength=size).astype(np.float64)


def why_no_strengths(systems: tuple[str, ...], pairs: PairTable) -> str | None:
    """Why these pairs do not determine a strength for every system, with the systems named, or None."""
    size = len(systems)
    if size < 2:
        return "fewer than two systems"
    linked = pairs.n > 0
    compared = _components(size, pairs.low[linked], pairs.high[linked], "weak")
    if compared.max() > 0:
        members = _smallest_group(compared, np.arange(compared.max() + 1))
        return f"no vote compares {_names(systems, members)} with the others"
    ahead, behind = pairs.points > 1e-9, pairs.n - pairs.points > 1e-9
    winners = np.concatenate([pairs.low[ahead], pairs.high[behind]])
    losers = np.concatenate([pairs.high[ahead], pairs.low[behind]])
    groups = _components(size, winners, losers, "strong")
    count = int(groups.max()) + 1
    if count == 1:
        return None
    across = groups[winners] != groups[losers]
    without_win = np.setdiff1d(np.arange(count), groups[winners[across]])
    without_loss = np.setdiff1d(np.arange(count), groups[losers[across]])
    last, first = _smallest_group(groups, without_win), _smallest_group(groups, without_loss)
    reasons = []
    if last.size <= first.size:
        reasons.append(f"{_names(systems, last)} never won or tied against the others")
    if first.size <= last.size:
        reasons.append(f"{_names(systems, first)} never lost or tied against the others")
    return " and ".join(reasons) + ": the strengths have no bound"


def _components(
    size: int, sources: Systems, targets: Systems, kind: Literal["weak", "strong"]
) -> NDArray[np.int64]:
    """The group (k,) of each system."""
    graph = scipy.sparse.csr_array((np.ones(sources.size), (sources, targets)), shape=(size, size))
    _, labels = scipy.sparse.csgraph.connected_components(graph, directed=True, connection=kind)
    return np.asarray(labels, dtype=np.int64)


def _smallest_group(groups: NDArray[np.int64], among: NDArray[np.int64]) -> Systems:
    """The systems of the smallest of the groups `among`, the first of equals."""
    sizes = np.bincount(groups)[among]
    return np.flatnonzero(groups == among[int(sizes.argmin())])


def _names(systems: tuple[str, ...], members: Iterable[np.int64]) -> str:
    names = [systems[int(member)] for member in members]
    if len(names) > NAMED:
        return f"{', '.join(names[:NAMED])} and {len(names) - NAMED} more"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
