"""Addresses of gold releases in the REST API."""

from django.urls import URLPattern, path

from annotations.gold import api

CAMPAIGN = "campaigns/<int:campaign_id>/"

urlpatterns: list[URLPattern] = [
    path(f"{CAMPAIGN}gold/", api.GoldList.as_view(), name="api_gold_list"),
    path(f"{CAMPAIGN}gold/preview/", api.GoldPreview.as_view(), name="api_gold_preview"),
    path(f"{CAMPAIGN}gold/left_out/", api.GoldLeftOut.as_view(), name="api_gold_left_out"),
    path("gold/requests/<int:request_id>/", api.GoldRequestDetail.as_view(), name="api_gold_request"),
    path(
        "gold/requests/<int:request_id>/retry/",
        api.GoldRequestRetry.as_view(),
        name="api_gold_request_retry",
    ),
    path("gold/<int:release_id>/", api.GoldDetail.as_view(), name="api_gold"),
    path("gold/<int:release_id>/differences/", api.GoldDifferences.as_view(), name="api_gold_differences"),
]
