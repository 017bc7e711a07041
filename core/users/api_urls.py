"""Addresses of accounts in the REST API. They stand before those of people, whose last address takes any word."""

from django.urls import path

from core.users import api

PERSON = "people/<int:user_id>/"

urlpatterns = [
    path("account/sessions/", api.OwnSessionList.as_view(), name="api_own_session_list"),
    path(
        "account/sessions/end_others/",
        api.OwnSessionsEndOthers.as_view(),
        name="api_own_sessions_end_others",
    ),
    path("account/sessions/<uuid:public_id>/end/", api.OwnSessionEnd.as_view(), name="api_own_session_end"),
    path("account/tokens/", api.OwnTokenList.as_view(), name="api_own_token_list"),
    path("account/tokens/<int:token_id>/revoke/", api.OwnTokenRevoke.as_view(), name="api_own_token_revoke"),
    path("account/history/", api.OwnHistory.as_view(), name="api_own_history"),
    path("account/second_factor/", api.OwnSecondFactor.as_view(), name="api_own_second_factor"),
    path(f"{PERSON}sessions/", api.PersonSessionList.as_view(), name="api_person_session_list"),
    path(f"{PERSON}tokens/", api.PersonTokenList.as_view(), name="api_person_token_list"),
    path(
        f"{PERSON}tokens/<int:token_id>/revoke/",
        api.PersonTokenRevoke.as_view(),
        name="api_person_token_revoke",
    ),
    path(f"{PERSON}history/", api.PersonHistory.as_view(), name="api_person_history"),
    path(f"{PERSON}second_factor/", api.PersonSecondFactor.as_view(), name="api_person_second_factor"),
    path(
        f"{PERSON}security/<slug:action>/",
        api.PersonSecurityAction.as_view(),
        name="api_person_security_action",
    ),
]
