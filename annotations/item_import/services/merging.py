"""What a checked table adds to a campaign: items, criteria and ratings that are new. What is there is never changed."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Max

from annotations.item_import.services.item_writer import (
    NewItem,
    NewRating,
    item_keys,
    write_items,
    write_ratings,
)
from annotations.item_import.services.warnings import warnings_of
from annotations.item_import.tables.checking import KINDS, CheckedRating, CheckedTable
from annotations.item_import.tables.documents import MOST_PROBLEMS, RowProblem
from annotations.item_import.tables.rows import CriterionRow, criterion_rows
from annotations.models import Campaign, Criterion, ImportedRating
from perg.formats.rated_items import Exhibit, RatedItem, dump_exhibit, load_exhibit


@dataclass
class ItemsImport:
    """What an import did.

    Attributes:
        new_items, known_items, new_ratings, known_ratings: counts; known: they were there, and are the same.
        criteria: keys of all criteria that the table rates by. new_criteria: of those that were made.
        problems: the rows that were left out. ignored: columns that were not imported.
    """

    campaign: Campaign
    is_new: bool
    new_items: int = 0
    known_items: int = 0
    new_ratings: int = 0
    known_ratings: int = 0
    people: int = 0
    judges: int = 0
    criteria: list[str] = field(default_factory=list)
    new_criteria: int = 0
    problems: list[RowProblem] = field(default_factory=list)
    ignored: tuple[str, ...] = ()
    warnings: list[str] = field(default_factory=list)

    @property
    def status(self) -> str:
        """`imported`, `extended` (the campaign was there) or `unchanged`."""
        if self.is_new:
            return "imported"
        return "extended" if self.new_items or self.new_ratings or self.new_criteria else "unchanged"

    def as_dict(self) -> dict[str, Any]:  # Any: JSON of any depth
        """One JSON-ready object."""
        return {
            "status": self.status,
            "campaign": {"id": self.campaign.pk, "name": self.campaign.name},
            "items": {"new": self.new_items, "known": self.known_items},
            "ratings": {"new": self.new_ratings, "known": self.known_ratings},
            "people": self.people,
            "judges": self.judges,
            "criteria": self.criteria,
            "ignored_columns": list(self.ignored),
            "problems": [problem.dumped() for problem in self.problems[:MOST_PROBLEMS]],
            "problems_not_listed": max(len(self.problems) - MOST_PROBLEMS, 0),
            "warnings": self.warnings,
        }


def add_new(report: ItemsImport, checked: CheckedTable, file_name: str) -> None:
    """Write what is new, and note what is known and what contradicts it. Part of the import's transaction."""
    campaign = report.campaign
    report.problems += checked.problems
    usable = _write_items(report, checked.items)
    rows = _criteria(report, checked)
    keys = item_keys(campaign)
    known = _known_ratings([criterion for of in rows.values() for criterion in of])
    people, judges = set[str](), set[str]()
    for name, criteria in rows.items():
        entries = [entry for entry in checked.ratings[name] if entry.item.external_id in usable]
        new = list(_new_ratings(report, entries, criteria, keys, known))
        write_ratings(new)
        report.new_ratings += len({(rating.item, rating.rater, rating.swapped) for rating in new})
        for entry in entries:
            (people if entry.rating.kind == "person" else judges).add(entry.rating.rater)
        _warn(report, criteria, entries, file_name)
    report.people, report.judges = len(people), len(judges)
    number = campaign.imported_items.count()
    if campaign.sample_size != number:
        campaign.sample_size = number
        campaign.save(update_fields=["sample_size"])


def _write_items(report: ItemsImport, items: Sequence[RatedItem]) -> set[str]:
    """Write the items that are new; the ids of all that are there then as the table has them."""
    campaign = report.campaign
    stored = {} if report.is_new else _stored_exhibits(campaign, items)
    usable, new = set[str](), list[RatedItem]()
    for item in items:
        before = stored.get(item.external_id)
        if before is None:
            new.append(item)
        elif Exhibit() not in (before, item.exhibit) and before != item.exhibit:
            reason = f"has the id “{item.external_id}” of an item that is there, but another text"
            report.problems.append(RowProblem(row=item.row, line=item.place, column="", reason=reason))
            continue
        else:
            report.known_items += 1
        usable.add(item.external_id)
    last = campaign.imported_items.aggregate(last=Max("position"))["last"]
    report.new_items = write_items(
        campaign,
        (
            NewItem(item.external_id, item.cluster, dump_exhibit(item.exhibit), dict(item.attributes))
            for item in new
        ),
        first_position=0 if last is None else last + 1,
    )
    return usable


