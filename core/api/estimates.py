"""An estimate as every document of the API has it."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.json_schema import inline_schema
from perg.stats.base.estimate import Estimate, EstimateDict


@extend_schema_field(inline_schema(EstimateDict))
class EstimateField(serializers.JSONField):
    """An estimate: value, n, 95% interval; what is undefined is null, with the reason."""

    def to_representation(self, value: Any) -> Any:
        # Any: as REST framework declares it; an Estimate, or one that is ready for JSON
        return value.as_dict() if isinstance(value, Estimate) else value
