"""People's and judges' ratings of the same items, of one scale, as a table that all measures take."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import gcd

import numpy as np

from annotations.agreement.label_forms import shown
from annotations.agreement.ratings import SCALE, RatingTable
from annotations.agreement.ratings_files import (
    FileRating,
    FileRatings,
    Kind,
    LineError,
    RatingsFileError,
    Scale,
)

CATEGORIES_AT_MOST = 1001  # what a scale of 0 to 100 in tenths needs


@dataclass(frozen=True, slots=True, eq=False)
class RatingSet:
    """Ratings of items by people and judges.

    Attributes:
        scale: what the ratings' values mean.
        table: items by raters; on a nominal scale the values are codes 0, 1, … of `labels`.
        labels: names of the nominal categories in the order of their codes; empty on other scales.
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
    """One table out of the ratings of several files.

    A nominal scale has `categories`, in that order, or else the labels that occur, in alphabetical order, of numbers by
    their size. Other scales
    have `categories`, or else: 1–5 where all ratings are among these, and otherwise the evenly spaced values
    from the lowest to the highest rating whose step divides all differences.

    Raises:
        RatingsFileError: no ratings, a rater in two files who rates an item twice or is both human and judge,
            a rating outside the categories, or ratings that need more than 1,001 categories.
    """
    read = list(files)
    ratings = [rating for file in read for rating in file.ratings]
    _require_consistent(ratings)
    labels: tuple[str, ...] = ()
    if scale == "nominal":
        labels = tuple(sorted({str(rating.label) for rating in ratings}, key=_numbers_by_size))
        if categories is not None:
            _require_on_scale(ratings, categories)
            labels = tuple(str(category) for category in categories)
        code = {label: float(i) for i, label in enumerate(labels)}
        values = [code[str(rating.label)] for rating in ratings]
        spaced = tuple(code.values())
    else:
        values = [float(rating.label) for rating in ratings]
        spaced = evenly_spaced(values) if categories is None else tuple(float(c) for c in categories)
        _require_on_scale(ratings, spaced)
    people, judges = (_raters(ratings, kind) for kind in ("human", "judge"))
    rows = {item: i for i, item in enumerate(dict.fromkeys(rating.item for rating in ratings))}
    columns = {rater: i for i, rater in enumerate((*people, *judges))}
    matrix = np.full((len(rows), len(columns)), np.nan)
    for rating, value in zip(ratings, values, strict=True):
        matrix[rows[rating.item], columns[rating.rater]] = value
    table = RatingTable(tuple(rows), tuple(columns), matrix, spaced)
    return RatingSet(scale, table, labels, people, judges, sum(file.missing for file in read))


def _raters(ratings: Sequence[FileRating], kind: Kind) -> tuple[str, ...]:
    return tuple(dict.fromkeys(rating.rater for rating in ratings if rating.kind == kind))


def _require_consistent(ratings: Sequence[FileRating]) -> None:
    if not ratings:
        raise RatingsFileError([LineError(None, "no ratings")])
    errors, kinds, seen = [], dict[str, Kind](), set[tuple[str, str]]()
    for rating in ratings:
        if kinds.setdefault(rating.rater, rating.kind) != rating.kind:
            errors.append(LineError(rating.line, f"{rating.rater} is both human and judge"))
        elif (rating.item, rating.rater) in seen:
            errors.append(LineError(rating.line, f"{rating.rater} on {rating.item} in two files"))
        seen.add((rating.item, rating.rater))
    if errors:
        raise RatingsFileError(errors)


def _require_on_scale(ratings: Sequence[FileRating], categories: Sequence[float | str]) -> None:
    allowed = set(categories)
    errors = [
        LineError(rating.line, f"{rating.rater} on {rating.item}: {shown(rating.label)} is not on the scale")
        for rating in ratings
        if rating.label not in allowed
    ]
    if errors:
        raise RatingsFileError(errors)


def _numbers_by_size(label: str) -> tuple[int, float, str]:
    try:
        return 0, float(label), label
    except ValueError:
        return 1, 0.0, label


def evenly_spaced(values: Iterable[float]) -> tuple[float, ...]:
    """The fewest evenly spaced categories that hold all values; 1–5 where these do.

    Values are taken as the decimals that they are written as, so that 0.1, 0.2, 0.3 have a step of 0.1.

    Raises:
        RatingsFileError: more than 1,001 would be needed.
    """
    distinct = sorted(set(values))
    if set(distinct) <= set(SCALE):
        return SCALE
    decimals = [Decimal(repr(value)) for value in distinct]
    places = max(0, *(-int(decimal.as_tuple().exponent) for decimal in decimals))
    whole = [int(decimal.scaleb(places)) for decimal in decimals]
    step = gcd(*(number - whole[0] for number in whole)) or 1
    if (whole[-1] - whole[0]) // step + 1 > CATEGORIES_AT_MOST:
        message = (
            f"the ratings run from {distinct[0]:g} to {distinct[-1]:g} in steps too fine to be a scale "
            f"(more than {CATEGORIES_AT_MOST} values): round them first"
        )
        raise RatingsFileError([LineError(None, message)])
    return tuple(float(Decimal(number).scaleb(-places)) for number in range(whole[0], whole[-1] + 1, step))
