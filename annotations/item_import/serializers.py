"""Uploaded tables, as REST shows and takes them."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from pydantic import BaseModel, ConfigDict, Field
from rest_framework import serializers

from annotations.item_import.services.items import NAME_LENGTH
from annotations.item_import.tables.documents import CriterionChoice
from annotations.models import SavedMapping, TableUpload
from core.api.row_serializer import RowSerializer
from core.api.strict import SchemaField, StrictSerializer
from perg.formats.mapping.uses import TableMapping


@extend_schema_field(OpenApiTypes.OBJECT)
class _DocumentField(serializers.JSONField):
    pass


class TableUploadSerializer(RowSerializer[TableUpload]):
    """An uploaded table. `reading` says what the file is (`layout`, `rows`), what its `columns` hold and what each is
    probably for (`guess`); `outcome`, once all rows are checked, how many `items` and `ratings` there are, the
    `criteria` that follow, `problems` by row, `ignored` columns and a `preview`. `failure` says why the file cannot be
    read as it is. It is deleted after a day without a change.
    """

    stated = _DocumentField()
    reading = _DocumentField(allow_null=True)
    mapping = _DocumentField(allow_null=True)
    choices = serializers.ListField(child=_DocumentField())
    outcome = _DocumentField(allow_null=True)

    class Meta:
        model = TableUpload
        fields = [
            "id",
            "file_name",
            "size",
            "campaign_name",
            "status",
            "phase",
            "rows_done",
            "stated",
            "reading",
            "mapping",
            "choices",
            "outcome",
            "failure",
            "failure_code",
            "created_at",
            "changed_at",
        ]


class ListedUploadSerializer(RowSerializer[TableUpload]):
    """An uploaded table in a list."""

    class Meta:
        model = TableUpload
        fields = ["id", "file_name", "size", "campaign_name", "status", "phase", "created_at", "changed_at"]


class SavedMappingSerializer(RowSerializer[SavedMapping]):
    """A saved mapping: what columns are for, and what was said of the criteria."""

    mapping = _DocumentField()
    choices = serializers.ListField(child=_DocumentField())

    class Meta:
        model = SavedMapping
        fields = ["id", "name", "columns", "mapping", "choices", "changed_at"]


class StatedDocument(BaseModel):
    """What is said of a file's layout; null: it is recognised."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    encoding: str | None = Field(default=None, max_length=40)
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    sheet: str | None = Field(default=None, max_length=200)
    header_row: int | None = Field(default=None, ge=0, le=1_000_000)


@extend_schema_field(OpenApiTypes.OBJECT)
class _LayoutField(SchemaField):
    schema = StatedDocument


@extend_schema_field(OpenApiTypes.OBJECT)
class _MappingField(SchemaField):
    schema = TableMapping


@extend_schema_field(OpenApiTypes.OBJECT)
class _ChoiceField(SchemaField):
    schema = CriterionChoice


class NewUploadSerializer(StrictSerializer[Any]):
    """A table to import. What the columns are for comes afterwards."""

    file = serializers.FileField()
    campaign = serializers.CharField(
        max_length=NAME_LENGTH, required=False, default="", help_text="By default the name of the file."
    )


class UploadChangesSerializer(StrictSerializer[Any]):
    """What is said of a table. A change of the layout forgets the mapping, and has the file read again."""

    layout = _LayoutField(
        required=False, help_text="encoding, delimiter, sheet, header_row; null: recognise it."
    )
    mapping = _MappingField(
        required=False, help_text='`{"columns": {NAME: {"role": …}}}`, as in `reading.guess`.'
    )
    saved = serializers.CharField(
        max_length=NAME_LENGTH, required=False, help_text="Instead of a mapping: the name of a saved one."
    )
    criteria = serializers.ListField(
        child=_ChoiceField(),
        required=False,
        max_length=1000,
        help_text="Of criteria by their `name` in the table: kind, question, options, failures, fails_below "
        "or no_failure.",
    )
    save_as = serializers.CharField(
        max_length=NAME_LENGTH, required=False, help_text="Save the mapping and criteria under this name."
    )

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        if not values:
            raise serializers.ValidationError("Say something of the layout, the mapping or the criteria.")
        if "layout" in values and len(values) > 1:
            raise serializers.ValidationError({"layout": ["State the layout alone: the rest depends on it."]})
        if "mapping" in values and "saved" in values:
            raise serializers.ValidationError({"saved": ["State a mapping or name a saved one, not both."]})
        return values


class ImportUploadSerializer(StrictSerializer[Any]):
    """Where a checked table goes."""

    campaign = serializers.CharField(
        max_length=NAME_LENGTH,
        required=False,
        help_text="New, or of imported items already; by default what the upload says.",
    )
    rest = serializers.BooleanField(
        required=False, default=False, help_text="Whether to import the others where rows cannot be used."
    )
