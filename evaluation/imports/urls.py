"""Addresses of imports."""

from django.urls import path

from evaluation.imports import views as imports

urlpatterns = [
    path("imports/", imports.import_list, name="import_list"),
    path("imports/<int:job_id>/", imports.import_job, name="import_job"),
    path("imports/<int:job_id>/retry/", imports.import_retry, name="import_retry"),
]
