"""Rows of models that a statement written by hand reads: the names of their columns, and instances of them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS
from django.db.models import JSONField, Model

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Columns(Generic[M]):
    """Columns of a model whose table has this `alias` in the statement; as text, what follows SELECT.

    Without `only`, all of them. A field that is left out is fetched when it is read, as after `only`.
    """

    model: type[M]
    alias: str
    only: tuple[str, ...] = ()

    @cached_property
    def names(self) -> list[str]:
        return list(self._columns)

    @cached_property
    def _columns(self) -> dict[str, str | None]:
        """The columns in the order of the model, by the names of their attributes."""
        columns = {field.attname: field.column for field in self.model._meta.concrete_fields}
        unknown = set(self.only) - set(columns)
        if unknown:
            raise TypeError(f"{self.model.__name__} has no field {', '.join(sorted(unknown))}")
        return {name: column for name, column in columns.items() if not self.only or name in self.only}

    @cached_property
    def _documents(self) -> dict[int, type[json.JSONDecoder] | None]:
        """The decoders of the fields whose values come as JSON texts, by their places."""
        fields = {field.attname: field for field in self.model._meta.concrete_fields}
        places = enumerate(fields[name] for name in self.names)
        return {place: field.decoder for place, field in places if isinstance(field, JSONField)}

    def __str__(self) -> str:
        return ", ".join(f"{self.alias}.{column}" for column in self._columns.values())

    def __len__(self) -> int:
        return len(self.names)

    def instance(self, values: Sequence[object]) -> M:
        """The instance with these values, as if the ORM had read it."""
        if self._documents:
            values = list(values)
            for place, decoder in self._documents.items():
                document = values[place]
                values[place] = json.loads(document, cls=decoder) if isinstance(document, str) else document
        return self.model.from_db(DEFAULT_DB_ALIAS, self.names, values)
