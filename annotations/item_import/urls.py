"""Addresses of the import of tables."""

from django.urls import include, path

from annotations.item_import.views import steps, uploads

of_upload = [
    path("", steps.item_import_columns, name="item_import_columns"),
    path("layout/", uploads.item_import_layout, name="item_import_layout"),
    path("saved/", steps.item_import_saved, name="item_import_saved"),
    path("criteria/", steps.item_import_criteria, name="item_import_criteria"),
    path("preview/", steps.item_import_preview, name="item_import_preview"),
    path("discard/", uploads.item_import_discard, name="item_import_discard"),
]
urlpatterns = [
    path("campaigns/import-items/", uploads.item_import, name="item_import"),
    path("campaigns/import-items/<int:upload_id>/", include(of_upload)),
    path(
        "campaigns/import-items/mappings/<int:mapping_id>/delete/",
        uploads.saved_mapping_delete,
        name="saved_mapping_delete",
    ),
]
