"""Who may reach which address, for every route: the campaign's own people, those of another one, staff and nobody.

To add a route: give it a row in MATRIX (method, then what nobody, an outsider, the campaign's annotator, its lead and
staff get), name in `_takes` what its address is made of, and put into POSTED what a good request sends. Where one of
those who share a column gets another answer than the column says, say so in EXCEPTIONS.
"""

import uuid
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from annotations.agreement.rating_set import RatingSet
from annotations.agreement.ratings import RatingTable
from annotations.agreement.validation import validation_report
from annotations.agreement.validation_input import ValidationInput, ValidationSettings
from annotations.models import (
    Campaign,
    Export,
    Flag,
    GoldRelease,
    Member,
    QualificationAnswer,
    QualificationAttempt,
    ValidationReport,
)
from annotations.services.assignment import claim_task
from annotations.services.controls import add_control
from annotations.services.exports import request_export
from annotations.services.gold import release_gold
from annotations.services.invitations import Issued, invite
from annotations.services.labels import submit_label
from evaluation.models import Batch, Judgment, Proposal, Run
from evaluation.services.judges import HEURISTIC_JUDGE, heuristic_judge
from evaluation.services.prompts import current_prompt
from evaluation.services.results import refresh_result
from perg_site.models import ApiToken, Delivery, Webhook
from perg_site.tokens import create_token
from perg_site.webhooks.managing import create_webhook, ping_webhook
from tests import build

pytestmark = pytest.mark.django_db

COLUMNS = ["nobody", "outsider", "annotator", "lead", "staff"]

# Everybody who tries every route, and the column of MATRIX that tells what they get. Who was deactivated led the
# campaign and is still logged in; who has left was in it as a lead and still has an account.
PEOPLE = {
    "nobody": "nobody",
    "deactivated": "nobody",
    "annotator elsewhere": "outsider",
    "lead elsewhere": "outsider",
    "has left": "outsider",
    "annotator": "annotator",
    "lead": "lead",
    "staff": "staff",
}

