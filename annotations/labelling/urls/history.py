"""Addresses of one's own history and of the annotation screen's settings."""

from django.urls import path

from annotations.labelling.views import history

urlpatterns = [
    path("campaigns/<int:campaign_id>/history/", history.label_history, name="label_history"),
    path("screen-settings/", history.screen_settings, name="screen_settings"),
]
