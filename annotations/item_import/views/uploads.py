"""The upload of a table, how it is laid out, and mappings that were saved."""

from functools import partial

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from annotations.access import campaign_maker
from annotations.item_import.forms.upload import LayoutForm, TableFileForm
from annotations.item_import.selectors.uploads import mappings_of, own_upload, saved_mapping, uploads_of
from annotations.item_import.services.mappings import delete_mapping
from annotations.item_import.services.uploads import ITEMS, discard_upload, receive_table, restate_layout
from annotations.item_import.tables.reading import stated_layout
from annotations.item_import.views.pages import columns_page
from annotations.models import TableUpload
from core.http.access import PersonRequest
from core.http.form_pages import carried_out, form_page
from core.http.page_query import PageQuery
from evaluation.imports.views import earlier_import

UPLOADS_SHOWN = 10


def upload_of(request: PersonRequest, upload_id: int) -> TableUpload:
    """The upload of this page. Raises NotFound, for everybody but its owner too."""
    campaign_maker(request.user)
    return own_upload(request.user, upload_id)


@require_http_methods(["GET", "POST"])
def item_import(request: PersonRequest) -> HttpResponse:
    """Take a table, for leads and staff. From a refused import, the way back to its preview."""
    campaign_maker(request.user)
    earlier = earlier_import(request, ITEMS)
    if earlier and uploads_of(request.user).filter(pk=earlier.arguments["upload"]).exists():
        page = redirect("item_import_preview", upload_id=earlier.arguments["upload"])
        page["Location"] += f"?from={earlier.pk}"
        return page
    initial = {"campaign": PageQuery(request).text("campaign")}
    form = TableFileForm(request.POST or None, request.FILES or None, initial=initial)
    if request.method == "POST":
        upload = carried_out(form, lambda: _received(form, request))
        if upload is not None:
            return redirect("item_import_columns", upload_id=upload.pk)
    uploads, saved = uploads_of(request.user)[:UPLOADS_SHOWN], mappings_of(request.user)
    context: dict[str, object] = {"uploads": uploads, "saved": saved, "earlier": earlier}
    return form_page(request, "annotations/item_import/upload.html", form, context)


def _received(form: TableFileForm, request: PersonRequest) -> TableUpload:
    fields = form.cleaned_data
    return receive_table(file=fields["file"], campaign_name=fields["campaign"], actor=request.user)


@require_POST
def item_import_layout(request: PersonRequest, upload_id: int) -> HttpResponse:
    """Read the file as its owner says it is laid out."""
    upload = upload_of(request, upload_id)
    context = columns_page(upload)
    before = context["layout_form"]
    assert isinstance(before, LayoutForm)
    form = LayoutForm(request.POST, layout=before.read_as, stated=stated_layout(upload.stated))
    service = partial(restate_layout, upload=upload, actor=request.user)
    if carried_out(form, lambda: service(stated=form.layout())) is not None:
        return redirect("item_import_columns", upload_id=upload.pk)
    context["layout_form"] = form
    return render(request, "annotations/item_import/columns.html", context, status=422)


@require_POST
def item_import_discard(request: PersonRequest, upload_id: int) -> HttpResponse:
    """Delete an upload with its file."""
    upload = upload_of(request, upload_id)
    name = upload.file_name
    discard_upload(upload=upload, actor=request.user)
    messages.success(request, f"{name} has been deleted.")
    return redirect("item_import")


@require_POST
def saved_mapping_delete(request: PersonRequest, mapping_id: int) -> HttpResponse:
    """Delete a saved mapping."""
    campaign_maker(request.user)
    saved = saved_mapping(request.user, mapping_id)
    delete_mapping(saved=saved, actor=request.user)
    messages.success(request, f"The mapping “{saved.name}” has been deleted.")
    return redirect("item_import")
