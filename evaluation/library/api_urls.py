"""REST addresses of datasets, catalogues and prompts."""

from django.urls import path

from evaluation.library.api import builds, catalogues, datasets, prompts

urlpatterns = [
    path("datasets/", datasets.DatasetList.as_view(), name="api_dataset_list"),
    path("datasets/import/", datasets.DatasetImport.as_view(), name="api_dataset_import"),
    path("datasets/<int:dataset_id>/", datasets.DatasetDetail.as_view(), name="api_dataset_detail"),
    path("datasets/<int:dataset_id>/counts/", datasets.DatasetCounts.as_view(), name="api_dataset_counts"),
    path(
        "datasets/<int:dataset_id>/questions/",
        datasets.DatasetQuestions.as_view(),
        name="api_dataset_questions",
    ),
    path("catalogues/", catalogues.CatalogueList.as_view(), name="api_catalogue_list"),
    path("catalogues/import/", catalogues.CatalogueImport.as_view(), name="api_catalogue_import"),
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
    path("catalogues/<int:catalogue_id>/", catalogues.CatalogueDetail.as_view(), name="api_catalogue_detail"),
    path(
        "catalogues/<int:catalogue_id>/differences/",
        catalogues.CatalogueDifferences.as_view(),
        name="api_catalogue_differences",
    ),
    path(
        "catalogues/<int:catalogue_id>/preferences/",
        catalogues.CataloguePreferences.as_view(),
        name="api_catalogue_preferences",
    ),
    path("prompts/", prompts.PromptList.as_view(), name="api_prompt_list"),
    path("prompts/<int:prompt_id>/", prompts.PromptDetail.as_view(), name="api_prompt_detail"),
]
