"""Who may reach which address: owner (lead), member (annotator), outsider, staff and nobody, for every route."""

import uuid
from dataclasses import dataclass

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from annotations.models import Campaign, GoldRelease
from annotations.services.assignment import claim_task
from annotations.services.gold import release_gold
from annotations.services.labels import submit_label
from evaluation.models import Batch, Proposal, Run
from tests import build

pytestmark = pytest.mark.django_db

PEOPLE = ["nobody", "outsider", "annotator", "lead", "staff"]

# Route: method, then the status for each of PEOPLE. 302 for nobody leads to the login page. An assignment is the
# annotator's own: not even staff may write in it.
MATRIX: dict[str, tuple[str, int, int, int, int, int]] = {
    "home": ("get", 302, 200, 200, 200, 200),
    "health": ("get", 200, 200, 200, 200, 200),
    "login": ("get", 200, 302, 302, 302, 302),
    "logout": ("post", 302, 302, 302, 302, 302),
    "password_change": ("get", 302, 200, 200, 200, 200),
    "run_list": ("get", 302, 404, 404, 404, 200),
    "run_import": ("get", 302, 404, 404, 404, 200),
    "run_detail": ("get", 302, 404, 404, 404, 200),
    "run_judging": ("get", 302, 404, 404, 404, 200),
    "run_judge": ("post", 302, 404, 404, 404, 302),
    "run_progress": ("get", 302, 404, 404, 404, 200),
    "run_budgets": ("post", 302, 404, 404, 404, 302),
    "run_control": ("post", 302, 404, 404, 404, 302),
    "batch_list": ("get", 302, 404, 404, 404, 200),
    "batch_launch": ("get", 302, 404, 404, 404, 200),
    "batch_estimate": ("post", 302, 404, 404, 404, 200),
    "batch_detail": ("get", 302, 404, 404, 404, 200),
    "catalogue_list": ("get", 302, 404, 404, 404, 200),
    "catalogue_detail": ("get", 302, 404, 404, 404, 200),
    "build_create": ("get", 302, 404, 404, 404, 200),
    "build_detail": ("get", 302, 404, 404, 404, 200),
    "build_ask_again": ("post", 302, 404, 404, 404, 409),
    "build_release": ("post", 302, 404, 404, 404, 409),
    "build_merge": ("post", 302, 404, 404, 404, 400),
    "proposal_review": ("post", 302, 404, 404, 404, 302),
    "campaign_list": ("get", 302, 200, 200, 200, 200),
    "campaign_create": ("get", 302, 404, 404, 404, 200),
    "campaign_detail": ("get", 302, 404, 404, 200, 200),
    "campaign_status": ("post", 302, 404, 404, 302, 302),
    "label_next": ("get", 302, 404, 200, 200, 403),
    "campaign_agreement": ("get", 302, 404, 404, 200, 200),
    "gold_release": ("post", 302, 404, 404, 302, 302),
    "gold_export": ("get", 302, 404, 404, 200, 200),
    "label_submit": ("post", 302, 404, 302, 404, 404),
    "label_draft": ("post", 302, 404, 200, 404, 404),
    "label_heartbeat": ("post", 302, 404, 200, 404, 404),
    "api_run_list": ("get", 401, 403, 403, 403, 200),
    "api_run_metrics": ("get", 401, 403, 403, 403, 200),
    "api_run_progress": ("get", 401, 403, 403, 403, 200),
    "api_run_budgets": ("put", 401, 403, 403, 403, 200),
    "api_run_control": ("post", 401, 403, 403, 403, 200),
    "api_batch_list": ("get", 401, 403, 403, 403, 200),
    "api_batch_estimate": ("post", 401, 403, 403, 403, 400),
    "api_campaign_list": ("get", 401, 200, 200, 200, 200),
    "api_agreement": ("get", 401, 404, 404, 200, 200),
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
    people: dict[str, User]

    def address(self, route: str) -> str:
        arguments: dict[str, dict[str, object]] = {
            "run": {"run_id": self.run.pk},
            "control": {"run_id": self.run.pk, "action": "pause"},
            "batch": {"batch_id": self.batch.pk},
            "catalogue": {"catalogue_id": build.preference().catalogue_id},
            "build": {"build_id": self.proposal.build_id},
            "proposal": {"proposal_id": self.proposal.pk},
            "campaign": {"campaign_id": self.campaign.pk},
            "assignment": {"assignment_id": self.assignment},
            "release": {"release_id": self.release.pk, "extension": "csv"},
            "": {},
        }
        return reverse(route, kwargs=arguments[_takes(route)])


def _takes(route: str) -> str:
    if route == "gold_export":
        return "release"
    if route in {"label_submit", "label_draft", "label_heartbeat"}:
        return "assignment"
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
        "label_next",
        "campaign_agreement",
        "gold_release",
        "api_agreement",
    }:
        return "campaign"
    return ""


POSTED = {
    "campaign_status": {"status": "paused"},
    "label_submit": {"score": "4", "comment": "", "submission_key": str(uuid.UUID(int=7))},
    "label_draft": {"score": "4", "comment": "", "version": "0"},
    "proposal_review": {"action": "reject"},
    "api_run_budgets": {"money_budget": "5", "call_budget": 100},
}


@pytest.fixture
def world() -> World:
    people = {name: build.person(name, staff=name == "staff") for name in PEOPLE if name != "nobody"}
    run = build.run_with_items(4)
    campaign = build.campaign(run, [people["annotator"]], overlap=1, leads=[people["lead"]])
    member = campaign.members.get(user=people["annotator"])
    done = claim_task(campaign=campaign, member=member)
    assert done is not None
    submit_label(assignment=done, score=4, comment="", submission_key=uuid.uuid4())
    in_hand = claim_task(campaign=campaign, member=member)
    assert in_hand is not None
    release = release_gold(campaign=campaign, created_by=people["lead"])
    # An outsider to this campaign is a lead of another one.
    build.campaign(build.run_with_items(1), [people["outsider"]], overlap=1, leads=[people["outsider"]])
    batch = Batch.objects.create(name="batch")
    Run.objects.filter(pk=run.pk).update(batch=batch, status="running")
    return World(run, batch, build.proposal(), campaign, release, in_hand.pk, people)


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


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("route", MATRIX)
def test_route_answers_as_the_matrix_says(world: World, route: str, who: str) -> None:
    method, *statuses = MATRIX[route]
    client = Client()
    if who != "nobody":
        client.force_login(world.people[who])
    form = {"content_type": "application/json"} if method == "put" else {}
    response = getattr(client, method)(world.address(route), POSTED.get(route, {}), **form)
    assert response.status_code == statuses[PEOPLE.index(who)]
    if who == "nobody" and response.status_code == 302 and route != "logout":
        assert response.headers["Location"].startswith("/login/?next=")


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
