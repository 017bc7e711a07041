"""REST addresses of judges and rubrics, and of trying endpoints and judges out."""

from django.urls import path

from evaluation.judges.api import canaries, judges, rubrics, trials

urlpatterns = [
    path("rubrics/", rubrics.RubricList.as_view(), name="api_rubric_list"),
    path("rubrics/<int:rubric_id>/", rubrics.RubricDetail.as_view(), name="api_rubric_detail"),
    path("rubrics/<int:rubric_id>/revise/", rubrics.RubricRevise.as_view(), name="api_rubric_revise"),
    path("endpoints/<int:endpoint_id>/test/", trials.EndpointTest.as_view(), name="api_endpoint_test"),
    path(
        "endpoints/<int:endpoint_id>/tests/<int:completion_id>/",
        trials.EndpointTrial.as_view(),
        name="api_endpoint_trial",
    ),
    path("judges/<int:judge_id>/test/", trials.JudgeTest.as_view(), name="api_judge_test"),
    path(
        "judges/<int:judge_id>/tests/<int:completion_id>/",
        trials.JudgeTrial.as_view(),
        name="api_judge_trial",
    ),
    path(
        "judges/<int:judge_id>/injected-responses/",
        canaries.JudgeCanaries.as_view(),
        name="api_judge_canaries",
    ),
    path("judges/", judges.JudgeList.as_view(), name="api_judge_list"),
    path("judges/<int:judge_id>/", judges.JudgeDetail.as_view(), name="api_judge_detail"),
]
