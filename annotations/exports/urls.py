"""Addresses of gold and of exports."""

from django.urls import path

from annotations.exports import views as exports
from annotations.gold.views import gold
from annotations.gold.views import requests as gold_requests

urlpatterns = [
    path("campaigns/<int:campaign_id>/gold/", gold.campaign_gold, name="campaign_gold"),
    path("campaigns/<int:campaign_id>/gold/release/", gold.gold_release, name="gold_release"),
    path(
        "campaigns/<int:campaign_id>/gold/left-out/<slug:reason>/", gold.gold_left_out, name="gold_left_out"
    ),
    path("gold/requests/<int:request_id>/", gold_requests.gold_request, name="gold_request"),
    path(
        "gold/requests/<int:request_id>/retry/", gold_requests.gold_request_retry, name="gold_request_retry"
    ),
    path("gold/<int:release_id>/", gold.gold_detail, name="gold_detail"),
    path("gold/<int:release_id>.<str:extension>", gold.gold_export, name="gold_export"),
    path("exports/", exports.export_list, name="export_list"),
    path("exports/new/<slug:table>/", exports.export_create, name="export_create"),
    path("exports/stream/<slug:table>.<slug:extension>", exports.export_stream, name="export_stream"),
    path("exports/<int:export_id>/file/", exports.export_download, name="export_download"),
    path("exports/<int:export_id>/manifest.json", exports.export_manifest, name="export_manifest"),
    path("exports/<int:export_id>/<slug:act>/", exports.export_act, name="export_act"),
]
