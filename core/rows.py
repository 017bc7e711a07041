"""Rows that a caller named."""

from typing import TypeVar

from django.db.models import Model, QuerySet

from core.errors import NotFound

M = TypeVar("M", bound=Model)


def existing(rows: QuerySet[M], thing: str) -> M:
    """The only row. Raises NotFound, in words, where there is none."""
    row = rows.first()
    if row is None:
        raise NotFound(f"There is no such {thing}.")
    return row
