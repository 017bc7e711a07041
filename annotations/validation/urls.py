"""Addresses of agreement, of validation reports and of importing ratings."""

from django.urls import path

from annotations.validation.views import agreement, ratings, validation

urlpatterns = [
    path("campaigns/import/", ratings.ratings_import, name="ratings_import"),
    path("campaigns/<int:campaign_id>/agreement/", agreement.campaign_agreement, name="campaign_agreement"),
    path("campaigns/<int:campaign_id>/validation/", validation.validation, name="validation"),
    path(
        "campaigns/<int:campaign_id>/validation/request/",
        validation.validation_request,
        name="validation_request",
    ),
    path(
        "campaigns/<int:campaign_id>/validation/report.<str:extension>",
        validation.validation_download,
        name="validation_download",
    ),
    path(
        "campaigns/<int:campaign_id>/validation/figures/<slug:figure>.svg",
        validation.validation_figure,
        name="validation_figure",
    ),
]
