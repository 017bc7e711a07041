"""Addresses of the evaluation's pages."""

from django.urls import include, path

urlpatterns = [
    path("", include("evaluation.runs.urls.runs")),
    path("", include("evaluation.runs.urls.batches")),
    path("", include("evaluation.library.urls.catalogues")),
    path("", include("evaluation.results.urls")),
    path("", include("evaluation.library.urls.library")),
    path("", include("evaluation.imports.urls")),
]
