"""Addresses of campaigns in the REST API."""

from django.urls import path

from annotations.campaigns.api import Campaigns
from core.api.viewsets import ApiRouter

router = ApiRouter()
router.add("campaigns", Campaigns, "campaign")

urlpatterns = router.urls
last_urlpatterns = [
    path(
        "campaigns/<int:campaign_id>/<slug:action>/",
        Campaigns.as_view({"post": "act"}),
        name="api_campaign_action",
    ),
]
"""After those of every other room, since it takes any word."""
