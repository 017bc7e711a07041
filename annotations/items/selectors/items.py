"""The items of a campaign that a filter leaves, in the order of their file or by how far their ratings are apart."""

import json
from dataclasses import dataclass
from typing import Literal

from django.db.models import BigIntegerField, BooleanField, Exists, OuterRef, QuerySet
from django.db.models.expressions import RawSQL

from annotations.items.selectors.answers import Answers, Sql
from annotations.models import Campaign, Criterion, ImportedItem, ImportedRating
from annotations.models.imported import RatedBy

Show = Literal["", "judge_differs", "people_disagree", "unrated"]
Order = Literal["file", "disagreement"]

LONGEST_LABEL = 1000

SHOWS: dict[Show, str] = {
    "": "All items",
    "judge_differs": "A judge differs from people’s majority",
    "people_disagree": "People disagree",
    "unrated": "No person has rated it",
}
ORDERS: dict[Order, str] = {"file": "Order of the file", "disagreement": "Disagreement, highest first"}

# Rises with the disagreement, which 1 - 1 / (1 + d) brings below 1, then falls with the place: no two items share one.
RANK = """
    floor(coalesce(1 - 1 / (1 + {}), 0) * 1000000000)::bigint * 2147483648
    + 2147483648 - annotations_importeditem.position
"""
# Every text of the exhibit's blocks, and no names of fields. First all of it as text, which rules most items out.
HAS_TEXT = """
    CASE WHEN annotations_importeditem.exhibit::text ILIKE %s
    THEN jsonb_path_exists(annotations_importeditem.exhibit, %s) ELSE FALSE END
    OR annotations_importeditem.external_id ILIKE %s
"""
TEXTS = 'strict $.**.content.** ? (@.type() == "string" && @ like_regex {} flag "iq")'


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """Which items are shown, and in which order; what is empty narrows nothing.

    Attributes:
        criterion: of which `judge`, `show`, the labels and the disagreement are; without one, only `unrated` is of all.
        judge: of which `show` and `judge_label` are; empty: any.
        judge_label, people_label: what they say of the item: a label, FAILURE or NO_FAILURE (`answers`).
    """

    criterion: Criterion | None = None
    judge: str = ""
    show: Show = ""
    judge_label: str = ""
    people_label: str = ""
    attribute: tuple[str, str] | None = None
    search: str = ""
    order: Order = "file"

    @property
    def key(self) -> str:
        """The column that items are ordered by, for pages by key."""
        return "-rank" if self.order == "disagreement" and self.criterion else "position"


def filtered_items(campaign: Campaign, chosen: ItemFilter) -> QuerySet[ImportedItem]:
    """The items without their exhibits, in the order of the filter; each has `rank` where it is by disagreement."""
    items = with_rank(campaign.imported_items.defer("exhibit"), chosen).order_by(chosen.key)
    if chosen.criterion is not None:
        sets = _sets(Answers(chosen.criterion), chosen)
        if sets:
            # As one set: of several, each thought to be small, PostgreSQL computes one for every row of another.
            statements = " INTERSECT ".join(f"({statement})" for statement, _ in sets)
            parameters = [parameter for _, of_one in sets for parameter in of_one]
            items = items.filter(pk__in=RawSQL(statements, parameters))
    if chosen.show == "unrated":
        items = items.filter(~_rated_by_people(chosen.criterion))
    if chosen.attribute is not None:
        name, value = chosen.attribute
        items = items.filter(attributes__contains={name: value})
    if chosen.search:
        items = items.filter(RawSQL(HAS_TEXT, _search(chosen.search), output_field=BooleanField()))
    return items


def neighbours(items: QuerySet[ImportedItem], item: ImportedItem, key: str) -> tuple[int | None, int | None]:
    """The keys of the items before and behind one, in the order of `filtered_items` with this key."""
    name, falls = key.lstrip("-"), key.startswith("-")
    place = getattr(item, name)
    ahead, behind = ("gt", "lt") if falls else ("lt", "gt")
    before = items.filter(**{f"{name}__{ahead}": place}).order_by(name if falls else f"-{name}")
    after = items.filter(**{f"{name}__{behind}": place})
    return before.values_list("pk", flat=True).first(), after.values_list("pk", flat=True).first()


def with_rank(items: QuerySet[ImportedItem], chosen: ItemFilter) -> QuerySet[ImportedItem]:
    """The items with what the filter orders them by."""
    if chosen.key != "-rank" or chosen.criterion is None:
        return items
    return items.annotate(rank=_rank(Answers(chosen.criterion)))


def _sets(answers: Answers, chosen: ItemFilter) -> list[Sql]:
    sets = []
    if chosen.judge_label:
        sets.append(answers.judge_says(chosen.judge, chosen.judge_label))
    if chosen.people_label:
        sets.append(answers.people_say(chosen.people_label))
    if chosen.show == "judge_differs":
        sets.append(answers.judge_differs(chosen.judge))
    if chosen.show == "people_disagree":
        sets.append(answers.people_disagree())
    return sets


def _rated_by_people(criterion: Criterion | None) -> Exists:
    ratings = ImportedRating.objects.filter(item=OuterRef("pk"), kind=RatedBy.HUMAN)
    return Exists(ratings if criterion is None else ratings.filter(criterion=criterion))


def _rank(answers: Answers) -> RawSQL:
    disagreement, parameters = answers.disagreement()
    return RawSQL(RANK.format(disagreement), parameters, output_field=BigIntegerField())


def _search(text: str) -> list[str]:
    """The text as a pattern of JSON, as a path in it, and as a pattern of ids."""
    inside = json.dumps(text, ensure_ascii=False)
    return [f"%{_literal(inside[1:-1])}%", TEXTS.format(inside), f"%{_literal(text)}%"]


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
