"""REST addresses of results."""

from django.urls import path

from evaluation.results.api import analyses, results

urlpatterns = [
    path("runs/<int:run_id>/result/", results.ResultOfRun.as_view(), name="api_run_result"),
    path("results/", results.ResultList.as_view(), name="api_result_list"),
    path("results/stages/", analyses.StageList.as_view(), name="api_result_stages"),
    path("results/costs/", analyses.CostList.as_view(), name="api_result_costs"),
    path("results/compare/", results.Comparison.as_view(), name="api_result_comparison"),
    path("results/published/", results.Published.as_view(), name="api_published"),
]
