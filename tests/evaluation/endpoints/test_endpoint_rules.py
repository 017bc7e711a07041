"""Every way to write an endpoint keeps to the rules, and no way shows a key."""

import json
import logging
import os
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.test import Client
from django.urls import reverse

from core.errors import DomainError
from evaluation.endpoints.services.endpoints import EndpointSpec, change_endpoint, create_endpoint
from evaluation.engine.calls.completions import enqueue_completions
from evaluation.engine.calls.drain import drain
from evaluation.judges.services.trials import try_endpoint
from evaluation.llm import registry
from evaluation.llm.requests import ChatRequest, Message
from evaluation.models import Completion, Endpoint
from tests.evaluation.llm.odd_server import Answer, odd_server

pytestmark = pytest.mark.django_db
API = "/api/v1/"
CURLY = "“sk-0123456789abcdef”"
KEY = "sk-0123456789abcdef"

REFUSED = [
    ({"api_key_variable": "SECRET_KEY"}, "api_key_variable"),
    ({"api_key_variable": "DATABASE_URL"}, "api_key_variable"),
    ({"api_key_variable": "HOME"}, "api_key_variable"),
    ({"api_key_variable": "STUB_KEY", "base_url": "https://evil.example/v1"}, "api_key_variable"),
    ({"api_key_variable": "STUB_KEY", "base_url": "http://api.openai.com/v1"}, "api_key_variable"),
    ({"base_url": "http://[::1/v1"}, "base_url"),
    ({"base_url": "http://a:99999"}, "base_url"),
    ({"base_url": "http://me:password@127.0.0.1:8290/v1"}, "base_url"),
    ({"base_url": "http://169.254.169.254/v1"}, "base_url"),
    ({"base_url": "http://a/v1?key=1"}, "base_url"),
    ({"options": {"token_param": "max_completion_tokens"}}, "options"),
    ({"options": {"extra_headers": {"Authorization": "Bearer x"}}}, "options"),
    ({"options": {"extra_body": {"a": [{"api_key": "x"}]}}}, "options"),
    ({"provider": "transformers", "base_url": "", "model": "/etc"}, "model"),
    ({"provider": "transformers", "base_url": "", "options": {"trust_remote_code": True}}, "options"),
    ({"provider": "recorded", "base_url": "", "options": {"anything": 1}}, "options"),
    ({"provider": "transformers", "api_key_variable": "STUB_KEY", "base_url": ""}, "api_key_variable"),
]
VALID: dict[str, Any] = {
    "name": "mine",
    "provider": "openai",
    "model": "m",
    "base_url": "http://127.0.0.1:9/v1",
    "options": {},
}


def names(case: object) -> str | None:
    return json.dumps(case)[:60] if isinstance(case, dict) else None


@pytest.mark.parametrize(("values", "field"), REFUSED, ids=names)
def test_the_service_refuses_what_breaks_a_rule(values: dict[str, Any], field: str) -> None:
    with pytest.raises(DomainError) as refused:
        create_endpoint(spec=EndpointSpec(**VALID | values), actor=None)
    assert refused.value.field == field
    endpoint = create_endpoint(spec=EndpointSpec(**VALID), actor=None)
    with pytest.raises(DomainError) as refused:
        change_endpoint(endpoint=endpoint, spec=EndpointSpec(**VALID | values), actor=None)
    assert refused.value.field == field


@pytest.mark.parametrize(("values", "field"), REFUSED, ids=names)
@pytest.mark.one_in(3)
def test_rest_refuses_what_breaks_a_rule(staff: Client, values: dict[str, Any], field: str) -> None:
    made = staff.post(f"{API}endpoints/", VALID | values, content_type="application/json")
    assert (made.status_code, made.json()["field"]) == (400, field)
    assert staff.post(f"{API}endpoints/", VALID, content_type="application/json").status_code == 201
    path = f"{API}endpoints/{Endpoint.objects.get(name=VALID['name']).pk}/"
    changed = staff.patch(path, values, content_type="application/json")
    assert (changed.status_code, changed.json()["field"]) == (400, field)
    assert staff.get(f"{API}endpoints/").status_code == 200


@pytest.mark.parametrize(("values", "field"), REFUSED, ids=names)
@pytest.mark.one_in(3)
def test_the_page_refuses_what_breaks_a_rule(staff: Client, values: dict[str, Any], field: str) -> None:
    form = (
        {"max_concurrency": "8", "timeout_seconds": "30", "structured_output": "json_schema"} | VALID | values
    )
    form["options"] = json.dumps(form["options"])
    page = staff.post(reverse("endpoint_create"), form)
    assert page.status_code == 422
    assert list(page.context["form"].errors) == [field]
    assert not Endpoint.objects.filter(name=form["name"]).exists()


ODD_ROWS: list[dict[str, Any]] = [
    {"base_url": "http://[::1"},
    {"base_url": "http://a:99999/v1"},
    {"base_url": "http://me:password@a:b@c"},
    {"base_url": "\\\\a b?x#y"},
    {"api_key_variable": "SECRET_KEY", "base_url": "http://127.0.0.1:9"},
    {"options": ["not", "an", "object"]},
    {"options": {"token_param": 1}},
    {"provider": "transformers", "model": "/etc"},
]


