"""Datasets and their questions."""

from typing import Any

from rest_framework import serializers

from core.api.queries import ListQuery
from core.api.strict import StrictSerializer
from evaluation.importers.rows.question_layouts import LAYOUTS
from evaluation.models import Catalogue, Dataset, Prompt, Question


class DatasetSerializer(serializers.ModelSerializer[Dataset]):
    """A named collection of questions."""

    class Meta:
        model = Dataset
        fields = ["id", "name", "description", "is_demonstration", "created_at"]
        read_only_fields = fields


class QuestionSerializer(serializers.ModelSerializer[Question]):
    """A multiple-choice question; `gold_option` is the letter of the right option."""

    options = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Question
        fields = ["id", "dataset", "external_id", "text", "options", "gold_option", "source", "category"]
        read_only_fields = fields


class QuestionQuery(ListQuery):
    """Filters of the questions of a dataset."""

    source = serializers.CharField(required=False, max_length=200)  # type: ignore[assignment] # a field's attribute
    category = serializers.CharField(required=False, max_length=200)
    search = serializers.CharField(required=False, max_length=200, help_text="A part of the text.")


class QuestionCountSerializer(serializers.Serializer[Any]):
    """How many questions of a dataset are of a source and category; empty: not given."""

    source = serializers.CharField(allow_blank=True)  # type: ignore[assignment] # a field's attribute
    category = serializers.CharField(allow_blank=True)
    questions = serializers.IntegerField()


class QuestionsFileSerializer(StrictSerializer[Any]):
    """A file of questions, into a dataset."""

    file = serializers.FileField(help_text="CSV, JSON, JSON lines or Parquet.")
    dataset = serializers.CharField(max_length=200, help_text="Its name; made if there is none.")
    layout = serializers.ChoiceField(["auto", *sorted(LAYOUTS)], required=False)
    catalogue = serializers.PrimaryKeyRelatedField(
        queryset=Catalogue.objects.all(),
        required=False,
        help_text="Its relevant preferences are assigned in turn.",
    )
    default_source = serializers.CharField(max_length=200, required=False)
    default_category = serializers.CharField(max_length=200, required=False)
    strict = serializers.BooleanField(
        required=False, default=False, help_text="Refuse the file if any row is not acceptable."
    )


class PromptSerializer(serializers.ModelSerializer[Prompt]):
    """A version of a prompt, as runs used it."""

    class Meta:
        model = Prompt
        fields = ["id", "name", "version", "text", "sha256", "created_at"]
        read_only_fields = fields
