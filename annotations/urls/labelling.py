"""Addresses of the annotation screen and its requests."""

from django.urls import path

from annotations.views import labelling

urlpatterns = [
    path("campaigns/<int:campaign_id>/label/", labelling.label_next, name="label_next"),
    path("assignments/<int:assignment_id>/submit/", labelling.label_submit, name="label_submit"),
    path("assignments/<int:assignment_id>/draft/", labelling.label_draft, name="label_draft"),
    path("assignments/<int:assignment_id>/heartbeat/", labelling.label_heartbeat, name="label_heartbeat"),
]
