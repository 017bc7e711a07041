"""Addresses of the judges of imported items in the REST API."""

from django.urls import path

from annotations.item_judging.api import ItemJudges, ItemJudgments
from core.api.viewsets import ApiRouter

JUDGES = "campaigns/<int:campaign_id>/judges"
router = ApiRouter()
router.add(f"{JUDGES}/<int:item_judge_id>/judgments", ItemJudgments, "item_judgment")
router.add(JUDGES, ItemJudges, "item_judge")

urlpatterns = [
    *router.urls,
    # Takes any word behind a judge, so it comes after the others.
    path(
        f"{JUDGES}/<int:item_judge_id>/<slug:action>/",
        ItemJudges.as_view({"post": "control"}, query_serializer_class=None),
        name="api_item_judge_control",
    ),
]
