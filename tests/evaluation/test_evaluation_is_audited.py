"""What people do in the evaluation is in the audit log: who, to what, from what to what, and no secret."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from core.errors import Conflict
from core.models import AuditEvent, User
from evaluation.endpoints.services.endpoints import EndpointSpec, change_endpoint, create_endpoint
from evaluation.imports.services.jobs import request_import
from evaluation.judges.selectors import default_rubric, heuristic_judge
from evaluation.judges.services.judges import JudgeSpec, create_judge
from evaluation.judges.services.rubrics import create_rubric, revise_rubric
from evaluation.library.services.catalogue_review import accept_proposal, edit_proposal, release_catalogue
from evaluation.models import Catalogue, Run
from evaluation.runs.services import control
from evaluation.runs.services.launching import launch_batch
from tests import build
from tests.imports import run_imports
from tests.launched_batches import batch_spec, launched_batch, model_endpoint
from tests.pages import page_text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("console_key")]

API = "/api/v1/"
SPEC = EndpointSpec(name="mine", provider="openai", model="m", base_url="http://127.0.0.1:9/v1")


@pytest.fixture
def admin() -> User:
    return build.person("admin", staff=True)


@pytest.fixture
def browser(admin: User) -> Client:
    client = Client()
    client.force_login(admin)
    return client


@pytest.fixture
def program(admin: User) -> Client:
    return Client(headers=build.bearer(admin, "read", "manage"))


def _the(action: str) -> AuditEvent:
    return AuditEvent.objects.get(action=action)


def test_a_batch_and_each_of_its_runs_are_launched_by_the_person(admin: User) -> None:
    batch = launch_batch(
        spec=batch_spec(money_budget=Decimal("2.50"), judges=[heuristic_judge()]), actor=admin
    )
    launched = _the("batch.launched")
    assert (launched.actor, launched.subject) == (admin, f"batch {batch.pk}")
    assert launched.details["runs"] == 2
    assert launched.details["money_budget"] == "2.5"
    assert launched.details["judges"] == [heuristic_judge().name]
    runs = AuditEvent.objects.filter(action="run.launched", actor=admin)
    assert {event.subject for event in runs} == {f"run {run.pk}" for run in batch.runs.all()}


@pytest.mark.parametrize(
    ("actions", "event"),
    [(["pause"], "run.paused"), (["pause", "resume"], "run.resumed"), (["cancel"], "run.cancelled")],
)
def test_a_run_is_controlled_by_page_and_program_under_the_persons_name(
    admin: User, browser: Client, program: Client, actions: list[str], event: str
) -> None:
    by_page, by_program = launched_batch().runs.order_by("pk")
    for action in actions:
        browser.post(reverse("run_control", args=[by_page.pk, action]))
        assert program.post(f"{API}runs/{by_program.pk}/{action}/").status_code == 200
    page, rest = AuditEvent.objects.filter(action=event).order_by("pk")
    assert (page.actor, page.subject) == (admin, f"run {by_page.pk}")
    assert (rest.actor, rest.subject) == (admin, f"run {by_program.pk}")
    assert "token" not in page.details
    assert rest.details["token"].startswith("test (perg_")


def test_a_change_that_is_refused_leaves_no_event(admin: User) -> None:
    run = launched_batch().runs.earliest("pk")
    control.cancel_run(run=run, actor=admin)
    with pytest.raises(Conflict):
        control.pause_run(run=run, actor=admin)
    assert not AuditEvent.objects.filter(action="run.paused").exists()


def test_budget_changes_are_logged_with_old_and_new_values(admin: User, browser: Client) -> None:
    run = build.run()
    for money in ("", "10", "10.00"):
        browser.post(reverse("run_budgets", args=[run.pk]), {"money_budget": money, "call_budget": ""})
    event = _the("run.budgets_changed")
    assert event.actor == admin
    assert event.details["before"] == {"money_budget": None, "call_budget": None}
    assert event.details["after"] == {"money_budget": "10", "call_budget": None}
    page = page_text(browser, "audit_log", action="run.budgets_changed")
    assert "call_budget none, money_budget none" in page
    assert "call_budget none, money_budget 10" in page


def test_what_failed_is_tried_again_by_a_person(admin: User) -> None:
    run = build.failed_run(admin)
    control.retry_failed(run=run, actor=admin)
    assert (_the("run.retried").actor, _the("run.retried").subject) == (admin, f"run {run.pk}")


def test_an_endpoint_tells_which_fields_changed_and_never_what_may_hide_a_secret(admin: User) -> None:
    endpoint = create_endpoint(spec=SPEC, actor=admin)
    changed = EndpointSpec(
        name="mine",
        provider="openai",
        model="m",
        base_url="http://127.0.0.1:9/hidden",
        api_key_variable="STUB_KEY",
        input_price=Decimal("0.150"),
        output_price=Decimal(1),
        account="hidden",
        options={"extra_body": {"hidden": "hidden"}},
    )
    change_endpoint(endpoint=endpoint, spec=changed, actor=admin)
    change_endpoint(endpoint=endpoint, spec=changed, actor=admin)  # changes nothing
    assert _the("endpoint.created").subject == f"endpoint {endpoint.pk}"
    event = _the("endpoint.changed")
    assert event.actor == admin
    assert set(event.details["changed"]) == {
        "base_url", "api_key_variable", "input_price", "output_price", "priced_on", "account", "options",
    }  # fmt: skip
    assert event.details["before"] == {"input_price": None, "output_price": None, "priced_on": None}
    assert event.details["after"]["input_price"] == "0.15"
    assert "hidden" not in json.dumps(event.details)
    assert "STUB_KEY" not in json.dumps(event.details)


def test_rubrics_and_judges_are_made_and_revised_by_a_person(admin: User) -> None:
    anchors = list("abcde")
    rubric = create_rubric(name="tone", instructions="Rate.", anchors=anchors, actor=admin)
    revised = revise_rubric(rubric=rubric, instructions="Rate well.", anchors=anchors, actor=admin)
    spec = JudgeSpec(name="j", endpoint=model_endpoint(), rubric=revised)
    judge = create_judge(spec=spec, actor=admin)
    made = {event.action: event for event in AuditEvent.objects.filter(actor=admin)}
    assert made["rubric.created"].subject == f"rubric {rubric.pk}"
    assert made["rubric.revised"].details == {"name": "tone", "version": 2, "edited_version": 1}
    assert made["judge.created"].subject == f"judge {judge.pk}"


def test_tests_of_endpoints_and_judges_are_noted_with_their_call(admin: User, browser: Client) -> None:
    judge = heuristic_judge()
    assert judge.endpoint is not None
    browser.post(reverse("endpoint_try", args=[judge.endpoint.pk]))
    browser.post(reverse("judge_canaries", args=[judge.pk]))
    assert _the("endpoint.tested").subject == f"endpoint {judge.endpoint.pk}"
    assert _the("judge.injected_responses_started").subject == f"judge {judge.pk}"
    assert {event.actor for event in AuditEvent.objects.filter(action__contains="test")} == {admin}


def test_judging_is_launched_by_a_person(admin: User, program: Client) -> None:
    run = build.run_with_items(1).pk
    program.post(
        f"{API}runs/{run}/judge/", {"judge": heuristic_judge().name}, content_type="application/json"
    )
    event = _the("judging.launched")
    assert (event.actor, event.subject, event.details["judge"]) == (
        admin,
        f"run {run}",
        heuristic_judge().name,
    )


def test_an_import_is_requested_and_what_it_imports_is_under_the_same_name(
    admin: User, tmp_path: Path, settings: Any
) -> None:
    settings.IMPORT_ROOT = tmp_path
    for _ in range(2):  # the second changes nothing
        request_import(
            kind="catalogue",
            arguments={"name": "tastes"},
            files=[("file", SimpleUploadedFile("p.csv", b"text\nI like it short.\n"))],
            actor=admin,
        )
        run_imports()
    requested = AuditEvent.objects.filter(action="import.requested", actor=admin)
    assert [event.details["files"] for event in requested] == [["p.csv"]] * 2
    imported = _the("catalogue.imported")
    assert (imported.actor, imported.subject) == (admin, f"catalogue {Catalogue.objects.get().pk}")


def test_an_import_that_fails_leaves_no_event(tmp_path: Path) -> None:
    file = tmp_path / "p.csv"
    file.write_text("nothing\nx\n", encoding="utf-8")
    with pytest.raises(SystemExit):
        call_command("import_catalogue", str(file), "--name", "tastes", "--json")
    assert not AuditEvent.objects.filter(action="catalogue.imported").exists()


def test_what_a_command_does_has_no_actor_and_names_the_command(tmp_path: Path) -> None:
    file = tmp_path / "p.csv"
    file.write_text("text\nI like it short.\n", encoding="utf-8")
    call_command("import_catalogue", str(file), "--name", "tastes")
    event = _the("catalogue.imported")
    assert (event.actor, event.details["command"]) == (None, "import_catalogue")


def test_each_decision_on_a_proposal_and_the_release_are_noted(admin: User) -> None:
    proposal = build.proposal()
    edit_proposal(proposal=proposal, text="I like it brief.", category="brevity", actor=admin)
    accept_proposal(proposal=proposal, actor=admin)
    accept_proposal(proposal=proposal, actor=admin)  # changes nothing
    catalogue = release_catalogue(build=proposal.build, actor=admin)
    edited, accepted = _the("proposal.edited"), _the("proposal.accepted")
    assert edited.details["after"]["text"] == "I like it brief."
    assert accepted.details["before"] == {"status": "proposed"}
    assert {edited.subject, accepted.subject} == {f"proposal {proposal.pk}"}
    assert _the("build.released").details["catalogue"] == str(catalogue)


def test_a_result_is_computed_again_by_a_person(admin: User, browser: Client) -> None:
    run: Run = build.run_with_items(1)
    browser.post(reverse("run_compute_again", args=[run.pk]))
    assert (_the("results.retried").actor, _the("results.retried").subject) == (admin, f"run {run.pk}")


def test_the_whole_log_shows_and_filters_what_was_done_in_the_evaluation(
    admin: User, browser: Client, program: Client
) -> None:
    create_rubric(name="tone", instructions="Rate.", anchors=list("abcde"), actor=admin)
    page = page_text(browser, "audit_log")
    assert "rubric.created" in page
    assert '<option value="rubric.created">' in page
    (row,) = program.get(f"{API}audit/", {"action": "rubric.created"}).json()["results"]
    assert (row["actor"], row["campaign"], row["details"]["name"]) == ("admin", None, "tone")
    assert default_rubric().name not in page
