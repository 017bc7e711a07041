"""Rows of a model as documents."""

from typing import Any, TypeVar

from django.db.models import Model
from rest_framework import serializers

M = TypeVar("M", bound=Model)


class RowSerializer(serializers.ModelSerializer[M]):
    """Shows rows: every field can only be read. Related rows that a subclass declares say so themselves."""

    def get_extra_kwargs(self) -> dict[str, Any]:
        options: dict[str, Any] = super().get_extra_kwargs()
        return {name: {**options.get(name, {}), "read_only": True} for name in self.Meta.fields}

    def get_fields(self) -> dict[str, Any]:
        # Any: as REST framework declares it
        fields: dict[str, Any] = super().get_fields()
        for field in fields.values():
            field.read_only = True
        return fields
