"""REST addresses of runs, batches and items."""

from django.urls import path

from core.api.viewsets import ApiRouter
from evaluation.runs.api import batches, items, runs

router = ApiRouter()
router.add("runs", runs.Runs, "run")
router.add("batches", batches.Batches, "batch")
router.add("items", items.Items, "item")
router.add("responses", items.Responses, "response")
router.add("judgments", items.Judgments, "judgment")

urlpatterns = [
    *router.urls,
    path("runs/<int:run_id>/items/", items.RunItems.as_view(), name="api_run_items"),
    # Takes any word behind a run, so it comes after the others.
    path(
        "runs/<int:run_id>/<slug:action>/",
        runs.Runs.as_view({"post": "control"}, query_serializer_class=None),
        name="api_run_control",
    ),
]
