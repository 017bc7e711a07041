"""The address that asks again for figures that could not be computed."""

from django.urls import path

from core.cache import views

urlpatterns = [
    path("figures/again/", views.kept_again, name="kept_again"),
]
