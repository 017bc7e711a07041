"""Addresses of accounts. They stand before those of people, whose last address takes any word."""

from django.urls import path

from core.users import person_views, views
from core.users.second_factor import views as second_factor_views

urlpatterns = [
    path("login/code/", second_factor_views.login_code, name="login_code"),
    path("account/security/", views.security, name="account_security"),
    path("account/sessions/end_others/", views.sessions_end_others, name="sessions_end_others"),
    path("account/sessions/<uuid:public_id>/end/", views.session_end, name="session_end"),
    path("account/second-factor/", second_factor_views.second_factor, name="second_factor"),
    path("account/second-factor/start/", second_factor_views.second_factor_start, name="second_factor_start"),
    path("account/second-factor/setup/", second_factor_views.second_factor_setup, name="second_factor_setup"),
    path("account/second-factor/codes/", second_factor_views.recovery_codes_make, name="recovery_codes_make"),
    path(
        "account/second-factor/remove/",
        second_factor_views.second_factor_remove,
        name="second_factor_remove",
    ),
    path("people/<int:user_id>/security/", person_views.person_security, name="person_security"),
    path(
        "people/<int:user_id>/security/<slug:action>/",
        person_views.person_security_act,
        name="person_security_act",
    ),
    path(
        "people/<int:user_id>/tokens/<int:token_id>/revoke/",
        person_views.person_token_revoke,
        name="person_token_revoke",
    ),
]