# Route: method, then the status for each of COLUMNS. 302 for nobody leads to the login page. An assignment is the
# annotator's own: not even staff may write in it.
MATRIX: dict[str, tuple[str, int, int, int, int, int]] = {
    "home": ("get", 302, 200, 200, 200, 200),
    "health": ("get", 200, 200, 200, 200, 200),
    "login": ("get", 200, 302, 302, 302, 302),
    "logout": ("post", 302, 302, 302, 302, 302),
    "password_change": ("get", 302, 200, 200, 200, 200),
    "password_reset": ("get", 200, 200, 200, 200, 200),
    "password_reset_confirm": ("get", 200, 200, 200, 200, 200),
    "run_list": ("get", 302, 404, 404, 404, 200),
    "run_import": ("get", 302, 404, 404, 404, 200),
    "run_detail": ("get", 302, 404, 404, 404, 200),
    "run_judging": ("get", 302, 404, 404, 404, 200),
    "run_judge": ("post", 302, 404, 404, 404, 302),
    "run_compute_again": ("post", 302, 404, 404, 404, 302),
    "kept_again": ("post", 302, 404, 404, 404, 404),  # only what a page has signed
    "run_progress": ("get", 302, 404, 404, 404, 200),
    "run_budgets": ("post", 302, 404, 404, 404, 302),
    "run_control": ("post", 302, 404, 404, 404, 302),
    "run_item_list": ("get", 302, 404, 404, 404, 200),
    "item_story": ("get", 302, 404, 404, 200, 200),
    "results": ("get", 302, 404, 404, 404, 200),
    "results_export": ("get", 302, 404, 404, 404, 200),
    "results_compare": ("get", 302, 404, 404, 404, 200),
    "results_figures": ("get", 302, 404, 404, 404, 200),
    "results_figure": ("get", 302, 404, 404, 404, 200),
    "results_stages": ("get", 302, 404, 404, 404, 200),
    "results_costs": ("get", 302, 404, 404, 404, 200),
    "batch_list": ("get", 302, 404, 404, 404, 200),
    "batch_launch": ("get", 302, 404, 404, 404, 200),
    "batch_estimate": ("post", 302, 404, 404, 404, 200),
    "batch_detail": ("get", 302, 404, 404, 404, 200),
    "library": ("get", 302, 404, 404, 404, 200),
    "dataset_list": ("get", 302, 404, 404, 404, 200),
    "dataset_import": ("get", 302, 404, 404, 404, 200),
    "dataset_detail": ("get", 302, 404, 404, 404, 200),
    "catalogue_import": ("get", 302, 404, 404, 404, 200),
    "catalogue_differences": ("get", 302, 404, 404, 404, 200),
    "build_estimate": ("post", 302, 404, 404, 404, 200),
    "build_budget": ("post", 302, 404, 404, 404, 302),
    "endpoint_list": ("get", 302, 404, 404, 404, 200),
    "endpoint_create": ("get", 302, 404, 404, 404, 200),
    "endpoint_detail": ("get", 302, 404, 404, 404, 200),
    "endpoint_edit": ("get", 302, 404, 404, 404, 200),
    "endpoint_health": ("get", 302, 404, 404, 404, 200),
    "endpoint_try": ("post", 302, 404, 404, 404, 400),
    "endpoint_trial": ("get", 302, 404, 404, 404, 200),
    "rubric_list": ("get", 302, 404, 404, 404, 200),
    "rubric_create": ("get", 302, 404, 404, 404, 200),
    "rubric_detail": ("get", 302, 404, 404, 404, 200),
    "rubric_edit": ("get", 302, 404, 404, 404, 200),
    "judge_list": ("get", 302, 404, 404, 404, 200),
    "judge_create": ("get", 302, 404, 404, 404, 200),
    "judge_detail": ("get", 302, 404, 404, 404, 200),
    "judge_test": ("get", 302, 404, 404, 404, 200),
    "judge_trial": ("get", 302, 404, 404, 404, 200),
    "run_costs": ("get", 302, 404, 404, 404, 200),
    "batch_costs": ("get", 302, 404, 404, 404, 200),
    "batch_retry": ("post", 302, 404, 404, 404, 409),
    "catalogue_list": ("get", 302, 404, 404, 404, 200),
    "catalogue_detail": ("get", 302, 404, 404, 404, 200),
    "build_create": ("get", 302, 404, 404, 404, 200),
    "build_detail": ("get", 302, 404, 404, 404, 200),
    "build_ask_again": ("post", 302, 404, 404, 404, 409),
    "build_release": ("post", 302, 404, 404, 404, 409),
    "build_merge": ("post", 302, 404, 404, 404, 400),
    "proposal_review": ("post", 302, 404, 404, 404, 302),
    "campaign_list": ("get", 302, 200, 200, 200, 200),
    "campaign_create": ("get", 302, 404, 404, 200, 200),
    "campaign_detail": ("get", 302, 404, 404, 200, 200),
    "campaign_status": ("post", 302, 404, 404, 302, 302),
    "campaign_settings": ("get", 302, 404, 404, 200, 200),
    "campaign_add_members": ("post", 302, 404, 404, 302, 302),
    "campaign_guidelines": ("get", 302, 404, 404, 200, 200),
    "adjudication_queue": ("get", 302, 404, 404, 200, 200),
    "adjudication_next": ("get", 302, 404, 404, 302, 302),
    "adjudication_task": ("get", 302, 404, 404, 200, 200),
    "adjudication_act": ("post", 302, 404, 404, 302, 302),
    "adjudication_reveal": ("post", 302, 404, 404, 403, 403),
    "flag_resolve": ("post", 302, 404, 404, 302, 302),
    "label_next": ("get", 302, 404, 200, 200, 403),
    "campaign_agreement": ("get", 302, 404, 404, 200, 200),
    "campaign_gold": ("get", 302, 404, 404, 200, 200),
    "gold_release": ("post", 302, 404, 404, 302, 302),
    "gold_left_out": ("get", 302, 404, 404, 200, 200),
    "gold_request": ("get", 302, 404, 404, 200, 200),
    "gold_request_retry": ("post", 302, 404, 404, 302, 302),
    "gold_detail": ("get", 302, 404, 404, 200, 200),
    "gold_export": ("get", 302, 404, 404, 200, 200),
    "export_list": ("get", 302, 404, 404, 200, 200),
    "export_create": ("get", 302, 404, 404, 200, 200),
    # Who is not staff names a campaign; the address here does not.
    "export_stream": ("get", 302, 404, 404, 400, 200),
    # The lead's own export: not even staff fetch it.
    "export_download": ("get", 302, 404, 404, 200, 404),
    "export_manifest": ("get", 302, 404, 404, 200, 404),
    "export_act": ("post", 302, 404, 404, 302, 404),
    "label_task": ("post", 302, 404, 200, 200, 403),
    "label_assignment": ("get", 302, 404, 200, 404, 404),
    "label_submit": ("post", 302, 404, 200, 404, 404),
    "label_skip": ("post", 302, 404, 200, 404, 404),
    "label_flag": ("post", 302, 404, 200, 404, 404),
    "label_differences": ("get", 302, 404, 200, 404, 404),
    "label_draft": ("post", 302, 404, 200, 404, 404),
    "label_heartbeat": ("post", 302, 404, 200, 404, 404),
    "label_history": ("get", 302, 404, 200, 200, 403),
    "screen_settings": ("post", 302, 200, 200, 200, 200),
    "campaign_people": ("get", 302, 404, 404, 200, 200),
    "campaign_invite": ("post", 302, 404, 404, 200, 200),
    "member_change": ("post", 302, 404, 404, 302, 302),
    "invitation_revoke": ("post", 302, 404, 404, 302, 302),
    "invitation_accept": ("get", 200, 200, 200, 200, 200),
    "campaign_audit": ("get", 302, 404, 404, 200, 200),
    "campaign_audit_export": ("get", 302, 404, 404, 200, 200),
    "people_list": ("get", 302, 404, 404, 404, 200),
    "admin_invite": ("post", 302, 404, 404, 404, 200),
    "person_detail": ("get", 302, 404, 404, 404, 200),
    "person_change": ("post", 302, 404, 404, 404, 302),
    "person_reset_link": ("post", 302, 404, 404, 404, 200),
    "audit_log": ("get", 302, 404, 404, 404, 200),
    "audit_export": ("get", 302, 404, 404, 404, 200),
    "quality": ("get", 302, 404, 404, 200, 200),
    "quality_detail": ("get", 302, 404, 404, 200, 200),
    "quality_act": ("post", 302, 404, 404, 302, 302),
    "controls": ("get", 302, 404, 404, 200, 200),
    "controls_browse": ("get", 302, 404, 404, 200, 200),
    "controls_candidates": ("get", 302, 404, 404, 200, 200),
    "controls_upload": ("post", 302, 404, 404, 422, 422),
    "controls_from_gold": ("post", 302, 404, 404, 422, 422),
    "control_edit": ("get", 302, 404, 404, 200, 200),
    "control_restore": ("post", 302, 404, 404, 409, 409),
    "control_withdraw": ("post", 302, 404, 404, 302, 302),
    "qualification": ("get", 302, 404, 200, 200, 403),
    "qualification_start": ("post", 302, 404, 302, 409, 403),
    "qualification_item": ("get", 302, 404, 302, 302, 403),
    "qualification_answer": ("get", 302, 404, 200, 404, 403),
    "qualification_people": ("get", 302, 404, 404, 200, 200),
    "qualification_decide": ("post", 302, 404, 404, 302, 302),
    "ratings_import": ("get", 302, 404, 404, 200, 200),
    "validation": ("get", 302, 404, 404, 200, 200),
    "validation_request": ("post", 302, 404, 404, 302, 302),
    "validation_download": ("get", 302, 404, 404, 200, 200),
    "validation_figure": ("get", 302, 404, 404, 200, 200),
    "api_run_detail": ("get", 401, 403, 403, 403, 200),
    "api_run_slices": ("get", 401, 403, 403, 403, 200),
    "api_run_import": ("post", 401, 403, 403, 403, 415),
    "api_run_judge": ("post", 401, 403, 403, 403, 202),
    "api_batch_detail": ("get", 401, 403, 403, 403, 200),
    "api_batch_retry": ("post", 401, 403, 403, 403, 409),
    "api_dataset_list": ("get", 401, 403, 403, 403, 200),
    "api_dataset_import": ("post", 401, 403, 403, 403, 415),
    "api_dataset_detail": ("get", 401, 403, 403, 403, 200),
    "api_dataset_questions": ("get", 401, 403, 403, 403, 200),
    "api_catalogue_list": ("get", 401, 403, 403, 403, 200),
    "api_catalogue_import": ("post", 401, 403, 403, 403, 415),
    "api_catalogue_detail": ("get", 401, 403, 403, 403, 200),
    "api_catalogue_preferences": ("get", 401, 403, 403, 403, 200),
    "api_prompt_list": ("get", 401, 403, 403, 403, 200),
    "api_prompt_detail": ("get", 401, 403, 403, 403, 200),
    "api_rubric_list": ("get", 401, 403, 403, 403, 200),
    "api_rubric_detail": ("get", 401, 403, 403, 403, 200),
    "api_rubric_revise": ("post", 401, 403, 403, 403, 201),
    "api_endpoint_list": ("get", 401, 403, 403, 403, 200),
    "api_endpoint_detail": ("get", 401, 403, 403, 403, 200),
    "api_judge_list": ("get", 401, 403, 403, 403, 200),
    "api_judge_detail": ("get", 401, 403, 403, 403, 200),
    "api_item_list": ("get", 401, 403, 403, 403, 200),
    "api_item_detail": ("get", 401, 403, 403, 403, 200),
    "api_response_list": ("get", 401, 403, 403, 403, 200),
    "api_response_detail": ("get", 401, 403, 403, 403, 200),
    "api_judgment_list": ("get", 401, 403, 403, 403, 200),
    "api_judgment_detail": ("get", 401, 403, 403, 403, 200),
    "api_schema": ("get", 401, 200, 200, 200, 200),
    "api_docs": ("get", 302, 200, 200, 200, 200),
    "token_list": ("get", 302, 200, 200, 200, 200),
    # The lead's own token: not even staff revoke it.
    "token_revoke": ("post", 302, 404, 404, 302, 404),
    "api_run_list": ("get", 401, 403, 403, 403, 200),
    "api_run_result": ("get", 401, 403, 403, 403, 200),
    "api_result_list": ("get", 401, 403, 403, 403, 200),
    "api_result_comparison": ("get", 401, 403, 403, 403, 400),
    "api_published": ("get", 401, 403, 403, 403, 200),
    # The world's endpoint replays a record: there is nothing to call.
    "api_endpoint_test": ("post", 401, 403, 403, 403, 400),
    "api_endpoint_trial": ("get", 401, 403, 403, 403, 200),
    "api_judge_test": ("post", 401, 403, 403, 403, 400),
    "api_judge_trial": ("get", 401, 403, 403, 403, 200),
    "api_run_metrics": ("get", 401, 403, 403, 403, 200),
    "api_run_progress": ("get", 401, 403, 403, 403, 200),
    "api_run_budgets": ("put", 401, 403, 403, 403, 200),
    "api_run_control": ("post", 401, 403, 403, 403, 200),
    "api_batch_list": ("get", 401, 403, 403, 403, 200),
    "api_batch_estimate": ("post", 401, 403, 403, 403, 400),
    "api_campaign_list": ("get", 401, 200, 200, 200, 200),
    "api_agreement": ("get", 401, 404, 404, 200, 200),
    "api_validation": ("get", 401, 404, 404, 200, 200),
    "api_validation_schema": ("get", 401, 404, 404, 200, 200),
    "webhook_list": ("get", 302, 404, 404, 404, 200),
    "webhook_create": ("get", 302, 404, 404, 404, 200),
    "webhook_detail": ("get", 302, 404, 404, 404, 200),
    "webhook_secret": ("post", 302, 404, 404, 404, 200),
    "webhook_act": ("post", 302, 404, 404, 404, 302),
    "webhook_delivery": ("get", 302, 404, 404, 404, 200),
    "webhook_send_again": ("post", 302, 404, 404, 404, 302),
    "api_webhook_list": ("get", 401, 403, 403, 403, 200),
    "api_webhook": ("get", 401, 403, 403, 403, 200),
    "api_webhook_secret": ("post", 401, 403, 403, 403, 200),
    "api_webhook_ping": ("post", 401, 403, 403, 403, 202),
    "api_webhook_action": ("post", 401, 403, 403, 403, 200),
    "api_delivery_list": ("get", 401, 403, 403, 403, 200),
    "api_delivery": ("get", 401, 403, 403, 403, 200),
    "api_delivery_again": ("post", 401, 403, 403, 403, 202),
    "api_campaign": ("get", 401, 404, 200, 200, 200),
    "api_campaign_action": ("post", 401, 404, 404, 200, 200),
    "api_campaign_settings": ("get", 401, 404, 404, 200, 200),
    "api_campaign_progress": ("get", 401, 404, 404, 200, 200),
    "api_guidelines": ("get", 401, 404, 200, 200, 200),
    "api_member_list": ("get", 401, 404, 404, 200, 200),
    "api_member_action": ("post", 401, 404, 404, 200, 200),
    "api_task_list": ("get", 401, 404, 404, 200, 200),
    "api_label_list": ("get", 401, 404, 404, 200, 200),
    "api_flag_list": ("get", 401, 404, 404, 200, 200),
    "api_flag_resolve": ("post", 401, 404, 404, 200, 200),
    "api_adjudication_list": ("get", 401, 404, 404, 200, 200),
    "api_adjudication_queue": ("get", 401, 404, 404, 200, 200),
    "api_adjudication": ("get", 401, 404, 404, 200, 200),
    "api_adjudication_action": ("post", 401, 404, 404, 200, 200),
    "api_next_task": ("post", 401, 404, 200, 200, 403),
    "api_standing": ("get", 401, 404, 200, 200, 403),
    "api_history": ("get", 401, 404, 200, 200, 403),
    "api_assignment": ("get", 401, 404, 200, 404, 404),
    "api_heartbeat": ("post", 401, 404, 200, 404, 404),
    "api_draft": ("put", 401, 404, 200, 404, 404),
    "api_submit": ("post", 401, 404, 200, 404, 404),
    "api_skip": ("post", 401, 404, 200, 404, 404),
    "api_flag": ("post", 401, 404, 201, 404, 404),
    "api_gold_list": ("get", 401, 404, 404, 200, 200),
    "api_gold_preview": ("post", 401, 404, 404, 200, 200),
    "api_gold_request": ("get", 401, 404, 404, 200, 200),
    "api_gold_request_retry": ("post", 401, 404, 404, 202, 202),
    "api_gold": ("get", 401, 404, 404, 200, 200),
    "api_gold_differences": ("get", 401, 404, 404, 404, 404),
    "api_export_list": ("get", 401, 200, 200, 200, 200),
    "api_export_tables": ("get", 401, 200, 200, 200, 200),
    "api_export": ("get", 401, 404, 404, 200, 404),
    "api_export_file": ("get", 401, 404, 404, 409, 404),
    "api_export_action": ("post", 401, 404, 404, 409, 404),
    "api_campaign_audit": ("get", 401, 404, 404, 200, 200),
    "api_audit": ("get", 401, 403, 403, 403, 200),
    "api_build_list": ("get", 401, 403, 403, 403, 200),
    "api_build_estimate": ("post", 401, 403, 403, 403, 200),
    "api_build": ("get", 401, 403, 403, 403, 200),
    "api_build_progress": ("get", 401, 403, 403, 403, 200),
    "api_build_budget": ("put", 401, 403, 403, 403, 200),
    "api_build_again": ("post", 401, 403, 403, 403, 409),
    "api_build_release": ("post", 401, 403, 403, 403, 409),
    "api_build_merge": ("post", 401, 403, 403, 403, 400),
    "api_proposal_list": ("get", 401, 403, 403, 403, 200),
    "api_near_duplicates": ("get", 401, 403, 403, 403, 200),
    "api_proposal": ("get", 401, 403, 403, 403, 200),
    "api_proposal_action": ("post", 401, 403, 403, 403, 200),
    # The world's catalogue has one version.
    "api_catalogue_differences": ("get", 401, 403, 403, 403, 404),
    "api_preset_list": ("get", 401, 403, 403, 403, 200),
    "api_batch_progress": ("get", 401, 403, 403, 403, 200),
    "api_batch_settings": ("get", 401, 403, 403, 403, 200),
    "api_run_items": ("get", 401, 403, 403, 403, 200),
    "api_run_judging": ("get", 401, 403, 403, 403, 200),
    "api_dataset_counts": ("get", 401, 403, 403, 403, 200),
    "api_endpoint_health": ("get", 401, 403, 403, 403, 200),
    "api_result_stages": ("get", 401, 403, 403, 403, 200),
    "api_result_costs": ("get", 401, 403, 403, 403, 200),
    "api_qualification": ("get", 401, 404, 200, 200, 403),
    # The annotator goes on with an attempt; the campaign asks nobody else for one.
    "api_qualification_start": ("post", 401, 404, 200, 409, 403),
    "api_qualification_item": ("get", 401, 404, 200, 200, 403),
    "api_qualification_answer": ("get", 401, 404, 200, 404, 403),
    "api_qualification_people": ("get", 401, 404, 404, 200, 200),
    "api_quality": ("get", 401, 404, 404, 200, 200),
    "api_activity": ("get", 401, 404, 404, 200, 200),
    "api_alignment": ("get", 401, 404, 404, 200, 200),
    "api_adjudicator_list": ("get", 401, 404, 404, 200, 200),
    "api_guidelines_versions": ("get", 401, 404, 404, 200, 200),
    "api_control_list": ("get", 401, 404, 404, 200, 200),
    "api_control_candidates": ("get", 401, 404, 404, 200, 200),
    "api_controls_from_gold": ("post", 401, 404, 404, 400, 400),
    "api_control": ("get", 401, 404, 404, 200, 200),
    "api_control_action": ("post", 401, 404, 404, 200, 200),
    "api_gold_left_out": ("post", 401, 404, 404, 200, 200),
    "api_ratings_import": ("post", 401, 404, 404, 415, 415),
    "api_invitation_list": ("get", 401, 404, 404, 200, 200),
    "api_invitation_revoke": ("post", 401, 404, 404, 200, 200),
    "api_account_list": ("get", 401, 403, 403, 403, 200),
    "api_account": ("get", 401, 403, 403, 403, 200),
    "api_account_action": ("post", 401, 403, 403, 403, 200),
    "api_needs": ("get", 401, 200, 200, 200, 200),
    "api_item_story": ("get", 401, 404, 404, 200, 200),
    "api_judge_verdicts": ("get", 401, 403, 403, 403, 200),
}

