"""Root of all addresses."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path

from perg_site import views

urlpatterns = [
    path("", views.home, name="home"),
    path("healthz/", views.health, name="health"),
    path("login/", auth.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("password/", auth.PasswordChangeView.as_view(success_url="/"), name="password_change"),
    path("", include("evaluation.urls")),
    path("", include("annotations.urls")),
    path("api/v1/", include("perg_site.api")),
    path("admin/", admin.site.urls),
]
