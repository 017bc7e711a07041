"""Ratings as a table: units by raters."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

Ratings = NDArray[np.float64]
Codes = NDArray[np.int64]

SCALE: tuple[float, ...] = (1, 2, 3, 4, 5)
BINARY: tuple[float, ...] = (0, 1)


@dataclass(frozen=True, slots=True, eq=False)
class RatingTable:
    """Ratings of units (rows) by raters (columns).

    Attributes:
        units: n_units distinct ids.
        raters: n_raters distinct names.
        values: shape (n_units, n_raters), each one of `categories`, or NaN where the rating is missing.
        categories: the values a rating can take, ascending and evenly spaced, since interval distances and
            quadratic weights are read off them. Binary tables use (0, 1), 1 = followed.

    Raises:
        ValueError: a shape that does not fit, a duplicate unit or rater, unsorted or uneven categories, a
            value outside the categories.
    """

    units: tuple[Hashable, ...]
    raters: tuple[str, ...]
    values: Ratings
    categories: tuple[float, ...] = SCALE

    def __post_init__(self) -> None:
        if self.values.shape != (len(self.units), len(self.raters)):
            raise ValueError("values must have one row per unit and one column per rater")
        if len(set(self.units)) < len(self.units) or len(set(self.raters)) < len(self.raters):
            raise ValueError("units and raters must be distinct")
        require_evenly_spaced(self.categories)
        category_codes(self.values, self.categories)

    @classmethod
    def from_records(
        cls, records: Iterable[tuple[Hashable, str, float]], *, categories: tuple[float, ...] = SCALE
    ) -> Self:
        """A table from (unit, rater, score) records; rows and columns in the order of first appearance.

        Raises:
            ValueError: two scores of one rater for one unit, or a score outside the categories.
        """
        scores: dict[tuple[Hashable, str], float] = {}
        for unit, rater, score in records:
            if (unit, rater) in scores:
                raise ValueError(f"{rater} rated {unit!r} twice")
            if score not in categories:
                raise ValueError(f"{score!r} is not one of the categories {categories}")
            scores[unit, rater] = score
        rows = {unit: i for i, unit in enumerate(dict.fromkeys(unit for unit, _ in scores))}
        columns = {rater: i for i, rater in enumerate(dict.fromkeys(rater for _, rater in scores))}
        values = np.full((len(rows), len(columns)), np.nan)
        for (unit, rater), score in scores.items():
            values[rows[unit], columns[rater]] = score
        return cls(units=tuple(rows), raters=tuple(columns), values=values, categories=categories)

    def column(self, rater: str) -> Ratings:
        """The ratings of one rater, shape (n_units,); ValueError for one who is not in the table."""
        if rater not in self.raters:
            raise ValueError(f"no rater named {rater!r}")
        return self.values[:, self.raters.index(rater)]

    def select(self, raters: Sequence[str]) -> "RatingTable":
        """The same units, all of them, with these raters only and in this order."""
        columns = [self.column(rater) for rater in raters]
        values = np.column_stack(columns) if columns else np.empty((len(self.units), 0))
        return replace(self, raters=tuple(raters), values=values)

    def followed(self, threshold: float) -> "RatingTable":
        """The binary table of [rating >= threshold], categories (0, 1); missing stays missing."""
        followed = np.where(np.isnan(self.values), np.nan, self.values >= threshold)
        return replace(self, values=followed, categories=BINARY)

    def aggregate(self, raters: Sequence[str], rule: Literal["median", "majority"] = "median") -> Ratings:
        """One rating per unit out of those of `raters`, shape (n_units,); NaN where nobody rated.

        The median of an even number of ratings may lie halfway between two categories: `with_column` then
        halves the step of the categories. The majority is for binary tables, and a tie is NaN.

        Raises:
            ValueError: a majority of ratings that are not binary, or an unknown rater.
        """
        values = self.select(raters).values
        if rule == "median":
            return _row_medians(values)
        if self.categories != BINARY:
            raise ValueError("a majority is taken of binary ratings")
        margin = np.nansum(2 * values - 1, axis=1)
        return np.where(margin == 0, np.nan, np.where(margin > 0, 1.0, 0.0))

    def with_column(self, name: str, values: Ratings) -> "RatingTable":
        """The table with one more rater; categories halve their step where `values` (n_units,) need it.

        Halving keeps the categories evenly spaced, and ones that nobody uses change no coefficient.

        Raises:
            ValueError: the name is taken, the shape does not fit, or a value lies off the halved categories
                too.
        """
        if values.shape != (len(self.units),):
            raise ValueError("a column has one value per unit")
        fits = bool(np.isin(values[~np.isnan(values)], self.categories).all())
        return RatingTable(
            units=self.units,
            raters=(*self.raters, name),
            values=np.column_stack([self.values, values]),
            categories=self.categories if fits else with_midpoints(self.categories),
        )

    def codes(self) -> Codes:
        """Index of each rating in `categories`, −1 where it is missing; shape (n_units, n_raters)."""
        return category_codes(self.values, self.categories)


def category_codes(values: Ratings, categories: Sequence[float]) -> Codes:
    """Index of each value in ascending `categories`, −1 for NaN; the shape of `values`.

    Raises:
        ValueError: a value outside the categories.
    """
    missing = np.isnan(values)
    if not np.isin(values[~missing], categories).all():
        raise ValueError(f"a rating is not one of the categories {tuple(categories)}")
    codes = np.searchsorted(np.asarray(categories, dtype=np.float64), values)
    return np.where(missing, -1, codes).astype(np.int64)


def with_midpoints(categories: Sequence[float]) -> tuple[float, ...]:
    """The categories and the midpoints between neighbours: (1, 2, 3) → (1, 1.5, 2, 2.5, 3)."""
    middles = [(a + b) / 2 for a, b in pairwise(categories)]
    return tuple(sorted([*categories, *middles]))


def require_evenly_spaced(categories: Sequence[float]) -> None:
    """Raise ValueError unless the categories ascend in equal steps."""
    steps = np.diff(np.asarray(categories, dtype=np.float64))
    if len(categories) == 0 or (steps <= 0).any() or (steps.size and np.ptp(steps) > 1e-12):
        raise ValueError("categories must ascend in equal steps")


def _row_medians(values: Ratings) -> Ratings:
    """Medians of the ratings that are there, row by row; NaN for a row of none (nanmedian would warn)."""
    medians = np.full(values.shape[0], np.nan)
    rated = ~np.isnan(values).all(axis=1)
    if rated.any():
        medians[rated] = np.nanmedian(values[rated], axis=1)
    return medians
