"""The bootstrap over distinct rows: units that say the same are drawn together.

Ratings on a short scale have few distinct rows, whatever the number of units. A resample of n units is a
multinomial draw over n equal chances, so the counts of its distinct rows are a multinomial draw over their
shares: the same distribution at the cost of the distinct rows. Where units share clusters, clusters are drawn
and a sparse matrix says which rows each cluster holds. All statistics of one bootstrap share its draws, which
is what a paired comparison needs.

Sources: Efron & Tibshirani, An Introduction to the Bootstrap (1993), ch. 6 and 13; the marginal sums of a
multinomial are multinomial (Johnson, Kotz & Balakrishnan, Discrete Multivariate Distributions, 1997, ch. 35).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from evaluation.statistics.bca import bca_interval
from evaluation.statistics.estimate import Estimate
from evaluation.statistics.resampling import RESAMPLES, Clusters, Floats, percentile_interval

Counts = NDArray[np.int64]
Weights32 = NDArray[np.float32]
Coefficient = Callable[[Floats], Floats]
Statistics: TypeAlias = "Floats | sparse.csc_array | sparse.csr_array"
IntervalMethod = Literal["percentile", "bca"]

CHUNK_ELEMENTS = 2**21  # weights drawn at a time
CACHE_ELEMENTS = 2**26  # weights that are kept, 256 MiB; above it they are drawn anew for each product
EXACT_FLOAT32 = 2**24  # whole numbers up to here are exact in single precision
DRAWS_PER_BINOMIAL = 8  # a binomial draw costs about as much as so many draws of a unit


@dataclass(frozen=True, slots=True, eq=False)
class Pools:
    """The distinct rows of a table.

    Attributes:
        first: (u,) a row of the table for each pool, so that `rows[first]` are the distinct rows.
        sizes: (u,) how many rows of the table each pool stands for.
        incidence: (n_clusters, u) how many of each pool each cluster holds; None where every row is its own
            cluster.
        n: rows of the table.
    """

    first: Counts
    sizes: Counts
    incidence: "sparse.csr_array | None"
    n: int


def pool(rows: NDArray[np.integer], clusters: Clusters | None = None) -> Pools:
    """The distinct rows of whole numbers (n, k), and which `clusters` (n,) hold them.

    Raises:
        ValueError: not one cluster id per row.
    """
    if clusters is not None and clusters.shape != rows.shape[:1]:
        raise ValueError("one cluster id per unit is needed")
    _, first, inverse, sizes = np.unique(
        row_keys(rows), return_index=True, return_inverse=True, return_counts=True
    )
    incidence = None
    if clusters is not None:
        ids, cluster_of = np.unique(clusters, return_inverse=True)
        if ids.size < clusters.size:
            ones = np.ones(clusters.size)
            incidence = sparse.csr_array((ones, (cluster_of, inverse)), shape=(ids.size, sizes.size))
    return Pools(first=first, sizes=sizes, incidence=incidence, n=rows.shape[0])


def row_keys(rows: NDArray[np.integer]) -> Counts:
    """One whole number a row (n, k), equal for equal rows: digits of mixed base, renumbered before they overflow."""
    keys = np.zeros(rows.shape[0], dtype=np.int64)
    size = 1
    for column in rows.T if rows.size else ():
        low = int(column.min())
        base = int(column.max()) - low + 1
        if size * base >= 2**62:
            _, keys = np.unique(keys, return_inverse=True)
            size = int(keys.max()) + 1
        keys = keys * base + (column.astype(np.int64) - low)
        size *= base
    return keys


class PooledBootstrap:
    """`resamples` draws of the units of `pools`, or of their clusters; every call sees the same draws."""

    def __init__(self, pools: Pools, *, rng: np.random.Generator, resamples: int = RESAMPLES) -> None:
        """Raises ValueError where there is no resample."""
        if resamples < 1:
            raise ValueError("a bootstrap needs at least one resample")
        self.pools, self.resamples = pools, resamples
        self._seed = int(rng.integers(2**63))
        self._kept: Weights32 | None = None

    @property
    def _largest(self) -> int:
        """No resample holds more units than this."""
        incidence = self.pools.incidence
        if incidence is None:
            return self.pools.n
        return int(incidence.sum(axis=1).max()) * int(incidence.shape[0])

    @property
    def drawn(self) -> Counts:
        """How many equal units each thing drawn stands for: pool sizes, or one for each cluster."""
        if self.pools.incidence is None:
            return self.pools.sizes
        return np.ones(self.pools.incidence.shape[0], dtype=np.int64)

    def sums(self, statistics: Statistics) -> Floats:
        """Sums over each resample of per-pool statistics (u, k): (resamples, k).

        Sparse statistics must be whole numbers; their sums are exact.
        """
        u = self.pools.sizes.size
        if u == 0:
            raise ValueError("a bootstrap needs at least one unit")
        if u * self.resamples <= CACHE_ELEMENTS:
            return _product(statistics, self._row_weights(), self._largest)
        total = np.zeros((self.resamples, _width(statistics)))
        by_row = statistics if isinstance(statistics, np.ndarray) else statistics.tocsr()
        for part, weights in self._weights():
            incidence = self.pools.incidence
            held = by_row[part] if incidence is None else incidence[part] @ by_row
            total += _product(held, weights, self._largest)
        return total

    def leave_one_out(self, statistics: Floats) -> Floats:
        """Sums of per-pool statistics (u, k) without one unit of each pool, or without each cluster: (d, k).

        `drawn` (d,) says how often each row counts in a jackknife.
        """
        incidence = self.pools.incidence
        return self.totals(statistics) - (statistics if incidence is None else incidence @ statistics)

    def totals(self, statistics: Floats) -> Floats:
        """Sums of per-pool statistics (u, k) over all units: (k,)."""
        sums: Floats = self.pools.sizes @ statistics
        return sums

    def clusters_among(self, pools: NDArray[np.bool_]) -> int:
        """How many clusters (units, where there are none) have a unit in the flagged pools (u,)."""
        if self.pools.incidence is None:
            return int(self.pools.sizes[pools].sum())
        return int(np.count_nonzero(self.pools.incidence @ pools.astype(np.float64)))

    def estimate(
        self,
        statistics: Floats,
        coefficient: Coefficient,
        *,
        n: int,
        undefined: str,
        interval: IntervalMethod = "percentile",
        confidence: float = 0.95,
    ) -> Estimate:
        """A coefficient of sums, (r, k) → (r,) with NaN where undefined, and its interval.

        `n` stands beside the value; `undefined` is the reason given where the coefficient of all units is NaN.
        """
        value = float(coefficient(self.totals(statistics)[np.newaxis])[0])
        if np.isnan(value):
            return Estimate.of_nothing(undefined, n)
        replicates = coefficient(self.sums(statistics))
        if interval == "percentile":
            return Estimate.of(value, n, percentile_interval(replicates, confidence))
        jackknife = coefficient(self.leave_one_out(statistics))
        return Estimate.of(
            value, n, bca_interval(value, replicates, jackknife, sizes=self.drawn, confidence=confidence)
        )

    def _row_weights(self) -> Weights32:
        """How often each pool is drawn in each resample (u, resamples), kept for the next call."""
        if self._kept is None:
            incidence = self.pools.incidence
            kept = np.zeros((self.pools.sizes.size, self.resamples), dtype=np.float32)
            for part, weights in self._weights():
                if incidence is None:
                    kept[part] = weights
                else:
                    kept += incidence[part].T.astype(np.float32) @ weights
            self._kept = kept
        return self._kept

    def _weights(self) -> Iterator[tuple[slice, Weights32]]:
        """How often each thing is drawn, (size, resamples) for a slice of the things at a time.

        How many draws fall on a slice is multinomial; given that, the draws within it are as well.
        """
        rng, drawn = np.random.default_rng(self._seed), self.drawn
        step = max(1, CHUNK_ELEMENTS // self.resamples)
        starts = np.arange(0, drawn.size, step)
        masses = np.add.reduceat(drawn, starts)
        n = int(masses.sum())
        totals = rng.multinomial(n, masses / n, size=self.resamples)
        for start, on_slice in zip(starts, totals.T, strict=True):
            part = slice(int(start), int(start) + step)
            yield part, _draw(drawn[part], on_slice, rng)


def _draw(sizes: Counts, draws: Counts, rng: np.random.Generator) -> Weights32:
    """`draws` (r,) draws a resample out of pools of these sizes (c,): (c, r)."""
    mass = int(sizes.sum())
    if mass > DRAWS_PER_BINOMIAL * sizes.size:
        return rng.multinomial(draws, sizes / mass).T.astype(np.float32)
    picks = rng.integers(mass, size=int(draws.sum()), dtype=np.int32 if mass < 2**31 else np.int64)
    if mass > sizes.size:
        picks = np.repeat(np.arange(sizes.size), sizes)[picks]
    cells = picks.astype(np.int64) * draws.size + np.repeat(np.arange(draws.size), draws)
    counts = np.bincount(cells, minlength=sizes.size * draws.size)
    return counts.reshape(sizes.size, draws.size).astype(np.float32)


def _product(statistics: Statistics, weights: Weights32, largest: int) -> Floats:
    """Sums of statistics (c, k) weighted by weights (c, r): (r, k).

    Sparse ones are whole numbers of units, and summed in single precision where sums up to `largest` are exact in it.
    For the others the weights are widened, a block at a time.
    """
    if not isinstance(statistics, np.ndarray):
        kind = np.float32 if largest < EXACT_FLOAT32 else np.float64
        product = statistics.astype(kind).T @ weights.astype(kind, copy=False)
        return np.asarray(product, dtype=np.float64).T
    total = np.zeros((weights.shape[1], statistics.shape[1]))
    step = max(1, CHUNK_ELEMENTS // weights.shape[1])
    for start in range(0, weights.shape[0], step):
        part = slice(start, start + step)
        total += weights[part].T.astype(np.float64) @ statistics[part]
    return total


def _width(statistics: Statistics) -> int:
    return int(statistics.shape[1])
