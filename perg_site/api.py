"""The root of the REST API, version 1."""

from django.urls import include, path

urlpatterns = [
    path("", include("evaluation.api.urls")),
    path("", include("annotations.api.urls")),
]
