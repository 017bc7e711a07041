"""Pages of preference catalogues, for staff: browsing them, importing files, and how versions differ."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_http_methods

from core.http.access import PersonRequest, staff_or_404
from core.http.form_pages import form_page
from core.http.keyset import keyset_page
from core.http.page_query import PageQuery
from evaluation.imports.services.evaluation_kinds import CATALOGUE
from evaluation.imports.views import earlier_import, entered_for, start_import
from evaluation.library.forms.catalogues import CatalogueFileForm, PreferenceSearchForm
from evaluation.library.selectors.catalogues import (
    builds_with_counts,
    catalogue_changes,
    catalogues_with_counts,
    preferences_found,
    versions_of,
)
from evaluation.models import Catalogue, CatalogueBuild


@require_GET
@staff_or_404
def catalogue_list(request: PersonRequest) -> HttpResponse:
    context = {"catalogues": catalogues_with_counts(), "builds": builds_with_counts()}
    return render(request, "evaluation/library/catalogue_list.html", context)


@require_GET
@staff_or_404
def catalogue_detail(request: PersonRequest, catalogue_id: int) -> HttpResponse:
    """The catalogue's preferences, by page and search, and its other versions."""
    catalogue = get_object_or_404(catalogues_with_counts(), pk=catalogue_id)
    form = PreferenceSearchForm(request.GET)
    search = form.cleaned_data if form.is_valid() else {}
    preferences = preferences_found(
        catalogue, words=search.get("q", ""), category=search.get("category", ""), kind=search.get("kind", "")
    )
    context = {
        "catalogue": catalogue,
        "is_search": any(search.values()),
        "page": keyset_page(preferences, PageQuery(request)),
        "versions": versions_of(catalogue),
        "build": CatalogueBuild.objects.filter(catalogue=catalogue).first(),
    }
    return form_page(request, "evaluation/library/catalogue_detail.html", form, context)


@require_GET
@staff_or_404
def catalogue_differences(request: PersonRequest, catalogue_id: int) -> HttpResponse:
    """What the version changed of an older one: the one before it, or the one that the address names."""
    catalogue = get_object_or_404(Catalogue, pk=catalogue_id)
    others = [version for version in versions_of(catalogue) if version.pk != catalogue.pk]
    named = [version for version in others if version.version == PageQuery(request).key("since")]
    older = [version for version in others if version.version < catalogue.version]
    base = next(iter(named + older + others), None)
    context = {
        "catalogue": catalogue,
        "others": others,
        "base": base,
        "changes": catalogue_changes(base, catalogue) if base is not None else None,
    }
    return render(request, "evaluation/library/catalogue_differences.html", context)


@require_http_methods(["GET", "POST"])
@staff_or_404
def catalogue_import(request: PersonRequest) -> HttpResponse:
    """A file of preferences for a version of a catalogue, which a worker imports."""
    earlier = earlier_import(request, CATALOGUE)
    initial = {"name": PageQuery(request).text("name")} | entered_for(earlier)
    form = CatalogueFileForm(request.POST or None, request.FILES or None, initial=initial)
    if form.is_valid():
        files = [("file", form.cleaned_data["file"])]
        return start_import(request, CATALOGUE, {"name": form.cleaned_data["name"]}, files)
    return form_page(request, "evaluation/library/catalogue_import.html", form, {"earlier": earlier})
