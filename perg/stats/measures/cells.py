"""The confusion matrices of many pairs of raters, observed and resampled together."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from perg.stats.base.estimate import Estimate
from perg.stats.base.pooling import PooledBootstrap, row_keys
from perg.stats.base.resampling import Floats
from perg.stats.ratings.pair_counts import PairCounts
from perg.stats.ratings.ratings import BINARY, Codes


@dataclass(frozen=True, slots=True, eq=False)
class CodedPair:
    """Two raters' category codes over the pools (u,), −1 in both where either is missing, and the categories."""

    a: Codes
    b: Codes
    categories: tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class PairCells:
    """The confusion matrices of pairs, by pair: observed, in each resample, and with one unit or cluster left out.

    Rows of a confusion matrix are the ratings of the pair's first rater. `columns` has, for each pair, the cells of
    its matrix that occur and where they are in `sums` (resamples, cells of all pairs). Replicate r of one pair and
    replicate r of another come from the same draw, so their coefficients can be subtracted.
    """

    bootstrap: PooledBootstrap
    pairs: tuple[CodedPair, ...]
    columns: tuple[tuple[NDArray[np.int64], slice], ...]
    sums: Floats

    def categories(self, pair: int) -> tuple[float, ...]:
        """The V categories of a pair's confusion matrix."""
        return self.pairs[pair].categories

    def n(self, pair: int) -> int:
        """Units that both rated."""
        return int(self.bootstrap.pools.sizes[self.pairs[pair].a >= 0].sum())

    def n_clusters(self, pair: int) -> int:
        """Clusters with a unit that both rated; as many as units where units share none."""
        return self.bootstrap.clusters_among(self.pairs[pair].a >= 0)

    def observed(self, pair: int) -> PairCounts:
        """The confusion matrix."""
        return self._counts(pair, self.bootstrap.totals(self._of_pools(pair))[np.newaxis])

    def off_the_most_common(self, pair: int) -> int:
        """Clusters with a unit that both rated, and not both with the rating that they gave most often."""
        coded = self.pairs[pair]
        rows, columns = self.observed(pair).marginals
        common = int((rows + columns).argmax())
        return self.bootstrap.clusters_among((coded.a >= 0) & ((coded.a != common) | (coded.b != common)))

    def percent_agreement(self, pair: int) -> Estimate:
        """Share of equal ratings among the units, one or more, that both rated."""
        coded = self.pairs[pair]
        both = coded.a >= 0
        equal = both & (coded.a == coded.b)
        return self.bootstrap.share(np.column_stack([equal, both]).astype(np.float64))

    def replicates(self, pair: int) -> PairCounts:
        """The confusion matrix in each resample."""
        return self._counts(pair, self.sums[:, self.columns[pair][1]])

    def jackknife(self, pair: int) -> tuple[PairCounts, NDArray[np.int64]]:
        """The distinct confusion matrices without one unit or cluster, d of them, and how often each occurs (d,)."""
        of_pools = self._of_pools(pair)
        incidence = self.bootstrap.pools.incidence
        left_out = (of_pools if incidence is None else incidence @ of_pools).toarray()
        _, first, inverse = np.unique(
            row_keys(left_out.astype(np.int64)), return_index=True, return_inverse=True
        )
        times = np.bincount(inverse, weights=self.bootstrap.pools.drawn, minlength=first.size)
        without = self.bootstrap.totals(of_pools) - left_out[first]
        return self._counts(pair, without), times.astype(np.int64)

    def followed(self, pair: int, threshold: float) -> "PairCells":
        """One pair with its ratings cut at the threshold, followed = rating >= threshold; the same draws."""
        coded = self.pairs[pair]
        above = np.append(np.asarray(coded.categories) >= threshold, False).astype(np.int64)
        a, b = (np.where(codes < 0, -1, above[codes]) for codes in (coded.a, coded.b))
        used, part = self.columns[pair]
        size = len(coded.categories)
        four = 2 * above[used // size] + above[used % size]
        sums = np.zeros((self.sums.shape[0], 4))
        for cell in range(4):
            sums[:, cell] = self.sums[:, part][:, four == cell].sum(axis=1)
        return PairCells(self.bootstrap, (CodedPair(a, b, BINARY),), ((np.arange(4), slice(0, 4)),), sums)

    def _counts(self, pair: int, sums: Floats) -> PairCounts:
        used, size = self.columns[pair][0], len(self.categories(pair))
        return PairCounts(used // size, used % size, sums, size)

    def _of_pools(self, pair: int) -> "scipy.sparse.csr_array":
        """Each pool's cell, one of the c that occur: (u, c) ones; all zeros where either rater is missing."""
        coded, used = self.pairs[pair], self.columns[pair][0]
        both = np.flatnonzero(coded.a >= 0)
        cells = np.searchsorted(used, coded.a[both] * len(coded.categories) + coded.b[both])
        return scipy.sparse.csr_array((np.ones(both.size), (both, cells)), shape=(coded.a.size, used.size))


def pair_cells(bootstrap: PooledBootstrap, pairs: Sequence[CodedPair]) -> PairCells:
    """Resample the confusion matrices of all pairs with the same draws, in one product over cells that occur."""
    columns, units, heights, start = [], [], [], 0
    for coded in pairs:
        both = np.flatnonzero(coded.a >= 0)
        cells = coded.a[both] * len(coded.categories) + coded.b[both]
        order = np.argsort(cells, kind="stable")
        used, counts = np.unique(cells, return_counts=True)
        columns.append((used, slice(start, start + used.size)))
        units.append(both[order])
        heights.append(counts)
        start += used.size
    rows = np.concatenate(units) if units else np.empty(0, dtype=np.int64)
    ends = np.concatenate([[0], np.cumsum(np.concatenate(heights))]) if units else np.zeros(1, dtype=np.int64)
    indicator = scipy.sparse.csc_array(
        (np.ones(rows.size, dtype=np.float32), rows, ends), shape=(bootstrap.pools.sizes.size, start)
    )
    sums = bootstrap.sums(indicator) if start else np.zeros((bootstrap.resamples, 0))
    return PairCells(bootstrap, tuple(pairs), tuple(columns), sums)
