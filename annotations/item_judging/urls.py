"""Addresses of the judges of imported items."""

from django.urls import include, path

from annotations.item_judging.views import judges, judging

of_judge = [
    path("", judges.item_judge_detail, name="item_judge_detail"),
    path("start/", judging.item_judge_start, name="item_judge_start"),
    path("budgets/", judging.item_judge_budgets, name="item_judge_budgets"),
    path("<slug:action>/", judging.item_judge_control, name="item_judge_control"),
]
urlpatterns = [
    path(
        "campaigns/<int:campaign_id>/judging/",
        include(
            [
                path("", judges.item_judge_list, name="item_judge_list"),
                path("new/", judges.item_judge_create, name="item_judge_create"),
                path("tests/<int:trial_id>/", judges.item_judge_trial, name="item_judge_trial"),
                path("<int:judge_id>/", include(of_judge)),
            ]
        ),
    ),
]
