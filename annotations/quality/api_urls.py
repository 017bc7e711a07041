"""Addresses of quality, control items and the qualification round in the REST API."""

from django.urls import URLPattern, path

from annotations.quality.api import controls, qualification, quality

CAMPAIGN = "campaigns/<int:campaign_id>/"

urlpatterns: list[URLPattern] = [
    path(f"{CAMPAIGN}qualification/", qualification.Qualification.as_view(), name="api_qualification"),
    path(
        f"{CAMPAIGN}qualification/start/",
        qualification.QualificationStart.as_view(),
        name="api_qualification_start",
    ),
    path(
        f"{CAMPAIGN}qualification/item/",
        qualification.QualificationItem.as_view(),
        name="api_qualification_item",
    ),
    path(
        f"{CAMPAIGN}qualification/answers/<int:answer_id>/",
        qualification.QualificationFeedback.as_view(),
        name="api_qualification_answer",
    ),
    path(
        f"{CAMPAIGN}qualification/people/",
        qualification.QualificationPeople.as_view(),
        name="api_qualification_people",
    ),
    path(f"{CAMPAIGN}quality/", quality.CampaignQuality.as_view(), name="api_quality"),
    path(f"{CAMPAIGN}controls/", controls.ControlList.as_view(), name="api_control_list"),
    path(
        f"{CAMPAIGN}controls/candidates/", controls.ControlCandidates.as_view(), name="api_control_candidates"
    ),
    path(
        f"{CAMPAIGN}controls/from_gold/", controls.ControlsFromGold.as_view(), name="api_controls_from_gold"
    ),
    path(f"{CAMPAIGN}controls/<int:task_id>/", controls.ControlDetail.as_view(), name="api_control"),
    path(
        f"{CAMPAIGN}controls/<int:task_id>/<slug:action>/",
        controls.ControlAction.as_view(),
        name="api_control_action",
    ),
]
