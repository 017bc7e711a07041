"""Pages of long lists by key: the next page starts behind a primary key, so that no page costs more than the first."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Model, QuerySet

from core.http.page_query import PageQuery

M = TypeVar("M", bound=Model)

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class KeysetPage(Generic[M]):
    """Rows in the order of their keys, and the keys that its neighbours lie behind; None: there is none."""

    rows: tuple[M, ...]
    before: int | None
    after: int | None

    def __iter__(self) -> Iterator[M]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, slots=True)
class NewestPage(Generic[M]):
    """Rows, newest first, and the key that the next page begins before; None on the last one."""

    rows: tuple[M, ...] = ()
    older: int | None = None
    is_first: bool = True


def newest_page(queryset: QuerySet[M], query: PageQuery, *, size: int = PER_PAGE) -> NewestPage[M]:
    """The page of rows, newest first, that an address asks for by `before=KEY`; the newest where it asks for none."""
    before = query.key("before")
    older = queryset if before is None else queryset.filter(pk__lt=before)
    rows = tuple(older.order_by("-pk")[: size + 1])
    shown = rows[:size]
    return NewestPage(shown, shown[-1].pk if len(rows) > size else None, is_first=before is None)


def keyset_page(
    queryset: QuerySet[M], query: PageQuery, *, by: str = "pk", size: int = PER_PAGE
) -> KeysetPage[M]:
    """The page that an address asks for by `after=KEY` or `before=KEY`; the first where it asks for none.

    `by` is what the rows are ordered by, highest first where it begins with a minus: a whole number above 0 that no two
    of them share, or from 0 where it rises.
    """
    after, before = query.key("after"), query.key("before")
    name, falls = by.lstrip("-"), by.startswith("-")
    behind, ahead = ("lt", "gt") if falls else ("gt", "lt")
    backwards = name if falls else f"-{name}"
    if before is not None and after is None:
        rows = list(queryset.filter(**{f"{name}__{ahead}": before}).order_by(backwards)[: size + 1])
        is_more, shown = len(rows) > size, tuple(reversed(rows[:size]))
        if shown:
            return KeysetPage(shown, getattr(shown[0], name) if is_more else None, getattr(shown[-1], name))
    rest = queryset.filter(**{f"{name}__{behind}": after}) if after is not None else queryset
    rows = list(rest.order_by(by)[: size + 1])
    shown = tuple(rows[:size])
    return KeysetPage(
        shown,
        before=getattr(shown[0], name) if shown and after is not None else None,
        after=getattr(shown[-1], name) if len(rows) > size else None,
    )
