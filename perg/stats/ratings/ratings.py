"""Ratings as a table: units by raters.

A rating is one of the table's categories. Numbers in files carry rounding noise (0.1 + 0.2 is not 0.3), so a rating
belongs to the nearest category within a tolerance, and the table holds the category's own value: after that, equal
ratings are equal numbers. Measures work on the categories' codes 0, 1, ….
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

Ratings = NDArray[np.float64]
Codes = NDArray[np.int64]

Level = Literal["nominal", "ordinal", "interval"]

SCALE: tuple[float, ...] = (1, 2, 3, 4, 5)
BINARY: tuple[float, ...] = (0, 1)

NOISE = 1e-9
"""Two numbers are one rating where they differ by less than this share of their size, and of the scale's range."""

ROUNDING = 8 * np.finfo(np.float64).eps
"""Also where they differ by less than this share of the largest category: 0.3 − 3 × 0.1 is 0."""


@dataclass(frozen=True, slots=True, eq=False)
class RatingTable:
    """Ratings of units (rows) by raters (columns).

    Attributes:
        units: n_units distinct ids.
        raters: n_raters distinct names.
        values: shape (n_units, n_raters), each one of `categories`, or NaN where the rating is missing. Values that
            differ from a category by rounding noise only are replaced by it.
        categories: the values a rating can take, ascending; the steps between them may differ. Binary tables use
            (0, 1), 1 = followed.
        level: what the values mean. Medians are taken of ranks, or on an interval scale of the values.

    Raises:
        ValueError: a shape that does not fit, a duplicate unit or rater, categories that do not ascend, a value
            outside the categories.
    """

    units: tuple[Hashable, ...]
    raters: tuple[str, ...]
    values: Ratings
    categories: tuple[float, ...] = SCALE
    level: Level = "ordinal"

    def __post_init__(self) -> None:
        if self.values.shape != (len(self.units), len(self.raters)):
            raise ValueError("values must have one row per unit and one column per rater")
        if len(set(self.units)) < len(self.units) or len(set(self.raters)) < len(self.raters):
            raise ValueError("units and raters must be distinct")
        require_ascending(self.categories)
        object.__setattr__(self, "values", on_categories(self.values, self.categories))

    @classmethod
    def from_records(
        cls,
        records: Iterable[tuple[Hashable, str, float]],
        *,
        categories: tuple[float, ...] = SCALE,
        level: Level = "ordinal",
    ) -> Self:
        """A table from (unit, rater, score) records; rows and columns in the order of first appearance.

        Raises:
            ValueError: two scores of one rater for one unit, or a score outside the categories.
        """
        scores: dict[tuple[Hashable, str], float] = {}
        for unit, rater, score in records:
            if (unit, rater) in scores:
                raise ValueError(f"{rater} rated {unit!r} twice")
            if np.isnan(score):
                raise ValueError(f"{score!r} is not one of the categories {categories}")
            scores[unit, rater] = score
        rows = {unit: i for i, unit in enumerate(dict.fromkeys(unit for unit, _ in scores))}
        columns = {rater: i for i, rater in enumerate(dict.fromkeys(rater for _, rater in scores))}
        values = np.full((len(rows), len(columns)), np.nan)
        for (unit, rater), score in scores.items():
            values[rows[unit], columns[rater]] = score
        return cls(tuple(rows), tuple(columns), values, categories, level)

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
        cut = nearest_category(threshold, self.categories)
        followed = np.where(np.isnan(self.values), np.nan, self.values >= cut)
        return replace(self, values=followed, categories=BINARY)

    def by_rank(self) -> "RatingTable":
        """The table with the categories' codes 0, 1, … as values: what an ordinal scale says, whatever its numbers."""
        ranks = tuple(float(code) for code in range(len(self.categories)))
        return replace(self, values=rank_values(self.values, self.categories), categories=ranks)

    def aggregate(self, raters: Sequence[str], rule: Literal["median", "majority"] = "median") -> Ratings:
        """One rating per unit out of those of `raters`, shape (n_units,); NaN where nobody rated.

        The median is that of the ratings' codes: with an even number of ratings it may lie halfway between two
        neighbouring categories. On an interval scale it is the median of the values. `with_column` takes either as
        a category. The majority is for binary tables, and a tie is NaN.

        Raises:
            ValueError: a majority of ratings that are not binary, or an unknown rater.
        """
        values = self.select(raters).values
        if rule == "median" and self.level == "interval":
            return _row_medians(values)
        if rule == "median":
            return value_at(_row_medians(self.select(raters).by_rank().values), self.categories)
        if self.categories != BINARY:
            raise ValueError("a majority is taken of binary ratings")
        margin = np.nansum(2 * values - 1, axis=1)
        return np.where(margin == 0, np.nan, np.where(margin > 0, 1.0, 0.0))

    def with_column(self, name: str, values: Ratings) -> "RatingTable":
        """The table with one more rater, and with the categories that `values` (n_units,) need.

        Where they need it the midpoints of neighbouring categories are added, all of them, so that equal steps stay
        equal; on an interval scale, where medians can lie anywhere, else the values themselves.

        Raises:
            ValueError: the name is taken, the shape does not fit, or on an ordinal scale a value is neither a
                category nor a midpoint.
        """
        if values.shape != (len(self.units),):
            raise ValueError("a column has one value per unit")
        return replace(
            self,
            raters=(*self.raters, name),
            values=np.column_stack([self.values, values]),
            categories=self._categories_with(values[~np.isnan(values)]),
        )

    def _categories_with(self, values: Ratings) -> tuple[float, ...]:
        if on_scale(values, self.categories).all():
            return self.categories
        halved = with_midpoints(self.categories)
        if self.level != "interval" or on_scale(values, halved).all():
            return halved
        others = [float(value) for value in values[~on_scale(values, self.categories)]]
        return distinct_values([*self.categories, *others])

    def codes(self) -> Codes:
        """Index of each rating in `categories`, −1 where it is missing; shape (n_units, n_raters)."""
        return category_codes(self.values, self.categories)


