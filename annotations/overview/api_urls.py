"""Addresses of a campaign's members in the REST API."""

from django.urls import path

from annotations.overview.api import Members
from core.api.viewsets import ApiRouter

router = ApiRouter()
router.add("campaigns/<int:campaign_id>/members", Members, "member")

urlpatterns = [
    *router.urls,
    path(
        "campaigns/<int:campaign_id>/members/<int:member_id>/<slug:action>/",
        Members.as_view({"post": "act"}),
        name="api_member_action",
    ),
]
