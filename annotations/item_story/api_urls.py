"""Addresses of items' stories and judges' verdicts in the REST API."""

from django.urls import URLPattern, path

from annotations.item_story import api

urlpatterns: list[URLPattern] = [
    path("items/<int:item_id>/story/", api.ItemStory.as_view(), name="api_item_story"),
    path("judges/<int:judge_id>/verdicts/", api.JudgeVerdicts.as_view(), name="api_judge_verdicts"),
]
