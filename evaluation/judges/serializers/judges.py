"""Judges."""

from typing import Any

from rest_framework import serializers

from core.api.queries import ListQuery, id_filter
from core.api.strict import StrictSerializer
from evaluation.judges.services.judges import MAX_REPLICATES
from evaluation.models import Endpoint, Judge, Rubric
from evaluation.models.endpoint import JudgeOrigin


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
