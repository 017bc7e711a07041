"""What the API shows and takes of the evaluation."""

from decimal import Decimal
from typing import Any

from pydantic import ValidationError
from rest_framework import serializers

from evaluation.models import Batch, Catalogue, Dataset, Endpoint, Judge, Run
from evaluation.models.run import Method, Setting
from evaluation.services.launching import BatchSpec
from evaluation.stages.plan import RunOptions

LEAST_MONEY = Decimal("0.0001")


class RunSerializer(serializers.ModelSerializer[Run]):
    """A run in short. Money in US dollars."""

    model = serializers.CharField(source="model_name", read_only=True)
    dataset = serializers.CharField(source="dataset.name", read_only=True)

    class Meta:
        model = Run
        fields = [
            "id",
            "name",
            "batch",
            "model",
            "method",
            "setting",
            "dataset",
            "status",
            "money_budget",
            "call_budget",
            "spent",
            "calls",
            "is_demonstration",
            "created_at",
            "finished_at",
        ]


class BatchSerializer(serializers.ModelSerializer[Batch]):
    """A batch with its runs."""

    runs = RunSerializer(many=True, read_only=True)

    class Meta:
        model = Batch
        fields = ["id", "name", "created_at", "runs"]


class LaunchSerializer(serializers.Serializer[BatchSpec]):
    """A batch to launch. Things are named by their names; a catalogue by its id."""

    name = serializers.CharField(max_length=150)
    dataset = serializers.SlugRelatedField(slug_field="name", queryset=Dataset.objects.all())
    catalogue = serializers.PrimaryKeyRelatedField(queryset=Catalogue.objects.all())
    models = serializers.SlugRelatedField(slug_field="name", queryset=Endpoint.objects.all(), many=True)
    methods = serializers.MultipleChoiceField(choices=Method.choices)
    settings = serializers.MultipleChoiceField(choices=Setting.choices)
    judges = serializers.SlugRelatedField(
        slug_field="name", queryset=Judge.objects.all(), many=True, required=False
    )
    aligner = serializers.SlugRelatedField(
        slug_field="name", queryset=Endpoint.objects.all(), required=False, allow_null=True
    )
    extractor = serializers.SlugRelatedField(
        slug_field="name", queryset=Endpoint.objects.all(), required=False, allow_null=True
    )
    sample_size = serializers.IntegerField(min_value=1, required=False, allow_null=True)
    money_budget = serializers.DecimalField(
        max_digits=12, decimal_places=4, min_value=LEAST_MONEY, required=False, allow_null=True
    )
    call_budget = serializers.IntegerField(min_value=1, required=False, allow_null=True)
    options = serializers.JSONField(required=False)

    def validate_options(self, value: Any) -> RunOptions:
        """The options of the runs, see RunOptions."""
        try:
            return RunOptions.model_validate(value)
        except ValidationError as error:
            raise serializers.ValidationError([each["msg"] for each in error.errors()]) from error

    def spec(self) -> BatchSpec:
        """The batch that valid data describe."""
        fields = dict(self.validated_data)
        # A choice field of many gives a set: the order of the grid is that of the choices.
        fields["methods"] = [method for method in Method.values if method in fields["methods"]]
        fields["settings"] = [setting for setting in Setting.values if setting in fields["settings"]]
        return BatchSpec(**fields)


class BudgetSerializer(serializers.Serializer[Run]):
    """What a run may spend; null: no limit."""

    money_budget = serializers.DecimalField(
        max_digits=12, decimal_places=4, min_value=LEAST_MONEY, allow_null=True
    )
    call_budget = serializers.IntegerField(min_value=1, allow_null=True)
