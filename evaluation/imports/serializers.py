"""Imports, as REST shows them."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from evaluation.models import ImportJob


@extend_schema_field(OpenApiTypes.OBJECT)
class _ReportField(serializers.JSONField):
    pass


class ImportJobSerializer(serializers.ModelSerializer[ImportJob]):
    """An import. `failure`, `failure_code` and `problems` say why nothing was imported where `status` is `refused` (the
    files or settings are at fault) or `failed` (the platform is; it can be retried).
    """

    files = serializers.ListField(
        child=serializers.CharField(), source="file_names", read_only=True, help_text="Their names."
    )
    share_done = serializers.FloatField(
        read_only=True, allow_null=True, help_text="Of the files, from 0 to 1."
    )
    report = _ReportField(
        read_only=True,
        allow_null=True,
        help_text="Once it is done: `status`, what was imported, counts, warnings, rejected rows (docs/importing.md).",
    )
    problems = serializers.ListField(
        child=serializers.JSONField(),
        read_only=True,
        help_text="Of single rows: texts, or objects with row, line, column and reason.",
    )
    requested_by = serializers.SlugRelatedField[ImportJob](slug_field="username", read_only=True)

    class Meta:
        model = ImportJob
        fields = [
            "id",
            "kind",
            "files",
            "status",
            "bytes_total",
            "bytes_done",
            "share_done",
            "report",
            "failure",
            "failure_code",
            "failure_field",
            "problems",
            "requested_by",
            "created_at",
            "finished_at",
        ]
        read_only_fields = fields
