"""Addresses of quality: control items, the qualification round, and how each person does."""

from django.urls import include, path

from annotations.quality.views import controls, qualification, quality

of_campaign = [
    path("quality/", quality.quality_list, name="quality"),
    path("quality/<int:member_id>/", quality.quality_detail, name="quality_detail"),
    path("quality/<int:member_id>/act/", quality.quality_act, name="quality_act"),
    path("controls/", controls.control_list, name="controls"),
    path("controls/browse/", controls.control_browse, name="controls_browse"),
    path("controls/candidates.csv", controls.control_candidates, name="controls_candidates"),
    path("controls/upload/", controls.control_upload, name="controls_upload"),
    path("controls/gold/", controls.controls_from_gold, name="controls_from_gold"),
    path("controls/<int:task_id>/", controls.control_edit, name="control_edit"),
    path("controls/<int:task_id>/restore/", controls.control_restore, name="control_restore"),
    path("controls/<int:task_id>/withdraw/", controls.control_withdraw, name="control_withdraw"),
    path("qualification/", qualification.qualification, name="qualification"),
    path("qualification/start/", qualification.qualification_start, name="qualification_start"),
    path("qualification/item/", qualification.qualification_item, name="qualification_item"),
    path(
        "qualification/answers/<int:answer_id>/",
        qualification.qualification_answer,
        name="qualification_answer",
    ),
    path("qualification/people/", qualification.qualification_people, name="qualification_people"),
    path(
        "qualification/people/<int:member_id>/",
        qualification.qualification_decide,
        name="qualification_decide",
    ),
]
urlpatterns = [
    path("campaigns/<int:campaign_id>/", include(of_campaign)),
]
