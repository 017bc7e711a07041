"""REST addresses of runs, batches and items."""

from django.urls import path

from evaluation.runs.api import batches, items, runs

urlpatterns = [
    path("runs/", runs.RunList.as_view(), name="api_run_list"),
    path("runs/import/", runs.RunImport.as_view(), name="api_run_import"),
    path("runs/<int:run_id>/", runs.RunDetail.as_view(), name="api_run_detail"),
    path("runs/<int:run_id>/metrics/", runs.RunMetrics.as_view(), name="api_run_metrics"),
    path("runs/<int:run_id>/items/", items.RunItems.as_view(), name="api_run_items"),
    path("runs/<int:run_id>/judging/", runs.RunJudged.as_view(), name="api_run_judging"),
    path("runs/<int:run_id>/slices/", runs.RunSlices.as_view(), name="api_run_slices"),
    path("runs/<int:run_id>/progress/", runs.RunProgress.as_view(), name="api_run_progress"),
    path("runs/<int:run_id>/budgets/", runs.RunBudgets.as_view(), name="api_run_budgets"),
    path("runs/<int:run_id>/judge/", runs.RunJudging.as_view(), name="api_run_judge"),
    path("runs/<int:run_id>/<slug:action>/", runs.RunControl.as_view(), name="api_run_control"),
    path("batches/", batches.BatchList.as_view(), name="api_batch_list"),
    path("batches/estimate/", batches.BatchEstimate.as_view(), name="api_batch_estimate"),
    path("batches/presets/", batches.BatchPresets.as_view(), name="api_preset_list"),
    path("batches/<int:batch_id>/", batches.BatchDetail.as_view(), name="api_batch_detail"),
    path("batches/<int:batch_id>/progress/", batches.BatchProgress.as_view(), name="api_batch_progress"),
    path("batches/<int:batch_id>/settings/", batches.BatchSettings.as_view(), name="api_batch_settings"),
    path("batches/<int:batch_id>/retry/", batches.BatchRetry.as_view(), name="api_batch_retry"),
    path("items/", items.ItemList.as_view(), name="api_item_list"),
    path("items/<int:item_id>/", items.ItemDetail.as_view(), name="api_item_detail"),
    path("responses/", items.ResponseList.as_view(), name="api_response_list"),
    path("responses/<int:response_id>/", items.ResponseDetail.as_view(), name="api_response_detail"),
    path("judgments/", items.JudgmentList.as_view(), name="api_judgment_list"),
    path("judgments/<int:judgment_id>/", items.JudgmentDetail.as_view(), name="api_judgment_detail"),
]
