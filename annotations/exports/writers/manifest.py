"""What is in an exported file, for programs: rows, checksum, columns with their types, and what was requested."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from annotations.exports.tables.columns import Source, Table
from annotations.models import Export
from perg import __version__


def manifest_of(
    export: Export, table: Table, source: Source, *, rows: int, size: int, checksum: str
) -> dict[str, Any]:
    """Of a file that is written; `sha256` and `bytes` are those of the file."""
    return described(table, source, filters=export.filters, raters=export.raters) | {
        "export": export.pk,
        "format": export.format,
        "rows": rows,
        "bytes": size,
        "sha256": checksum,
    }


def described(table: Table, source: Source, *, filters: Mapping[str, Any], raters: str) -> dict[str, Any]:
    """What a file holds, whatever its format."""
    return {
        "table": table.name,
        "title": table.title,
        "description": table.description,
        "filters": dict(filters),
        "raters": raters,
        "columns": [
            {"name": column.name, "type": str(column.kind), "description": column.description}
            for column in source.columns
        ],
        "code_version": __version__,
        "written_at": timezone.now().isoformat(timespec="seconds"),
    }
