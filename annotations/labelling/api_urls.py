"""Addresses of labelling in the REST API."""

from django.urls import URLPattern, path

from annotations.labelling import api

CAMPAIGN = "campaigns/<int:campaign_id>/"
ASSIGNMENT = "assignments/<int:assignment_id>/"

urlpatterns: list[URLPattern] = [
    path(f"{CAMPAIGN}next/", api.NextTask.as_view(), name="api_next_task"),
    path(f"{CAMPAIGN}standing/", api.OwnStanding.as_view(), name="api_standing"),
    path(f"{CAMPAIGN}history/", api.OwnHistory.as_view(), name="api_history"),
    path(ASSIGNMENT, api.OwnTask.as_view(), name="api_assignment"),
    path(f"{ASSIGNMENT}differences/", api.Differences.as_view(), name="api_differences"),
    path(f"{ASSIGNMENT}heartbeat/", api.Heartbeat.as_view(), name="api_heartbeat"),
    path(f"{ASSIGNMENT}draft/", api.DraftOfTask.as_view(), name="api_draft"),
    path(f"{ASSIGNMENT}submit/", api.Submission.as_view(), name="api_submit"),
    path(f"{ASSIGNMENT}skip/", api.Skip.as_view(), name="api_skip"),
    path(f"{ASSIGNMENT}flag/", api.FlagOfTask.as_view(), name="api_flag"),
    path("screen-settings/", api.OwnScreenSettings.as_view(), name="api_screen_settings"),
]
