"""Addresses of exports."""

from django.urls import path

from annotations.exports import views as exports

urlpatterns = [
    path("exports/", exports.export_list, name="export_list"),
    path("exports/new/<slug:table>/", exports.export_create, name="export_create"),
    path("exports/stream/<slug:table>.<slug:extension>", exports.export_stream, name="export_stream"),
    path("exports/<int:export_id>/file/", exports.export_download, name="export_download"),
    path("exports/<int:export_id>/manifest.json", exports.export_manifest, name="export_manifest"),
    path("exports/<int:export_id>/<slug:act>/", exports.export_act, name="export_act"),
]
