"""Instances of rows of which only some columns were read, as `only` makes them, but of a query written by hand.

For the few queries that every label takes: building one in the ORM costs several times what running it does.
"""

from typing import TypeVar

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model

M = TypeVar("M", bound=Model)


def partly_read(model: type[M], **columns: object) -> M:
    """An instance with these columns, by their attribute names; any other is fetched when it is asked for."""
    names = [field.attname for field in model._meta.concrete_fields if field.attname in columns]
    if len(names) != len(columns):
        raise TypeError(f"{model.__name__} has not all of {sorted(columns)}")
    return model.from_db(DEFAULT_DB_ALIAS, names, [columns[name] for name in names])
