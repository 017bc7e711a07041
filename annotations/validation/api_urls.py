"""Addresses of agreement, validation and imported ratings in the REST API."""

from django.urls import URLPattern, path

from annotations.validation.api import agreement, ratings, validation

CAMPAIGN = "campaigns/<int:campaign_id>/"

urlpatterns: list[URLPattern] = [
    path("campaigns/import/", ratings.RatingsImport.as_view(), name="api_ratings_import"),
    path(f"{CAMPAIGN}agreement/", agreement.CampaignAgreement.as_view(), name="api_agreement"),
    path(f"{CAMPAIGN}validation/", validation.CampaignValidation.as_view(), name="api_validation"),
    path(f"{CAMPAIGN}validation/all/", validation.AllReports.as_view(), name="api_validation_all"),
    path(f"{CAMPAIGN}criteria/", validation.CampaignCriteria.as_view(), name="api_criteria"),
    path(
        f"{CAMPAIGN}validation/schema/",
        validation.CampaignValidationSchema.as_view(),
        name="api_validation_schema",
    ),
]
