"""Addresses of labelling in the REST API."""

from django.urls import URLPattern, path

from annotations.adjudication import api as adjudication
from annotations.adjudication import task_api as tasks
from annotations.audit import api as audit
from annotations.campaigns import api as campaigns
from annotations.exports import api as exports
from annotations.gold import api as gold
from annotations.item_story import api as item_story
from annotations.labelling import api as labelling
from annotations.needs import api as needs
from annotations.people.api import accounts
from annotations.people.api import members as people
from annotations.quality.api import controls, qualification, quality
from annotations.validation.api import ratings, validation

CAMPAIGN = "campaigns/<int:campaign_id>/"
ASSIGNMENT = "assignments/<int:assignment_id>/"

labelling_urls: list[URLPattern] = [
    path(f"{CAMPAIGN}next/", labelling.NextTask.as_view(), name="api_next_task"),
    path(f"{CAMPAIGN}standing/", labelling.OwnStanding.as_view(), name="api_standing"),
    path(f"{CAMPAIGN}history/", labelling.OwnHistory.as_view(), name="api_history"),
    path(ASSIGNMENT, labelling.OwnTask.as_view(), name="api_assignment"),
    path(f"{ASSIGNMENT}heartbeat/", labelling.Heartbeat.as_view(), name="api_heartbeat"),
    path(f"{ASSIGNMENT}draft/", labelling.DraftOfTask.as_view(), name="api_draft"),
    path(f"{ASSIGNMENT}submit/", labelling.Submission.as_view(), name="api_submit"),
    path(f"{ASSIGNMENT}skip/", labelling.Skip.as_view(), name="api_skip"),
    path(f"{ASSIGNMENT}flag/", labelling.FlagOfTask.as_view(), name="api_flag"),
]
qualification_urls: list[URLPattern] = [
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
]
quality_urls: list[URLPattern] = [
    path(f"{CAMPAIGN}quality/", quality.CampaignQuality.as_view(), name="api_quality"),
    path(f"{CAMPAIGN}activity/", quality.CampaignActivity.as_view(), name="api_activity"),
    path(f"{CAMPAIGN}alignment/", quality.CampaignAlignment.as_view(), name="api_alignment"),
    path(f"{CAMPAIGN}adjudicators/", quality.AdjudicatorList.as_view(), name="api_adjudicator_list"),
    path(
        f"{CAMPAIGN}guidelines/versions/",
        quality.GuidelinesVersions.as_view(),
        name="api_guidelines_versions",
    ),
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
people_urls: list[URLPattern] = [
    path(f"{CAMPAIGN}invitations/", accounts.InvitationList.as_view(), name="api_invitation_list"),
    path(
        f"{CAMPAIGN}invitations/<int:invitation_id>/revoke/",
        accounts.InvitationRevoke.as_view(),
        name="api_invitation_revoke",
    ),
    path("people/", accounts.AccountList.as_view(), name="api_account_list"),
    path("people/<int:user_id>/", accounts.AccountDetail.as_view(), name="api_account"),
    path("people/<int:user_id>/<slug:action>/", accounts.AccountAction.as_view(), name="api_account_action"),
    path("needs/", needs.Needs.as_view(), name="api_needs"),
    path("items/<int:item_id>/story/", item_story.ItemStory.as_view(), name="api_item_story"),
    path("judges/<int:judge_id>/verdicts/", item_story.JudgeVerdicts.as_view(), name="api_judge_verdicts"),
]
campaign_urls: list[URLPattern] = [
    path("campaigns/", campaigns.CampaignList.as_view(), name="api_campaign_list"),
    path("campaigns/import/", ratings.RatingsImport.as_view(), name="api_ratings_import"),
    path(CAMPAIGN, campaigns.CampaignDetail.as_view(), name="api_campaign"),
    path(f"{CAMPAIGN}settings/", campaigns.CampaignSettings.as_view(), name="api_campaign_settings"),
    path(f"{CAMPAIGN}progress/", campaigns.CampaignProgress.as_view(), name="api_campaign_progress"),
    path(f"{CAMPAIGN}guidelines/", campaigns.CampaignGuidelines.as_view(), name="api_guidelines"),
    path(f"{CAMPAIGN}agreement/", campaigns.CampaignAgreement.as_view(), name="api_agreement"),
    path(f"{CAMPAIGN}validation/", validation.CampaignValidation.as_view(), name="api_validation"),
    path(
        f"{CAMPAIGN}validation/schema/",
        validation.CampaignValidationSchema.as_view(),
        name="api_validation_schema",
    ),
    path(f"{CAMPAIGN}members/", people.MemberList.as_view(), name="api_member_list"),
    path(
        f"{CAMPAIGN}members/<int:member_id>/<slug:action>/",
        people.MemberAction.as_view(),
        name="api_member_action",
    ),
    path(f"{CAMPAIGN}tasks/", tasks.TaskList.as_view(), name="api_task_list"),
    path(f"{CAMPAIGN}labels/", tasks.LabelList.as_view(), name="api_label_list"),
    path(f"{CAMPAIGN}flags/", tasks.FlagList.as_view(), name="api_flag_list"),
    path(f"{CAMPAIGN}flags/<int:flag_id>/resolve/", tasks.FlagResolve.as_view(), name="api_flag_resolve"),
    path(f"{CAMPAIGN}adjudications/", adjudication.AdjudicationList.as_view(), name="api_adjudication_list"),
    path(
        f"{CAMPAIGN}adjudications/queue/",
        adjudication.AdjudicationQueue.as_view(),
        name="api_adjudication_queue",
    ),
    path(
        f"{CAMPAIGN}adjudications/<int:task_id>/",
        adjudication.AdjudicationCase.as_view(),
        name="api_adjudication",
    ),
    path(
        f"{CAMPAIGN}adjudications/<int:task_id>/<slug:action>/",
        adjudication.AdjudicationAction.as_view(),
        name="api_adjudication_action",
    ),
    path(f"{CAMPAIGN}gold/", gold.GoldList.as_view(), name="api_gold_list"),
    path(f"{CAMPAIGN}gold/preview/", gold.GoldPreview.as_view(), name="api_gold_preview"),
    path(f"{CAMPAIGN}gold/left_out/", gold.GoldLeftOut.as_view(), name="api_gold_left_out"),
    path("gold/requests/<int:request_id>/", gold.GoldRequestDetail.as_view(), name="api_gold_request"),
    path(
        "gold/requests/<int:request_id>/retry/",
        gold.GoldRequestRetry.as_view(),
        name="api_gold_request_retry",
    ),
    path("gold/<int:release_id>/", gold.GoldDetail.as_view(), name="api_gold"),
    path("gold/<int:release_id>/differences/", gold.GoldDifferences.as_view(), name="api_gold_differences"),
    path("exports/", exports.ExportList.as_view(), name="api_export_list"),
    path("exports/tables/", exports.ExportTables.as_view(), name="api_export_tables"),
    path("exports/<int:export_id>/", exports.ExportDetail.as_view(), name="api_export"),
    path("exports/<int:export_id>/file/", exports.ExportFile.as_view(), name="api_export_file"),
    path("exports/<int:export_id>/<slug:action>/", exports.ExportAction.as_view(), name="api_export_action"),
    path(f"{CAMPAIGN}audit/", audit.CampaignAudit.as_view(), name="api_campaign_audit"),
    path("audit/", audit.AuditLog.as_view(), name="api_audit"),
]
urlpatterns: list[URLPattern] = [
    *labelling_urls,  # first: they are asked for with every label
    *campaign_urls,
    *qualification_urls,
    *quality_urls,
    *people_urls,
    # last, for it takes any word
    path(f"{CAMPAIGN}<slug:action>/", campaigns.CampaignAction.as_view(), name="api_campaign_action"),
]
