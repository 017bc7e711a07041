from django.urls import path

from evaluation.api import batches, runs

urlpatterns = [
    path("runs/", runs.RunList.as_view(), name="api_run_list"),
    path("runs/<int:run_id>/metrics/", runs.RunMetrics.as_view(), name="api_run_metrics"),
    path("runs/<int:run_id>/progress/", runs.RunProgress.as_view(), name="api_run_progress"),
    path("runs/<int:run_id>/budgets/", runs.RunBudgets.as_view(), name="api_run_budgets"),
    path("runs/<int:run_id>/<slug:action>/", runs.RunControl.as_view(), name="api_run_control"),
    path("batches/", batches.BatchList.as_view(), name="api_batch_list"),
    path("batches/estimate/", batches.BatchEstimate.as_view(), name="api_batch_estimate"),
]