def category_codes(values: Ratings, categories: Sequence[float]) -> Codes:
    """Index of the nearest of the ascending `categories` for each value, −1 for NaN; the shape of `values`.

    Raises:
        ValueError: a value that is farther from every category than rounding explains.
    """
    codes, misses = _nearest(values, categories)
    if misses.any():
        raise ValueError(f"a rating is not one of the categories: {float(values[misses > 0][0])!r}")
    return codes


def on_categories(values: Ratings, categories: Sequence[float]) -> Ratings:
    """The values without their rounding noise: each is one of the ascending `categories`, or NaN.

    Raises:
        ValueError: as `category_codes`.
    """
    scale = np.append(np.asarray(categories, dtype=np.float64), np.nan)
    snapped: Ratings = scale[category_codes(values, categories)]
    return snapped


def rank_values(values: Ratings, categories: Sequence[float]) -> Ratings:
    """The categories' codes 0, 1, … as ratings, NaN where missing: `category_codes` in floating point."""
    codes = category_codes(values, categories)
    return np.where(codes < 0, np.nan, codes.astype(np.float64))


def on_scale(values: Ratings, categories: Sequence[float]) -> NDArray[np.bool_]:
    """Whether each value is one of the ascending `categories`, but for rounding, or NaN; the shape of `values`."""
    return np.asarray(_nearest(values, categories)[1] == 0)


def codes_below(values: Ratings, categories: Sequence[float]) -> Codes:
    """Index of the highest category that is not above each value but for rounding, 0 below all of them, −1 for NaN."""
    codes, misses = _nearest(values, categories)
    is_below = (misses > 0) & (values < np.asarray(categories, dtype=np.float64)[codes])
    return np.where(codes < 0, -1, np.maximum(codes - is_below, 0))


def nearest_category(value: float, categories: Sequence[float]) -> float:
    """The category that the value equals but for rounding, or else the value."""
    codes, misses = _nearest(np.array([value], dtype=np.float64), categories)
    return value if misses[0] > 0 or codes[0] < 0 else float(categories[int(codes[0])])


