"""Rubrics: the instructions by which people and judges rate."""

from typing import Any

from rest_framework import serializers

from core.api.strict import StrictSerializer
from evaluation.models import Rubric


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
