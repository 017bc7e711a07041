"""Judging items over REST."""

import pytest
from django.test import Client

from annotations.models import Campaign, ItemJudge
from core.models import User
from evaluation.engine.calls.drain import drain
from tests import build
from tests.judged_items import CLARITY, FAITHFUL, go_on, item_campaign, item_judge, rate
from tests.query_counts import check_query_count
from tests.stub_llm import StubProcess

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> User:
    return build.person("admin", staff=True)


@pytest.fixture
def program(admin: User) -> Client:
    return Client(headers=build.bearer(admin, "read", "manage"))


@pytest.fixture
def campaign() -> Campaign:
    return item_campaign(CLARITY, FAITHFUL, items=5)


def _address(campaign: Campaign, path: str = "") -> str:
    return f"/api/v1/campaigns/{campaign.pk}/judges/{path}"


def test_a_program_looks_at_a_judge_tries_makes_starts_and_reads_it(
    program: Client, campaign: Campaign, providers: StubProcess
) -> None:
    endpoint = build.stub_endpoint(providers)
    body = {"name": "GPT", "endpoint": "stub", "criteria": ["clarity"]}
    preview = program.post(_address(campaign, "preview/"), body, "application/json").json()
    assert preview["problems"] == []
    assert "How clear is the summary?" in preview["request"]["messages"][-1]["content"]
    trial = program.post(_address(campaign, "tests/"), {**body, "item": "item-3"}, "application/json")
    assert trial.status_code == 202
    drain(endpoint)
    outcome = program.get(_address(campaign, f"tests/{trial.json()['id']}/")).json()
    assert outcome["item"] == "item-3"
    assert outcome["answers"][0]["answer"] in "12345"
    made = program.post(_address(campaign), body, "application/json")
    assert made.status_code == 201
    judge = made.json()
    assert (judge["rater"], judge["state"], judge["criteria"]) == ("GPT v1", "new", ["clarity"])
    estimate = program.post(_address(campaign, f"{judge['id']}/estimate/"), {}, "application/json").json()
    assert (estimate["items"], estimate["calls"]) == (5, 5)
    assert float(estimate["cost"]) > 0
    started = program.post(
        _address(campaign, f"{judge['id']}/start/"), {"sample_size": 4}, "application/json"
    )
    assert started.status_code == 202
    go_on(ItemJudge.objects.get())
    progress = program.get(_address(campaign, f"{judge['id']}/progress/")).json()
    assert (progress["state"], progress["scored"], progress["total"]) == ("complete", 4, 4)
    assert progress["criteria"] == [{"key": "clarity", "scored": 4, "unscored": 0}]
    judgments = program.get(_address(campaign, f"{judge['id']}/judgments/"), {"state": "scored"}).json()
    assert len(judgments["results"]) == 4
    assert "because of the stub" in judgments["results"][0]["reply"]


def test_what_cannot_be_made_names_the_field(
    program: Client, campaign: Campaign, providers: StubProcess
) -> None:
    build.stub_endpoint(providers)
    for body in (
        {"name": "GPT", "endpoint": "no such"},
        {"name": "GPT", "endpoint": "heuristic"},
        {"name": "GPT", "endpoint": "stub", "criteria": ["no such"]},
        {"name": "GPT", "endpoint": "stub", "examples": ["item-1"]},
        {"name": "GPT", "endpoint": "stub", "temprature": 1},
        {"name": "\x00", "endpoint": "stub"},
    ):
        assert program.post(_address(campaign), body, "application/json").status_code == 400, body
    assert not ItemJudge.objects.exists()


def test_a_campaign_on_runs_has_no_such_judges(program: Client, admin: User) -> None:
    campaign = build.campaign(build.run_with_items(1), [admin], overlap=1)
    assert program.get(_address(campaign)).status_code == 404


def test_a_lead_reads_and_pauses_only(campaign: Campaign, providers: StubProcess) -> None:
    lead = build.person("lead")
    campaign.members.create(user=lead, role="lead")
    judge = item_judge(campaign, build.stub_endpoint(providers))
    client = Client(headers=build.bearer(lead, "read", "manage"))
    assert client.get(_address(campaign)).json()["results"][0]["name"] == "GPT"
    body = {"name": "GPT", "endpoint": "stub"}
    assert client.post(_address(campaign), body, "application/json").status_code == 403
    assert client.post(_address(campaign, f"{judge.pk}/start/"), {}, "application/json").status_code == 403
    ItemJudge.objects.update(state="running")
    assert client.post(_address(campaign, f"{judge.pk}/pause/")).json()["state"] == "paused"
    assert client.post(_address(campaign, f"{judge.pk}/resume/")).status_code == 403
    elsewhere = build.person("lead elsewhere")
    item_campaign(CLARITY, leads=[elsewhere])
    outsider = Client(headers=build.bearer(elsewhere, "read", "manage"))
    assert outsider.get(_address(campaign)).status_code == 404
    assert outsider.post(_address(campaign, f"{judge.pk}/pause/")).status_code == 404


def test_the_same_start_sent_twice_starts_once(
    program: Client, campaign: Campaign, providers: StubProcess
) -> None:
    judge = item_judge(campaign, build.stub_endpoint(providers))
    address, key = _address(campaign, f"{judge.pk}/start/"), {"Idempotency-Key": "k"}
    first = program.post(address, {}, "application/json", headers=key)
    again = program.post(address, {}, "application/json", headers=key)
    assert (first.status_code, again.status_code) == (202, 202)
    assert program.post(address, {}, "application/json").status_code == 409


@pytest.mark.parametrize(
    ("name", "path"), [("api_item_judge_list", ""), ("api_item_judgment_list", "{}/judgments/")]
)
def test_lists_take_as_many_queries_for_many_rows_as_for_few(
    program: Client, campaign: Campaign, providers: StubProcess, name: str, path: str
) -> None:
    endpoint = build.stub_endpoint(providers)
    first = item_judge(campaign, endpoint, name="First")

    def add(count: int) -> None:
        for _ in range(count):
            item_judge(campaign, endpoint)
        items = campaign.imported_items.filter(judgments__isnull=True)[:count]
        first.judgments.bulk_create(first.judgments.model(judge=first, item=item) for item in items)

    rate(campaign, "clarity", {0: "1"})
    check_query_count(name, add_rows=add, ask=lambda: program.get(_address(campaign, path.format(first.pk))))
