"""Addresses of the evaluation's pages, each room's own."""

from django.urls import include, path

urlpatterns = [
    path("", include("evaluation.runs.urls")),
    path("", include("evaluation.results.urls")),
    path("", include("evaluation.library.urls")),
    path("", include("evaluation.judges.urls")),
    path("", include("evaluation.endpoints.urls")),
    path("", include("evaluation.imports.urls")),
]
