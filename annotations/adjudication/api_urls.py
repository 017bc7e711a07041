"""Addresses of adjudication and of tasks, labels and flags in the REST API."""

from django.urls import path

from annotations.adjudication import api
from core.api.viewsets import ApiRouter

CAMPAIGN = "campaigns/<int:campaign_id>"
ADJUDICATIONS = f"{CAMPAIGN}/adjudications"

router = ApiRouter()
router.add(f"{CAMPAIGN}/tasks", api.Tasks, "task")
router.add(f"{CAMPAIGN}/labels", api.Labels, "label")
router.add(f"{CAMPAIGN}/flags", api.Flags, "flag")
router.add(f"{ADJUDICATIONS}/queue", api.AdjudicationQueue, "adjudication_queue")

urlpatterns = [
    *router.urls,
    path(f"{CAMPAIGN}/adjudicators/", api.Adjudicators.as_view(), name="api_adjudicator_list"),
    path(f"{ADJUDICATIONS}/", api.Adjudications.as_view({"get": "list"}), name="api_adjudication_list"),
    path(
        f"{ADJUDICATIONS}/<int:task_id>/",
        api.Adjudications.as_view({"get": "retrieve", "post": "create"}, query_serializer_class=None),
        name="api_adjudication_detail",
    ),
    path(
        f"{ADJUDICATIONS}/<int:task_id>/<slug:action>/",
        api.Adjudications.as_view({"post": "act"}),
        name="api_adjudication_action",
    ),
]
