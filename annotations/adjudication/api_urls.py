"""Addresses of adjudication and of tasks, labels and flags in the REST API."""

from django.urls import URLPattern, path

from annotations.adjudication import api

CAMPAIGN = "campaigns/<int:campaign_id>/"

urlpatterns: list[URLPattern] = [
    path(f"{CAMPAIGN}adjudicators/", api.AdjudicatorList.as_view(), name="api_adjudicator_list"),
    path(f"{CAMPAIGN}tasks/", api.TaskList.as_view(), name="api_task_list"),
    path(f"{CAMPAIGN}labels/", api.LabelList.as_view(), name="api_label_list"),
    path(f"{CAMPAIGN}flags/", api.FlagList.as_view(), name="api_flag_list"),
    path(f"{CAMPAIGN}flags/<int:flag_id>/resolve/", api.FlagResolve.as_view(), name="api_flag_resolve"),
    path(f"{CAMPAIGN}adjudications/", api.AdjudicationList.as_view(), name="api_adjudication_list"),
    path(
        f"{CAMPAIGN}adjudications/queue/",
        api.AdjudicationQueue.as_view(),
        name="api_adjudication_queue",
    ),
    path(
        f"{CAMPAIGN}adjudications/<int:task_id>/",
        api.AdjudicationCase.as_view(),
        name="api_adjudication",
    ),
    path(
        f"{CAMPAIGN}adjudications/<int:task_id>/<slug:action>/",
        api.AdjudicationAction.as_view(),
        name="api_adjudication_action",
    ),
]
