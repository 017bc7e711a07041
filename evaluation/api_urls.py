from django.urls import path

from evaluation.endpoints import api as models
from evaluation.imports import api as imports
from evaluation.judges.api import canaries as canaries
from evaluation.judges.api import trials as trials
from evaluation.library.api import builds, library
from evaluation.results.api import analyses as analyses
from evaluation.results.api import results as results
from evaluation.runs.api import batches, items, runs

urlpatterns = [
    path("runs/", runs.RunList.as_view(), name="api_run_list"),
    path("runs/import/", runs.RunImport.as_view(), name="api_run_import"),
    path("runs/<int:run_id>/", runs.RunDetail.as_view(), name="api_run_detail"),
    path("runs/<int:run_id>/metrics/", runs.RunMetrics.as_view(), name="api_run_metrics"),
    path("runs/<int:run_id>/result/", results.ResultOfRun.as_view(), name="api_run_result"),
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
    path("datasets/", library.DatasetList.as_view(), name="api_dataset_list"),
    path("datasets/import/", library.DatasetImport.as_view(), name="api_dataset_import"),
    path("datasets/<int:dataset_id>/", library.DatasetDetail.as_view(), name="api_dataset_detail"),
    path("datasets/<int:dataset_id>/counts/", library.DatasetCounts.as_view(), name="api_dataset_counts"),
    path(
        "datasets/<int:dataset_id>/questions/",
        library.DatasetQuestions.as_view(),
        name="api_dataset_questions",
    ),
    path("catalogues/", library.CatalogueList.as_view(), name="api_catalogue_list"),
    path("catalogues/import/", library.CatalogueImport.as_view(), name="api_catalogue_import"),
    path("catalogues/builds/", builds.BuildList.as_view(), name="api_build_list"),
    path("catalogues/builds/estimate/", builds.BuildEstimate.as_view(), name="api_build_estimate"),
    path("catalogues/builds/<int:build_id>/", builds.BuildDetail.as_view(), name="api_build"),
    path(
        "catalogues/builds/<int:build_id>/progress/",
        builds.BuildProgress.as_view(),
        name="api_build_progress",
    ),
    path("catalogues/builds/<int:build_id>/budget/", builds.BuildBudget.as_view(), name="api_build_budget"),
    path("catalogues/builds/<int:build_id>/again/", builds.BuildAgain.as_view(), name="api_build_again"),
    path(
        "catalogues/builds/<int:build_id>/release/", builds.BuildRelease.as_view(), name="api_build_release"
    ),
    path("catalogues/builds/<int:build_id>/merge/", builds.BuildMerge.as_view(), name="api_build_merge"),
    path(
        "catalogues/builds/<int:build_id>/proposals/",
        builds.BuildProposals.as_view(),
        name="api_proposal_list",
    ),
    path(
        "catalogues/builds/<int:build_id>/near_duplicates/",
        builds.BuildNearDuplicates.as_view(),
        name="api_near_duplicates",
    ),
    path("catalogues/proposals/<int:proposal_id>/", builds.ProposalDetail.as_view(), name="api_proposal"),
    path(
        "catalogues/proposals/<int:proposal_id>/<slug:action>/",
        builds.ProposalDecision.as_view(),
        name="api_proposal_action",
    ),
    path("catalogues/<int:catalogue_id>/", library.CatalogueDetail.as_view(), name="api_catalogue_detail"),
    path(
        "catalogues/<int:catalogue_id>/differences/",
        library.CatalogueDifferences.as_view(),
        name="api_catalogue_differences",
    ),
    path(
        "catalogues/<int:catalogue_id>/preferences/",
        library.CataloguePreferences.as_view(),
        name="api_catalogue_preferences",
    ),
    path("imports/", imports.ImportList.as_view(), name="api_import_list"),
    path("imports/<int:job_id>/", imports.ImportDetail.as_view(), name="api_import"),
    path("imports/<int:job_id>/retry/", imports.ImportRetry.as_view(), name="api_import_retry"),
    path("prompts/", library.PromptList.as_view(), name="api_prompt_list"),
    path("prompts/<int:prompt_id>/", library.PromptDetail.as_view(), name="api_prompt_detail"),
    path("rubrics/", library.RubricList.as_view(), name="api_rubric_list"),
    path("rubrics/<int:rubric_id>/", library.RubricDetail.as_view(), name="api_rubric_detail"),
    path("rubrics/<int:rubric_id>/revise/", library.RubricRevise.as_view(), name="api_rubric_revise"),
    path("endpoints/", models.EndpointList.as_view(), name="api_endpoint_list"),
    path("endpoints/<int:endpoint_id>/", models.EndpointDetail.as_view(), name="api_endpoint_detail"),
    path("endpoints/<int:endpoint_id>/health/", models.EndpointHealth.as_view(), name="api_endpoint_health"),
    path("endpoints/<int:endpoint_id>/test/", trials.EndpointTest.as_view(), name="api_endpoint_test"),
    path(
        "endpoints/<int:endpoint_id>/tests/<int:completion_id>/",
        trials.EndpointTrial.as_view(),
        name="api_endpoint_trial",
    ),
    path("judges/<int:judge_id>/test/", trials.JudgeTest.as_view(), name="api_judge_test"),
    path(
        "judges/<int:judge_id>/tests/<int:completion_id>/",
        trials.JudgeTrial.as_view(),
        name="api_judge_trial",
    ),
    path(
        "judges/<int:judge_id>/injected-responses/",
        canaries.JudgeCanaries.as_view(),
        name="api_judge_canaries",
    ),
    path("judges/", models.JudgeList.as_view(), name="api_judge_list"),
    path("judges/<int:judge_id>/", models.JudgeDetail.as_view(), name="api_judge_detail"),
    path("results/", results.ResultList.as_view(), name="api_result_list"),
    path("results/stages/", analyses.StageList.as_view(), name="api_result_stages"),
    path("results/costs/", analyses.CostList.as_view(), name="api_result_costs"),
    path("results/compare/", results.Comparison.as_view(), name="api_result_comparison"),
    path("results/published/", results.Published.as_view(), name="api_published"),
    path("items/", items.ItemList.as_view(), name="api_item_list"),
    path("items/<int:item_id>/", items.ItemDetail.as_view(), name="api_item_detail"),
    path("responses/", items.ResponseList.as_view(), name="api_response_list"),
    path("responses/<int:response_id>/", items.ResponseDetail.as_view(), name="api_response_detail"),
    path("judgments/", items.JudgmentList.as_view(), name="api_judgment_list"),
    path("judgments/<int:judgment_id>/", items.JudgmentDetail.as_view(), name="api_judgment_detail"),
]
