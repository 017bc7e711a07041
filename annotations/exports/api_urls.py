"""Addresses of exports in the REST API."""

from django.urls import path

from annotations.exports.api import Exports
from core.api.viewsets import ApiRouter

router = ApiRouter()
router.add("exports", Exports, "export")

urlpatterns = [
    *router.urls,
    # Takes any word behind an export, so it comes after the others.
    path(
        "exports/<int:export_id>/<slug:action>/",
        Exports.as_view({"post": "act"}),
        name="api_export_action",
    ),
]
