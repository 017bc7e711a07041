"""Exports: the list of one's own, asking for one, small ones at once, and fetching those that are ready."""

from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from annotations.exports.forms import ExportForm
from annotations.exports.selectors import SHOWN, own_export, visible_exports
from annotations.exports.services import (
    discard_export,
    file_of,
    note_streamed,
    request_export,
    retry_export,
)
from annotations.exports.streaming import file_stream
from annotations.exports.tables.columns import Table
from annotations.exports.tables.registry import tables as known_tables
from annotations.exports.tables.scopes import (
    checked_scope,
    exportable_table,
    exportable_tables,
    stored_filters,
)
from annotations.exports.writers.writing import CONTENT_TYPES, EXTENSIONS
from annotations.models import Export
from annotations.models.export import ExportFormat, ExportStatus
from core.errors import NotFound
from core.http.access import PersonRequest
from core.http.form_pages import carried_out, form_page
from core.http.page_query import PageQuery
from core.http.ranged_file import ranged_file_response


@require_GET
def export_list(request: PersonRequest) -> HttpResponse:
    """The person's exports with their progress, and what can be exported; to htmx, the exports alone."""
    tables = exportable_tables(request.user)
    if not tables:
        raise NotFound("This page does not exist.")
    exports = list(visible_exports(request.user)[:SHOWN])
    context = {
        "exports": [(export, known_tables().get(export.table)) for export in exports],
        "waiting": any(export.is_unfinished for export in exports),
        "tables": tables,
        "stream_rows": settings.EXPORT_STREAM_ROWS,
        "days": settings.EXPORT_DAYS,
    }
    template = "_exports.html" if request.htmx else "export_list.html"
    return render(request, f"annotations/exports/{template}", context)


@require_http_methods(["GET", "POST"])
def export_create(request: PersonRequest, table: str) -> HttpResponse:
    """Ask for a table: a small one is streamed at once, a worker writes a large one."""
    exportable = exportable_table(request.user, table)
    form = ExportForm(
        request.POST or None, table=exportable, user=request.user, initial=PageQuery(request).texts()
    )
    address = carried_out(form, lambda: _address_of_file(request, exportable, form))
    if address is not None:
        return redirect(address)
    context: dict[str, object] = {"table": exportable, "stream_rows": settings.EXPORT_STREAM_ROWS}
    return form_page(request, "annotations/exports/export_create.html", form, context)


def _address_of_file(request: PersonRequest, table: Table, form: ExportForm) -> str:
    """An address that streams the file, or the list that tells when it is ready."""
    arguments = form.arguments()
    scope = checked_scope(request.user, table, arguments["filters"])
    if table.source(scope).count(settings.EXPORT_STREAM_ROWS + 1) > settings.EXPORT_STREAM_ROWS:
        request_export(requested_by=request.user, **arguments)
        messages.success(request, "The file is being prepared. This page updates when it is ready.")
        return reverse("export_list")
    note_streamed(user=request.user, scope=scope, table=table, format=arguments["format"])
    extension = EXTENSIONS[ExportFormat(arguments["format"])]
    options = {name: arguments[name] for name in ("raters", "licence") if arguments[name]} | stored_filters(
        scope
    )
    return reverse("export_stream", args=[table.name, extension]) + "?" + urlencode(options)


@require_GET
def export_stream(request: PersonRequest, table: str, extension: str) -> HttpResponseBase:
    """A small export as it is made. Raises Conflict where it is not small."""
    exportable = exportable_table(request.user, table)
    filters = {
        name: value for name, value in PageQuery(request).texts().items() if name not in {"raters", "licence"}
    }
    return file_stream(request, exportable, filters, extension, most_rows=settings.EXPORT_STREAM_ROWS)


@require_safe
def export_download(request: PersonRequest, export_id: int) -> HttpResponseBase:
    """The file of an export that is ready; an interrupted download can be resumed."""
    export = _ready(request, export_id)
    try:
        return ranged_file_response(
            request,
            file_of(export),
            name=file_name(export),
            content_type=CONTENT_TYPES[ExportFormat(export.format)],
            checksum=export.checksum,
            modified=export.finished_at or export.created_at,
        )
    except FileNotFoundError:
        raise NotFound("The file no longer exists. Export it again.", code="file_gone") from None


@require_GET
def export_manifest(request: PersonRequest, export_id: int) -> JsonResponse:
    """What is in the file, with its row count and checksum."""
    return JsonResponse(_ready(request, export_id).manifest, json_dumps_params={"indent": 1})


@require_POST
def export_act(request: PersonRequest, export_id: int, act: str) -> HttpResponse:
    """Make an export again, or take its file away."""
    export = own_export(request.user, export_id)
    acts = {"retry": retry_export, "discard": discard_export}
    if act not in acts:
        raise Http404
    acts[act](export=export, actor=request.user)
    messages.success(
        request, "The export has been queued again." if act == "retry" else "The file has been deleted."
    )
    return redirect("export_list")


def file_name(export: Export) -> str:
    """What the file is called when it is fetched."""
    scope = f"-campaign{export.campaign_id}" if export.campaign_id else ""
    release = f"-release{export.release.number}" if export.release else ""
    extension = EXTENSIONS[ExportFormat(export.format)]
    return f"perg-{slugify(export.table)}{scope}{release}-{export.pk}.{extension}"


def _ready(request: PersonRequest, export_id: int) -> Export:
    export = own_export(request.user, export_id)
    if export.status != ExportStatus.READY:
        raise NotFound("This export has no file.", code="not_ready")
    return export
