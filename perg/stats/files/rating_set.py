"""People's and judges' ratings of the same items on one scale, as a table for all measures."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import isfinite

import numpy as np

from perg.formats.label_forms import shown
from perg.stats.files.ratings_files import FileRating, FileRatings, Kind, LineError, RatingsFileError, Scale
from perg.stats.ratings.ratings import RatingTable, distinct_values, on_scale

CELLS_AT_MOST = 20_000_000
"""Of a table, empty ones included: items by raters. A file of a few megabytes can name 100,000 of both."""


@dataclass(frozen=True, slots=True, eq=False)
class RatingSet:
    """Ratings of items by people and judges.

    Attributes:
        scale: what the ratings' values mean.
        table: items by raters; on a nominal scale the values are codes 0, 1, … of `labels`.
        labels: names of the categories in their order: on a nominal scale, and on an ordinal one whose levels have
            names, where the values are places from 1; else empty.
        people, judges: the table's raters by kind, people first in the table.
        missing: cells that the files left empty; items that a file does not mention are not counted.
    """

    scale: Scale
    table: RatingTable
    labels: tuple[str, ...]
    people: tuple[str, ...]
    judges: tuple[str, ...]
    missing: int


def rating_set(
    files: Iterable[FileRatings], scale: Scale, *, categories: Sequence[float | str] | None = None
) -> RatingSet:
    """One table from the ratings of several files.

    The scale has the `categories` that are stated, or else exactly those that occur: none is added in between or
    beyond. Labels of a nominal scale come in the stated order, or else in alphabetical order, numbers by their size.

    Raises:
        RatingsFileError: no ratings, a rater in two files who rates an item twice or is both human and judge, a
            rating outside the stated categories, or a stated category of a scale of numbers that is none.
    """
    contents = list(files)
    ratings = [rating for file in contents for rating in file.ratings]
    _require_consistent(ratings)
    labels: tuple[str, ...] = ()
    if scale == "nominal":
        labels = _labels(ratings, categories)
        code = {label: float(i) for i, label in enumerate(labels)}
        _require_on_scale(ratings, (str(rating.label) in code for rating in ratings))
        values = [code[str(rating.label)] for rating in ratings]
        steps = tuple(code.values())
    else:
        values = [float(rating.label) for rating in ratings]
        steps = distinct_values(values if categories is None else _numbers(categories))
        _require_on_scale(ratings, on_scale(np.array(values, dtype=np.float64), steps).tolist())
    people, judges = (_raters(ratings, kind) for kind in ("human", "judge"))
    rows = {item: i for i, item in enumerate(dict.fromkeys(rating.item for rating in ratings))}
    columns = {rater: i for i, rater in enumerate((*people, *judges))}
    if len(rows) * len(columns) > CELLS_AT_MOST:
        raise RatingsFileError.of_whole(
            f"{len(rows):,} items by {len(columns):,} raters are too large a table: at most {CELLS_AT_MOST:,} cells"
        )
    matrix = np.full((len(rows), len(columns)), np.nan)
    for rating, value in zip(ratings, values, strict=True):
        matrix[rows[rating.item], columns[rating.rater]] = value
    table = RatingTable(tuple(rows), tuple(columns), matrix, steps, scale)
    return RatingSet(scale, table, labels, people, judges, sum(file.missing for file in contents))


def named_rating_set(file: FileRatings, names: Sequence[str], *, ordered: bool) -> RatingSet:
    """One table from ratings that are `names`: of a nominal scale, or `ordered` from the lowest.

    On an ordered scale the value of a name is its place, from 1.

    Raises:
        RatingsFileError: as `rating_set`; a rating that is none of the names is not on the scale.
    """
    if not ordered:
        return rating_set([file], "nominal", categories=names)
    places = {name: float(place) for place, name in enumerate(names, start=1)}
    _require_on_scale(file.ratings, (str(rating.label) in places for rating in file.ratings))
    ratings = tuple(replace(rating, label=places[str(rating.label)]) for rating in file.ratings)
    table = rating_set([FileRatings(ratings, file.missing)], "ordinal", categories=list(places.values()))
    return replace(table, labels=tuple(places))


def _labels(ratings: Sequence[FileRating], categories: Sequence[float | str] | None) -> tuple[str, ...]:
    if categories is None:
        return tuple(sorted({str(rating.label) for rating in ratings}, key=_numbers_by_size))
    return tuple(dict.fromkeys(_name(category) for category in categories))


def _name(category: float | str) -> str:
    """A stated label as a file writes it: 1.0 is 1."""
    if isinstance(category, str):
        return category
    return str(int(category)) if float(category).is_integer() else str(category)


def _numbers(categories: Sequence[float | str]) -> list[float]:
    try:
        numbers = [float(category) for category in categories]
    except ValueError as error:
        raise RatingsFileError.of_whole(f"a category is not a number: {error}") from error
    if not numbers or not all(isfinite(number) for number in numbers):
        raise RatingsFileError.of_whole("the categories must be finite numbers, one at least")
    return numbers


def _raters(ratings: Sequence[FileRating], kind: Kind) -> tuple[str, ...]:
    return tuple(dict.fromkeys(rating.rater for rating in ratings if rating.kind == kind))


def _require_consistent(ratings: Sequence[FileRating]) -> None:
    if not ratings:
        raise RatingsFileError.of_whole("no ratings")
    errors, kinds, pairs = [], dict[str, Kind](), set[tuple[str, str]]()
    for rating in ratings:
        if kinds.setdefault(rating.rater, rating.kind) != rating.kind:
            errors.append(LineError(rating.line, f"{rating.rater} is both human and judge"))
        elif (rating.item, rating.rater) in pairs:
            errors.append(LineError(rating.line, f"{rating.rater} on {rating.item} in two files"))
        pairs.add((rating.item, rating.rater))
    if errors:
        raise RatingsFileError(errors)


def _require_on_scale(ratings: Sequence[FileRating], fits: Iterable[bool]) -> None:
    errors = [
        LineError(rating.line, f"{rating.rater} on {rating.item}: {shown(rating.label)} is not on the scale")
        for rating, is_on_scale in zip(ratings, fits, strict=True)
        if not is_on_scale
    ]
    if errors:
        raise RatingsFileError(errors)


def _numbers_by_size(label: str) -> tuple[int, float, str]:
    try:
        number = float(label)
    except ValueError:
        return 1, 0.0, label
    return (0, number, label) if isfinite(number) else (1, 0.0, label)
