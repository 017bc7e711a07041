"""Requests to the API that were taken for others than they are."""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

from django.test import Client

from evaluation.models import Judge
from tests import build
from tests.fault_inputs.case import FAULTS, FaultCase, Figures

REQUESTS = FAULTS / "api_requests.json"
DEPTH = 5000


def _cases() -> Iterator[FaultCase]:
    if not REQUESTS.is_file():
        return
    for stated in json.loads(REQUESTS.read_text(encoding="utf-8")):
        yield FaultCase(
            f"api {stated['method']} {stated['path']}, {stated['right'][:30]}",
            _right(stated["right"]),
            partial(_figures, stated),
        )


def _right(words: str) -> Figures:
    """What the words of the field `right` say, as figures."""
    if words.startswith("400: unknown field rule"):
        return {"status": 400, "field": "rule", "hint": True, "made": 0}
    if words.startswith("400 parse_error"):
        return {"status": 400, "code": "parse_error", "made": 0}
    if words.startswith("404 or 308"):
        return {"status": 404, "named": True, "made": 0}
    raise AssertionError(f"no figure for {words!r}")


def _figures(stated: dict[str, Any]) -> Figures:
    lead = build.person("lead", staff=True)
    campaign = build.campaign(build.run_with_items(1), [build.person("annotator")], overlap=1, leads=[lead])
    client = Client()
    client.force_login(lead)
    judges = Judge.objects.count()
    path = f"/api/v1/{stated['path'].format(id=campaign.pk)}"
    answer = client.generic(stated["method"], path, _body(stated), "application/json")
    problem = answer.json()
    figures: dict[str, object] = {
        "status": answer.status_code,
        "field": problem.get("field"),
        "hint": "It belongs in “criteria”." in problem["detail"],
        "code": problem["code"],
        "named": f"{path}/" in problem["detail"],
        "made": campaign.gold_releases.count() + Judge.objects.count() - judges,
    }
    return {name: figures[name] for name in _right(stated["right"])}


def _body(stated: dict[str, Any]) -> str:
    if "raw_body" in stated:  # abbreviated there
        return '{"name": ' + "[" * DEPTH + "]" * DEPTH + "}"
    return json.dumps(stated["body"])


CASES = tuple(_cases())
