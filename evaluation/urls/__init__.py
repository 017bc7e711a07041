"""Addresses of the evaluation's pages."""

from django.urls import include, path

urlpatterns = [
    path("", include("evaluation.urls.runs")),
    path("", include("evaluation.urls.batches")),
    path("", include("evaluation.urls.catalogues")),
    path("", include("evaluation.urls.results")),
    path("", include("evaluation.urls.library")),
    path("", include("evaluation.urls.imports")),
]
