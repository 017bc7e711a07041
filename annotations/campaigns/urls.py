"""Addresses for those who lead campaigns."""

from django.urls import path

from annotations.campaigns import views as campaigns

urlpatterns = [
    path("campaigns/", campaigns.campaign_list, name="campaign_list"),
    path("campaigns/new/", campaigns.campaign_create, name="campaign_create"),
    path("campaigns/<int:campaign_id>/status/", campaigns.campaign_status, name="campaign_status"),
    path("campaigns/<int:campaign_id>/settings/", campaigns.campaign_settings, name="campaign_settings"),
    path(
        "campaigns/<int:campaign_id>/members/",
        campaigns.campaign_add_members,
        name="campaign_add_members",
    ),
    path(
        "campaigns/<int:campaign_id>/guidelines/", campaigns.campaign_guidelines, name="campaign_guidelines"
    ),
]
