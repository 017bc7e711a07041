"""Addresses of runs and batches."""

from django.urls import path

from evaluation.runs.views import batches, runs

urlpatterns = [
    path("runs/", runs.run_list, name="run_list"),
    path("runs/import/", runs.run_import, name="run_import"),
    path("runs/<int:run_id>/", runs.run_detail, name="run_detail"),
    path("runs/<int:run_id>/judging/", runs.run_judging, name="run_judging"),
    path("runs/<int:run_id>/judge/", runs.run_judge, name="run_judge"),
    path("runs/<int:run_id>/progress/", runs.run_progress, name="run_progress"),
    path("runs/<int:run_id>/compute-again/", runs.run_compute_again, name="run_compute_again"),
    path("runs/<int:run_id>/costs/", runs.run_costs, name="run_costs"),
    path("runs/<int:run_id>/budgets/", runs.run_budgets, name="run_budgets"),
    path("runs/<int:run_id>/control/<slug:action>/", runs.run_control, name="run_control"),
    path("batches/", batches.batch_list, name="batch_list"),
    path("batches/new/", batches.batch_launch, name="batch_launch"),
    path("batches/estimate/", batches.batch_estimate, name="batch_estimate"),
    path("batches/<int:batch_id>/", batches.batch_detail, name="batch_detail"),
    path("batches/<int:batch_id>/retry/", batches.batch_retry, name="batch_retry"),
    path("batches/<int:batch_id>/costs/", batches.batch_costs, name="batch_costs"),
]
