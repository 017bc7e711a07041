"""What is known of imported items beside their ratings: what they are sliced by, how long outputs are, and whose."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from annotations.models import Criterion, ImportedItem
from annotations.models.imported import AnswerKind
from perg.formats.tables.summary import number_in
from perg.stats.base.resampling import Clusters, Floats

MOST_SLICES = 20
"""Values of an attribute that items are sliced by; more are no slices."""
ITEMS_EACH = 5
"""An attribute has so many items a value, or slices would be too small to say anything."""
POSITIONS = frozenset({"position", "order", "place", "shown_position"})
"""Attributes that say, as a number, at which place a rater saw the item."""

ONE_AND_OTHER = (("a", "b"), ("1", "2"), ("left", "right"), ("first", "second"), ("one", "two"), ("x", "y"))
SYSTEM_WORDS = frozenset(
    {"model", "system", "assistant", "agent", "bot", "llm", "generator", "policy", "engine", "method", "name"}
)
OTHER_WORDS = frozenset({"id", "response", "answer", "output", "completion", "the", "of"})

# How long the texts of the outputs are: in SQL, since exhibits can be a gigabyte. What nests counts as its JSON text.
LENGTH_OF_OUTPUT = """
    (SELECT sum(length(block->>'content')) FROM jsonb_array_elements(
        CASE jsonb_typeof(annotations_importeditem.exhibit->'outputs'->%s)
            WHEN 'array' THEN annotations_importeditem.exhibit->'outputs'->%s ELSE '[]'
        END
    ) AS block)
"""


@dataclass(frozen=True, slots=True)
class RatedItemRow:
    """An item: lengths are those of its first and its second output, None without one."""

    external_id: str
    cluster: str
    attributes: Mapping[str, str]
    first_length: int | None
    second_length: int | None


def rated_item_rows(criterion: Criterion) -> dict[str, RatedItemRow]:
    """The items of the criterion's campaign by their ids, in their order."""
    items: QuerySet[ImportedItem] = criterion.campaign.imported_items.order_by("position")
    rows = items.annotate(
        first_length=RawSQL(LENGTH_OF_OUTPUT, (0, 0)), second_length=RawSQL(LENGTH_OF_OUTPUT, (1, 1))
    ).values_list("external_id", "cluster", "attributes", "first_length", "second_length")
    return {row[0]: RatedItemRow(*row) for row in rows}


def clusters_of(items: Iterable[RatedItemRow]) -> Clusters:
    """The number of each item's cluster; an item without one is its own."""
    numbers: dict[object, int] = {}
    keys = (item.cluster or row for row, item in enumerate(items))
    return np.fromiter((numbers.setdefault(key, len(numbers)) for key in keys), dtype=np.int64)


def facets_of(items: Sequence[RatedItemRow]) -> dict[str, list[str | None]]:
    """The values of each attribute that parts the items into slices, item by item; None: the item lacks it."""
    facets: dict[str, list[str | None]] = {}
    for name in _names(items):
        values = [_text(item.attributes.get(name)) for item in items]
        known = [value for value in values if value is not None]
        distinct = len(set(known))
        if 1 < distinct <= MOST_SLICES and len(known) >= ITEMS_EACH * distinct:
            facets[name] = values
    return facets


def positions_of(items: Sequence[RatedItemRow]) -> Floats | None:
    """The place (n,) at which a rater saw each item, where an attribute says so by a number."""
    for name in _names(items):
        if name.strip().lower().replace(" ", "_") not in POSITIONS:
            continue
        numbers = [number_in(item.attributes.get(name, "")) for item in items]
        if any(number is not None for number in numbers):
            return np.array([np.nan if number is None else number for number in numbers], dtype=np.float64)
    return None


def lengths_of(items: Sequence[RatedItemRow], kind: str) -> tuple[Floats | None, str]:
    """Characters (n,) of what was rated, NaN where unknown, and what they are; None where nothing is known.

    Of pairs, how much longer the first output is: a rater that likes length prefers the longer one. Of other items with
    two outputs nothing, as it is not known which of them was rated.
    """
    if kind == AnswerKind.PAIRWISE:
        lengths = [
            np.nan
            if item.first_length is None or item.second_length is None
            else item.first_length - item.second_length
            for item in items
        ]
        name = "length of the first output less the second"
    else:
        lengths = [
            np.nan if item.first_length is None or item.second_length is not None else item.first_length
            for item in items
        ]
        name = "response length"
    values = np.array(lengths, dtype=np.float64)
    return (None if np.isnan(values).all() else values), name


def systems_of(
    items: Sequence[RatedItemRow],
) -> tuple[list[str | None], list[str | None]] | None:
    """The systems that the first and the second output of each item come from, where two attributes name them.

    These are called alike but for one word, as `model_a` and `model_b`, `system 1` and `system 2`, `left` and `right`.
    """
    names = {tuple(_words(name)): name for name in _names(items)}
    for words, name in names.items():
        for one, other in ONE_AND_OTHER:
            if words.count(one) != 1:
                continue
            partner = names.get(tuple(other if word == one else word for word in words))
            rest = [word for word in words if word != one]
            if partner is None or not _can_be_system(rest):
                continue
            sides = tuple([_text(item.attributes.get(side)) for item in items] for side in (name, partner))
            if _are_systems(*sides, is_named=bool(SYSTEM_WORDS & set(rest))):
                return sides[0], sides[1]
    return None


def _can_be_system(rest: Sequence[str]) -> bool:
    return all(word in SYSTEM_WORDS | OTHER_WORDS for word in rest)


def _are_systems(first: Sequence[str | None], second: Sequence[str | None], *, is_named: bool) -> bool:
    """Whether these are names that repeat; texts and numbers under names that say nothing are none."""
    values = [value for value in (*first, *second) if value is not None]
    if not values or not any(a and b for a, b in zip(first, second, strict=True)):
        return False
    if is_named:
        return True
    distinct = set(values)
    return len(distinct) <= max(2, len(values) // 4) and all(number_in(value) is None for value in distinct)


def _words(name: str) -> list[str]:
    """`modelA`, `model_a`, `Model A` and `model-a` are the same words."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z0-9])", " ", name)
    return [word for word in re.split(r"[\W_]+", parted.lower()) if word]


def _names(items: Iterable[RatedItemRow]) -> dict[str, None]:
    return dict.fromkeys(name for item in items for name in item.attributes)


def _text(value: object) -> str | None:
    return None if value is None or value == "" else str(value)
