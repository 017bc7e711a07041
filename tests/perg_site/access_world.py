"""The world in which everybody of the access matrix tries every route."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from django.conf import settings
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
    ImportedItem,
    ItemJudge,
    ItemJudgeTrial,
    Member,
    QualificationAnswer,
    QualificationAttempt,
    SavedMapping,
    TableUpload,
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
from tests import build, judged_items
from tests.imported_items import imported_campaign
from tests.perg_site.access_matrix import PEOPLE
from tests.perg_site.access_requests import ADDRESSES
from tests.table_uploads import saved_mapping, table_upload


@dataclass(frozen=True)
class World:
    """A campaign on a running run, a task in the annotator's hand, a label and a release, and people around it."""

    run: Run
    batch: Batch
    proposal: Proposal
    campaign: Campaign
    imported: Campaign
    release: GoldRelease
    assignment: int
    invitation: Issued
    people: dict[str, User]
    sessions: dict[str, str]

    def client(self, who: str, *, raise_request_exception: bool = True) -> Client:
        """A browser of the person, logged in when the world was built; of "nobody", one without a session."""
        client = Client(raise_request_exception=raise_request_exception)
        if who in self.sessions:
            client.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[who]
        return client

    def address(self, route: str) -> str:
        arguments: dict[str, Callable[[], dict[str, object]]] = {
            "run": lambda: {"run_id": self.run.pk},
            "control": lambda: {"run_id": self.run.pk, "action": "pause"},
            "batch": lambda: {"batch_id": self.batch.pk},
            "catalogue": lambda: {"catalogue_id": build.preference().catalogue_id},
            "build": lambda: {"build_id": self.proposal.build_id},
            "proposal": lambda: {"proposal_id": self.proposal.pk},
            "proposal action": lambda: {"proposal_id": self.proposal.pk, "action": "accept"},
            "campaign": lambda: {"campaign_id": self.campaign.pk},
            "imported campaign": lambda: {"campaign_id": self.imported.pk},
            "assignment": lambda: {"assignment_id": self.assignment},
            "member": lambda: {
                "campaign_id": self.campaign.pk,
                "member_id": self.campaign.members.get(user=self.people["has left"]).pk,
                "change": "reactivate",
            },
            "annotator": lambda: {
                "campaign_id": self.campaign.pk,
                "member_id": self.campaign.members.get(user=self.people["annotator"]).pk,
            },
            "labelled task": lambda: {"campaign_id": self.campaign.pk, "task_id": self._labelled()},
            "act": lambda: {"campaign_id": self.campaign.pk, "task_id": self._labelled(), "act": "send"},
            "flag": lambda: {"campaign_id": self.campaign.pk, "flag_id": Flag.objects.get().pk},
            "known item": lambda: {
                "campaign_id": self.campaign.pk,
                "task_id": self.campaign.tasks.get(kind="control").pk,
            },
            "known item action": lambda: {
                "campaign_id": self.campaign.pk,
                "task_id": self.campaign.tasks.get(kind="control").pk,
                "action": "withdraw",
            },
            "answer": lambda: {
                "campaign_id": self.campaign.pk,
                "answer_id": QualificationAnswer.objects.get().pk,
            },
            "imported item": lambda: {
                "campaign_id": self.campaign.pk,
                "item_id": self.campaign.imported_items.get().pk,
            },
            "invitation": lambda: {"invitation_id": self.invitation.invitation.pk},
            "invitation of campaign": lambda: {
                "campaign_id": self.campaign.pk,
                "invitation_id": self.invitation.invitation.pk,
            },
            "token": lambda: {"token": self.invitation.token},
            "person": lambda: {"user_id": self.people["annotator"].pk},
            "person change": lambda: {"user_id": self.people["annotator"].pk, "change": "deactivate"},
            "person action": lambda: {"user_id": self.people["annotator"].pk, "action": "deactivate"},
            "reset": lambda: {"uidb64": "MQ", "token": "wrong"},
            "release": lambda: {"release_id": self.release.pk, "extension": "csv"},
            "gold release": lambda: {"release_id": self.release.pk},
            "left out": lambda: {"campaign_id": self.campaign.pk, "reason": "unlabelled"},
            "table": lambda: {"table": "labels"},
            "table file": lambda: {"table": "labels", "extension": "csv"},
            "ready export": lambda: {"export_id": Export.objects.get(status="ready").pk},
            "ready export act": lambda: {
                "export_id": Export.objects.get(status="ready").pk,
                "act": "discard",
            },
            "report": lambda: {"campaign_id": self.campaign.pk, "extension": "json"},
            "item": lambda: {"item_id": self.campaign.tasks.get(state="agreed").response.item_id},
            "results file": lambda: {"extension": "csv"},
            "result figure": lambda: {"figure": "by-method", "extension": "pdf"},
            "figure": lambda: {"campaign_id": self.campaign.pk, "figure": "skill"},
            "webhook": lambda: {"webhook_id": Webhook.objects.get().pk},
            "webhook act": lambda: {"webhook_id": Webhook.objects.get().pk, "act": "pause"},
            "webhook action": lambda: {"webhook_id": Webhook.objects.get().pk, "action": "pause"},
            "delivery": lambda: {
                "webhook_id": Webhook.objects.get().pk,
                "delivery_id": Delivery.objects.get().pk,
            },
            "campaign action": lambda: {"campaign_id": self.campaign.pk, "action": "pause"},
            "member action": lambda: {
                "campaign_id": self.campaign.pk,
                "member_id": self.campaign.members.get(user=self.people["has left"]).pk,
                "action": "restore",
            },
            "task action": lambda: {
                "campaign_id": self.campaign.pk,
                "task_id": self._labelled(),
                "action": "send",
            },
            "gold": lambda: {"release_id": self.release.pk},
            "table upload": lambda: {"upload_id": TableUpload.objects.get().pk},
            "saved mapping": lambda: {"mapping_id": SavedMapping.objects.get().pk},
            "import job": lambda: {"job_id": self.people["lead"].importjobs.get().pk},
            "gold request": lambda: {"request_id": self.campaign.gold_requests.get().pk},
            "export": lambda: {"export_id": self._export()},
            "export action": lambda: {"export_id": self._export(), "action": "retry"},
            "dataset": lambda: {"dataset_id": self.run.dataset_id},
            "endpoint trial": lambda: {
                "endpoint_id": self.run.endpoint_id,
                "completion_id": build.trial(self.run.endpoint).pk,
            },
            "judge trial": lambda: {
                "judge_id": heuristic_judge().pk,
                "completion_id": build.trial(heuristic_judge().endpoint).pk,
            },
            "endpoint": lambda: {"endpoint_id": self.run.endpoint_id},
            "rubric": lambda: {"rubric_id": self.campaign.rubric_id},
            "judge": lambda: {"judge_id": heuristic_judge().pk},
            "prompt": lambda: {"prompt_id": current_prompt("baseline").pk},
            "response": lambda: {"response_id": self._judgment().response_id},
            "judgment": lambda: {"judgment_id": self._judgment().pk},
            "token of the lead": lambda: {"token_id": ApiToken.objects.get(user=self.people["lead"]).pk},
            "lead and token": lambda: {
                "user_id": self.people["lead"].pk,
                "token_id": ApiToken.objects.get(user=self.people["lead"]).pk,
            },
            "session of the lead": lambda: {
                "public_id": Session.objects.filter(user=self.people["lead"]).earliest("began_at").public_id
            },
            "security action": lambda: {"user_id": self.people["annotator"].pk, "action": "end_sessions"},
            "item campaign": lambda: {"campaign_id": self.item_judge().campaign_id},
            "item judge": lambda: self._item_judge("judge_id"),
            "new item judge": lambda: self._item_judge("judge_id", state="new"),
            "item judge action": lambda: {**self._item_judge("judge_id"), "action": "pause"},
            "page of item judge test": lambda: self._item_judge_test("trial_id"),
            "api item judge": lambda: self._item_judge("item_judge_id"),
            "new api item judge": lambda: self._item_judge("item_judge_id", state="new"),
            "api item judge action": lambda: {**self._item_judge("item_judge_id"), "action": "pause"},
            "item judge test": lambda: self._item_judge_test("item_judge_trial_id"),
            "": dict,
        }
        return reverse(route, kwargs=arguments[ADDRESSES.get(route, "")]())

    def item_judge(self, state: str = "running") -> ItemJudge:
        return ItemJudge.objects.get(state=state)

    def _item_judge(self, argument: str, *, state: str = "running") -> dict[str, object]:
        judge = self.item_judge(state)
        return {"campaign_id": judge.campaign_id, argument: judge.pk}

    def _item_judge_test(self, argument: str) -> dict[str, object]:
        trial = ItemJudgeTrial.objects.get()
        return {"campaign_id": trial.campaign_id, argument: trial.pk}

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
    imported = imported_campaign()
    for of in campaign.members.all():
        Member.objects.create(campaign=imported, user=of.user, role=of.role, is_active=of.is_active)
    release = release_gold(campaign=campaign, criteria=EVERY_TASK, created_by=people["lead"])
    build.campaign(
        build.run_with_items(1),
        [people["annotator elsewhere"]],
        overlap=1,
        leads=[people["lead elsewhere"]],
    )
    ImportedItem.objects.create(campaign=campaign, external_id="q1", position=0)
    build.export(people["lead"], campaign)
    build.gold_request(campaign, people["lead"])
    build.import_job(people["lead"])
    table_upload(people["lead"])
    saved_mapping(people["lead"])
    _add_known_items(campaign, member)
    judged_items.add_judges(campaign)
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
    sessions = {name: _session(person) for name, person in people.items()}
    return World(
        run, batch, build.proposal(), campaign, imported, release, in_hand.pk, invitation, people, sessions
    )


def _session(person: User) -> str:
    """The value of the cookie of a browser where the person has just logged in."""
    client = Client()
    client.force_login(person)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


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
