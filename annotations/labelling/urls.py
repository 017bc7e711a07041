"""Addresses of the annotation screen, its requests and settings, and of one's own history."""

from django.urls import path

from annotations.labelling.views import history, labelling

urlpatterns = [
    path("campaigns/<int:campaign_id>/label/", labelling.label_next, name="label_next"),
    path("campaigns/<int:campaign_id>/label/next/", labelling.label_task, name="label_task"),
    path("assignments/<int:assignment_id>/", labelling.label_assignment, name="label_assignment"),
    path("assignments/<int:assignment_id>/submit/", labelling.label_submit, name="label_submit"),
    path("assignments/<int:assignment_id>/draft/", labelling.label_draft, name="label_draft"),
    path("assignments/<int:assignment_id>/heartbeat/", labelling.label_heartbeat, name="label_heartbeat"),
    path("assignments/<int:assignment_id>/skip/", labelling.label_skip, name="label_skip"),
    path("assignments/<int:assignment_id>/flag/", labelling.label_flag, name="label_flag"),
    path(
        "assignments/<int:assignment_id>/differences/", labelling.label_differences, name="label_differences"
    ),
    path("campaigns/<int:campaign_id>/history/", history.label_history, name="label_history"),
    path("screen-settings/", history.screen_settings, name="screen_settings"),
]
