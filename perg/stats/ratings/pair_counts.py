"""How often pairs of categories meet: confusion and coincidence matrices of the pairs that occur, without zeros."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import scipy

from perg.stats.base.resampling import Floats
from perg.stats.ratings.ratings import Codes

BLOCK_ELEMENTS = 2**22  # numbers looked at at a time, 32 MiB
DENSE_ELEMENTS = 2**12  # pairs times categories


@dataclass(frozen=True, eq=False)
class PairCounts:
    """R tables of counts of pairs of the same categories, such as R resamples of one confusion matrix.

    Attributes:
        rows, columns: (c,) codes of the two categories of each pair; a pair may be listed more than once.
        counts: (R, c) how often each pair occurs in each table.
        size: number of categories of the scale, used or not.
    """

    rows: Codes
    columns: Codes
    counts: Floats
    size: int

    @classmethod
    def of_square(cls, cells: Floats, size: int) -> "PairCounts":
        """From R whole confusion matrices (R, size²), row by row."""
        every = np.arange(size * size)
        return cls(every // size, every % size, cells, size)

    def total(self) -> Floats:
        """Pairs in each table: (R,)."""
        sums: Floats = self.counts.sum(axis=1)
        return sums

    def compressed(self) -> "tuple[PairCounts, Codes]":
        """The same with the categories that occur only, renumbered, and their codes (size,) before."""
        used, inverse = np.unique(np.concatenate([self.rows, self.columns]), return_inverse=True)
        rows, columns = np.split(inverse.ravel(), 2)
        return PairCounts(rows, columns, self.counts, used.size), used

    @cached_property
    def marginals(self) -> tuple[Floats, Floats]:
        """Counts of the first and of the second category of the pairs: two of (R, size)."""
        return self._by_category(self.rows), self._by_category(self.columns)

    def weighted(self, weights: Floats) -> Floats:
        """The sum over pairs of count times weight, which is (c,) or (R, c): (R,)."""
        if weights.ndim == 1:
            sums: Floats = self.counts @ weights
            return sums
        return np.asarray(np.einsum("rc,rc->r", self.counts, weights))

    def agreeing(self) -> Floats:
        """Pairs of equal categories in each table: (R,)."""
        sums: Floats = self.counts[:, self.rows == self.columns].sum(axis=1)
        return sums

    def of_each_block(self, coefficient: "Callable[[PairCounts], Floats]") -> Floats:
        """The coefficient, or coefficients, of each table, (R,) or (R, k), of a part of the tables at a time."""
        step = max(1, BLOCK_ELEMENTS // max(self.rows.size, self.size, 1))
        if step >= self.counts.shape[0]:
            return coefficient(self)
        starts = range(0, self.counts.shape[0], step)
        blocks = [replace(self, counts=self.counts[start : start + step]) for start in starts]
        return np.concatenate([coefficient(block) for block in blocks])

    def _by_category(self, codes: Codes) -> Floats:
        pairs = np.arange(codes.size)
        if (
            codes.size * self.size <= DENSE_ELEMENTS
        ):  # a scale of a few categories: the plain product is faster
            dense = np.zeros((codes.size, self.size))
            dense[pairs, codes] = 1
            sums: Floats = self.counts @ dense
            return sums
        indicator = scipy.sparse.csr_array(
            (np.ones(codes.size), (codes, pairs)), shape=(self.size, codes.size)
        )
        return np.asarray(indicator @ self.counts.T).T
