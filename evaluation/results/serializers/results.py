"""Prepared results: what runs amount to, whole and in slices, and whether that still holds."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.dataclass_serializer import DataclassSerializer
from core.api.estimates import ResultField
from core.api.json_schema import inline_schema
from core.api.queries import ListQuery, Query, id_filter
from evaluation.models import ResultRow, RunResult
from evaluation.models.result import Dimension
from evaluation.models.run import Method, Setting
from evaluation.results.figures.explorer import BY_JUDGE, by_study_rule
from evaluation.results.metrics.aligner_failures import AlignerFailures
from evaluation.results.metrics.run_costs import RunCosts
from evaluation.results.published import Published, PublishedRow
from perg.stats.runs.perg_metrics import PergMetrics

METRICS_SCHEMA = inline_schema(PergMetrics)


@extend_schema_field(METRICS_SCHEMA)
class PergMetricsField(serializers.JSONField):
    """The PERG metrics, each with n and a 95% interval; what is undefined is null, with the reason."""


ESTIMATE = {
    "type": "object",
    "description": "An estimate: value, n, 95% interval; what is undefined is null, with the reason.",
    "properties": {
        "value": {"type": ["number", "null"]},
        "n": {"type": "integer"},
        "low": {"type": ["number", "null"]},
        "high": {"type": ["number", "null"]},
        "undefined": {"type": ["string", "null"]},
    },
    "required": ["value", "n", "low", "high", "undefined"],
}


@extend_schema_field(
    {
        "type": "object",
        "properties": {"baseline_correct": {"type": "integer"}, "unscored": {"type": "integer"}},
        "additionalProperties": ESTIMATE,
    }
)
class FiguresField(serializers.JSONField):
    """Every metric of a slice, by name."""


@extend_schema_field(inline_schema(RunCosts))
class CostsField(ResultField):
    """What an item takes: seconds, tokens, money."""


@extend_schema_field(inline_schema(AlignerFailures))
class StagesField(serializers.JSONField):
    """Where Pref-Aligner fails, stage by stage, by judge."""


class ResultRowSerializer(serializers.ModelSerializer[ResultRow]):
    """The metrics of one slice of a run by one judge."""

    run = serializers.IntegerField(source="result.run_id", read_only=True)
    run_name = serializers.CharField(source="result.run.name", read_only=True)
    model = serializers.CharField(source="result.run.model_name", read_only=True)
    method = serializers.ChoiceField(Method.choices, source="result.run.method", read_only=True)
    setting = serializers.ChoiceField(Setting.choices, source="result.run.setting", read_only=True)
    dimension = serializers.ChoiceField(["", *filter(None, Dimension.values)], read_only=True)
    judge = serializers.SlugRelatedField[Any](slug_field="name", read_only=True, allow_null=True)
    figures = FiguresField(read_only=True)
    computed_at = serializers.DateTimeField(source="result.computed_at", read_only=True)
    is_current = serializers.SerializerMethodField()
    study_counting = serializers.SerializerMethodField()

    class Meta:
        model = ResultRow
        fields = [
            "id",
            "run",
            "run_name",
            "model",
            "method",
            "setting",
            "dimension",
            "value",
            "judge",
            "items",
            "figures",
            "study_counting",
            "computed_at",
            "is_current",
        ]
        read_only_fields = fields

    def get_is_current(self, row: ResultRow) -> bool:
        """Whether nothing has changed since it was computed."""
        return not row.is_stale  # type: ignore[attr-defined] # annotated by the view

    def get_study_counting(self, row: ResultRow) -> dict[str, float | None]:
        """The rates by the judge as the study counts them: an item that was not rated counts as not followed."""
        return {key: by_study_rule(row, key) for key in BY_JUDGE}


class ResultQuery(ListQuery):
    """Filters of the list of results. Without a dimension: of whole runs."""

    dimension = serializers.ChoiceField(
        [value for value in Dimension.values if value], required=False, default=str(Dimension.WHOLE)
    )
    value = serializers.CharField(required=False, max_length=200, help_text="A part of the slice's value.")
    run = id_filter("run")
    dataset = id_filter("dataset")
    judge = id_filter("judge")
    model = serializers.CharField(required=False, max_length=200)
    method = serializers.ChoiceField(Method.choices, required=False)
    setting = serializers.ChoiceField(Setting.choices, required=False)


class RunResultSerializer(serializers.ModelSerializer[RunResult]):
    """What a run amounts to, as of `computed_at`; `is_current`: nothing has changed since."""

    metrics = PergMetricsField(read_only=True)
    costs = CostsField(read_only=True)
    stages = StagesField(read_only=True, allow_null=True)
    is_current = serializers.SerializerMethodField()

    class Meta:
        model = RunResult
        fields = [
            "run",
            "computed_at",
            "is_current",
            "items",
            "items_done",
            "items_failed",
            "metrics",
            "costs",
            "stages",
        ]
        read_only_fields = fields

    def get_is_current(self, result: RunResult) -> bool:
        """Whether nothing has changed since it was computed."""
        return not result.is_stale  # type: ignore[attr-defined] # annotated by the view


class ComparisonQuery(Query):
    """Which two runs are compared: the other against the reference."""

    reference = serializers.IntegerField(min_value=1)
    other = serializers.IntegerField(min_value=1)


class PublishedRowSerializer(DataclassSerializer[PublishedRow]):
    """Rates that the study published, in [0, 1]; null: not reported."""

    dataclass = PublishedRow


class PublishedSerializer(DataclassSerializer[Published]):
    """The figures of the study, and where they come from."""

    dataclass = Published
    left_out = ("by_key",)
    rows = PublishedRowSerializer(many=True)
