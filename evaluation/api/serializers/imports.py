"""What became of a file that was imported: the shapes of the importers' reports."""

from typing import Any

from rest_framework import serializers


class NamedSerializer(serializers.Serializer[Any]):
    """A thing by its id and name."""

    id = serializers.IntegerField()
    name = serializers.CharField()


class VersionSerializer(NamedSerializer):
    """A version of a thing."""

    version = serializers.IntegerField()


class ProblemSerializer(serializers.Serializer[Any]):
    """Why a row was rejected. `row` counts data rows from 1; `line` is where the record ends, if known."""

    row = serializers.IntegerField(allow_null=True)
    line = serializers.IntegerField(allow_null=True)
    column = serializers.CharField(allow_blank=True)
    reason = serializers.CharField()


class ImportedSerializer(serializers.Serializer[Any]):
    """What every import says."""

    status = serializers.ChoiceField(["imported", "unchanged"])
    message = serializers.CharField()


class RowsImportedSerializer(ImportedSerializer):
    """What an import says that takes rows and rejects some."""

    rows_read = serializers.IntegerField()
    rows_imported = serializers.IntegerField()
    warnings = serializers.ListField(child=serializers.CharField())
    problems = ProblemSerializer(many=True)
    problems_not_listed = serializers.IntegerField()


class DeliveryFailuresSerializer(serializers.Serializer[Any]):
    """How many responses have no readable option letter, by condition."""

    baseline = serializers.IntegerField()
    personalised = serializers.IntegerField()


class RunImportSerializer(RowsImportedSerializer):
    """What became of a file of a recorded run."""

    run = NamedSerializer()
    items = serializers.IntegerField()
    delivery_failures = DeliveryFailuresSerializer()
    missing_baselines = serializers.IntegerField(help_text="Items without a baseline response in the file.")


class QuestionsImportSerializer(RowsImportedSerializer):
    """What became of a file of questions."""

    dataset = NamedSerializer()
    layout = serializers.CharField()
    questions_created = serializers.IntegerField()
    assignments_created = serializers.IntegerField()
    catalogue = serializers.CharField(allow_null=True)


class CatalogueImportSerializer(ImportedSerializer):
    """What became of a file of preferences."""

    catalogue = VersionSerializer()
    preferences = serializers.IntegerField()
