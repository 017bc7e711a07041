"""Addresses of quality: control items, the qualification round, and how each person does."""

from django.urls import path

from annotations.quality.views import controls, qualification, quality

urlpatterns = [
    path("campaigns/<int:campaign_id>/quality/", quality.quality_list, name="quality"),
    path(
        "campaigns/<int:campaign_id>/quality/<int:member_id>/", quality.quality_detail, name="quality_detail"
    ),
    path("campaigns/<int:campaign_id>/quality/<int:member_id>/act/", quality.quality_act, name="quality_act"),
    path("campaigns/<int:campaign_id>/controls/", controls.control_list, name="controls"),
    path("campaigns/<int:campaign_id>/controls/browse/", controls.control_browse, name="controls_browse"),
    path(
        "campaigns/<int:campaign_id>/controls/candidates.csv",
        controls.control_candidates,
        name="controls_candidates",
    ),
    path("campaigns/<int:campaign_id>/controls/upload/", controls.control_upload, name="controls_upload"),
    path(
        "campaigns/<int:campaign_id>/controls/gold/", controls.controls_from_gold, name="controls_from_gold"
    ),
    path("campaigns/<int:campaign_id>/controls/<int:task_id>/", controls.control_edit, name="control_edit"),
    path(
        "campaigns/<int:campaign_id>/controls/<int:task_id>/restore/",
        controls.control_restore,
        name="control_restore",
    ),
    path(
        "campaigns/<int:campaign_id>/controls/<int:task_id>/withdraw/",
        controls.control_withdraw,
        name="control_withdraw",
    ),
    path("campaigns/<int:campaign_id>/qualification/", qualification.qualification, name="qualification"),
    path(
        "campaigns/<int:campaign_id>/qualification/start/",
        qualification.qualification_start,
        name="qualification_start",
    ),
    path(
        "campaigns/<int:campaign_id>/qualification/item/",
        qualification.qualification_item,
        name="qualification_item",
    ),
    path(
        "campaigns/<int:campaign_id>/qualification/answers/<int:answer_id>/",
        qualification.qualification_answer,
        name="qualification_answer",
    ),
    path(
        "campaigns/<int:campaign_id>/qualification/people/",
        qualification.qualification_people,
        name="qualification_people",
    ),
    path(
        "campaigns/<int:campaign_id>/qualification/people/<int:member_id>/",
        qualification.qualification_decide,
        name="qualification_decide",
    ),
]
