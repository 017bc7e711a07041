"""The address that asks again for figures that could not be computed."""

from django.urls import path

from core.cache import views

urlpatterns = [
    path("figures/again/", views.figures_again, name="figures_again"),
]
