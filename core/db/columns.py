"""Rows of models that a statement written by hand reads: the names of their columns, and instances of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Columns(Generic[M]):
    """All columns of a model, whose table goes by `alias` in the statement; as text, what stands behind SELECT.

    Not for models with a JSON field, whose values the ORM reads itself.
    """

    model: type[M]
    alias: str

    @cached_property
    def names(self) -> list[str]:
        return [field.attname for field in self.model._meta.concrete_fields]

    def __str__(self) -> str:
        return ", ".join(f"{self.alias}.{field.column}" for field in self.model._meta.concrete_fields)

    def __len__(self) -> int:
        return len(self.names)

    def instance(self, values: Sequence[object]) -> M:
        """The instance with these values, as if the ORM had read it."""
        return self.model.from_db(DEFAULT_DB_ALIAS, self.names, values)
