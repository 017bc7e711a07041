"""Addresses of datasets, endpoints, rubrics and judges."""

from django.urls import path

from evaluation.endpoints import views as endpoints
from evaluation.judges.views import canaries, judges, rubrics
from evaluation.library.views import datasets, library

urlpatterns = [
    path("library/", library.library, name="library"),
    path("datasets/", datasets.dataset_list, name="dataset_list"),
    path("datasets/import/", datasets.dataset_import, name="dataset_import"),
    path("datasets/<int:dataset_id>/", datasets.dataset_detail, name="dataset_detail"),
    path("endpoints/", endpoints.endpoint_list, name="endpoint_list"),
    path("endpoints/new/", endpoints.endpoint_create, name="endpoint_create"),
    path("endpoints/<int:endpoint_id>/", endpoints.endpoint_detail, name="endpoint_detail"),
    path("endpoints/<int:endpoint_id>/edit/", endpoints.endpoint_edit, name="endpoint_edit"),
    path("endpoints/<int:endpoint_id>/health/", endpoints.endpoint_health, name="endpoint_health"),
    path("endpoints/<int:endpoint_id>/test/", endpoints.endpoint_try, name="endpoint_try"),
    path(
        "endpoints/<int:endpoint_id>/tests/<int:completion_id>/",
        endpoints.endpoint_trial,
        name="endpoint_trial",
    ),
    path("rubrics/", rubrics.rubric_list, name="rubric_list"),
    path("rubrics/new/", rubrics.rubric_create, name="rubric_create"),
    path("rubrics/<int:rubric_id>/", rubrics.rubric_detail, name="rubric_detail"),
    path("rubrics/<int:rubric_id>/edit/", rubrics.rubric_edit, name="rubric_edit"),
    path("judges/", judges.judge_list, name="judge_list"),
    path("judges/new/", judges.judge_create, name="judge_create"),
    path("judges/<int:judge_id>/", judges.judge_detail, name="judge_detail"),
    path("judges/<int:judge_id>/test/", judges.judge_test, name="judge_test"),
    path("judges/<int:judge_id>/injected-responses/", canaries.judge_canaries, name="judge_canaries"),
    path("judges/<int:judge_id>/tests/<int:completion_id>/", judges.judge_trial, name="judge_trial"),
]
