"""Ratings that were made elsewhere, as a validation report reads them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from annotations.labelling.selectors.item_votes import votes_on
from annotations.models import Criterion
from annotations.models.imported import AnswerKind, RatedBy
from annotations.validation.selectors.imported_items import (
    clusters_of,
    facets_of,
    lengths_of,
    positions_of,
    rated_item_rows,
    systems_of,
)
from perg.formats.label_forms import is_missing, label_of
from perg.formats.tables.summary import number_in
from perg.stats.files.rating_set import RatingSet, named_rating_set, rating_set
from perg.stats.files.ratings_files import FileRating, FileRatings, Kind, Scale
from perg.stats.files.ratings_warnings import judges_on_another_scale
from perg.stats.items.pair_answers import WITH_TIES, PairAnswers, PairRating, pair_rating_set
from perg.stats.items.validation_input import ValidationInput, failures_first
from perg.stats.raters import rater_agreement as report_raters

OF_THE_REPORT = frozenset(
    {
        *(report_raters.PEOPLE_MEDIAN, report_raters.PEOPLE_MOST_COMMON, report_raters.GOLD),
        *(report_raters.PANEL_MEDIAN, report_raters.PANEL_MOST_COMMON),
        *(report_raters.CONSTANT, report_raters.RANDOM, "the others"),
    }
)
"""Names that the report gives to what it adds beside the raters: nobody else is called so."""
KINDS: Mapping[str, Kind] = {RatedBy.HUMAN.value: "human", RatedBy.JUDGE.value: "judge"}
BOTH_BAD = "both_bad"


def imported_input(criterion: Criterion) -> ValidationInput:
    """Every item is a task and part of the one sample that there is; its attributes are what it is sliced by."""
    rows = rated_item_rows(criterion)
    pairs: PairAnswers | None = None
    if criterion.kind == AnswerKind.PAIRWISE:
        ratings, pairs = _pair_ratings(criterion)
    else:
        ratings = imported_rating_set(criterion)
    items = [rows[str(unit)] for unit in ratings.table.units]
    if pairs is not None:
        pairs = replace(pairs, systems=systems_of(items))
    incomparable: dict[str, str] = {}
    if criterion.categories is None and pairs is None:  # on a stated scale, what lies outside it was refused
        incomparable = judges_on_another_scale(_stored_ratings(criterion), ratings.scale)
    lengths, length_name = lengths_of(items, criterion.kind)
    return ValidationInput(
        ratings=ratings,
        threshold=_threshold(criterion, ratings),
        clusters=clusters_of(items),
        facets=facets_of(items),
        response_length=lengths,
        length_name=length_name,
        position=None if pairs is not None else positions_of(items),
        judge_kinds=dict.fromkeys(ratings.judges, "imported judge"),
        warnings=criterion.warnings,
        incomparable=incomparable,
        pairs=pairs,
        value_range=_value_range(criterion),
    )


def imported_rating_set(criterion: Criterion) -> RatingSet:
    """The imported ratings as a table, on the scale that was stated, or else that of the ratings that occur.

    Labels that are failures come before the others. On an ordinal scale whose levels have names, the value of a rating
    is the place of its level, from 1. Of pairs, a rater has one rating of an item (`pair_rating_set`).

    Raises:
        RatingsFileError: a rating that is not on the stated scale.
    """
    if criterion.kind == AnswerKind.PAIRWISE:
        return _pair_ratings(criterion)[0]
    scale, failures = _scale(criterion.scale), criterion.failure_labels or ()
    if levels := level_names(criterion):
        return named_rating_set(FileRatings(tuple(_named(criterion, levels)), 0), levels, ordered=True)
    stated: Sequence[str | float] | None = criterion.categories
    if stated is not None and scale != "nominal":
        stated = [float(category) for category in stated]
    files = [FileRatings(tuple(_stored_ratings(criterion)), 0)]
    ratings = rating_set(files, scale, categories=stated)
    if not failures:
        return ratings
    return rating_set(files, scale, categories=failures_first(ratings.labels, failures))


def level_names(criterion: Criterion) -> tuple[str, ...]:
    """The names of an ordinal scale's levels, from the lowest; none where they are numbers."""
    if criterion.scale != "ordinal" or not criterion.categories:
        return ()
    names = tuple(criterion.categories)
    return names if any(number_in(name) is None for name in names) else ()


