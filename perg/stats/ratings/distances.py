"""Distances between the categories of a scale, summed over tables in closed form: no square of categories is built.

The sum over all pairs of categories of r_i c_j d(i, j) needs only sums over one index, by expanding the square, or by
running totals for |i − j|. So thousands of categories cost no more than their number.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from perg.stats.base.resampling import Floats
from perg.stats.ratings.ratings import Codes

DistanceKind = Literal["nominal", "linear", "quadratic"]


@dataclass(frozen=True, slots=True, eq=False)
class Distances:
    """Distances between V categories at ascending `positions`: (V,), or (R, V) where they differ from table to table.

    `nominal` is 1 between any two; `linear` the difference of positions, `quadratic` its square.
    """

    kind: DistanceKind
    positions: Floats

    def at(self, codes: Codes) -> "Distances":
        """Of some of the categories only."""
        return Distances(self.kind, self.positions[codes])

    def between(self, a: Codes, b: Codes) -> Floats:
        """Distances of pairs of categories, codes (c,): (c,), or (R, c)."""
        if self.kind == "nominal":
            return np.asarray(a != b, dtype=np.float64)
        steps: Floats = np.abs(np.take(self.positions, a, axis=-1) - np.take(self.positions, b, axis=-1))
        return steps if self.kind == "linear" else np.square(steps)

    def expected(self, rows: Floats, columns: Floats) -> Floats:
        """The sum over i and j of rows_i columns_j d(i, j), of R pairs of marginals (R, V): (R,).

        Exactly 0 if both marginals lie in one and the same category.
        """
        if self.kind == "nominal":
            sums: Floats = rows.sum(axis=1) * columns.sum(axis=1) - np.einsum("rv,rv->r", rows, columns)
        elif self.kind == "linear":
            sums = self._linear(rows, columns)
        else:
            sums = self._quadratic(rows, columns)
        return np.where(np.count_nonzero(rows + columns, axis=1) > 1, sums, 0.0)

    def largest(self) -> float:
        """The distance of the two outermost of the categories; 1 where they are nominal."""
        if self.kind == "nominal":
            return 1.0
        return float(self.between(np.array([0]), np.array([self.positions.size - 1]))[0])

    def _linear(self, rows: Floats, columns: Floats) -> Floats:
        below_rows, below_columns = np.cumsum(rows, axis=1), np.cumsum(columns, axis=1)
        above_rows = below_rows[:, -1:] - below_rows
        above_columns = below_columns[:, -1:] - below_columns
        parted = (below_rows * above_columns + above_rows * below_columns)[:, :-1]
        sums: Floats = (parted * np.diff(self.positions, axis=-1)).sum(axis=1)
        return sums

    def _quadratic(self, rows: Floats, columns: Floats) -> Floats:
        middle = (self.positions[..., :1] + self.positions[..., -1:]) / 2
        positions = self.positions - middle
        squares = positions**2
        sums: Floats = (
            columns.sum(axis=1) * (rows * squares).sum(axis=1)
            + rows.sum(axis=1) * (columns * squares).sum(axis=1)
            - 2 * (rows * positions).sum(axis=1) * (columns * positions).sum(axis=1)
        )
        return sums


def on_unit_range(positions: Floats) -> Floats:
    """Ascending positions (V,) from 0 to 1, so that squares of tiny or huge ones are neither 0 nor infinite."""
    reach = float(positions[-1] - positions[0])
    shares: Floats = (positions - positions[0]) / (reach or 1.0)
    return shares
