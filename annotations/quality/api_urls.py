"""Addresses of quality, control items and the qualification round in the REST API."""

from django.urls import path

from annotations.quality.api.controls import Controls
from annotations.quality.api.qualification import Qualification, QualificationPeople
from annotations.quality.api.quality import CampaignQuality
from core.api.viewsets import ApiRouter

CAMPAIGN = "campaigns/<int:campaign_id>"

router = ApiRouter()
router.add(f"{CAMPAIGN}/qualification/people", QualificationPeople, "qualification_people")
router.add(f"{CAMPAIGN}/qualification", Qualification, "qualification")
router.add(f"{CAMPAIGN}/controls", Controls, "control", argument="task_id")

urlpatterns = [
    path(
        f"{CAMPAIGN}/qualification/",
        Qualification.as_view({"get": "state"}, query_serializer_class=None),
        name="api_qualification_detail",
    ),
    path(f"{CAMPAIGN}/quality/", CampaignQuality.as_view(), name="api_quality"),
    *router.urls,
    # Takes any word behind an item, so it comes after the others.
    path(
        f"{CAMPAIGN}/controls/<int:task_id>/<slug:action>/",
        Controls.as_view({"post": "act"}),
        name="api_control_action",
    ),
]