# (Route, one of PEOPLE): the status, where it is not that of their column.
EXCEPTIONS: dict[tuple[str, str], int] = {
    ("campaign_create", "lead elsewhere"): 200,
    ("export_list", "lead elsewhere"): 200,
    ("export_create", "lead elsewhere"): 200,
    ("export_stream", "lead elsewhere"): 400,
    ("ratings_import", "lead elsewhere"): 200,
    ("api_ratings_import", "lead elsewhere"): 415,
}


@dataclass(frozen=True)
class World:
    """A campaign on a running run, a task in the annotator's hand, a label and a release, and people around it."""

    run: Run
    batch: Batch
    proposal: Proposal
    campaign: Campaign
    release: GoldRelease
    assignment: int
    invitation: Issued
    people: dict[str, User]

    def address(self, route: str) -> str:
        arguments: dict[str, dict[str, object]] = {
            "run": {"run_id": self.run.pk},
            "control": {"run_id": self.run.pk, "action": "pause"},
            "batch": {"batch_id": self.batch.pk},
            "catalogue": {"catalogue_id": build.preference().catalogue_id},
            "build": {"build_id": self.proposal.build_id},
            "proposal": {"proposal_id": self.proposal.pk},
            "proposal action": {"proposal_id": self.proposal.pk, "action": "accept"},
            "campaign": {"campaign_id": self.campaign.pk},
            "assignment": {"assignment_id": self.assignment},
            "member": {
                "campaign_id": self.campaign.pk,
                "member_id": self.campaign.members.get(user=self.people["has left"]).pk,
                "change": "reactivate",
            },
            "annotator": {
                "campaign_id": self.campaign.pk,
                "member_id": self.campaign.members.get(user=self.people["annotator"]).pk,
            },
            "labelled task": {"campaign_id": self.campaign.pk, "task_id": self._labelled()},
            "act": {"campaign_id": self.campaign.pk, "task_id": self._labelled(), "act": "send"},
            "flag": {"campaign_id": self.campaign.pk, "flag_id": Flag.objects.get().pk},
            "known item": {
                "campaign_id": self.campaign.pk,
                "task_id": self.campaign.tasks.get(kind="control").pk,
            },
            "known item action": {
                "campaign_id": self.campaign.pk,
                "task_id": self.campaign.tasks.get(kind="control").pk,
                "action": "withdraw",
            },
            "answer": {
                "campaign_id": self.campaign.pk,
                "answer_id": QualificationAnswer.objects.get().pk,
            },
            "invitation": {"invitation_id": self.invitation.invitation.pk},
            "invitation of campaign": {
                "campaign_id": self.campaign.pk,
                "invitation_id": self.invitation.invitation.pk,
            },
            "token": {"token": self.invitation.token},
            "person": {"user_id": self.people["annotator"].pk},
            "person change": {"user_id": self.people["annotator"].pk, "change": "deactivate"},
            "person action": {"user_id": self.people["annotator"].pk, "action": "deactivate"},
            "reset": {"uidb64": "MQ", "token": "wrong"},
            "release": {"release_id": self.release.pk, "extension": "csv"},
            "gold release": {"release_id": self.release.pk},
            "left out": {"campaign_id": self.campaign.pk, "reason": "unlabelled"},
            "table": {"table": "labels"},
            "table file": {"table": "labels", "extension": "csv"},
            "ready export": {"export_id": Export.objects.get(status="ready").pk},
            "ready export act": {"export_id": Export.objects.get(status="ready").pk, "act": "discard"},
            "report": {"campaign_id": self.campaign.pk, "extension": "json"},
            "item": {"item_id": self.campaign.tasks.get(state="agreed").response.item_id},
            "results file": {"extension": "csv"},
            "result figure": {"figure": "by-method", "extension": "pdf"},
            "figure": {"campaign_id": self.campaign.pk, "figure": "skill"},
            "webhook": {"webhook_id": Webhook.objects.get().pk},
            "webhook act": {"webhook_id": Webhook.objects.get().pk, "act": "pause"},
            "webhook action": {"webhook_id": Webhook.objects.get().pk, "action": "pause"},
            "delivery": {"webhook_id": Webhook.objects.get().pk, "delivery_id": Delivery.objects.get().pk},
            "campaign action": {"campaign_id": self.campaign.pk, "action": "pause"},
            "member action": {
                "campaign_id": self.campaign.pk,
                "member_id": self.campaign.members.get(user=self.people["has left"]).pk,
                "action": "restore",
            },
            "task action": {"campaign_id": self.campaign.pk, "task_id": self._labelled(), "action": "send"},
            "gold": {"release_id": self.release.pk},
            "gold request": {"request_id": self.campaign.gold_requests.get().pk},
            "export": {"export_id": self._export()},
            "export action": {"export_id": self._export(), "action": "retry"},
            "dataset": {"dataset_id": self.run.dataset_id},
            "endpoint trial": {
                "endpoint_id": self.run.endpoint_id,
                "completion_id": build.trial(self.run.endpoint).pk,
            },
            "judge trial": {
                "judge_id": heuristic_judge().pk,
                "completion_id": build.trial(heuristic_judge().endpoint).pk,
            },
            "endpoint": {"endpoint_id": self.run.endpoint_id},
            "rubric": {"rubric_id": self.campaign.rubric_id},
            "judge": {"judge_id": heuristic_judge().pk},
            "prompt": {"prompt_id": current_prompt("baseline").pk},
            "response": {"response_id": self._judgment().response_id},
            "judgment": {"judgment_id": self._judgment().pk},
            "token of the lead": {"token_id": ApiToken.objects.get(user=self.people["lead"]).pk},
            "": {},
        }
        return reverse(route, kwargs=arguments[_takes(route)])

    def _export(self) -> int:
        return Export.objects.get(requested_by=self.people["lead"], table="labels").pk

    def _judgment(self) -> Judgment:
        return Judgment.objects.get(response__item__run=self.run)

    def _labelled(self) -> int:
        return self.campaign.tasks.get(state="agreed").pk


