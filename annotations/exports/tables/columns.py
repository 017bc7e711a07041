"""What a table that can be exported is: its columns with their types and meaning, its filters, its rows."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from django.db.models import QuerySet

from annotations.exports.tables.card_facts import CardFacts
from annotations.models import Campaign, GoldRelease
from core.models import User

Row = tuple[Any, ...]
"""Cells in the order of the columns, as the database gives them: str, int, float, bool, datetime, list or None."""


class Sink(Protocol):
    """Where bytes go: a file, or anything that takes them as one does."""

    def write(self, part: Any, /) -> int: ...


class Kind(StrEnum):
    """What a column holds. A person is a user name or a pseudonym; a document is JSON as text."""

    INTEGER = "integer"
    NUMBER = "number"
    FLAG = "true or false"
    TEXT = "text"
    TIME = "time in UTC"
    TEXTS = "list of texts"
    PERSON = "person"
    DOCUMENT = "JSON"
    RATINGS = "scores by rater"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `path` is where the ORM finds it, the name where empty.

    `rated_by_people`: the raters of a RATINGS column are people. `is_private`: it may name people in passing, and is
    left empty where people go by pseudonyms. `person_if`: it is of a person only in rows where this other column has
    this value.
    """

    name: str
    kind: Kind
    description: str
    path: str = ""
    prefix: str = ""
    rated_by_people: bool = False
    is_private: bool = False
    person_if: tuple[str, str] | None = None


class FilterKind(StrEnum):
    """What a filter takes: the key of a row, one of a few words, a day, or text."""

    CAMPAIGN = "campaign"
    RELEASE = "release"
    RUN = "run"
    DATASET = "dataset"
    CATALOGUE = "catalogue"
    CHOICE = "choice"
    DAY = "day"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Filter:
    """What narrows a table. The first of the choices is what holds without the filter."""

    name: str
    kind: FilterKind
    label: str
    choices: tuple[tuple[str, str], ...] = ()
    is_required: bool = False
    help_text: str = ""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose export it is and what it contains, checked. Without a campaign it is everything: for staff alone."""

    user: User
    campaign: Campaign | None
    release: GoldRelease | None
    filters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Source:
    """A table's rows for one scope, not read yet.

    `rows` reads them by a cursor; `count` counts them, but not above a limit. `lines` are the rows as JSON lines,
    where they are stored as such. `raters` are, by RATINGS column, those who stand in it.
    """

    columns: tuple[Column, ...]
    rows: Callable[[], Iterator[Row]]
    count: Callable[[int], int]
    lines: Callable[[], Iterator[dict[str, Any]]] | None = None
    raters: Callable[[], dict[str, list[str]]] = dict


@dataclass(frozen=True, slots=True)
class Table:
    """Something that can be exported. `source` gives what of it a person may see, and only that.

    `card` reads the facts of its dataset card for (scope, names of raters, licence); a table without one has a card
    with what holds for every table.
    """

    name: str
    title: str
    description: str
    columns: tuple[Column, ...]
    filters: tuple[Filter, ...]
    source: Callable[[Scope], Source]
    is_for_staff: bool = False
    card: Callable[[Scope, str, str], CardFacts] | None = None

    def filter_named(self, name: str) -> Filter | None:
        return next((option for option in self.filters if option.name == name), None)


CURSOR_ROWS = 2000


def of_queryset(columns: tuple[Column, ...], queryset: QuerySet[Any]) -> Source:
    """The columns of a queryset's rows, read by a cursor on the server: one statement, so of one moment."""
    paths = [column.path or column.name for column in columns]
    return Source(
        columns=columns,
        rows=lambda: queryset.values_list(*paths).iterator(chunk_size=CURSOR_ROWS),
        count=lambda limit: queryset.order_by()[:limit].count(),
    )
