"""Addresses of campaigns in the REST API."""

from django.urls import URLPattern, path

from annotations.campaigns import api

CAMPAIGN = "campaigns/<int:campaign_id>/"

urlpatterns: list[URLPattern] = [
    path(f"{CAMPAIGN}activity/", api.CampaignActivity.as_view(), name="api_activity"),
    path(f"{CAMPAIGN}alignment/", api.CampaignAlignment.as_view(), name="api_alignment"),
    path(
        f"{CAMPAIGN}guidelines/versions/",
        api.GuidelinesVersions.as_view(),
        name="api_guidelines_versions",
    ),
    path("campaigns/", api.CampaignList.as_view(), name="api_campaign_list"),
    path(CAMPAIGN, api.CampaignDetail.as_view(), name="api_campaign"),
    path(f"{CAMPAIGN}settings/", api.CampaignSettings.as_view(), name="api_campaign_settings"),
    path(f"{CAMPAIGN}progress/", api.CampaignProgress.as_view(), name="api_campaign_progress"),
    path(f"{CAMPAIGN}guidelines/", api.CampaignGuidelines.as_view(), name="api_guidelines"),
]
last_urlpatterns: list[URLPattern] = [
    path(f"{CAMPAIGN}<slug:action>/", api.CampaignAction.as_view(), name="api_campaign_action"),
]
"""Behind those of every other room, for it takes any word."""
