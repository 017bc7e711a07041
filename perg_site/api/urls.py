"""Addresses of the REST API, version 1."""

from django.urls import include, path

from perg_site.api import views

urlpatterns = [
    path("", include("annotations.labelling.api_urls")),  # first: every label asks for some of these
    path("schema/", views.Schema.as_view(), name="api_schema"),
    path("body-permission/", views.BodyPermission.as_view(), name="api_body_permission"),
    path("upload-permission/", views.UploadPermission.as_view(), name="api_upload_permission"),
    path("docs/", views.docs, name="api_docs"),
    path("", include("core.users.api_urls")),
    path("", include("evaluation.api_urls")),
    path("", include("annotations.api_urls")),
    path("", include("perg_site.webhooks.api_urls")),
]
