"""Metrics of a run, as the API shows them."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.json_schema import inline_schema
from perg.stats.runs.perg_metrics import PergMetrics

METRICS_SCHEMA = inline_schema(PergMetrics)


@extend_schema_field(METRICS_SCHEMA)
class PergMetricsField(serializers.JSONField):
    """The PERG metrics, each with n and a 95% interval; what is undefined is null, with the reason."""