def _named(criterion: Criterion, levels: Sequence[str]) -> Iterator[FileRating]:
    """The stored ratings by the names of their levels: a value is a name, or a level's place from 1."""
    by_place = {float(place): name for place, name in enumerate(levels, start=1)}
    for item, rater, kind, value, _ in _rows(criterion):
        place = None if value in levels else number_in(value)
        name = value if place is None else by_place.get(place, value)
        yield FileRating(item, rater, kind, name, None)


def _pair_ratings(criterion: Criterion) -> tuple[RatingSet, PairAnswers]:
    """Which output raters prefer: ordered where nobody can say “both bad”, else names."""
    rows = [
        PairRating(item, rater, kind, value, swapped)
        for item, rater, kind, value, swapped in _rows(criterion, both_orders=True)
    ]
    categories = tuple(criterion.categories or WITH_TIES)
    if criterion.categories is None and any(row.answer == BOTH_BAD for row in rows):
        categories = (*categories, BOTH_BAD)
    failures = criterion.failure_labels or ()
    ordered = tuple(name for name in WITH_TIES if name in categories)
    if set(ordered) == set(categories) and set(ordered[: len(failures)]) == set(failures):
        return pair_rating_set(rows, categories=ordered)
    return pair_rating_set(rows, categories=failures_first(categories, failures), ordered=False)


def _threshold(criterion: Criterion, ratings: RatingSet) -> float | None:
    """Where failures end: on a nominal scale the code of the first label that is none."""
    failures = criterion.failure_labels
    if not failures:
        return criterion.threshold
    if ratings.scale == "nominal":
        return float(len(failures))
    return 1.0 + max(ratings.labels.index(failure) + 1 for failure in failures)


def _value_range(criterion: Criterion) -> tuple[float, float] | None:
    """The ends of a scale of numbers, by its definition or its categories; None: not stated."""
    if criterion.scale != "interval":
        return None
    if criterion.categories:
        numbers = [float(category) for category in criterion.categories]
        return min(numbers), max(numbers)
    low, high = (criterion.definition.get(end) for end in ("lowest", "highest"))
    return None if low is None or high is None else (float(low), float(high))


def _stored_ratings(criterion: Criterion) -> Iterator[FileRating]:
    """The ratings in the order of the files. Old imports have labels as they were in the file: `1.0`, `NaN`."""
    labels = {*(criterion.categories or ()), *(criterion.failure_labels or ())}
    nominal = criterion.scale == "nominal"
    for item, rater, kind, value, _ in _rows(criterion):
        if not nominal:
            yield FileRating(item, rater, kind, float(value), None)
        elif value in labels or not is_missing(value, nominal=True):
            yield FileRating(item, rater, kind, label_of(value), None)


def _rows(criterion: Criterion, *, both_orders: bool = False) -> Iterator[tuple[str, str, Kind, str, bool]]:
    """Item, rater, kind, value and whether swapped, raters called as nobody of the report is; people who label here
    come after those whose ratings were imported, and are others also where they have their names.

    A rater of one output that answered in both orders counts with its answer in the item's own, unless `both_orders`.
    """
    ratings = criterion.ratings.order_by("pk")
    columns = ratings.values_list("item__external_id", "rater", "kind", "value", "swapped")
    straight = set[tuple[str, str]]()
    if not both_orders and ratings.filter(swapped=True).exists():
        straight = {*ratings.filter(swapped=False).values_list("item__external_id", "rater")}
    names = dict[str, str]()
    for item, rater, kind, value, swapped in columns:
        if swapped and (item, rater) in straight:
            continue
        if rater not in names:
            names[rater] = told_apart(rater, {*OF_THE_REPORT, *names.values()}, "imported")
        yield item, names[rater], KINDS[kind], value, swapped
    people = dict[str, str]()
    for vote in votes_on(criterion):
        if vote.username not in people:
            taken = {*OF_THE_REPORT, *names.values(), *people.values()}
            people[vote.username] = told_apart(vote.username, taken, "labelled here")
        yield vote.external_id, people[vote.username], "human", vote.value, vote.swapped


def told_apart(name: str, taken: Collection[str], by: str) -> str:
    """The name; one that is taken gets behind it what tells the two apart."""
    while name in taken:
        name = f"{name} ({by})"
    return name


def _scale(scale: str) -> Scale:
    known: dict[str, Scale] = {"nominal": "nominal", "ordinal": "ordinal", "interval": "interval"}
    return known[scale]
