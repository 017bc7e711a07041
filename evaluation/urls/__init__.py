"""Addresses of the evaluation's pages."""

from django.urls import include, path

urlpatterns = [
    path("", include("evaluation.urls.runs")),
    path("", include("evaluation.urls.batches")),
    path("", include("evaluation.urls.catalogues")),
]