@pytest.mark.parametrize("values", ODD_ROWS, ids=names)
def test_an_odd_row_is_listed_explained_and_not_called(staff: Client, values: dict[str, Any]) -> None:
    endpoint = Endpoint.objects.create(**{"name": "odd", "provider": "openai", "model": "m"} | values)
    for route, keys in (
        ("endpoint_list", []),
        ("endpoint_detail", [endpoint.pk]),
        ("endpoint_edit", [endpoint.pk]),
    ):
        page = staff.get(reverse(route, args=keys))
        assert page.status_code == 200
        assert "password@" not in page.content.decode()
    shown = staff.get(f"{API}endpoints/{endpoint.pk}/").json()
    assert "cannot be called" in shown["missing_key"]
    assert "password" not in shown["base_url"]
    assert staff.get(f"{API}endpoints/").status_code == 200
    with pytest.raises(DomainError, match="cannot be called"):
        try_endpoint(endpoint=endpoint, actor=None)
    _enqueue(endpoint)
    drain(endpoint)
    (completion,) = Completion.objects.all()
    assert (completion.status, completion.error_code) == ("failed", "provider_not_available")


def test_an_odd_row_can_be_given_a_price(staff: Client) -> None:
    endpoint = Endpoint.objects.create(
        name="odd", provider="openai", model="m", base_url="http://me:password@127.0.0.1:9/v1"
    )
    page = staff.get(reverse("endpoint_edit", args=[endpoint.pk]))
    form = {field.name: field.value() or "" for field in page.context["form"]}
    form |= {"options": "{}", "input_price": "1", "output_price": "2", "priced_on": ""}
    assert staff.post(reverse("endpoint_edit", args=[endpoint.pk]), form).status_code == 302
    endpoint.refresh_from_db()
    assert (endpoint.input_price, endpoint.base_url) == (1, "http://me:password@127.0.0.1:9/v1")


def _enqueue(endpoint: Endpoint) -> None:
    enqueue_completions(endpoint, [ChatRequest(model="m", messages=(Message("user", "answer 0"),))])


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_a_key_with_curly_quotes_is_shown_nowhere(
    staff: Client, provider: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("STUB_KEY", CURLY)
    endpoint = Endpoint.objects.create(
        name="e", provider=provider, model="m", base_url="http://127.0.0.1:9/v1", api_key_variable="STUB_KEY"
    )
    _enqueue(endpoint)
    with caplog.at_level(logging.DEBUG):
        drain(endpoint)
    (completion,) = Completion.objects.all()
    assert "STUB_KEY" in completion.error_message
    pages = [
        staff.get(reverse("endpoint_detail", args=[endpoint.pk])).content.decode(),
        staff.get(reverse("endpoint_health", args=[endpoint.pk])).content.decode(),
        staff.get(f"{API}endpoints/{endpoint.pk}/health/").content.decode(),
        staff.get(f"{API}endpoints/{endpoint.pk}/").content.decode(),
        completion.error_message,
        caplog.text,
    ]
    for text in pages:
        assert "0123456789" not in text


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_an_exception_that_holds_the_key_is_stored_without_it(
    provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STUB_KEY", KEY)

    class Broken:
        async def complete(self, request: ChatRequest) -> object:
            raise RuntimeError(f"headers: Bearer {KEY}, cut: {KEY[:-4]}, bytes: {KEY.encode()!r}")

        async def aclose(self) -> None:
            pass

    monkeypatch.setattr(registry, "_provider", lambda _: Broken())
    endpoint = Endpoint.objects.create(
        name="e", provider=provider, model="m", base_url="http://127.0.0.1:9/v1", api_key_variable="STUB_KEY"
    )
    _enqueue(endpoint)
    drain(endpoint)
    (completion,) = Completion.objects.all()
    assert completion.error_code == "provider_error"
    assert "headers" in completion.error_message
    assert "0123456789" not in completion.error_message


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("status", [200, 400])
def test_a_server_that_sends_the_key_back_does_not_get_it_on_record(
    status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STUB_KEY", KEY)
    escaped = "".join(f"\\u{ord(character):04x}" for character in KEY)  # not to be seen before it is decoded
    said = f"You sent Authorization: Bearer {KEY} or {escaped} or {KEY.encode().hex()}."
    body = (
        f'{{"choices": [{{"message": {{"content": "{said}", "reasoning_content": "{said}"}}}}], "seen": "{said}"}}'
        if status == 200
        else f'{{"error": {{"message": "{said}"}}}}'
    )
    with odd_server([Answer(body.encode(), status)]) as server:
        endpoint = Endpoint.objects.create(
            name="e", provider="openai", model="m", base_url=f"{server.url}/v1", api_key_variable="STUB_KEY"
        )
        _enqueue(endpoint)
        drain(endpoint)
    (completion,) = Completion.objects.all()
    on_record = json.dumps(
        [completion.text, completion.reasoning, completion.raw_reply, completion.error_message]
    )
    assert "You sent" in on_record
    assert KEY not in on_record
    assert KEY.encode().hex() not in on_record


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_headers_of_the_environment_go_to_no_other_server(
    provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ANTHROPIC_CUSTOM_HEADERS", "OPENAI_CUSTOM_HEADERS", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "X-Secret: meant-for-the-provider-alone")
    settings = registry.EndpointSettings("e", provider, "m", base_url="http://127.0.0.1:9")
    client = registry.provider_for(settings)._client  # type: ignore[union-attr]
    headers = {**client.default_headers, **client.auth_headers}
    assert "meant-for-the-provider-alone" not in repr(headers)
    assert os.environ["OPENAI_ORG_ID"] == "X-Secret: meant-for-the-provider-alone"


def test_a_list_of_keys_that_cannot_be_read_is_an_error_of_the_system_check(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    call_command("check")
    monkeypatch.setenv("ENDPOINT_KEYS", "MY_KEY@")
    with pytest.raises(SystemCheckError, match=r"perg\.E008"):
        call_command("check")
    monkeypatch.delenv("ENDPOINT_KEYS")
    monkeypatch.setenv("ENDPOINT_PRIVATE_NETWORKS", "10.0.0.0/33")
    with pytest.raises(SystemCheckError, match=r"perg\.E009"):
        call_command("check")
