"""REST addresses of imports."""

from django.urls import path

from evaluation.imports import api

urlpatterns = [
    path("imports/", api.ImportList.as_view(), name="api_import_list"),
    path("imports/<int:job_id>/", api.ImportDetail.as_view(), name="api_import"),
    path("imports/<int:job_id>/retry/", api.ImportRetry.as_view(), name="api_import_retry"),
]
