"""Exports, and the tables that can be exported."""

from typing import Any

from rest_framework import serializers

from annotations.models import Export
from annotations.models.export import ExportFormat, ExportStatus, RaterNames
from core.api.queries import ListQuery
from core.api.row_serializer import RowSerializer
from core.api.strict import StrictSerializer


class ExportSerializer(RowSerializer[Export]):
    """A file that was asked for. `checksum` is its SHA-256; `share_done` is null while nobody knows how many rows
    there are; `manifest` says what is in it, column by column.
    """

    filters = serializers.DictField()
    manifest = serializers.DictField(allow_null=True)
    share_done = serializers.FloatField(allow_null=True)

    class Meta:
        model = Export
        fields = [
            "id",
            "table",
            "format",
            "filters",
            "raters",
            "licence",
            "campaign",
            "release",
            "status",
            "rows",
            "rows_expected",
            "share_done",
            "size",
            "checksum",
            "manifest",
            "failure",
            "created_at",
            "finished_at",
            "expires_at",
        ]


class NewExportSerializer(StrictSerializer[Any]):
    """What to write. Which tables there are, and their filters, is at `exports/tables/`."""

    table = serializers.CharField(max_length=40)
    format = serializers.ChoiceField(ExportFormat.choices)
    filters = serializers.DictField(
        child=serializers.JSONField(), required=False, default=dict, help_text="By name; all may be left out."
    )
    raters = serializers.ChoiceField(
        RaterNames.choices,
        required=False,
        allow_blank=True,
        default="",
        help_text="Left out: pseudonyms in a dataset, user names elsewhere.",
    )
    licence = serializers.CharField(max_length=60, required=False, allow_blank=True, default="")

    def validate_filters(self, filters: dict[str, Any]) -> dict[str, Any]:
        for name, value in filters.items():
            if not isinstance(value, str | int | bool | None):
                raise serializers.ValidationError({name: ["A text or a number."]})
        return filters


class ExportQuery(ListQuery):
    status = serializers.ChoiceField(ExportStatus.choices, required=False)


class FilterSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    kind = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment] # Field has a `label` of its own
    is_required = serializers.BooleanField()
    choices = serializers.SerializerMethodField()

    def get_choices(self, option: Any) -> list[str]:
        return [value for value, _ in option.choices]


class ColumnSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    kind = serializers.CharField()
    description = serializers.CharField()


class TableSerializer(serializers.Serializer[Any]):
    """Something that can be exported."""

    name = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    filters = FilterSerializer(many=True)
    columns = ColumnSerializer(many=True)
