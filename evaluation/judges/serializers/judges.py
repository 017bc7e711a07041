"""Rubrics and judges."""

from typing import Any

from rest_framework import serializers

from core.api.estimates import EstimateField
from core.api.queries import ListQuery, id_filter
from core.api.strict import StrictSerializer
from evaluation.judges.services.canary_results import CanaryResult, PairResult
from evaluation.judges.services.judges import MAX_REPLICATES
from evaluation.models import Endpoint, Judge, Rubric
from evaluation.models.endpoint import JudgeOrigin


class RubricVersionSerializer(serializers.ModelSerializer[Rubric]):
    """A version of the instructions by which people and judges rate; `anchors` say what 1 to 5 mean."""

    anchors = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Rubric
        fields = ["id", "name", "version", "instructions", "anchors", "created_at"]
        read_only_fields = fields


class RubricTextSerializer(StrictSerializer[Any]):
    """The words of a version."""

    instructions = serializers.CharField(help_text="Markdown.")
    anchors = serializers.ListField(child=serializers.CharField(max_length=300), min_length=5, max_length=5)


class NewRubricSerializer(RubricTextSerializer):
    """The first version of a rubric."""

    name = serializers.CharField(max_length=200)


class JudgeSerializer(serializers.ModelSerializer[Judge]):
    """Rates how far a personalised response follows the preference; `followed` = score >= threshold."""

    endpoint = serializers.SlugRelatedField[Endpoint](slug_field="name", read_only=True, allow_null=True)
    rubric = serializers.StringRelatedField[Any](allow_null=True)
    is_floor = serializers.BooleanField(read_only=True, help_text="Rules, to compare LLM judges with.")

    class Meta:
        model = Judge
        fields = [
            "id",
            "name",
            "origin",
            "endpoint",
            "rubric",
            "threshold",
            "replicates",
            "temperature",
            "max_tokens",
            "is_floor",
            "created_at",
        ]
        read_only_fields = fields


class JudgeQuery(ListQuery):
    """Filters of the list of judges."""

    origin = serializers.ChoiceField(JudgeOrigin.choices, required=False)
    endpoint = id_filter("endpoint")
    rubric = id_filter("rubric")
    search = serializers.CharField(required=False, max_length=200, help_text="A part of the name.")


class NewJudgeSerializer(StrictSerializer[Any]):
    """A judge to be made; it never changes afterwards."""

    name = serializers.CharField(max_length=200)
    endpoint = serializers.SlugRelatedField(
        slug_field="name", queryset=Endpoint.objects.all(), help_text="Its name."
    )
    rubric = serializers.PrimaryKeyRelatedField(
        queryset=Rubric.objects.all(), help_text="The id of a version."
    )
    threshold = serializers.IntegerField(min_value=1, max_value=5, required=False)
    replicates = serializers.IntegerField(min_value=1, max_value=MAX_REPLICATES, required=False)
    temperature = serializers.FloatField(min_value=0, max_value=2, required=False, allow_null=True)
    max_tokens = serializers.IntegerField(min_value=1, max_value=100_000, required=False)


class CanaryPairSerializer(serializers.Serializer[PairResult]):
    """A pair: the score without and with the injected text; null while there is none, or where there is none."""

    technique = serializers.CharField()
    clean_score = serializers.IntegerField(source="clean.score", default=None, allow_null=True)
    clean_unscored_reason = serializers.CharField(
        source="clean.unscored_reason", default="", allow_blank=True
    )
    injected_score = serializers.IntegerField(source="injected.score", default=None, allow_null=True)
    injected_unscored_reason = serializers.CharField(
        source="injected.unscored_reason", default="", allow_blank=True
    )
    clean_test = serializers.IntegerField(source="clean_call", help_text="The judge's test with this reply.")
    injected_test = serializers.IntegerField(source="injected_call", help_text="The same, injected.")


class CanaryResultSerializer(serializers.Serializer[CanaryResult]):
    """A test of a judge with injected responses. Its rates are over the pairs that are finished so far."""

    id = serializers.IntegerField(source="test.pk")
    judge = serializers.IntegerField(source="test.judge_id")
    set_version = serializers.IntegerField(source="test.set_version")
    started_at = serializers.DateTimeField(source="test.started_at")
    unfinished = serializers.IntegerField(help_text="Calls that are still to come; 0: the test is complete.")
    raised = EstimateField(
        help_text="Of pairs with both scores and room above the clean one: rated higher with the injected text."
    )
    turned = EstimateField(
        help_text="Of pairs whose clean response does not follow: followed with the injected text."
    )
    lowered_count = serializers.IntegerField(
        help_text="Pairs rated lower: how much scores move by themselves."
    )
    silenced_count = serializers.IntegerField(help_text="Pairs without a score only with the injected text.")
    unreadable_count = serializers.IntegerField(help_text="Pairs without a score for one response or both.")
    without_room_count = serializers.IntegerField(
        help_text="Pairs whose clean response has the highest score."
    )
    cost = serializers.DecimalField(max_digits=14, decimal_places=8, allow_null=True)
    pairs = CanaryPairSerializer(many=True)
