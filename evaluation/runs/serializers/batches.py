"""Batches: launched, estimated, listed."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.dataclass_serializer import DataclassSerializer
from core.api.queries import LARGEST_INTEGER
from core.api.strict import SchemaField, StrictSerializer
from evaluation.models import Batch, Catalogue, Dataset, Endpoint, Judge
from evaluation.models.run import Method, Setting
from evaluation.runs.selectors.presets import Preset
from evaluation.runs.serializers.runs import (
    LEAST_MONEY,
    BillLineSerializer,
    FailuresSerializer,
    RunSerializer,
    TriedAgainSerializer,
)
from evaluation.runs.services.estimate import EstimateLine, LaunchEstimate
from evaluation.stages.plan import RunOptions

OPTIONS_SCHEMA = {key: value for key, value in RunOptions.model_json_schema().items() if key != "title"}


class BatchSerializer(serializers.ModelSerializer[Batch]):
    """A batch with its runs."""

    runs = RunSerializer(many=True, read_only=True)

    class Meta:
        model = Batch
        fields = ["id", "name", "created_at", "runs"]


@extend_schema_field(OPTIONS_SCHEMA)
class OptionsField(SchemaField):
    """Sampling and prompting of runs."""

    schema = RunOptions


def _named(queryset: Any, **options: Any) -> Any:
    """A field that takes a thing's name, or several."""
    # Any: of whichever model; with `many` the field is another than without
    return serializers.SlugRelatedField(slug_field="name", queryset=queryset, **options)


class LaunchSerializer(StrictSerializer[Any]):
    """A batch to launch. Things are named by their names; a catalogue by its id."""

    name = serializers.CharField(max_length=150)
    dataset = _named(Dataset.objects.all())
    catalogue = serializers.PrimaryKeyRelatedField(queryset=Catalogue.objects.all())
    models = _named(Endpoint.objects.all(), many=True)
    methods = serializers.ListField(child=serializers.ChoiceField(Method.choices), allow_empty=False)
    settings = serializers.ListField(child=serializers.ChoiceField(Setting.choices), allow_empty=False)
    judges = _named(Judge.objects.select_related("endpoint"), many=True, required=False)
    aligner = _named(Endpoint.objects.all(), required=False, allow_null=True)
    extractor = _named(Endpoint.objects.all(), required=False, allow_null=True)
    sample_size = serializers.IntegerField(
        min_value=1, max_value=LARGEST_INTEGER, required=False, allow_null=True
    )
    money_budget = serializers.DecimalField(
        max_digits=12, decimal_places=4, min_value=LEAST_MONEY, required=False, allow_null=True
    )
    call_budget = serializers.IntegerField(
        min_value=1, max_value=LARGEST_INTEGER, required=False, allow_null=True
    )
    options = OptionsField(required=False)

    def validate(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Naming a thing twice does not make its runs twice."""
        fields["methods"] = [method for method in Method.values if method in fields["methods"]]
        fields["settings"] = [setting for setting in Setting.values if setting in fields["settings"]]
        for name in ("models", "judges"):
            fields[name] = list(dict.fromkeys(fields.get(name, ())))
        return fields


class LaunchedSerializer(LaunchSerializer):
    """What a batch was launched with, by name: what to POST for the same again."""

    catalogue = serializers.PrimaryKeyRelatedField(queryset=Catalogue.objects.all(), allow_null=True)


class EstimateLineSerializer(DataclassSerializer[EstimateLine]):
    """What one endpoint will be asked; `cost` in US dollars, null where it is unpriced."""

    dataclass = EstimateLine
    endpoint = serializers.CharField(source="endpoint.name")


class EstimateSerializer(serializers.Serializer[LaunchEstimate]):
    """What a batch would take. `cost` leaves out the endpoints in `unpriced`."""

    runs = serializers.IntegerField()
    items = serializers.IntegerField()
    calls = serializers.IntegerField()
    cost = serializers.DecimalField(max_digits=20, decimal_places=8)
    unpriced = serializers.ListField(child=serializers.CharField(), help_text="Names of endpoints.")
    unrecorded = serializers.SerializerMethodField()
    endpoints = EstimateLineSerializer(many=True, source="lines")

    def get_unrecorded(self, estimate: LaunchEstimate) -> list[str]:
        """Runs on recorded models that would find no reply: no such run was imported."""
        runs: list[str] = self.context["unrecorded"]
        return runs


class PresetSerializer(DataclassSerializer[Preset]):
    """An experiment of the study: what it asks, which numbers answer it, and the methods and settings to launch."""

    dataclass = Preset
    methods = serializers.ListField(child=serializers.ChoiceField(Method.choices))
    settings = serializers.ListField(child=serializers.ChoiceField(Setting.choices))


class RunCountsSerializer(RunSerializer):
    """A run with how many of its items are finished, of these without an answer, and how many there are."""

    items = serializers.IntegerField(source="item_count", read_only=True)
    finished = serializers.IntegerField(source="finished_count", read_only=True)
    failed = serializers.IntegerField(source="failed_count", read_only=True)

    class Meta(RunSerializer.Meta):
        fields = [*RunSerializer.Meta.fields, "items", "finished", "failed"]
        read_only_fields = fields


class BatchProgressSerializer(serializers.Serializer[Any]):
    """The progress of a batch. A call that several runs share is on the bill of the run that asked first."""

    runs = RunCountsSerializer(many=True)
    tried_again = TriedAgainSerializer(many=True)
    failures = FailuresSerializer(many=True)
    costs = BillLineSerializer(many=True)
