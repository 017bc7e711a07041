from django.urls import path

from evaluation.api import views

urlpatterns = [
    path("runs/", views.RunList.as_view(), name="api_run_list"),
    path("runs/<int:run_id>/metrics/", views.RunMetrics.as_view(), name="api_run_metrics"),
]
