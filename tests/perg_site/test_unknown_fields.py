"""A field with a typing error in it never looks as if it counted: every write of the API refuses unknown fields."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.urls import resolve

from evaluation.models import CatalogueBuild, Endpoint, Run
from perg_site.api.views import document
from tests import build
from tests.api_person import Person
from tests.perg_site.access_matrix import MATRIX
from tests.perg_site.access_world import World

pytestmark = pytest.mark.django_db

WRITES = {"post", "put", "patch", "delete"}
UNKNOWN = "money_budjet"
CONVERTER, NAME_IN_BRACES = re.compile(r"<(?:\w+:)?(\w+)>"), r"{\1}"
UPLOADS = "multipart/form-data"
# An assignment is the annotator's own, and so is their way through the qualification round; the export is the lead's.
WHO = {"assignments": "annotator", "next": "annotator", "qualification": "annotator", "exports": "lead"}


def _writes() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, operations in document()["paths"].items():
        for method, operation in operations.items():
            if method in WRITES:
                yield path, method, operation


def _addresses(world: World) -> dict[str, str]:
    """An address that exists for every pattern of the API, by the access matrix."""
    existing = [world.address(route) for route in MATRIX if route.startswith("api_")]
    return {f"/{CONVERTER.sub(NAME_IN_BRACES, resolve(each).route)}": each for each in existing}


def _valid_looking(schema: dict[str, Any], components: dict[str, Any]) -> Any:
    """A value of the schema's type, with every required field."""
    if "$ref" in schema:
        return _valid_looking(components[schema["$ref"].rpartition("/")[2]], components)
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return _valid_looking(schema[choice][0], components)
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    if "enum" in schema:
        return schema["enum"][0]
    if kind == "object":
        required = schema.get("required", ())
        return {name: _valid_looking(schema["properties"][name], components) for name in required}
    if kind == "array":
        return [_valid_looking(schema["items"], components)] * schema.get("minItems", 1)
    return {"integer": 1, "number": 1, "boolean": True}.get(str(kind), "x")


@pytest.mark.slow
def test_every_write_refuses_an_unknown_field_by_name(world: World) -> None:
    taken = {}
    writes = list(_writes())
    addresses = _addresses(world)
    for path, method, operation in writes:
        response = _sent_with_unknown_field(world, addresses[path], method, operation)
        errors = response.json().get("errors", []) if response.status_code == 400 else []
        if not any((each["field"], each["code"]) == (UNKNOWN, "unknown_field") for each in errors):
            taken[f"{method} {path}"] = (response.status_code, response.content[:200])
    assert len(writes) > 60
    assert taken == {}


def _sent_with_unknown_field(world: World, address: str, method: str, operation: dict[str, Any]) -> Any:
    who = next((who for part, who in WHO.items() if f"/{part}/" in address), "staff")
    client = world.client(who)
    content = operation.get("requestBody", {}).get("content", {})
    schema: dict[str, Any] = next(iter(content.values()))["schema"] if content else {"type": "object"}
    body = {**_valid_looking(schema, document()["components"]["schemas"]), UNKNOWN: "5"}
    with transaction.atomic():
        if UPLOADS in content:
            response: Any = getattr(client, method)(address, body)
        else:
            response = client.generic(method.upper(), address, json.dumps(body), "application/json")
        transaction.set_rollback(True)
    return response


@pytest.fixture
def staff_person() -> Person:
    return Person(build.person("admin", staff=True))


def test_the_nearest_field_is_named(staff_person: Person) -> None:
    answer = staff_person.post("batches/", {"name": "x", "money_budjet": "5.00"})
    (detail,) = [error["detail"] for error in answer.json()["errors"] if error["field"] == "money_budjet"]
    assert "Did you mean “money_budget”?" in detail


def test_a_criterion_beside_the_criteria_releases_nothing(world: World) -> None:
    lead = Person(world.people["lead"])
    before = world.campaign.gold_releases.count()
    answer = lead.post(f"campaigns/{world.campaign.pk}/gold/", {"rule": "median", "minimum_labels": 3})
    assert answer.status_code == 400
    assert "It belongs in “criteria”." in answer.json()["detail"]
    assert world.campaign.gold_releases.count() == before


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("campaigns/{}/gold/", {"criteria": {"minimum_lables": 3}}, "criteria.minimum_lables"),
        ("campaigns/{}/gold/preview/", {"criteria": {"rules": "median"}}, "criteria.rules"),
        (
            "campaigns/{}/controls/",
            {"kind": "control", "items": [{"response": 1, "score": 4, "tolerence": 1}]},
            "items.0.tolerence",
        ),
        ("batches/estimate/", {"options": {"temprature": 1}}, "options.temprature"),
    ],
)
def test_objects_within_a_body_refuse_unknown_fields(
    world: World, path: str, body: dict[str, object], field: str
) -> None:
    answer = Person(world.people["staff"]).post(path.format(world.campaign.pk), body)
    assert answer.status_code == 400
    assert field in [error["field"] for error in answer.json()["errors"]]


def test_what_an_endpoint_shows_may_be_sent_back(staff_person: Person) -> None:
    endpoint = build.run().endpoint
    path = f"models/endpoints/{endpoint.pk}/"
    path = path if staff_person.get(path).status_code == 200 else f"endpoints/{endpoint.pk}/"
    shown = staff_person.get(path).json()
    answer = staff_person.send("PATCH", path, shown | {"timeout_seconds": 77})
    assert answer.status_code == 200, answer.content
    assert answer.json() == shown | {"timeout_seconds": 77}
    refused = staff_person.send("PATCH", path, {"id": endpoint.pk + 1})
    assert refused.status_code == 400
    assert "can only be read" in refused.json()["detail"]
    assert Endpoint.objects.filter(pk=endpoint.pk).exists()


def test_one_of_two_budgets_is_changed_alone(staff_person: Person) -> None:
    run = build.run()
    Run.objects.filter(pk=run.pk).update(money_budget="2.5", call_budget=10)
    answer = staff_person.send("PATCH", f"runs/{run.pk}/budgets/", {"call_budget": 20})
    assert answer.status_code == 200, answer.content
    run.refresh_from_db()
    assert (str(run.money_budget), run.call_budget) == ("2.5000", 20)


@pytest.mark.parametrize("odd", ["1_0", "１２", " 5", "nan", "Infinity", "0x10", True, "true", "1e999"])
def test_numbers_in_odd_forms_are_refused(staff_person: Person, odd: object) -> None:
    run = build.run()
    answer = staff_person.send("PATCH", f"runs/{run.pk}/budgets/", {"call_budget": odd})
    assert answer.status_code == 400
    assert answer.json()["field"] == "call_budget"
    temperature = staff_person.post("judges/", {"name": "j", "temperature": odd})
    assert "temperature" in [error["field"] for error in temperature.json()["errors"]]


def test_a_form_is_no_way_around(world: World) -> None:
    client = world.client("staff")
    for path in (f"runs/{world.run.pk}/pause/", f"campaigns/{world.campaign.pk}/pause/"):
        assert client.post(f"/api/v1/{path}", {UNKNOWN: "5"}).json()["field"] == UNKNOWN
        assert client.post(f"/api/v1/{path}").status_code == 200


def test_a_build_refuses_fields_of_others(staff_person: Person) -> None:
    build_id = build.proposal().build_id
    answer = staff_person.send(
        "PUT", f"catalogues/builds/{build_id}/budget/", {"money_budget": "5", "name": "other"}
    )
    assert answer.status_code == 400
    assert not CatalogueBuild.objects.filter(name="other").exists()
