"""The steps of an upload: what its columns are for, its criteria, the preview and the import."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRefresh

from annotations.item_import.forms.columns import MappingForm
from annotations.item_import.forms.criteria import CriteriaForm
from annotations.item_import.forms.upload import ImportForm
from annotations.item_import.selectors.uploads import (
    choices_of,
    mapping_of,
    outcome_of_upload,
    own_mapping,
    reading_of,
)
from annotations.item_import.services.mappings import save_mapping
from annotations.item_import.services.uploads import ITEMS, choose_criteria, import_upload, map_columns
from annotations.item_import.tables.documents import CriterionChoice
from annotations.item_import.tables.stated import NotUnderstood, fitted_mapping
from annotations.item_import.views.pages import columns_page, preview_page, steps_of
from annotations.item_import.views.uploads import upload_of
from annotations.models import TableUpload
from annotations.models.table_upload import UploadStatus
from core.http.access import PersonRequest
from core.http.form_pages import carried_out, form_page
from evaluation.imports.views import earlier_import
from perg.formats.mapping.uses import TableMapping

StepView = Callable[Concatenate[PersonRequest, TableUpload, ...], HttpResponse]


def of_upload(view: StepView) -> Callable[Concatenate[PersonRequest, int, ...], HttpResponse]:
    """A page of an upload: while that is being read, how far it is."""

    @wraps(view)
    def checked(request: PersonRequest, upload_id: int) -> HttpResponse:
        upload = upload_of(request, upload_id)
        if upload.is_unfinished:
            template = "_progress.html" if request.htmx else "progress.html"
            return render(request, f"annotations/item_import/{template}", {"upload": upload})
        return HttpResponseClientRefresh() if request.htmx else view(request, upload)

    return checked


def needs_outcome(view: StepView) -> StepView:
    """A page of what all rows are: without it, back to the columns, where it says why."""

    @wraps(view)
    def checked(request: PersonRequest, upload: TableUpload) -> HttpResponse:
        if upload.status != UploadStatus.READY or upload.outcome is None:
            return redirect("item_import_columns", upload_id=upload.pk)
        return view(request, upload)

    return checked


@require_http_methods(["GET", "POST"])
@of_upload
def item_import_columns(request: PersonRequest, upload: TableUpload) -> HttpResponse:
    """What each column is for. Where the file cannot be read, how it is laid out."""
    if upload.reading is None:
        return render(request, "annotations/item_import/columns.html", columns_page(upload))
    reading = reading_of(upload)
    form = MappingForm(request.POST or None, columns=reading.columns, mapping=mapping_of(upload))
    if request.method == "POST" and carried_out(form, lambda: _mapped(request, upload, form)) is not None:
        return redirect("item_import_criteria", upload_id=upload.pk)
    return form_page(request, "annotations/item_import/columns.html", form, columns_page(upload, form))


def _mapped(request: PersonRequest, upload: TableUpload, form: MappingForm) -> TableUpload:
    mapping = form.cleaned_data["mapping"]
    if form.cleaned_data["save_as"]:
        save_mapping(
            name=form.cleaned_data["save_as"], mapping=mapping, choices=choices_of(upload), owner=request.user
        )
    return map_columns(upload=upload, mapping=mapping, actor=request.user)


@require_POST
@of_upload
def item_import_saved(request: PersonRequest, upload: TableUpload) -> HttpResponse:
    """Use a saved mapping, with what was said of its criteria."""
    saved = own_mapping(request.user, request.POST.get("saved", ""))
    columns = [column.name for column in reading_of(upload).columns]
    choices = [CriterionChoice.model_validate(choice) for choice in saved.choices]
    try:
        mapping = fitted_mapping(TableMapping.model_validate(saved.mapping), columns)
    except NotUnderstood as error:
        messages.error(request, f"“{saved.name}” does not fit this table. {error.message}")
        return redirect("item_import_columns", upload_id=upload.pk)
    map_columns(upload=upload, mapping=mapping, choices=choices, actor=request.user)
    return redirect("item_import_criteria", upload_id=upload.pk)


@require_http_methods(["GET", "POST"])
@of_upload
@needs_outcome
def item_import_criteria(request: PersonRequest, upload: TableUpload) -> HttpResponse:
    """The criteria that follow from the answers."""
    outcome, choices = outcome_of_upload(upload), choices_of(upload)
    form = CriteriaForm(request.POST or None, criteria=outcome.criteria, choices=choices)
    if request.method == "POST" and carried_out(form, lambda: _chosen(request, upload, form)) is not None:
        page = "item_import_criteria" if form.cleaned_data["update"] else "item_import_preview"
        return redirect(page, upload_id=upload.pk)
    context: dict[str, object] = {"upload": upload, "outcome": outcome, "steps": steps_of(upload)}
    return form_page(request, "annotations/item_import/criteria.html", form, context)


def _chosen(request: PersonRequest, upload: TableUpload, form: CriteriaForm) -> TableUpload:
    choices = form.cleaned_data["choices"]
    if form.cleaned_data["save_as"]:
        save_mapping(
            name=form.cleaned_data["save_as"], mapping=mapping_of(upload), choices=choices, owner=request.user
        )
    return choose_criteria(upload=upload, choices=choices, actor=request.user)


@require_http_methods(["GET", "POST"])
@of_upload
@needs_outcome
def item_import_preview(request: PersonRequest, upload: TableUpload) -> HttpResponse:
    """The first items as raters see them, and every problem; then the import."""
    outcome, earlier = outcome_of_upload(upload), earlier_import(request, ITEMS)
    context = preview_page(upload, outcome, reading_of(upload), earlier)
    count = outcome.problem_count or len(earlier.problems if earlier else ())
    form = ImportForm(request.POST or None, problems=count, initial={"campaign": upload.campaign_name})
    if request.method == "POST":
        job = carried_out(form, lambda: import_upload(upload=upload, actor=request.user, **form.cleaned_data))
        if job is not None:
            return redirect("import_job", job_id=job.pk)
    return form_page(request, "annotations/item_import/preview.html", form, context)