def _takes(route: str) -> str:
    if route == "gold_export":
        return "release"
    if route in {"label_submit", "label_draft", "label_heartbeat"}:
        return "assignment"
    if route in OWN_ADDRESS:
        return OWN_ADDRESS[route]
    if route in {"run_control", "api_run_control"}:
        return "control"
    if route == "batch_detail":
        return "batch"
    if route in {"build_detail", "build_ask_again", "build_release", "build_merge"}:
        return "build"
    if route == "catalogue_detail":
        return "catalogue"
    if route == "proposal_review":
        return "proposal"
    if route in {
        "run_detail",
        "run_judging",
        "run_judge",
        "run_compute_again",
        "run_progress",
        "run_budgets",
        "api_run_metrics",
        "api_run_progress",
        "api_run_budgets",
    }:
        return "run"
    if route in {
        "campaign_detail",
        "campaign_status",
        "campaign_people",
        "campaign_invite",
        "campaign_audit",
        "campaign_audit_export",
        "label_next",
        "campaign_agreement",
        "gold_release",
        "api_agreement",
    }:
        return "campaign"
    return ""


# What the address is made of, for routes that share it with few others.
OWN_ADDRESS = {
    "run_item_list": "run",
    "item_story": "item",
    "results_export": "results file",
    "results_figure": "result figure",
    "api_run_result": "run",
    "api_endpoint_test": "endpoint",
    "api_endpoint_trial": "endpoint trial",
    "api_judge_test": "judge",
    "api_judge_trial": "judge trial",
    "dataset_detail": "dataset",
    "catalogue_differences": "catalogue",
    "build_budget": "build",
    "endpoint_detail": "endpoint",
    "endpoint_edit": "endpoint",
    "endpoint_health": "endpoint",
    "endpoint_try": "endpoint",
    "endpoint_trial": "endpoint trial",
    "rubric_detail": "rubric",
    "rubric_edit": "rubric",
    "judge_detail": "judge",
    "judge_test": "judge",
    "judge_trial": "judge trial",
    "run_costs": "run",
    "batch_costs": "batch",
    "batch_retry": "batch",
    "api_run_detail": "run",
    "api_run_slices": "run",
    "api_run_judge": "run",
    "api_batch_detail": "batch",
    "api_batch_retry": "batch",
    "api_dataset_detail": "dataset",
    "api_dataset_questions": "dataset",
    "api_catalogue_detail": "catalogue",
    "api_catalogue_preferences": "catalogue",
    "api_prompt_detail": "prompt",
    "api_rubric_detail": "rubric",
    "api_rubric_revise": "rubric",
    "api_endpoint_detail": "endpoint",
    "api_judge_detail": "judge",
    "api_item_detail": "item",
    "api_response_detail": "response",
    "api_judgment_detail": "judgment",
    "token_revoke": "token of the lead",
    "campaign_settings": "campaign",
    "campaign_add_members": "campaign",
    "campaign_guidelines": "campaign",
    "adjudication_queue": "campaign",
    "adjudication_next": "campaign",
    "adjudication_task": "labelled task",
    "adjudication_act": "act",
    "adjudication_reveal": "labelled task",
    "flag_resolve": "flag",
    "label_history": "campaign",
    "label_task": "campaign",
    "label_assignment": "assignment",
    "label_skip": "assignment",
    "label_flag": "assignment",
    "label_differences": "assignment",
    "member_change": "member",
    "quality": "campaign",
    "quality_detail": "annotator",
    "quality_act": "annotator",
    "controls": "campaign",
    "controls_browse": "campaign",
    "controls_candidates": "campaign",
    "controls_upload": "campaign",
    "controls_from_gold": "campaign",
    "control_edit": "known item",
    "control_restore": "known item",
    "control_withdraw": "known item",
    "qualification": "campaign",
    "qualification_start": "campaign",
    "qualification_item": "campaign",
    "qualification_answer": "answer",
    "qualification_people": "campaign",
    "qualification_decide": "annotator",
    "invitation_revoke": "invitation",
    "invitation_accept": "token",
    "person_detail": "person",
    "person_reset_link": "person",
    "person_change": "person change",
    "password_reset_confirm": "reset",
    "campaign_gold": "campaign",
    "gold_left_out": "left out",
    "gold_detail": "gold release",
    "gold_request": "gold request",
    "gold_request_retry": "gold request",
    "export_create": "table",
    "export_stream": "table file",
    "export_download": "ready export",
    "export_manifest": "ready export",
    "export_act": "ready export act",
    "validation": "campaign",
    "validation_request": "campaign",
    "validation_download": "report",
    "validation_figure": "figure",
    "api_validation": "campaign",
    "api_validation_schema": "campaign",
    "webhook_detail": "webhook",
    "webhook_secret": "webhook",
    "webhook_act": "webhook act",
    "webhook_delivery": "delivery",
    "webhook_send_again": "delivery",
    "api_webhook": "webhook",
    "api_webhook_secret": "webhook",
    "api_webhook_ping": "webhook",
    "api_webhook_action": "webhook action",
    "api_delivery_list": "webhook",
    "api_delivery": "delivery",
    "api_delivery_again": "delivery",
    "api_campaign": "campaign",
    "api_campaign_action": "campaign action",
    "api_campaign_settings": "campaign",
    "api_campaign_progress": "campaign",
    "api_guidelines": "campaign",
    "api_member_list": "campaign",
    "api_member_action": "member action",
    "api_task_list": "campaign",
    "api_label_list": "campaign",
    "api_flag_list": "campaign",
    "api_flag_resolve": "flag",
    "api_adjudication_list": "campaign",
    "api_adjudication_queue": "campaign",
    "api_adjudication": "labelled task",
    "api_adjudication_action": "task action",
    "api_next_task": "campaign",
    "api_standing": "campaign",
    "api_history": "campaign",
    "api_assignment": "assignment",
    "api_heartbeat": "assignment",
    "api_draft": "assignment",
    "api_submit": "assignment",
    "api_skip": "assignment",
    "api_flag": "assignment",
    "api_gold_list": "campaign",
    "api_gold_preview": "campaign",
    "api_gold": "gold",
    "api_gold_request": "gold request",
    "api_gold_request_retry": "gold request",
    "api_gold_differences": "gold",
    "api_export": "export",
    "api_export_file": "export",
    "api_export_action": "export action",
    "api_campaign_audit": "campaign",
    "api_build": "build",
    "api_build_progress": "build",
    "api_build_budget": "build",
    "api_build_again": "build",
    "api_build_release": "build",
    "api_build_merge": "build",
    "api_proposal_list": "build",
    "api_near_duplicates": "build",
    "api_proposal": "proposal",
    "api_proposal_action": "proposal action",
    "api_catalogue_differences": "catalogue",
    "api_batch_progress": "batch",
    "api_batch_settings": "batch",
    "api_run_items": "run",
    "api_run_judging": "run",
    "api_dataset_counts": "dataset",
    "api_endpoint_health": "endpoint",
    "api_qualification": "campaign",
    "api_qualification_start": "campaign",
    "api_qualification_item": "campaign",
    "api_qualification_answer": "answer",
    "api_qualification_people": "campaign",
    "api_quality": "campaign",
    "api_activity": "campaign",
    "api_alignment": "campaign",
    "api_adjudicator_list": "campaign",
    "api_guidelines_versions": "campaign",
    "api_control_list": "campaign",
    "api_control_candidates": "campaign",
    "api_controls_from_gold": "campaign",
    "api_control": "known item",
    "api_control_action": "known item action",
    "api_gold_left_out": "campaign",
    "api_invitation_list": "campaign",
    "api_invitation_revoke": "invitation of campaign",
    "api_account": "person",
    "api_account_action": "person action",
    "api_item_story": "item",
    "api_judge_verdicts": "judge",
}

