"""Addresses of the evaluation's pages."""

from django.urls import path

from evaluation import views

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
]
