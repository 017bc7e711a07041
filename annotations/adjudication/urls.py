"""Addresses of adjudication and of flags."""

from django.urls import path

from annotations.adjudication import views as adjudication

urlpatterns = [
    path(
        "campaigns/<int:campaign_id>/adjudication/",
        adjudication.adjudication_queue,
        name="adjudication_queue",
    ),
    path(
        "campaigns/<int:campaign_id>/adjudication/next/",
        adjudication.adjudication_next,
        name="adjudication_next",
    ),
    path(
        "campaigns/<int:campaign_id>/adjudication/<int:task_id>/",
        adjudication.adjudication_task,
        name="adjudication_task",
    ),
    path(
        "campaigns/<int:campaign_id>/adjudication/<int:task_id>/judges/",
        adjudication.adjudication_reveal,
        name="adjudication_reveal",
    ),
    path(
        "campaigns/<int:campaign_id>/adjudication/<int:task_id>/<slug:act>/",
        adjudication.adjudication_act,
        name="adjudication_act",
    ),
    path("campaigns/<int:campaign_id>/flags/<int:flag_id>/", adjudication.flag_resolve, name="flag_resolve"),
]