POSTED = {
    "api_run_judge": {"judge": HEURISTIC_JUDGE},
    "api_build_estimate": {
        "dataset": "test questions",
        "endpoint": "proposer",
        "sample_size": 1,
        "per_question": 1,
    },
    "api_build_budget": {"money_budget": None},
    "api_gold_left_out": {"reason": "unlabelled"},
    "api_rubric_revise": {"instructions": "Rate it.", "anchors": ["a", "b", "c", "d", "e"]},
    "api_flag_resolve": {"resolution": "Looked at."},
    "api_draft": {"score": 4, "version": 0},
    "api_submit": {"score": "4", "submission_key": str(uuid.UUID(int=8)), "based_on": "0"},
    "api_skip": {"reason": "unclear"},
    "api_flag": {"reason": "other", "note": "?"},
    "campaign_add_members": {"usernames": "staff", "role": "lead"},
    "flag_resolve": {"resolution": "Looked at."},
    "campaign_invite": {"role": "annotator", "days": "7"},
    "quality_act": {"action": "pause", "reason": "On leave"},
    "qualification_decide": {"action": "qualify"},
    "admin_invite": {"days": "7"},
    "campaign_status": {"status": "paused"},
    "label_submit": {"score": "4", "comment": "", "submission_key": str(uuid.UUID(int=7)), "based_on": "0"},
    "label_skip": {"reason": "unclear"},
    "label_flag": {"reason": "other", "note": "?"},
    "label_draft": {"score": "4", "comment": "", "version": "0"},
    "proposal_review": {"action": "reject"},
    "screen_settings": {"keys": "{}"},
    "gold_release": {
        "rule": "majority",
        "states": ["open", "agreed"],
        "include_unresolved": "on",
        "minimum_labels": "0",
        "minimum_agreement": "0",
        "minimum_confidence": "0",
    },
    "validation_request": {"epsilon": "0.15"},
    "api_run_budgets": {"money_budget": "5", "call_budget": 100},
}


