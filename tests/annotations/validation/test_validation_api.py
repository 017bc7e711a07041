"""Validation reports over REST."""

import json
from typing import Any

import pytest
from django.test import Client

from annotations.models import Campaign, ImportedRating, ValidationReport
from annotations.validation.api.validation import StoredReport
from annotations.validation.services.ratings_import import RatingsFile, RatingsSpec, import_ratings
from core.api.json_schema import json_schema
from core.jobs.leasing import run_job
from core.models import User
from tests import build

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead() -> User:
    return build.person("lead")


@pytest.fixture
def campaign(lead: User) -> Campaign:
    text = "item,ann,bob,gpt\n" + "".join(f"q{i},{1 + i % 5},{1 + i % 4},{1 + i % 3}\n" for i in range(20))
    rows = ["item,rater,kind,score"]
    header, *lines = text.split()
    for line in lines:
        item, *scores = line.split(",")
        for rater, score in zip(header.split(",")[1:], scores, strict=True):
            rows.append(f"{item},{rater},{'judge' if rater == 'gpt' else 'human'},{score}")
    files = [RatingsFile("a.csv", "\n".join(rows))]
    return import_ratings(
        spec=RatingsSpec(name="ours", files=files, scale="ordinal"), created_by=lead
    ).campaign


@pytest.fixture
def client(lead: User) -> Client:
    client = Client()
    client.force_login(lead)
    return client


def address(campaign: Campaign, end: str = "") -> str:
    return f"/api/v1/campaigns/{campaign.pk}/validation/{end}"


def ask(client: Client, campaign: Campaign, **settings: object) -> Any:
    return client.post(address(campaign), settings, content_type="application/json")


def compute() -> ValidationReport:
    return run_job(ValidationReport.objects.get(status="queued"))


def test_from_nothing_to_a_report(client: Client, campaign: Campaign) -> None:
    assert client.get(address(campaign)).status_code == 404
    assert client.get(address(campaign)).json()["code"] == "no_report"
    answer = ask(client, campaign, epsilon=0.1, scoring="accuracy")
    assert answer.status_code == 202
    assert answer.json()["report"]["status"] == "queued"
    waiting = client.get(address(campaign))
    assert (waiting.status_code, waiting.headers["Retry-After"]) == (202, "5")
    stored = compute()
    answer = client.get(address(campaign))
    assert answer.status_code == 200
    said = answer.json()
    state = said.pop("report")
    assert said == stored.document
    assert state["stale"] == ""
    assert state["input_hash"] == stored.input_hash
    assert said["settings"]["epsilon"] == 0.1
    assert said["judges"][0]["alternative_annotator_test"]["scoring"] == "accuracy"
    assert said["definitions"]["epsilon"]
    assert ask(client, campaign, epsilon=0.1, scoring="accuracy").status_code == 200


def test_an_unchanged_report_is_not_sent_again_and_a_stale_one_is(client: Client, campaign: Campaign) -> None:
    ask(client, campaign)
    compute()
    etag = client.get(address(campaign)).headers["ETag"]
    unchanged = client.get(address(campaign), headers={"If-None-Match": etag})
    assert (unchanged.status_code, unchanged.content, unchanged.headers["ETag"]) == (304, b"", etag)
    ImportedRating.objects.filter(item__external_id="q0", rater="gpt").update(value="5")
    stale = client.get(address(campaign), headers={"If-None-Match": etag})
    assert stale.status_code == 200
    assert "have changed since" in stale.json()["report"]["stale"]
    assert stale.headers["ETag"] != etag


def test_a_failed_report_shows_its_reason(client: Client, campaign: Campaign) -> None:
    ask(client, campaign)
    ValidationReport.objects.update(
        status="failed", failure="ValueError: no", failure_code="broken_off", finished_at=campaign.created_at
    )
    answer = client.get(address(campaign))
    assert answer.status_code == 404
    assert answer.json()["code"] == "report_failed"
    assert answer.json()["report"]["failure"] == "ValueError: no"


@pytest.mark.parametrize(
    "settings", [{"epsilon": 1.5}, {"epsilon": "x"}, {"scoring": "taste"}, {"epsilon": 1}]
)
def test_settings_out_of_range_are_refused(
    client: Client, campaign: Campaign, settings: dict[str, object]
) -> None:
    assert ask(client, campaign, **settings).status_code == 400
    assert not ValidationReport.objects.exists()


def test_the_document_is_as_its_schema_says(client: Client, campaign: Campaign) -> None:
    ask(client, campaign)
    compute()
    schema = client.get(address(campaign, "schema/")).json()
    document = client.get(address(campaign)).json()
    assert problems(document, schema, schema["$defs"]) == []
    assert schema["$defs"]["StoredReport"]["properties"]["definitions"]
    for broken in (
        document | {"judges": "none"},
        document | {"more": 1},
        {key: value for key, value in document.items() if key != "people"},
        document | {"people": document["people"] | {"alpha": {"value": "high"}}},
    ):
        assert problems(broken, schema, schema["$defs"])


def test_the_schema_describes_the_terms_that_it_defines() -> None:
    schema = json_schema(StoredReport, title="t", descriptions={"alpha": "What α is."})
    assert schema["$defs"]["People"]["properties"]["alpha"]["description"] == "What α is."


def problems(value: Any, schema: dict[str, Any], defs: dict[str, Any], where: str = "") -> list[str]:
    """What of a JSON value is not as the schema says: the keywords that our schemas use."""
    if "$ref" in schema:
        return problems(value, defs[schema["$ref"].removeprefix("#/$defs/")], defs, where)
    if "anyOf" in schema:
        options = [problems(value, choice, defs, where) for choice in schema["anyOf"]]
        return [] if [] in options else min(options, key=len)
    if "enum" in schema:
        return [] if value in schema["enum"] else [f"{where}: {value!r}"]
    kind = schema.get("type", "")
    types: dict[str, type | tuple[type, ...]] = {
        "string": str,
        "integer": int,
        "number": (int, float),
        "boolean": bool,
        "null": type(None),
    }
    if kind in types:
        fits = isinstance(value, types[kind]) and (kind == "boolean" or not isinstance(value, bool))
        return [] if fits else [f"{where}: {value!r} is no {kind}"]
    if kind == "array":
        if not isinstance(value, list):
            return [f"{where}: no array"]
        return [
            p for i, part in enumerate(value) for p in problems(part, schema["items"], defs, f"{where}[{i}]")
        ]
    if kind != "object":
        return []
    if not isinstance(value, dict):
        return [f"{where}: no object"]
    known, rest = schema.get("properties", {}), schema.get("additionalProperties", True)
    found_here = [f"{where}.{key} is missing" for key in schema.get("required", []) if key not in value]
    for key, part in value.items():
        if key in known:
            found_here += problems(part, known[key], defs, f"{where}.{key}")
        elif rest is False:
            found_here.append(f"{where}.{key} is not known")
        elif isinstance(rest, dict):
            found_here += problems(part, rest, defs, f"{where}.{key}")
    return found_here


def test_no_number_in_a_report_is_not_a_number(client: Client, campaign: Campaign) -> None:
    ask(client, campaign)
    json.dumps(compute().document, allow_nan=False)
