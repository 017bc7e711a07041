"""The pages of endpoints: made, changed, tested by one call, and their health."""

import json
import re
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from evaluation.engine.calls.drain import drain
from evaluation.judges.selectors import default_rubric
from evaluation.models import Completion, Endpoint, Judge
from tests import build
from tests.pages import one_line, page_text
from tests.stub_llm import StubProcess

pytestmark = pytest.mark.django_db

# --- Endpoints ------------------------------------------------------------------------------------------------


def _endpoint_fields(**fields: object) -> dict[str, object]:
    valid: dict[str, object] = {
        "name": "mine",
        "provider": "openai",
        "model": "m",
        "base_url": "",
        "api_key_variable": "STUB_KEY",
        "input_price": "1",
        "output_price": "2",
        "max_concurrency": "8",
        "timeout_seconds": "30",
        "structured_output": "json_schema",
        "options": "{}",
    }
    return valid | fields


def test_an_endpoint_is_made_with_its_prices_dated_and_its_key_never_shown(
    staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STUB_KEY", "a-very-secret-value")
    assert staff.post(reverse("endpoint_create"), _endpoint_fields()).status_code == 302
    endpoint = Endpoint.objects.get(name="mine")
    assert (endpoint.input_price, endpoint.priced_on is not None) == (Decimal(1), True)
    for route, keys in (
        ("endpoint_detail", [endpoint.pk]),
        ("endpoint_list", []),
        ("endpoint_edit", [endpoint.pk]),
    ):
        page = page_text(staff, route, *keys)
        assert "a-very-secret-value" not in page
    assert "STUB_KEY" in page_text(staff, "endpoint_detail", endpoint.pk)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "taken"}, "has this name already"),
        ({"api_key_variable": "sk-proj-abcdef-1234567890"}, "looks like a key itself"),
        ({"output_price": ""}, "Give both prices"),
        ({"base_url": "ftp://x"}, "begins with https:// or http://"),
        ({"options": "[1]"}, "Enter the options as a JSON object"),
        ({"max_concurrency": "0"}, "greater than or equal to 1"),
        ({"provider": "heuristic"}, "Select a valid choice"),
    ],
)
def test_what_is_wrong_with_an_endpoint_stands_in_the_form(
    staff: Client, fields: dict[str, object], said: str
) -> None:
    Endpoint.objects.create(name="taken", provider="openai", model="m")
    response = staff.post(reverse("endpoint_create"), _endpoint_fields(**fields))
    assert response.status_code == 422
    assert said in response.content.decode()
    assert Endpoint.objects.exclude(provider="heuristic").get().name == "taken"


def test_an_endpoint_with_answers_on_record_keeps_what_they_are_known_by(staff: Client) -> None:
    staff.post(reverse("endpoint_create"), _endpoint_fields())
    endpoint = Endpoint.objects.get(name="mine")
    edit = reverse("endpoint_edit", args=[endpoint.pk])
    assert staff.post(edit, _endpoint_fields(model="other")).status_code == 302
    Completion.objects.create(
        endpoint=endpoint, request_key="k", request={}, status="succeeded", finished_at=timezone.now()
    )
    response = staff.post(edit, _endpoint_fields(model="third"))
    assert response.status_code == 422
    assert "has answers on record" in response.content.decode()
    assert staff.post(edit, _endpoint_fields(model="other", max_concurrency="2")).status_code == 302
    endpoint.refresh_from_db()
    assert (endpoint.model, endpoint.max_concurrency) == ("other", 2)


@pytest.mark.parametrize("option", ["adapter", "adapter_sha256", "revision"])
def test_a_local_endpoint_with_answers_on_record_keeps_its_weights(
    staff: Client, option: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCAL_MODEL_FOLDERS", "/")

    def fields(**options: object) -> dict[str, object]:
        return _endpoint_fields(provider="transformers", api_key_variable="", options=json.dumps(options))

    staff.post(reverse("endpoint_create"), fields(adapter="/a"))
    endpoint = Endpoint.objects.get(name="mine")
    edit = reverse("endpoint_edit", args=[endpoint.pk])
    assert staff.post(edit, fields(adapter="/b", batch_size=8)).status_code == 302
    Completion.objects.create(
        endpoint=endpoint, request_key="k", request={}, status="succeeded", finished_at=timezone.now()
    )
    response = staff.post(edit, fields(**{"adapter": "/b", "batch_size": 8, option: "/c"}))
    assert response.status_code == 422
    assert "options revision, adapter and adapter_sha256, stay as they are" in response.content.decode()
    assert staff.post(edit, fields(adapter="/b", batch_size=4)).status_code == 302
    endpoint.refresh_from_db()
    assert endpoint.options == {"adapter": "/b", "batch_size": 4}


@pytest.mark.django_db(transaction=True)
def test_an_endpoint_is_tested_by_one_call_that_tells_latency_and_cost(
    staff: Client, providers: StubProcess
) -> None:
    endpoint = build.stub_endpoint(providers)
    address = staff.post(reverse("endpoint_try", args=[endpoint.pk])).headers["Location"]
    waiting = staff.get(address).content.decode()
    assert 'hx-trigger="every 1s"' in waiting
    drain(endpoint)
    page = one_line(staff.get(address, headers={"hx-request": "true"}).content.decode())
    assert "<html" not in page
    assert "hx-trigger" not in page
    assert "The endpoint works." in page
    assert re.search(r"Latency</dt><dd class=\"figure\">\d+\.\d\d s", page)
    assert re.search(r"Cost</dt><dd class=\"figure\">(under )?\$0\.", page)
    assert Completion.objects.get().run is None
    health = page_text(staff, "endpoint_health", endpoint.pk)
    assert "All calls in the last 24 hours were answered" in health
    assert 'Current concurrency limit</dt><dd class="figure">64' in health


@pytest.mark.django_db(transaction=True)
def test_a_test_that_fails_says_why_in_plain_words_and_so_does_the_endpoints_health(
    staff: Client, providers: StubProcess
) -> None:
    providers.configure(rates={"401": 1.0})
    endpoint = build.stub_endpoint(providers)
    address = staff.post(reverse("endpoint_try", args=[endpoint.pk])).headers["Location"]
    drain(endpoint)
    page = staff.get(address).content.decode()
    assert "The provider did not accept the key." in page
    assert "Check the key in the endpoint&#x27;s variable." in page or "Check the key" in page
    health = page_text(staff, "endpoint_health", endpoint.pk)
    assert "The provider did not accept the key." in health


def test_a_record_is_not_called_but_says_what_it_can_replay(staff: Client) -> None:
    endpoint = Endpoint.objects.create(name="record", provider="recorded", model="m")
    assert "there are none yet" in page_text(staff, "endpoint_detail", endpoint.pk)
    response = staff.post(reverse("endpoint_try", args=[endpoint.pk]))
    assert response.status_code == 400
    assert not Completion.objects.exists()


def test_a_call_of_a_run_is_no_test(staff: Client) -> None:
    run = build.run_with_items(1)
    call = Completion.objects.create(
        endpoint=run.endpoint, run=run, request_key="k", request={"replicate": 1}
    )
    assert staff.get(reverse("endpoint_trial", args=[run.endpoint_id, call.pk])).status_code == 404


def test_what_depends_on_an_endpoint_is_listed(staff: Client) -> None:
    run = build.run_with_items(1)
    judge = Judge.objects.create(name="strict", endpoint=run.endpoint, rubric=default_rubric())
    page = page_text(staff, "endpoint_detail", run.endpoint_id)
    assert reverse("run_detail", args=[run.pk]) in page
    assert reverse("judge_detail", args=[judge.pk]) in page
