"""A table as a file that is sent while it is made."""

from collections.abc import Mapping

from django.http import Http404, StreamingHttpResponse
from django.utils import timezone
from django.utils.text import slugify

from annotations.exports.services import known_raters
from annotations.exports.tables.columns import Table
from annotations.exports.tables.scopes import checked_scope, source_for
from annotations.exports.writers.dataset_folder import stream_folder
from annotations.exports.writers.writing import CONTENT_TYPES, EXTENSIONS, stream
from annotations.models.export import ExportFormat
from core.errors import Conflict
from core.http.access import PersonRequest
from core.http.page_query import PageQuery


def file_stream(
    request: PersonRequest,
    table: Table,
    filters: Mapping[str, object],
    extension: str,
    *,
    name: str = "",
    most_rows: int | None = None,
) -> StreamingHttpResponse:
    """A table as a file, sent as it is made; `raters` and `licence` are read from the address."""
    format = next((format for format, known in EXTENSIONS.items() if known == extension), None)
    if format is None:
        raise Http404
    raters = known_raters(PageQuery(request).text("raters"), format)
    scope = checked_scope(request.user, table, filters)
    source = source_for(table, scope, raters)
    if most_rows is not None and source.count(most_rows + 1) > most_rows:
        raise Conflict(f"This has more than {most_rows:,} rows: ask for an export.", code="too_large")
    if format == ExportFormat.DATASET:
        content = stream_folder(source, table, scope, raters, PageQuery(request).text("licence", longest=60))
    else:
        content = stream(source, format)
    name = name or f"perg-{slugify(table.name)}-{timezone.now():%Y%m%d-%H%M}"
    return StreamingHttpResponse(
        content,
        content_type=CONTENT_TYPES[format],
        headers={"Content-Disposition": f'attachment; filename="{name}.{extension}"'},
    )
