"""Addresses of the pages of labelling."""

from django.urls import path

from annotations import views

urlpatterns = [
    path("campaigns/", views.campaign_list, name="campaign_list"),
    path("campaigns/new/", views.campaign_create, name="campaign_create"),
    path("campaigns/<int:campaign_id>/", views.campaign_detail, name="campaign_detail"),
    path("campaigns/<int:campaign_id>/status/", views.campaign_status, name="campaign_status"),
    path("campaigns/<int:campaign_id>/label/", views.label_next, name="label_next"),
    path("campaigns/<int:campaign_id>/agreement/", views.campaign_agreement, name="campaign_agreement"),
    path("campaigns/<int:campaign_id>/gold/", views.gold_release, name="gold_release"),
    path("assignments/<int:assignment_id>/submit/", views.label_submit, name="label_submit"),
    path("assignments/<int:assignment_id>/draft/", views.label_draft, name="label_draft"),
    path("assignments/<int:assignment_id>/heartbeat/", views.label_heartbeat, name="label_heartbeat"),
    path("gold/<int:release_id>.<str:extension>", views.gold_export, name="gold_export"),
]
