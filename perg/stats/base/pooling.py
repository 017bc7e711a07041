"""The bootstrap over distinct rows: units with equal ratings are drawn together.

Ratings on a short scale have few distinct rows, whatever the number of units. A resample of n units is a
multinomial draw over n equal chances, so the counts of its distinct rows are a multinomial draw over their
shares: the same distribution at the cost of the distinct rows. If units share clusters, clusters are drawn,
clusters with the same rows together, and a sparse matrix says which rows each kind of cluster contains. All
statistics of one bootstrap share its draws, as a paired comparison requires.

Sources: Efron & Tibshirani, An Introduction to the Bootstrap (1993), ch. 6 and 13; the marginal sums of a
multinomial are multinomial (Johnson, Kotz & Balakrishnan, Discrete Multivariate Distributions, 1997, ch. 35).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import scipy
from numpy.typing import NDArray

from perg.stats.base.bca import Jackknife
from perg.stats.base.estimate import Estimate
from perg.stats.base.intervals import bootstrap_estimate
from perg.stats.base.proportions import clustered_share, wilson_interval
from perg.stats.base.resampling import Clusters, Draws, Floats, dense_codes, drawn_counts

Counts = NDArray[np.int64]
Weights32 = NDArray[np.float32]
Coefficient = Callable[[Floats], Floats]
Statistics: TypeAlias = "Floats | scipy.sparse.csc_array | scipy.sparse.csr_array"

CHUNK_ELEMENTS = 2**21  # weights drawn at a time
BLOCK_ELEMENTS = 2**23  # sums of resamples held at a time while a coefficient is computed
CACHE_ELEMENTS = 2**26  # weights that are cached, 256 MiB; beyond it they are drawn again for each product
EXACT_FLOAT32 = 2**24  # whole numbers up to here are exact in single precision


@dataclass(frozen=True, slots=True, eq=False)
class Pools:
    """The distinct rows of a table.

    Attributes:
        first: (u,) a row of the table for each pool, so that `rows[first]` are the distinct rows.
        sizes: (u,) how many rows of the table each pool stands for.
        incidence: (d, u) how many of each pool each kind of cluster holds; None if every row is its own cluster.
        n: rows of the table.
        alike: (d,) how many clusters are of each kind; None with `incidence`.
    """

    first: Counts
    sizes: Counts
    incidence: "scipy.sparse.csr_array | None"
    n: int
    alike: Counts | None = None

    @property
    def drawn(self) -> Counts:
        """How many equal units, or equal clusters, each thing that a bootstrap draws stands for."""
        return self.sizes if self.alike is None else self.alike


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
    n = rows.shape[0]
    if clusters is None or n == 0:
        return Pools(first, sizes, None, n)
    cluster_of = dense_codes(clusters)
    n_clusters = int(cluster_of.max()) + 1
    if n_clusters == n:
        return Pools(first, sizes, None, n)
    held = scipy.sparse.csr_array((np.ones(n), (cluster_of, inverse)), shape=(n_clusters, sizes.size))
    kinds, alike = _kinds(held)
    return Pools(first, sizes, held[kinds], n, alike)


def _kinds(held: "scipy.sparse.csr_array") -> tuple[Counts, Counts]:
    """One cluster of each kind, of clusters by pools (n_clusters, u), and how many there are of each: both (d,).

    Clusters are distinguished by a sum with random weights. Should two kinds ever share a sum, every cluster is a kind.
    """
    weights = np.random.default_rng(0).random(held.shape[1])
    _, first, inverse, times = np.unique(
        held @ weights, return_index=True, return_inverse=True, return_counts=True
    )
    if (held[first][inverse] - held).count_nonzero():
        return np.arange(held.shape[0]), np.ones(held.shape[0], dtype=np.int64)
    return first, times


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
    """Draws of the units of `pools`, or of their clusters; every call sees the same draws.

    Which clusters the units share is known to the pools; `draws` says the rest.
    """

    def __init__(self, pools: Pools, draws: Draws) -> None:
        self.pools, self.resamples = pools, draws.resamples
        self.confidence, self.interval = draws.confidence, draws.interval
        self._seed = int(draws.rng.integers(2**63))
        self._cached: Weights32 | None = None

    @property
    def _largest(self) -> int:
        """No resample holds more units than this."""
        incidence = self.pools.incidence
        if incidence is None:
            return self.pools.n
        return int(incidence.sum(axis=1).max()) * int(self.pools.drawn.sum())

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

    def coefficients(self, statistics: Statistics, coefficient: Coefficient) -> Floats:
        """A coefficient of the sums over each resample of per-pool statistics (u, k): (resamples,).

        The sums are held for a part of the resamples at a time where they are many.
        """
        step = max(1, BLOCK_ELEMENTS // max(_width(statistics), 1))
        if step >= self.resamples or self.pools.sizes.size * self.resamples > CACHE_ELEMENTS:
            return coefficient(self.sums(statistics))
        weights = self._row_weights()
        values = []
        for start in range(0, self.resamples, step):
            block = np.ascontiguousarray(weights[:, start : start + step])
            values.append(coefficient(_product(statistics, block, self._largest)))
        return np.concatenate(values)

    def leave_one_out(self, statistics: Statistics) -> Floats:
        """Sums of per-pool statistics (u, k) without one unit of each pool, or one cluster of each kind: (d, k).

        `Pools.drawn` (d,) says how often each row counts in a jackknife.
        """
        incidence = self.pools.incidence
        held = statistics if incidence is None else incidence @ statistics
        return self.totals(statistics) - (held if isinstance(held, np.ndarray) else held.toarray())

    def totals(self, statistics: Statistics) -> Floats:
        """Sums of per-pool statistics (u, k) over all units: (k,)."""
        sums: Floats = self.pools.sizes @ statistics
        return sums

    def clusters_among(self, pools: NDArray[np.bool_]) -> int:
        """How many clusters (units, where there are none) have a unit in the flagged pools (u,)."""
        incidence = self.pools.incidence
        holding = pools if incidence is None else incidence @ pools.astype(np.float64) > 0
        return int(self.pools.drawn[holding].sum())

    def estimate(
        self,
        statistics: Statistics,
        coefficient: Coefficient,
        *,
        n: int,
        undefined: str,
        rarer: NDArray[np.bool_] | None = None,
    ) -> Estimate:
        """A coefficient of sums of statistics (u, k), (r, k) → (r,) with NaN where undefined, and its interval.

        `n` is given beside the value; `undefined` is the reason given where the coefficient of all units is NaN.
        `rarer` (u,) flags the pools with another rating than the most common one: see `bootstrap_estimate`.
        """
        value = float(coefficient(self.totals(statistics)[np.newaxis])[0])
        if np.isnan(value):
            return Estimate.of_nothing(undefined, n)
        jackknife = None
        if self.interval == "bca":
            jackknife = Jackknife(coefficient(self.leave_one_out(statistics)), self.pools.drawn)
        return bootstrap_estimate(
            value,
            n,
            self.coefficients(statistics, coefficient),
            clusters=self.clusters_among(_any_in_row(statistics)),
            rarer=None if rarer is None else self.clusters_among(rarer),
            confidence=self.confidence,
            jackknife=jackknife,
        )

    def share(self, hits_and_sizes: Floats) -> Estimate:
        """Share of hits, from what each unit of a pool adds to the hits and to their denominator, (u, 2), 0 or 1.

        As `proportion`: Wilson's interval where no two of the units share a cluster, else `clustered_share`'s.
        """
        hits, sizes = self.cluster_sums(hits_and_sizes).T
        whole = sizes.round().astype(np.int64)
        if (whole <= 1).all():
            total, n = (int(count) for count in self.totals(hits_and_sizes))
            return Estimate.of(total / n, n, wilson_interval(total, n, self.confidence))
        return clustered_share(hits, whole, times=self.pools.drawn, confidence=self.confidence)

    def cluster_sums(self, statistics: Floats) -> Floats:
        """Sums of per-pool statistics (u, k) within one cluster of each kind, `Pools.drawn` (d,) of them: (d, k)."""
        incidence = self.pools.incidence
        return statistics if incidence is None else incidence @ statistics

    def _row_weights(self) -> Weights32:
        """How often each pool is drawn in each resample (u, resamples), cached for the next call."""
        if self._cached is None:
            incidence = self.pools.incidence
            row_weights = np.zeros((self.pools.sizes.size, self.resamples), dtype=np.float32)
            for part, weights in self._weights():
                if incidence is None:
                    row_weights[part] = weights
                else:
                    row_weights += incidence[part].T.astype(np.float32) @ weights
            self._cached = row_weights
        return self._cached

    def _weights(self) -> Iterator[tuple[slice, Weights32]]:
        """How often each thing is drawn, (size, resamples) for a slice of the things at a time.

        How many draws fall on a slice is multinomial; given that, the draws within it are as well.
        """
        rng, drawn = np.random.default_rng(self._seed), self.pools.drawn
        step = max(1, CHUNK_ELEMENTS // self.resamples)
        starts = np.arange(0, drawn.size, step)
        masses = np.add.reduceat(drawn, starts)
        n = int(masses.sum())
        totals = rng.multinomial(n, masses / n, size=self.resamples)
        for start, on_slice in zip(starts, totals.T, strict=True):
            part = slice(int(start), int(start) + step)
            yield part, drawn_counts(drawn[part], on_slice, rng).T.astype(np.float32, order="C")


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


def _any_in_row(statistics: Statistics) -> NDArray[np.bool_]:
    """Which pools (u,) add anything."""
    if isinstance(statistics, np.ndarray):
        return np.asarray(statistics.any(axis=1))
    return np.asarray(statistics.count_nonzero(axis=1) > 0)
