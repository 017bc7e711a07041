"""Imported items and their ratings as tables for export."""

from collections.abc import Iterator

from django.db.models import Case, CharField, Count, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from annotations.exports.tables.columns import (
    CURSOR_ROWS,
    Column,
    Filter,
    FilterKind,
    Kind,
    Row,
    Scope,
    Source,
    Table,
    of_queryset,
)
from annotations.items.selectors.answers import Answers
from annotations.models import Criterion, ImportedItem, ImportedRating
from annotations.models.imported import RatedBy

CAMPAIGN = Filter("campaign", FilterKind.CAMPAIGN, "Campaign")
CRITERION = Filter(
    "criterion", FilterKind.TEXT, "Criterion", help_text="Key of one criterion; empty: all of the campaign."
)
PERSON = "person"

RATINGS = (
    Column("campaign", Kind.INTEGER, "Key of the campaign.", "criterion__campaign_id"),
    Column("campaign_name", Kind.TEXT, "Name of the campaign.", "criterion__campaign__name"),
    Column("external_id", Kind.TEXT, "The item, as its owner knows it.", "item__external_id"),
    Column("criterion", Kind.TEXT, "Key of the criterion.", "criterion__key"),
    Column("rater", Kind.PERSON, "Who rated: a person or a judge.", person_if=("kind", PERSON)),
    Column("kind", Kind.TEXT, "person or judge.", "rated_by"),
    Column("value", Kind.TEXT, "The answer: a label or a number."),
    Column(
        "label",
        Kind.TEXT,
        "The same in words where the value is a place on a scale of names.",
        "criterion_id",
    ),
    Column("explanation", Kind.TEXT, "Why, as written.", is_private=True, person_if=("kind", PERSON)),
    Column(
        "swapped",
        Kind.FLAG,
        "Whether the two outputs were shown in the other order; the value has that undone.",
    ),
)
ITEMS = (
    Column("campaign", Kind.INTEGER, "Key of the campaign.", "campaign_id"),
    Column("campaign_name", Kind.TEXT, "Name of the campaign.", "campaign__name"),
    Column("external_id", Kind.TEXT, "The item, as its owner knows it."),
    Column("position", Kind.INTEGER, "Place in the file, from 0."),
    Column("cluster", Kind.TEXT, "What it shares with other items; empty: nothing."),
    Column("attributes", Kind.DOCUMENT, "Name to value."),
    Column("exhibit", Kind.DOCUMENT, "What raters saw: context, outputs, reference, each a list of blocks."),
    Column("ratings_by_people", Kind.INTEGER, "Ratings by people, of all criteria.", "by_people"),
    Column("ratings_by_judges", Kind.INTEGER, "Ratings by judges, of all criteria.", "by_judges"),
)


def ratings(scope: Scope) -> Source:
    rows = ImportedRating.objects.order_by("criterion__campaign_id", "item_id", "pk")
    criteria = Criterion.objects.all()
    if scope.campaign is not None:
        rows, criteria = (
            rows.filter(criterion__campaign=scope.campaign),
            criteria.filter(campaign=scope.campaign),
        )
    if key := scope.filters.get("criterion"):
        rows, criteria = rows.filter(criterion__key=key), criteria.filter(key=key)
    rated_by = Case(
        When(kind=RatedBy.HUMAN, then=Value(PERSON)), default=Value("judge"), output_field=CharField()
    )
    return _with_labels(of_queryset(RATINGS, rows.annotate(rated_by=rated_by)), criteria)


def _with_labels(source: Source, criteria: QuerySet[Criterion]) -> Source:
    """The source with the label in the place where the criterion's key was read."""
    names = [column.name for column in RATINGS]
    value, label = names.index("value"), names.index("label")

    def rows() -> Iterator[Row]:
        answers = {
            criterion.pk: Answers(criterion) for criterion in criteria.iterator(chunk_size=CURSOR_ROWS)
        }
        for row in source.rows():
            yield (*row[:label], answers[row[label]].label(row[value]), *row[label + 1 :])

    return Source(columns=RATINGS, rows=rows, count=source.count)


def items(scope: Scope) -> Source:
    rows = ImportedItem.objects.order_by("campaign_id", "position")
    if scope.campaign is not None:
        rows = rows.filter(campaign=scope.campaign)
    return of_queryset(
        ITEMS, rows.annotate(by_people=_ratings(RatedBy.HUMAN), by_judges=_ratings(RatedBy.JUDGE))
    )


def _ratings(kind: RatedBy) -> Coalesce:
    of_item = ImportedRating.objects.filter(item=OuterRef("pk"), kind=kind).order_by().values("item")
    return Coalesce(Subquery(of_item.annotate(n=Count("pk")).values("n")), 0)


TABLES = (
    Table(
        "imported_ratings",
        "Imported ratings",
        "Ratings that were made elsewhere, one row for each, by people and judges.",
        RATINGS,
        (CAMPAIGN, CRITERION),
        ratings,
    ),
    Table(
        "imported_items",
        "Imported items",
        "What was rated elsewhere, one row for each item, with all that raters saw.",
        ITEMS,
        (CAMPAIGN,),
        items,
    ),
)
