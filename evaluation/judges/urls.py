"""Addresses of rubrics and judges, and of trying endpoints and judges out."""

from django.urls import path

from evaluation.judges.views import judges, rubrics

urlpatterns = [
    path("endpoints/<int:endpoint_id>/test/", judges.endpoint_try, name="endpoint_try"),
    path(
        "endpoints/<int:endpoint_id>/tests/<int:completion_id>/",
        judges.endpoint_trial,
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
    path("judges/<int:judge_id>/injected-responses/", judges.judge_canaries, name="judge_canaries"),
    path("judges/<int:judge_id>/tests/<int:completion_id>/", judges.judge_trial, name="judge_trial"),
]
