"""Addresses of the evaluation's pages."""

from django.urls import path

from evaluation import views, views_catalogue

urlpatterns = [
    path("runs/", views.run_list, name="run_list"),
    path("runs/import/", views.run_import, name="run_import"),
    path("runs/<int:run_id>/", views.run_detail, name="run_detail"),
    path("runs/<int:run_id>/judging/", views.run_judging, name="run_judging"),
    path("runs/<int:run_id>/judge/", views.run_judge, name="run_judge"),
    path("runs/<int:run_id>/progress/", views.run_progress, name="run_progress"),
    path("runs/<int:run_id>/budgets/", views.run_budgets, name="run_budgets"),
    path("runs/<int:run_id>/control/<slug:action>/", views.run_control, name="run_control"),
    path("batches/", views.batch_list, name="batch_list"),
    path("batches/new/", views.batch_launch, name="batch_launch"),
    path("batches/estimate/", views.batch_estimate, name="batch_estimate"),
    path("batches/<int:batch_id>/", views.batch_detail, name="batch_detail"),
    path("catalogues/", views_catalogue.catalogue_list, name="catalogue_list"),
    path("catalogues/<int:catalogue_id>/", views_catalogue.catalogue_detail, name="catalogue_detail"),
    path("catalogues/builds/new/", views_catalogue.build_create, name="build_create"),
    path("catalogues/builds/<int:build_id>/", views_catalogue.build_detail, name="build_detail"),
    path("catalogues/builds/<int:build_id>/merge/", views_catalogue.build_merge, name="build_merge"),
    path("catalogues/builds/<int:build_id>/release/", views_catalogue.build_release, name="build_release"),
    path("catalogues/builds/<int:build_id>/again/", views_catalogue.build_ask_again, name="build_ask_again"),
    path("catalogues/proposals/<int:proposal_id>/", views_catalogue.proposal_review, name="proposal_review"),
]