def unit_values(values: Ratings, categories: Sequence[float]) -> Ratings:
    """Ratings of any shape, with the lowest category at 0 and the highest at 1, to 12 decimals.

    So neither the unit of the scale nor rounding noise changes what is computed from them.
    """
    reach = categories[-1] - categories[0] if categories else 0.0
    units = (values - categories[0]) / reach if reach else np.where(np.isnan(values), np.nan, 0.0)
    return np.round(units, 12)


def distinct_values(values: Iterable[float]) -> tuple[float, ...]:
    """The distinct numbers, ascending; of those that differ by rounding noise, the one that is shortest to write."""
    ascending = np.unique(np.fromiter(values, dtype=np.float64))
    if ascending.size < 2:
        return tuple(ascending.tolist())
    starts = np.flatnonzero(np.append(True, np.diff(ascending) > _tolerance(ascending, ascending)[1:]))
    groups = np.split(ascending, starts[1:])
    return tuple(min(group.tolist(), key=lambda value: len(repr(value))) for group in groups)


def value_at(positions: Ratings, categories: Sequence[float]) -> Ratings:
    """The values at codes (…), which may lie halfway between two of them: then halfway between the categories."""
    scale = np.asarray(categories, dtype=np.float64)
    low = np.floor(np.nan_to_num(positions)).astype(np.int64)
    high = np.ceil(np.nan_to_num(positions)).astype(np.int64)
    middles = np.where(low == high, scale[low], (scale[low] + scale[high]) / 2) if scale.size else positions
    return np.where(np.isnan(positions), np.nan, middles)


def with_midpoints(categories: Sequence[float]) -> tuple[float, ...]:
    """The categories and the midpoints between neighbours: (1, 2, 3) → (1, 1.5, 2, 2.5, 3)."""
    middles = [(a + b) / 2 for a, b in pairwise(categories)]
    return tuple(sorted([*categories, *middles]))


def require_ascending(categories: Sequence[float]) -> None:
    """Raise ValueError unless there are categories, and each is greater than the one before it."""
    steps = np.diff(np.asarray(categories, dtype=np.float64))
    if len(categories) == 0 or not (steps > 0).all():
        raise ValueError("categories must ascend")


def _nearest(values: Ratings, categories: Sequence[float]) -> tuple[Codes, Ratings]:
    """The code of the nearest category, −1 for NaN, and by how much each value misses it beyond rounding noise."""
    scale = np.asarray(categories, dtype=np.float64)
    if scale.size == 0:
        return np.full(values.shape, -1, dtype=np.int64), np.where(np.isnan(values), 0.0, np.inf)
    missing = np.isnan(values)
    codes = np.minimum(np.searchsorted(scale, values), scale.size - 1).astype(np.int64)
    exact = scale[codes] == values
    misses = np.zeros(values.shape)
    inexact = ~(exact | missing)
    if inexact.any():
        stray, above = values[inexact], codes[inexact]
        below = np.maximum(above - 1, 0)
        nearest = np.where(np.abs(stray - scale[below]) <= np.abs(scale[above] - stray), below, above)
        codes[inexact] = nearest
        misses[inexact] = np.maximum(np.abs(stray - scale[nearest]) - _tolerance(stray, scale), 0)
    return np.where(missing, -1, codes), misses


def _tolerance(values: Ratings, scale: Ratings) -> Ratings:
    """How far each value may be from a category of the ascending scale and still be that category."""
    reach = float(scale[-1] - scale[0]) or abs(float(scale[0]))
    return np.maximum(NOISE * np.minimum(np.abs(values), reach), ROUNDING * float(np.abs(scale).max()))


def _row_medians(values: Ratings) -> Ratings:
    """Medians of the ratings that are there, row by row; NaN for a row of none (nanmedian would warn)."""
    medians = np.full(values.shape[0], np.nan)
    rated = ~np.isnan(values).all(axis=1)
    if rated.any():
        medians[rated] = np.nanmedian(values[rated], axis=1)
    return medians
