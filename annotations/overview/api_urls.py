"""Addresses of a campaign's members in the REST API."""

from django.urls import URLPattern, path

from annotations.overview import api

CAMPAIGN = "campaigns/<int:campaign_id>/"

urlpatterns: list[URLPattern] = [
    path(f"{CAMPAIGN}members/", api.MemberList.as_view(), name="api_member_list"),
    path(
        f"{CAMPAIGN}members/<int:member_id>/<slug:action>/",
        api.MemberAction.as_view(),
        name="api_member_action",
    ),
]