def _stored_exhibits(campaign: Campaign, items: Sequence[RatedItem]) -> dict[str, Exhibit]:
    ids = {item.external_id for item in items}
    rows = campaign.imported_items.order_by().values_list("external_id", "exhibit")
    return {
        external_id: load_exhibit(exhibit)
        for external_id, exhibit in rows.iterator(chunk_size=500)
        if external_id in ids
    }


def _criteria(report: ItemsImport, checked: CheckedTable) -> dict[str, list[Criterion]]:
    """The rows of each criterion by its name in the table: those that are there, or new ones."""
    campaign = report.campaign
    stored = {criterion.key: criterion for criterion in campaign.criteria.all()}
    position = 1 + max((criterion.position for criterion in stored.values()), default=-1)
    rows: dict[str, list[Criterion]] = {}
    for name, criterion in checked.criteria.items():
        if criterion.problem:
            reason = f"the answers to “{name}” are not imported: {criterion.problem}"
            report.warnings.append(f"{reason[:1].upper()}{reason[1:]}")
            continue
        rows[name] = []
        for row in criterion_rows(criterion.definition):
            if row.key not in stored:
                stored[row.key] = _created(campaign, row, position)
                position += 1
                report.new_criteria += 1
            rows[name].append(stored[row.key])
        report.criteria.append(criterion.definition.key)
    return rows


def _created(campaign: Campaign, row: CriterionRow, position: int) -> Criterion:
    return Criterion.objects.create(
        campaign=campaign,
        position=position,
        key=row.key,
        part_of=row.part_of,
        question=row.question,
        definition=row.definition.model_dump(mode="json"),
        kind=row.kind,
        scale=row.scale,
        categories=row.categories,
        failure_labels=row.failure_labels,
        threshold=row.threshold,
    )


Known = Mapping[int, Mapping[tuple[int, str, bool], tuple[str, str]]]
"""By criterion: item, rater and order → kind of the rater, and value."""


def _known_ratings(criteria: Sequence[Criterion]) -> Known:
    known = defaultdict[int, dict[tuple[int, str, bool], tuple[str, str]]](dict)
    rows = ImportedRating.objects.filter(criterion__in=criteria).order_by()
    values = rows.values_list("criterion_id", "item_id", "rater", "swapped", "kind", "value")
    for criterion, item, rater, swapped, kind, value in values.iterator(chunk_size=5000):
        known[criterion][item, rater, swapped] = (kind, value)
    return known


def _new_ratings(
    report: ItemsImport,
    entries: Sequence[CheckedRating],
    criteria: Sequence[Criterion],
    keys: Mapping[str, int],
    known: Known,
) -> Iterator[NewRating]:
    """The ratings that are not there. One that is there with another answer is a problem of its row."""
    for entry in entries:
        rating, item = entry.rating, keys[entry.item.external_id]
        place, kind = (item, rating.rater, rating.swapped), KINDS[rating.kind].value
        before = [known.get(criterion.pk, {}).get(place) for criterion in criteria]
        if before and before[0] is not None:
            if before == [(kind, value) for value in entry.values]:
                report.known_ratings += 1
            else:
                there = ", ".join(value for _, value in filter(None, before))
                reason = (
                    f"has “{', '.join(entry.values)}” of {rating.rater} for {entry.item.external_id}, but “{there}” is "
                    "there already; it stays"
                )
                report.problems.append(
                    RowProblem(row=rating.row, line=rating.place, column="", reason=reason)
                )
            continue
        for criterion, value in zip(criteria, entry.values, strict=True):
            yield NewRating(criterion.pk, item, rating.rater, kind, value, rating.explanation, rating.swapped)


def _warn(
    report: ItemsImport, criteria: Sequence[Criterion], entries: Sequence[CheckedRating], file_name: str
) -> None:
    """Store the warnings about the ratings with their criterion, and report them."""
    for place, criterion in enumerate(criteria):
        warnings = warnings_of(criterion, entries, place, file_name)
        new = [warning for warning in warnings if warning not in criterion.warnings]
        if new:
            criterion.warnings = [*criterion.warnings, *new]
            criterion.save(update_fields=["warnings"])
        report.warnings += [f"{criterion.key}: {warning}" for warning in new]
