"""Addresses of batches."""

from django.urls import path

from evaluation.runs.views import batches

urlpatterns = [
    path("batches/", batches.batch_list, name="batch_list"),
    path("batches/new/", batches.batch_launch, name="batch_launch"),
    path("batches/estimate/", batches.batch_estimate, name="batch_estimate"),
    path("batches/<int:batch_id>/", batches.batch_detail, name="batch_detail"),
    path("batches/<int:batch_id>/retry/", batches.batch_retry, name="batch_retry"),
    path("batches/<int:batch_id>/costs/", batches.batch_costs, name="batch_costs"),
]
