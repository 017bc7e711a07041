"""Addresses of gold releases."""

from django.urls import include, path

from annotations.gold.views import gold
from annotations.gold.views import requests as gold_requests

of_campaign = [
    path("gold/", gold.campaign_gold, name="campaign_gold"),
    path("gold/release/", gold.gold_release, name="gold_release"),
    path("gold/left-out/<slug:reason>/", gold.gold_left_out, name="gold_left_out"),
]
urlpatterns = [
    path("campaigns/<int:campaign_id>/", include(of_campaign)),
    path("gold/requests/<int:request_id>/", gold_requests.gold_request, name="gold_request"),
    path(
        "gold/requests/<int:request_id>/retry/", gold_requests.gold_request_retry, name="gold_request_retry"
    ),
    path("gold/<int:release_id>/", gold.gold_detail, name="gold_detail"),
    path("gold/<int:release_id>.<str:extension>", gold.gold_export, name="gold_export"),
]
