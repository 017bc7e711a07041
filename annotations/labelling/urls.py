"""Addresses of the annotation screen and of one's own history."""

from django.urls import path

from annotations.labelling import views

urlpatterns = [
    path("campaigns/<int:campaign_id>/label/", views.label_next, name="label_next"),
    path("campaigns/<int:campaign_id>/history/", views.label_history, name="label_history"),
]
