"""Addresses of the library: datasets, and catalogues and their builds."""

from django.urls import path

from evaluation.library.views import catalogue_files, catalogues, datasets

urlpatterns = [
    path("library/", datasets.library, name="library"),
    path("datasets/", datasets.dataset_list, name="dataset_list"),
    path("datasets/import/", datasets.dataset_import, name="dataset_import"),
    path("datasets/<int:dataset_id>/", datasets.dataset_detail, name="dataset_detail"),
    path("catalogues/", catalogue_files.catalogue_list, name="catalogue_list"),
    path("catalogues/import/", catalogue_files.catalogue_import, name="catalogue_import"),
    path(
        "catalogues/<int:catalogue_id>/changes/",
        catalogue_files.catalogue_differences,
        name="catalogue_differences",
    ),
    path("catalogues/builds/estimate/", catalogues.build_estimate, name="build_estimate"),
    path("catalogues/builds/<int:build_id>/budget/", catalogues.build_budget, name="build_budget"),
    path("catalogues/<int:catalogue_id>/", catalogue_files.catalogue_detail, name="catalogue_detail"),
    path("catalogues/builds/new/", catalogues.build_create, name="build_create"),
    path("catalogues/builds/<int:build_id>/", catalogues.build_detail, name="build_detail"),
    path("catalogues/builds/<int:build_id>/merge/", catalogues.build_merge, name="build_merge"),
    path("catalogues/builds/<int:build_id>/release/", catalogues.build_release, name="build_release"),
    path("catalogues/builds/<int:build_id>/again/", catalogues.build_ask_again, name="build_ask_again"),
    path("catalogues/proposals/<int:proposal_id>/", catalogues.proposal_review, name="proposal_review"),
]
