"""Addresses of the audit log."""

from django.urls import path

from annotations.audit import views as audit

urlpatterns = [
    path("campaigns/<int:campaign_id>/audit/", audit.campaign_audit, name="campaign_audit"),
    path("campaigns/<int:campaign_id>/audit.csv", audit.campaign_audit_export, name="campaign_audit_export"),
    path("audit/", audit.audit_log, name="audit_log"),
    path("audit.csv", audit.audit_export, name="audit_export"),
]