@pytest.fixture
def world() -> World:
    people = {name: build.person(name, staff=name == "staff") for name in PEOPLE if name != "nobody"}
    run = build.run_with_items(4)
    leads = [people["lead"], people["deactivated"], people["has left"]]
    campaign = build.campaign(run, [people["annotator"]], overlap=1, leads=leads)
    campaign.members.filter(user=people["has left"]).update(is_active=False)
    member = campaign.members.get(user=people["annotator"])
    done = claim_task(campaign=campaign, member=member)
    assert done is not None
    submit_label(assignment=done, score=4, comment="", submission_key=uuid.uuid4())
    Flag.objects.create(assignment=done, reason="other")
    in_hand = claim_task(campaign=campaign, member=member)
    assert in_hand is not None
    release = release_gold(campaign=campaign, created_by=people["lead"])
    build.campaign(
        build.run_with_items(1),
        [people["annotator elsewhere"]],
        overlap=1,
        leads=[people["lead elsewhere"]],
    )
    build.export(people["lead"], campaign)
    build.gold_request(campaign, people["lead"])
    _add_known_items(campaign, member)
    build.judgment(run.items.order_by("pk")[0], 4)
    create_token(user=people["lead"], name="t", scopes=["read"])
    heuristic_judge()
    refresh_result(run=run)
    _add_validation_report(campaign)
    request_export(
        requested_by=people["lead"], table="labels", format="csv", filters={"campaign": campaign.pk}
    )
    webhook = create_webhook(
        name="w", url="https://example.org", events=["gold.released"], actor=people["staff"]
    ).webhook
    ping_webhook(webhook=webhook, actor=people["staff"])
    batch = Batch.objects.create(name="batch")
    Run.objects.filter(pk=run.pk).update(batch=batch, status="running")
    invitation = invite(role="annotator", campaign=campaign, created_by=people["lead"])
    return World(run, batch, build.proposal(), campaign, release, in_hand.pk, invitation, people)


