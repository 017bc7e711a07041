"""Addresses of the audit log in the REST API."""

from django.urls import URLPattern, path

from annotations.audit import api

CAMPAIGN = "campaigns/<int:campaign_id>/"

urlpatterns: list[URLPattern] = [
    path(f"{CAMPAIGN}audit/", api.CampaignAudit.as_view(), name="api_campaign_audit"),
    path("audit/", api.AuditLog.as_view(), name="api_audit"),
]
