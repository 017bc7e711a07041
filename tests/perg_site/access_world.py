"""The world in which everybody of the access matrix tries every route."""

import uuid
from dataclasses import dataclass
from functools import cache

import numpy as np
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotations.exports.services import request_export
from annotations.gold.services.gold import release_gold
from annotations.labelling.services.assignment import claim_task
from annotations.labelling.services.labels import submit_label
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
from annotations.people.services.invitations import Issued, invite
from annotations.quality.services.controls import withdraw_control
from core.models import ApiToken, Session, User
from core.users.tokens.tokens import create_token
from evaluation.engine.steps.prompts import current_prompt
from evaluation.judges.selectors import heuristic_judge
from evaluation.models import Batch, Judgment, Proposal, Run
from evaluation.results.services.results import refresh_result
from perg.stats.base.result import dump
from perg.stats.files.rating_set import RatingSet
from perg.stats.gold.gold_criteria import EVERY_TASK
from perg.stats.items.validation_input import ValidationInput, ValidationSettings
from perg.stats.ratings.ratings import RatingTable
from perg.stats.report.validation import validation_report
from perg_site.models import Delivery, Webhook
from perg_site.webhooks.managing import create_webhook, ping_webhook
from tests import build
from tests.perg_site.access_matrix import PEOPLE
from tests.perg_site.access_requests import ADDRESSES


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
            "import job": {"job_id": self.people["lead"].importjobs.get().pk},
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
            "lead and token": {
                "user_id": self.people["lead"].pk,
                "token_id": ApiToken.objects.get(user=self.people["lead"]).pk,
            },
            "session of the lead": {
                "public_id": Session.objects.filter(user=self.people["lead"]).earliest("began_at").public_id
            },
            "security action": {"user_id": self.people["annotator"].pk, "action": "end_sessions"},
            "": {},
        }
        return reverse(route, kwargs=arguments[ADDRESSES.get(route, "")])

    def _export(self) -> int:
        return Export.objects.get(requested_by=self.people["lead"], table="labels").pk

    def _judgment(self) -> Judgment:
        return Judgment.objects.get(response__item__run=self.run)

    def _labelled(self) -> int:
        return self.campaign.tasks.get(state="agreed").pk


def build_world() -> World:
    """Everything that an address of the matrix can be made of."""
    people = {name: build.person(name, staff=name == "staff") for name in PEOPLE if name != "nobody"}
    run = build.run_with_items(4)
    leads = [people["lead"], people["deactivated"], people["has left"]]
    campaign = build.campaign(run, [people["annotator"]], overlap=1, leads=leads)
    campaign.members.filter(user=people["has left"]).update(is_active=False)
    member = campaign.members.get(user=people["annotator"])
    done = claim_task(member=member)
    assert done is not None
    submit_label(assignment=done, score=4, comment="", submission_key=uuid.uuid4())
    Flag.objects.create(assignment=done, reason="other")
    in_hand = claim_task(member=member)
    assert in_hand is not None
    release = release_gold(campaign=campaign, criteria=EVERY_TASK, created_by=people["lead"])
    build.campaign(
        build.run_with_items(1),
        [people["annotator elsewhere"]],
        overlap=1,
        leads=[people["lead elsewhere"]],
    )
    build.export(people["lead"], campaign)
    build.gold_request(campaign, people["lead"])
    build.import_job(people["lead"])
    _add_known_items(campaign, member)
    build.judgment(run.items.order_by("pk")[0], 4)
    create_token(user=people["lead"], name="t", scopes=["read"])
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
    Client().force_login(people["lead"])  # a session of theirs
    return World(run, batch, build.proposal(), campaign, release, in_hand.pk, invitation, people)


def _add_known_items(campaign: Campaign, member: Member) -> None:
    """A control item, a qualification item, and the annotator's answer to one that has been withdrawn."""
    for kind in ("control", "qualification"):
        response = build.item(campaign.runs.get()).responses.get(condition="personalised")
        build.control(campaign=campaign, response=response, score=4, kind=kind, actor=None)
    response = build.item(campaign.runs.get()).responses.get(condition="personalised")
    item = build.control(campaign=campaign, response=response, score=4, kind="qualification", actor=None)
    attempt = QualificationAttempt.objects.create(
        member=member, number=1, finished_at=timezone.now(), passed=False
    )
    QualificationAnswer.objects.create(attempt=attempt, task=item, score=1, is_right=False)
    withdraw_control(task=item, actor=member.user)
    QualificationAttempt.objects.create(member=member, number=2)


def _add_validation_report(campaign: Campaign) -> None:
    """A report that is ready, so that there is something to show."""
    ValidationReport.objects.create(
        campaign=campaign,
        status="ready",
        settings=dump(ValidationSettings()),
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
    return dump(validation_report(given, settings=ValidationSettings(resamples=20)))
