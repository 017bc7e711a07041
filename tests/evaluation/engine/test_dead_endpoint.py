"""An endpoint at an address where nobody answers: what the pages say, and that correcting it helps at once."""

import socket

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.errors import Conflict, DomainError
from evaluation.endpoints.selectors import answering_endpoints
from evaluation.endpoints.services.endpoints import FIXED, EndpointSpec, change_endpoint, fixed_fields
from evaluation.engine.calls import pipeline
from evaluation.engine.calls.drain import drain
from evaluation.engine.steps.advance import advance_run
from evaluation.judges.services.trials import try_endpoint
from evaluation.models import Catalogue, Completion, Endpoint, Run
from evaluation.runs.services.control import retry_failed
from evaluation.runs.services.launching import BatchSpec, launch_batch
from tests import build
from tests.live import wait_until
from tests.pages import one_line
from tests.stub_llm import StubProcess

HTMX = {"hx-request": "true"}


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(build.person("staff", staff=True))
    return client


@pytest.fixture(autouse=True)
def _quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evaluation.engine.calls.recording.LONGEST_DELAY", 0.02)


@pytest.fixture
def dead() -> Endpoint:
    """At a port of this machine that nobody listens to."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    return Endpoint.objects.create(name="dead", provider="openai", model="m", base_url=address)


def spec_of(endpoint: Endpoint, **changed: object) -> EndpointSpec:
    return EndpointSpec(
        **{name: getattr(endpoint, name) for name in EndpointSpec.__dataclass_fields__} | changed
    )


def launched(endpoint: Endpoint) -> Run:
    build.question()
    preference = build.preference()
    batch = launch_batch(
        spec=BatchSpec(
            name="on a dead port",
            dataset=build.question().dataset,
            catalogue=Catalogue.objects.get(pk=preference.catalogue_id),
            models=[endpoint],
            methods=["direct"],
            settings=["relevant"],
        ),
        actor=None,
    )
    run = batch.runs.get()
    advance_run(run)
    return run


def drain_to_the_end(endpoint: Endpoint) -> None:
    """Until no call is left: one that waits for its next try is not claimed before its time."""

    def is_done() -> bool:
        drain(endpoint)
        return not Completion.objects.filter(endpoint=endpoint, finished_at__isnull=True).exists()

    wait_until(is_done)


def worked_off(run: Run, endpoint: Endpoint) -> Run:
    drain_to_the_end(endpoint)
    advance_run(run)
    drain_to_the_end(endpoint)
    advance_run(run)
    run.refresh_from_db()
    return run


@pytest.mark.django_db(transaction=True)
def test_a_failed_test_says_what_helps_and_leads_to_the_form_that_lets_one_correct_it(
    staff: Client, dead: Endpoint
) -> None:
    trial = try_endpoint(endpoint=dead, actor=None)
    drain_to_the_end(dead)
    page = staff.get(reverse("endpoint_trial", args=[dead.pk, trial.pk])).content.decode()
    assert "The connection failed." in page
    assert "Check the base URL" in page
    edit = reverse("endpoint_edit", args=[dead.pk])
    assert edit in page
    assert edit in staff.get(reverse("endpoint_health", args=[dead.pk])).content.decode()
    assert "stay as they are" not in staff.get(edit).content.decode()
    fields = {
        "name": "alive", "provider": "anthropic", "model": "other", "base_url": "http://127.0.0.1:1/v1",
        "max_concurrency": "2", "timeout_seconds": "5", "structured_output": "json_schema",
    }  # fmt: skip
    assert staff.post(edit, fields).status_code == 302
    dead.refresh_from_db()
    assert (dead.name, dead.model, dead.base_url) == ("alive", "other", "http://127.0.0.1:1/v1")


@pytest.mark.django_db
def test_between_two_tries_a_test_says_that_it_failed_and_how_often(staff: Client, dead: Endpoint) -> None:
    trial = try_endpoint(endpoint=dead, actor=None)
    Completion.objects.filter(pk=trial.pk).update(attempts=2, error_code="connection")
    page = staff.get(reverse("endpoint_trial", args=[dead.pk, trial.pk]), headers=HTMX).content.decode()
    page = one_line(page)
    assert "The call failed; retrying shortly" in page
    assert "2 of at most 5 attempts so far" in page
    assert "Queued…" not in page


@pytest.mark.django_db(transaction=True)
def test_a_batch_on_it_fails_in_words_and_goes_through_once_the_address_is_corrected(
    staff: Client, dead: Endpoint, providers: StubProcess
) -> None:
    run = worked_off(launched(dead), dead)
    assert run.status == "failed"
    assert set(run.items.values_list("status", flat=True)) == {"failed"}
    assert run.batch_id is not None
    page = one_line(staff.get(reverse("batch_detail", args=[run.batch_id])).content.decode())
    for said in (">Failed</span>", "The connection failed.", "Check the base URL", "Edit it"):
        assert said in page

    said = staff.get(reverse("endpoint_edit", args=[dead.pk])).content.decode()
    assert "its base URL can be corrected" in said
    change_endpoint(endpoint=dead, spec=spec_of(dead, base_url=providers.openai_url), actor=None)
    dead.refresh_from_db()
    retry_failed(run=run, actor=None)
    run.refresh_from_db()
    run = worked_off(run, dead)
    assert run.status == "complete"
    assert set(run.items.values_list("status", flat=True)) == {"done"}
    with pytest.raises(Conflict, match="answers on record"):
        change_endpoint(endpoint=dead, spec=spec_of(dead, base_url="http://127.0.0.1:1/v1"), actor=None)


@pytest.mark.django_db
def test_while_calls_fail_and_are_tried_again_the_run_and_its_batch_say_so(
    staff: Client, dead: Endpoint
) -> None:
    run = launched(dead)
    pages = [("run_detail", run.pk), ("run_progress", run.pk), ("batch_detail", run.batch_id)]
    for route, key in pages:
        assert "are failing and being retried" not in one_line(
            staff.get(reverse(route, args=[key])).content.decode()
        )
    Completion.objects.update(error_code="connection", error_message="refused", attempts=3)
    for route, key in pages:
        page = one_line(staff.get(reverse(route, args=[key])).content.decode())
        assert (
            "are failing and being retried</strong> (3 of at most 5 attempts so far; next attempt at " in page
        )
        assert "The connection failed." in page
    Run.objects.update(status="paused")
    assert "are failing and being retried" not in one_line(
        staff.get(reverse("run_detail", args=[run.pk])).content.decode()
    )


@pytest.mark.django_db
def test_once_something_was_asked_only_the_address_can_be_corrected_and_no_more_after_an_answer(
    dead: Endpoint,
) -> None:
    assert fixed_fields(dead) == ()
    launched(dead)
    assert fixed_fields(dead) == ("name", "provider", "model")
    with pytest.raises(Conflict, match="has never answered"):
        change_endpoint(endpoint=dead, spec=spec_of(dead, model="other"), actor=None)
    call = Completion.objects.order_by("pk")[0]
    for status in ("succeeded", "refused"):
        Completion.objects.filter(pk=call.pk).update(status=status, finished_at=timezone.now())
        assert fixed_fields(dead) == FIXED
    assert fixed_fields(build.run().endpoint) == ("name", "provider", "model")


@pytest.mark.django_db
def test_an_address_is_not_changed_while_it_is_being_called(dead: Endpoint) -> None:
    trial = try_endpoint(endpoint=dead, actor=None)
    Completion.objects.filter(pk=trial.pk).update(
        status="leased", lease="00000000-0000-0000-0000-000000000001", leased_until=timezone.now()
    )
    with pytest.raises(Conflict, match="under way"):
        change_endpoint(endpoint=dead, spec=spec_of(dead, base_url="http://127.0.0.1:1/v1"), actor=None)
    change_endpoint(endpoint=dead, spec=spec_of(dead, max_concurrency=3), actor=None)


@pytest.mark.django_db(transaction=True)
def test_a_busy_worker_stops_when_the_address_is_corrected(
    dead: Endpoint, providers: StubProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "CHECK_RUNS_SECONDS", 0.0)
    launched(dead)

    def correct() -> None:
        Endpoint.objects.filter(pk=dead.pk).update(base_url=providers.openai_url)

    drain(dead, after_chunk=correct)
    assert set(Completion.objects.values_list("status", flat=True)) == {"pending"}
    dead.refresh_from_db()
    drain_to_the_end(dead)
    assert set(Completion.objects.values_list("status", flat=True)) == {"succeeded"}


@pytest.mark.django_db
def test_a_record_that_has_no_run_to_replay_is_not_offered_as_a_model_nor_launched(staff: Client) -> None:
    dead = Endpoint.objects.create(name="live", provider="openai", model="m")
    judges = Endpoint.objects.create(name="demo-judge (recorded)", provider="recorded", model="demo-judge")
    Completion.objects.create(endpoint=judges, request_key="k", request={})
    run = build.run_with_items(1)
    assert list(answering_endpoints()) == [dead]
    offered = staff.get(reverse("batch_launch")).context["form"].fields["models"].queryset
    assert judges not in offered
    assert "represents a judge" in staff.get(reverse("endpoint_detail", args=[judges.pk])).content.decode()
    with pytest.raises(DomainError, match="no imported run"):
        launched(judges)
    assert Run.objects.get() == run


@pytest.mark.django_db
def test_runs_are_named_by_the_labels_of_method_and_setting(staff: Client, dead: Endpoint) -> None:
    assert launched(dead).name == "on a dead port: dead · Direct · Relevant"
    assert "on a dead port: dead · Direct · Relevant" in staff.get(reverse("run_list")).content.decode()
