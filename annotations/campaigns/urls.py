"""Addresses for those who lead campaigns."""

from django.urls import include, path

from annotations.campaigns import views as campaigns

of_campaign = [
    path("begin-labelling/", campaigns.begin_labelling_page, name="begin_labelling"),
    path("status/", campaigns.campaign_status, name="campaign_status"),
    path("settings/", campaigns.campaign_settings, name="campaign_settings"),
    path("members/", campaigns.campaign_add_members, name="campaign_add_members"),
    path("guidelines/", campaigns.campaign_guidelines, name="campaign_guidelines"),
]
urlpatterns = [
    path("campaigns/", campaigns.campaign_list, name="campaign_list"),
    path("campaigns/new/", campaigns.campaign_create, name="campaign_create"),
    path("campaigns/<int:campaign_id>/", include(of_campaign)),
]
