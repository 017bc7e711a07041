"""Which labels one rater gave to each item: one of k, or any number of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import scipy
from numpy.typing import NDArray

from perg.stats.base.proportions import Flags

Codes = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class GivenLabels:
    """A sparse table of items (rows) by labels: memory grows with the labels given, not with the labels there are.

    Attributes:
        labels: k names.
        given: (n, k) 1 where the item has the label. An item without any has an empty set, or was not rated: which of
            the two is for the caller to know.

    Raises:
        ValueError: a table of another width, or numbers other than 0 and 1.
    """

    labels: tuple[str, ...]
    given: "scipy.sparse.csr_array"

    def __post_init__(self) -> None:
        if self.given.shape[1] != len(self.labels):
            raise ValueError("one column per label is needed")
        if not np.isin(self.given.data, (0, 1)).all():
            raise ValueError("an item has a label or does not")
        table = self.given.copy()
        table.eliminate_zeros()
        table.sort_indices()
        object.__setattr__(self, "given", table)

    @classmethod
    def of(cls, sets: Sequence[Iterable[str]], labels: Sequence[str]) -> Self:
        """From the labels of each item (n). Raises ValueError for a label that is not among `labels`."""
        codes = {label: code for code, label in enumerate(labels)}
        rows, columns = [], []
        for row, names in enumerate(sets):
            for name in dict.fromkeys(names):
                if name not in codes:
                    raise ValueError(f"{name!r} is not one of the labels")
                rows.append(row)
                columns.append(codes[name])
        shape = (len(sets), len(labels))
        table = scipy.sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=shape)
        return cls(tuple(labels), table)

    @classmethod
    def of_flags(cls, flags: Flags, labels: Sequence[str]) -> Self:
        """From which of the labels (n, k) each item has."""
        return cls(tuple(labels), scipy.sparse.csr_array(flags.astype(np.float64)))

    @property
    def n(self) -> int:
        return int(self.given.shape[0])

    @cached_property
    def _by_label(self) -> "scipy.sparse.csc_array":
        return self.given.tocsc()

    def has(self, code: int) -> Flags:
        """Which items (n,) have this label."""
        flags = np.zeros(self.n, dtype=np.bool_)
        start, end = self._by_label.indptr[[code, code + 1]]
        flags[self._by_label.indices[start:end]] = True
        return flags

    def occurring(self) -> Codes:
        """Codes of the labels that some item has, ascending."""
        return np.unique(self.given.indices).astype(np.int64)

    def require_same(self, others: "GivenLabels") -> None:
        """Raise ValueError unless the others are of the same items and labels."""
        if self.labels != others.labels or self.n != others.n:
            raise ValueError("both raters have the same items and labels")
