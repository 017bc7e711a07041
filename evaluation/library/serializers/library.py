"""What runs are made of: questions, preferences, prompts, rubrics."""

from typing import Any

from rest_framework import serializers

from core.api.queries import LARGEST_INTEGER, ListQuery, Query
from core.api.strict import StrictSerializer
from evaluation.importers.question_layouts import LAYOUTS
from evaluation.models import Catalogue, Dataset, Preference, Prompt, Question, Rubric
from evaluation.models.dataset import PreferenceCategory, PreferenceKind


class NameQuery(ListQuery):
    """Filter of lists of things that have a name."""

    search = serializers.CharField(required=False, max_length=200, help_text="A part of the name.")


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


class CatalogueSerializer(serializers.ModelSerializer[Catalogue]):
    """A version of a list of preferences."""

    class Meta:
        model = Catalogue
        fields = ["id", "name", "version", "is_demonstration", "created_at"]
        read_only_fields = fields


class PreferenceSerializer(serializers.ModelSerializer[Preference]):
    """One sentence on what a user likes."""

    class Meta:
        model = Preference
        fields = ["id", "catalogue", "text", "category", "kind"]
        read_only_fields = fields


class PreferenceQuery(ListQuery):
    """Filters of the preferences of a catalogue."""

    category = serializers.ChoiceField(PreferenceCategory.choices, required=False)
    kind = serializers.ChoiceField(PreferenceKind.choices, required=False)
    search = serializers.CharField(required=False, max_length=200, help_text="A part of the text.")


class SinceQuery(Query):
    """With which version of a catalogue another is compared."""

    since = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=LARGEST_INTEGER,
        help_text="The number of a version; the one before, if it is not named.",
    )


class PromptSerializer(serializers.ModelSerializer[Prompt]):
    """A version of a prompt, as runs used it."""

    class Meta:
        model = Prompt
        fields = ["id", "name", "version", "text", "sha256", "created_at"]
        read_only_fields = fields


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


class CatalogueFileSerializer(StrictSerializer[Any]):
    """A file of preferences; other content than that of a version that there is becomes the next version."""

    file = serializers.FileField(help_text="CSV with the columns text, category, kind.")
    name = serializers.CharField(max_length=200)
