"""Addresses of agreement, of validation reports and of importing ratings."""

from django.urls import include, path

from annotations.validation.views import agreement, ratings, validation

of_campaign = [
    path("agreement/", agreement.campaign_agreement, name="campaign_agreement"),
    path("validation/", validation.validation, name="validation"),
    path("validation/request/", validation.validation_request, name="validation_request"),
    path("validation/request-all/", validation.validation_request_all, name="validation_request_all"),
    path("validation/report.<str:extension>", validation.validation_download, name="validation_download"),
    path("validation/figures/<slug:figure>.svg", validation.validation_figure, name="validation_figure"),
]
urlpatterns = [
    path("campaigns/import/", ratings.ratings_import, name="ratings_import"),
    path("campaigns/<int:campaign_id>/", include(of_campaign)),
]
