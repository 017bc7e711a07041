"""Odd endpoints: their keys, addresses and options, from the saving to the failed call."""

import json
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any
from unittest import mock

from django.test import Client, override_settings
from django.urls import reverse

from evaluation.engine.calls.completions import enqueue_completions
from evaluation.engine.calls.drain import drain
from evaluation.llm.requests import ChatRequest, Message
from evaluation.models import Completion, Endpoint
from tests import build
from tests.fault_inputs.case import FAULTS, FaultCase, Figures

ENDPOINTS = FAULTS / "endpoints.json"
API = "/api/v1/endpoints/"


def _cases() -> Iterator[FaultCase]:
    if not ENDPOINTS.is_file():
        return
    for number, stated in enumerate(json.loads(ENDPOINTS.read_text(encoding="utf-8"))):
        words: str = stated["right"]
        right, measure = _FIGURES[stated["kind"]]
        yield FaultCase(f"endpoint {number}, {words[:40]}", right, partial(measure, stated))


def _values(stated: Mapping[str, Any]) -> dict[str, Any]:
    valid = {"name": "odd", "provider": "openai", "model": "m", "base_url": "http://127.0.0.1:9/v1"}
    return valid | {name: stated[name] for name in ("provider", "base_url", "options") if name in stated}


def _saving(stated: Mapping[str, Any]) -> Figures:
    """Saved over REST; and, as a row from before may be, listed, shown and called."""
    admin = Client()
    admin.force_login(build.person(staff=True))
    status = admin.post(API, _values(stated), content_type="application/json").status_code
    endpoint = Endpoint.objects.create(**_values(stated))
    pages = [admin.get(API), admin.get(reverse("endpoint_list")), admin.get(f"{API}{endpoint.pk}/")]
    credentials = "me:password@"
    return {
        "saved": status,
        "lists": [page.status_code for page in pages],
        "password shown": any(credentials in page.content.decode() for page in pages),
        "failed with a reason": bool(_called(endpoint).error_message),
    }


def _key(stated: Mapping[str, Any]) -> Figures:
    """Called with the key, by a server that is not there; what is on record then, and on pages."""
    ((variable, key),) = stated["environment"].items()
    listed = {variable: key, "ENDPOINT_KEYS": f"{variable}@127.0.0.1"}
    with mock.patch.dict("os.environ", listed):
        endpoint = Endpoint.objects.create(**_values(stated), api_key_variable=variable)
        completion = _called(endpoint)
        admin = Client()
        admin.force_login(build.person(staff=True))
        shown = [
            completion.error_message,
            admin.get(reverse("endpoint_detail", args=[endpoint.pk])).content.decode(),
            admin.get(f"{API}{endpoint.pk}/").content.decode(),
            admin.get(f"{API}{endpoint.pk}/health/").content.decode(),
        ]
    is_trimmed = key.strip() != key and completion.error_code == "connection"
    return {
        "names the variable, or takes the blanks away": variable in completion.error_message or is_trimmed,
        "key shown": any(key.strip("“”\n")[:12] in text for text in shown),
    }


def _called(endpoint: Endpoint) -> Completion:
    enqueue_completions(endpoint, [ChatRequest("m", (Message("user", "hello"),))])
    with override_settings(COMPLETION_MAX_ATTEMPTS=1):
        drain(endpoint)
    return Completion.objects.get(endpoint=endpoint)


_REFUSED: Figures = {"saved": 400, "lists": [200] * 3, "password shown": False, "failed with a reason": True}
_FIGURES = {
    "I": ({"names the variable, or takes the blanks away": True, "key shown": False}, _key),
    "J": (_REFUSED, _saving),
    "K": (_REFUSED, _saving),
}
CASES = tuple(_cases())
