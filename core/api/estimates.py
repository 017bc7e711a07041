"""Results, an estimate among them, as documents of the API have them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.json_schema import inline_schema
from perg.stats.base.estimate import Estimate
from perg.stats.base.result import dump


class ResultField(serializers.JSONField):
    """A result, or the JSON of one as it is stored."""

    def to_representation(self, value: Any) -> Any:
        # Any: as REST framework declares it
        return value if isinstance(value, dict) else dump(value)


@extend_schema_field(inline_schema(Estimate))
class EstimateField(ResultField):
    """An estimate: value, n, 95% interval; what is undefined is null, with the reason."""