def _add_known_items(campaign: Campaign, member: Member) -> None:
    """A control item, a qualification item, and the annotator's answer to the latter."""
    for kind in ("control", "qualification"):
        response = build.item(campaign.runs.get()).responses.get(condition="personalised")
        item = add_control(campaign=campaign, response=response, score=4, kind=kind, actor=None)
    attempt = QualificationAttempt.objects.create(member=member, number=1)
    QualificationAnswer.objects.create(attempt=attempt, task=item, score=4, is_right=True)


def _add_validation_report(campaign: Campaign) -> None:
    """A report that is ready, so that there is something to show."""
    ValidationReport.objects.create(
        campaign=campaign,
        status="ready",
        settings=ValidationSettings().as_dict(),
        input_hash="0" * 64,
        code_version="0",
        document=_validation_document(),
        finished_at=timezone.now(),
    )


@cache
def _validation_document() -> dict[str, object]:
    """Of two people and a judge on three items; computed once, for it takes a while."""
    table = RatingTable.from_records(
        [(item, rater, 1 + item) for item in range(3) for rater in ("ann", "bob", "gpt")]
    )
    ratings = RatingSet("ordinal", table, (), ("ann", "bob"), ("gpt",), missing=0)
    given = ValidationInput(ratings=ratings, threshold=3, clusters=np.arange(3))
    return dict(validation_report(given, settings=ValidationSettings(resamples=20)).as_dict())


