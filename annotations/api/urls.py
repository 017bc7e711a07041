from django.urls import path

from annotations.api import validation, views

urlpatterns = [
    path("campaigns/", views.CampaignList.as_view(), name="api_campaign_list"),
    path("campaigns/<int:campaign_id>/agreement/", views.CampaignAgreement.as_view(), name="api_agreement"),
    path(
        "campaigns/<int:campaign_id>/validation/",
        validation.CampaignValidation.as_view(),
        name="api_validation",
    ),
    path(
        "campaigns/<int:campaign_id>/validation/schema/",
        validation.CampaignValidationSchema.as_view(),
        name="api_validation_schema",
    ),
]
