from django.urls import path

from evaluation.api import views

urlpatterns = [
    path("runs/", views.RunList.as_view(), name="api_run_list"),
    path("runs/<int:run_id>/metrics/", views.RunMetrics.as_view(), name="api_run_metrics"),
    path("runs/<int:run_id>/progress/", views.RunProgress.as_view(), name="api_run_progress"),
    path("runs/<int:run_id>/budgets/", views.RunBudgets.as_view(), name="api_run_budgets"),
    path("runs/<int:run_id>/<slug:action>/", views.RunControl.as_view(), name="api_run_control"),
    path("batches/", views.BatchList.as_view(), name="api_batch_list"),
    path("batches/estimate/", views.BatchEstimate.as_view(), name="api_batch_estimate"),
]
