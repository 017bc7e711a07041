"""Addresses of people and invitations in the REST API."""

from django.urls import URLPattern, path

from annotations.people import api

CAMPAIGN = "campaigns/<int:campaign_id>/"

urlpatterns: list[URLPattern] = [
    path(f"{CAMPAIGN}invitations/", api.InvitationList.as_view(), name="api_invitation_list"),
    path(
        f"{CAMPAIGN}invitations/<int:invitation_id>/revoke/",
        api.InvitationRevoke.as_view(),
        name="api_invitation_revoke",
    ),
    path("people/", api.AccountList.as_view(), name="api_account_list"),
    path("people/<int:user_id>/", api.AccountDetail.as_view(), name="api_account"),
    path("people/<int:user_id>/<slug:action>/", api.AccountAction.as_view(), name="api_account_action"),
]
