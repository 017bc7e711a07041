"""Addresses of exports in the REST API."""

from django.urls import URLPattern, path

from annotations.exports import api

urlpatterns: list[URLPattern] = [
    path("exports/", api.ExportList.as_view(), name="api_export_list"),
    path("exports/tables/", api.ExportTables.as_view(), name="api_export_tables"),
    path("exports/<int:export_id>/", api.ExportDetail.as_view(), name="api_export"),
    path("exports/<int:export_id>/file/", api.ExportFile.as_view(), name="api_export_file"),
    path("exports/<int:export_id>/<slug:action>/", api.ExportAction.as_view(), name="api_export_action"),
]
