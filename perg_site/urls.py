"""Root of all addresses."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path
from django.views.generic import RedirectView

from core.users.login import passwords
from core.users.login.backend import AdminLoginForm, LoginForm
from core.users.tokens import views as account
from perg_site import views

admin.site.login_form = AdminLoginForm
handler400 = "core.http.problem_details.bad_request"
handler403 = "core.http.problem_details.forbidden"
handler404 = "core.http.problem_details.not_found"
handler500 = "core.http.problem_details.failed"

urlpatterns = [
    # First: addresses are tried in this order, and every label asks for some of these.
    path("api/v1/", include("perg_site.api.urls")),
    path("", views.home, name="home"),
    path("healthz/", views.health, name="health"),
    path(
        "login/",
        auth.LoginView.as_view(redirect_authenticated_user=True, authentication_form=LoginForm),
        name="login",
    ),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("password/", passwords.PasswordChange.as_view(), name="password_change"),
    path("password/reset/", passwords.PasswordReset.as_view(), name="password_reset"),
    path(
        "password/reset/<uidb64>/<token>/",
        passwords.PasswordResetConfirm.as_view(),
        name="password_reset_confirm",
    ),
    path("account/tokens/", account.tokens, name="token_list"),
    path("account/tokens/<int:token_id>/revoke/", account.token_revoke, name="token_revoke"),
    path("", include("core.users.urls")),
    path("", include("annotations.urls")),
    path("", include("evaluation.urls")),
    path("", include("core.cache.urls")),
    path("", include("perg_site.webhooks.urls")),
    # Passwords are changed on one page, which keeps to the site's rules.
    path(
        "admin/password_change/",
        RedirectView.as_view(pattern_name="password_change"),
        name="admin_password_change",
    ),
    path("admin/", admin.site.urls),
]
