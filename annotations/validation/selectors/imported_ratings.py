"""Ratings that were made elsewhere, as a validation report reads them."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import numpy as np

from annotations.labelling.selectors.item_votes import votes_on
from annotations.models import Criterion
from annotations.models.imported import RatedBy
from perg.formats.label_forms import is_missing, label_of
from perg.stats.base.resampling import Clusters
from perg.stats.files.rating_set import RatingSet, rating_set
from perg.stats.files.ratings_files import FileRating, FileRatings, Kind, Scale
from perg.stats.files.ratings_warnings import judges_on_another_scale
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


def imported_input(criterion: Criterion) -> ValidationInput:
    """Every item is a task and part of the one sample that there is; its attributes are what it is sliced by."""
    items = list(
        criterion.campaign.imported_items.order_by("position").values_list(
            "external_id", "cluster", "attributes"
        )
    )
    ratings = imported_rating_set(criterion)
    rows = {external_id: (cluster, attributes) for external_id, cluster, attributes in items}
    failures = criterion.failure_labels
    incomparable: dict[str, str] = {}
    if criterion.categories is None:  # on a stated scale, what lies outside it was refused
        incomparable = judges_on_another_scale(_stored_ratings(criterion), ratings.scale)
    return ValidationInput(
        ratings=ratings,
        threshold=float(len(failures)) if failures else criterion.threshold,
        clusters=_clusters(rows[str(unit)][0] for unit in ratings.table.units),
        facets=_facets([rows[str(unit)][1] for unit in ratings.table.units]),
        judge_kinds=dict.fromkeys(ratings.judges, "imported judge"),
        warnings=criterion.warnings,
        incomparable=incomparable,
    )


def _clusters(names: Iterable[str]) -> Clusters:
    """The number of each item's cluster; an item without one is its own."""
    numbers: dict[object, int] = {}
    keys = (name or row for row, name in enumerate(names))
    return np.fromiter((numbers.setdefault(key, len(numbers)) for key in keys), dtype=np.int64)


def _facets(attributes: Sequence[Mapping[str, str]]) -> dict[str, list[str | None]]:
    """The values of each attribute, item by item; None: the item lacks it."""
    names = dict.fromkeys(name for of_item in attributes for name in of_item)
    return {name: [of_item.get(name) or None for of_item in attributes] for name in names}


def imported_rating_set(criterion: Criterion) -> RatingSet:
    """The imported ratings as a table, on the scale that was stated, or else that of the ratings that occur.

    Labels that are failures come before the others.
    """
    scale, failures = _scale(criterion.scale), criterion.failure_labels or ()
    stated: Sequence[str | float] | None = criterion.categories
    if stated is not None and scale != "nominal":
        stated = [float(category) for category in stated]
    files = [FileRatings(tuple(_stored_ratings(criterion)), 0)]
    ratings = rating_set(files, scale, categories=stated)
    if not failures:
        return ratings
    return rating_set(files, scale, categories=failures_first(ratings.labels, failures))


def _stored_ratings(criterion: Criterion) -> Iterator[FileRating]:
    """The ratings in the order of the files. Old imports have labels as they were in the file: `1.0`, `NaN`."""
    rows = criterion.ratings.order_by("pk").values_list("item__external_id", "rater", "kind", "value")
    labels = {*(criterion.categories or ()), *(criterion.failure_labels or ())}
    nominal = criterion.scale == "nominal"
    kinds: dict[str, Kind] = {RatedBy.HUMAN.value: "human", RatedBy.JUDGE.value: "judge"}
    names = dict[str, str]()
    for item, rater, kind, value in rows:
        if rater not in names:
            names[rater] = told_apart(rater, {*OF_THE_REPORT, *names.values()}, "imported")
        if not nominal:
            yield FileRating(item, names[rater], kinds[kind], float(value), None)
        elif value in labels or not is_missing(value, nominal=True):
            yield FileRating(item, names[rater], kinds[kind], label_of(value), None)
    yield from _votes(criterion, names.values())


def _votes(criterion: Criterion, taken: Collection[str]) -> Iterator[FileRating]:
    """What people who label here say: each is a rater of their own, also if another one has their name."""
    names = dict[str, str]()
    for vote in votes_on(criterion):
        if vote.username not in names:
            others = {*OF_THE_REPORT, *taken, *names.values()}
            names[vote.username] = told_apart(vote.username, others, "labelled here")
        label = vote.value if criterion.scale == "nominal" else float(vote.value)
        yield FileRating(vote.external_id, names[vote.username], "human", label, None)


def told_apart(name: str, taken: Collection[str], by: str) -> str:
    """The name; one that is taken gets behind it what tells the two apart."""
    while name in taken:
        name = f"{name} ({by})"
    return name


def _scale(scale: str) -> Scale:
    known: dict[str, Scale] = {"nominal": "nominal", "ordinal": "ordinal", "interval": "interval"}
    return known[scale]
