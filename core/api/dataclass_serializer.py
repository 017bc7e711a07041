"""Dataclasses as documents: one definition gives the object and what the API shows of it."""

import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from rest_framework import serializers

from core.api.estimates import EstimateField
from perg.stats.base.estimate import Estimate

T = TypeVar("T")

Field = serializers.Field[Any, Any, Any, Any]

PLAIN: Mapping[type, Callable[..., Field]] = {
    bool: serializers.BooleanField,
    int: serializers.IntegerField,
    float: serializers.FloatField,
    # Money: as it is stored.
    Decimal: lambda **options: serializers.DecimalField(max_digits=20, decimal_places=8, **options),
    str: lambda **options: serializers.CharField(allow_blank=True, **options),
    datetime: serializers.DateTimeField,
    Estimate: EstimateField,
}


class DataclassSerializer(serializers.Serializer[T]):
    """Shows a dataclass: its fields, in their order, then those that only the subclass declares.

    A field that the subclass declares replaces the one of the dataclass. `left_out` names those that are not shown.
    """

    dataclass: type
    left_out: Sequence[str] = ()

    def get_fields(self) -> dict[str, Field]:
        declared: dict[str, Field] = super().get_fields()
        kinds = _kinds(self.dataclass)
        shown = {
            name: declared[name] if name in declared else _field(kind)
            for name, kind in kinds.items()
            if name not in self.left_out
        }
        return shown | declared


@cache
def _kinds(dataclass: Any) -> dict[str, Any]:
    """The type of each field."""
    # Any: a type is of any kind
    hints = get_type_hints(dataclass)
    return {field.name: hints[field.name] for field in fields(dataclass)}


def _field(kind: Any) -> Field:
    """The field that shows values of a type. Raises KeyError where the subclass must declare one."""
    # Any: as above
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (types.UnionType, Union):
        (kind,) = (argument for argument in arguments if argument is not types.NoneType)
        return PLAIN[kind](allow_null=True)
    if origin is None:
        return PLAIN[kind]()
    if issubclass(origin, Mapping):
        return serializers.DictField(child=_field(arguments[1]))
    return serializers.ListField(child=_field(arguments[0]))