def _named_routes(patterns: list[URLPattern | URLResolver]) -> set[str]:
    names: set[str] = set()
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            if pattern.app_name != "admin":
                names |= _named_routes(pattern.url_patterns)
        elif pattern.name:
            names.add(pattern.name)
    return names


def test_every_route_has_a_row() -> None:
    assert _named_routes(get_resolver().url_patterns) == set(MATRIX)


@pytest.mark.parametrize("route", MATRIX)
def test_route_answers_as_the_matrix_says(world: World, route: str) -> None:
    _, *statuses = MATRIX[route]
    column = dict(zip(COLUMNS, statuses, strict=True))
    expected = {who: EXCEPTIONS.get((route, who), column[as_]) for who, as_ in PEOPLE.items()}
    answers = {who: _answer(world, route, who) for who in PEOPLE}
    assert {who: answer.status_code for who, answer in answers.items()} == expected
    if column["nobody"] == 302 and route != "logout":
        for who in ("nobody", "deactivated"):
            assert answers[who].headers["Location"].startswith("/login/?next=")


def _answer(world: World, route: str, who: str) -> HttpResponse:
    """What the person gets; what they changed is undone, so that everybody finds the same world."""
    client = Client()
    if who != "nobody":
        client.force_login(world.people[who])
    method = MATRIX[route][0]
    is_json = route.startswith("api_") and method != "get"
    form = {"content_type": "application/json"} if is_json else {}
    with transaction.atomic():
        User.objects.filter(username="deactivated").update(is_active=False)
        response: HttpResponse = getattr(client, method)(world.address(route), POSTED.get(route, {}), **form)
        if response.streaming:
            list(response)  # to its end, so that the file behind it is closed
        transaction.set_rollback(True)
    return response


def test_a_deactivated_person_is_nobody(world: World) -> None:
    client = Client()
    client.force_login(world.people["lead"])
    User.objects.filter(username="lead").update(is_active=False)
    assert client.get(world.address("campaign_detail")).status_code == 302


def test_the_annotators_page_shows_neither_model_nor_run_nor_judge(world: World) -> None:
    client = Client()
    client.force_login(world.people["annotator"])
    page = client.get(world.address("label_next")).content.decode()
    for hidden in (world.run.name, world.run.endpoint.model, "heuristic", world.run.method):
        assert hidden not in page
