"""Addresses of people and invitations in the REST API."""

from django.urls import path

from annotations.people.api import Accounts, Invitations
from core.api.viewsets import ApiRouter

router = ApiRouter()
router.add("campaigns/<int:campaign_id>/invitations", Invitations, "invitation")
router.add("people", Accounts, "account", argument="user_id")

urlpatterns = [
    *router.urls,
    path(
        "people/<int:user_id>/<slug:action>/",
        Accounts.as_view({"post": "act"}),
        name="api_account_action",
    ),
]
