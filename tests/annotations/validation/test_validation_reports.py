"""Validation reports: asked for, computed once, kept, and lost workers survived."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from pytest_django import Settings

from annotations.gold.services.gold import release_gold
from annotations.models import Campaign, Criterion, ValidationReport
from annotations.validation.selectors.input_hash import input_hash
from annotations.validation.selectors.reports import reports_now
from annotations.validation.selectors.validation import validation_input
from annotations.validation.services import validation
from annotations.validation.services.validation import (
    prune_reports,
    request_report,
)
from core.errors import Conflict
from core.jobs.heartbeat import Heartbeat
from core.jobs.leasing import run_job
from core.models import AuditEvent, User
from core.models.audit import named
from evaluation.models import Run
from perg.stats.base.result import dump
from perg.stats.gold.gold_criteria import EVERY_TASK
from perg.stats.items.validation_input import ValidationInput, ValidationSettings
from perg.stats.report.validation import validation_report as builder
from tests import build
from tests.judged_campaign import QUICK, SETTINGS, judged_campaign, revise

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> list[User]:
    return [build.person(name) for name in ("ann", "bob")]


@pytest.fixture
def campaign(people: list[User]) -> Campaign:
    return judged_campaign(people)


def test_a_report_is_computed_and_kept(campaign: Campaign, people: list[User]) -> None:
    report = request_report(campaign=campaign, settings=QUICK, requested_by=people[0])
    assert report.status == "queued"
    run_job(report)
    report.refresh_from_db()
    assert report.status == "ready"
    assert report.input_hash == input_hash(campaign, SETTINGS)
    assert report.document is not None
    assert [judge["name"] for judge in report.document["judges"]] == ["gpt", "yes"]
    assert report.share_done == 1
    events = AuditEvent.objects.filter(action__startswith="validation_report").order_by("pk")
    assert [(event.action, event.actor) for event in events] == [
        ("validation_report.requested", people[0]),
        ("validation_report.computed", None),
    ]


def test_asking_twice_is_asking_once(campaign: Campaign) -> None:
    first = request_report(campaign=campaign, settings=QUICK)
    assert request_report(campaign=campaign, settings=QUICK) == first
    run_job(first)
    assert request_report(campaign=campaign, settings=QUICK) == first
    revise(campaign)
    assert request_report(campaign=campaign, settings=QUICK) != first


def test_another_report_waits_for_its_turn(campaign: Campaign) -> None:
    request_report(campaign=campaign, settings=QUICK)
    with pytest.raises(Conflict, match="by other settings"):
        request_report(campaign=campaign, settings=ValidationSettings(epsilon=0.1))


def test_the_database_holds_one_unfinished_report_a_campaign(campaign: Campaign) -> None:
    request_report(campaign=campaign, settings=QUICK)
    with pytest.raises(IntegrityError, match="validationreport_one_at_a_time"), transaction.atomic():
        ValidationReport.objects.create(campaign=campaign, settings={})


def test_nothing_rated_is_nothing_to_report(people: list[User]) -> None:
    with pytest.raises(Conflict, match="nothing to report"):
        request_report(campaign=build.campaign(build.run_with_items(2), people), settings=QUICK)


def test_a_report_that_is_computed_or_done_is_left_alone(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = request_report(campaign=campaign, settings=QUICK)
    calls = count_computing(monkeypatch)
    run_job(ValidationReport.objects.get(pk=report.pk))
    first = ValidationReport.objects.get(pk=report.pk)
    run_job(report)
    assert len(calls) == 1
    assert ValidationReport.objects.get(pk=report.pk).finished_at == first.finished_at
    in_work = lost(campaign, leased_for=60)
    run_job(in_work)
    assert len(calls) == 1


def count_computing(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    calls: list[object] = []
    real = builder

    def counted(*args: object, **kwargs: object) -> object:
        calls.append(args)
        return real(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(validation, "validation_report", counted)
    return calls


def lost(campaign: Campaign, *, leased_for: float, attempts: int = 1) -> ValidationReport:
    """A report that a worker took up; `leased_for` below 0: it was killed."""
    return ValidationReport.objects.create(
        campaign=campaign,
        status="computing",
        settings=SETTINGS,
        attempts=attempts,
        leased_until=timezone.now() + timedelta(seconds=leased_for),
    )


def test_a_worker_that_was_taken_for_lost_writes_nothing(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = request_report(campaign=campaign, settings=QUICK)
    real = validation_input

    def slow(of: Campaign, criterion: Criterion | None) -> ValidationInput:
        ValidationReport.objects.filter(pk=report.pk).update(attempts=2)  # another worker has it by now
        return real(of, criterion)

    monkeypatch.setattr(validation, "validation_input", slow)
    late = run_job(report)
    assert (late.status, late.attempts, late.document) == ("computing", 2, None)


@pytest.mark.django_db(transaction=True)
def test_workers_that_take_a_report_up_at_once_compute_it_once(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = request_report(campaign=campaign, settings=QUICK)
    calls = count_computing(monkeypatch)
    start = threading.Barrier(4)
    errors: list[BaseException] = []

    def work() -> None:
        try:
            start.wait(timeout=600)
            run_job(report)
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=600)
    report.refresh_from_db()
    assert errors == []
    assert len(calls) == 1
    assert (report.status, report.attempts) == ("ready", 1)


def test_an_interrupted_report_says_why_and_can_be_requested_again(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = request_report(campaign=campaign, settings=QUICK)

    def broken(*_: object, **__: object) -> object:
        raise ValueError("no such thing")

    with monkeypatch.context() as patch:
        patch.setattr(validation, "validation_report", broken)
        with pytest.raises(ValueError, match="no such thing"):
            run_job(report)
    report.refresh_from_db()
    assert (report.status, report.failure) == (
        "failed",
        "Internal error (ValueError: no such thing). The workers’ log has the details.",
    )
    now = reports_now(campaign)
    assert now.failed == report
    assert now.ready is None
    assert run_job(request_report(campaign=campaign, settings=QUICK)).status == "ready"
    assert reports_now(campaign).failed is None


def test_the_same_input_gives_the_same_document(campaign: Campaign) -> None:
    documents = [dump(validation.computed_report(campaign, QUICK)[0]) for _ in range(2)]
    assert documents[0] == documents[1]


def test_progress_is_noted_on_the_report(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    report = request_report(campaign=campaign, settings=QUICK)
    seen: list[tuple[str, float]] = []
    monkeypatch.setattr("core.jobs.heartbeat.HEARTBEAT_SECONDS", 0.0)

    def noted(self: object, tell: Callable[..., None] = Heartbeat.tell, **facts: object) -> None:
        tell(self, **facts)
        seen.append(ValidationReport.objects.values_list("step", "share_done").get(pk=report.pk))

    monkeypatch.setattr(Heartbeat, "tell", noted)
    run_job(report)
    shares = [share for _, share in seen]
    assert shares == sorted(shares)
    assert "judge gpt" in [step for step, _ in seen]


def test_a_run_without_a_preference_to_follow_does_no_harm(people: list[User]) -> None:
    runs: list[Run] = [build.run(), build.run(setting="irrelevant")]
    for _ in range(3):
        build.judgment(build.item(runs[0]), 4)
        build.item(runs[1])
    campaign = build.campaign(runs, people, size=3)
    report = run_job(request_report(campaign=campaign, settings=QUICK))
    assert report.status == "ready"


NOTHING_SAID = {"people": {"alpha": None, "alpha_followed": None, "people": []}, "judges": []}


def stored(campaign: Campaign, *, status: str = "ready") -> ValidationReport:
    return ValidationReport.objects.create(
        campaign=campaign,
        settings=SETTINGS,
        status=status,
        finished_at=timezone.now(),
        input_hash="0" * 64 if status == "ready" else "",
        document=NOTHING_SAID if status == "ready" else None,
        failure="It was interrupted." if status == "failed" else "",
        failure_code="broken_off" if status == "failed" else "",
    )


def test_old_reports_are_pruned_when_a_new_one_is_stored(
    campaign: Campaign, people: list[User], settings: Settings
) -> None:
    settings.VALIDATION_REPORTS_KEPT = 2
    old, failed = [stored(campaign) for _ in range(3)], stored(campaign, status="failed")
    elsewhere = stored(build.campaign(build.run_with_items(1), people))
    new = run_job(request_report(campaign=campaign, settings=QUICK))
    assert new.status == "ready"
    assert set(campaign.validation_reports.all()) == {new, failed}
    assert ValidationReport.objects.filter(pk=elsewhere.pk).exists()
    event = AuditEvent.objects.get(action="validation_report.pruned")
    assert (event.scope, event.details) == (named(campaign), {"reports": len(old)})


def test_the_report_that_stood_when_gold_was_released_is_kept(
    campaign: Campaign, people: list[User], settings: Settings
) -> None:
    settings.VALIDATION_REPORTS_KEPT = 1
    before, stood = stored(campaign), stored(campaign)
    release_gold(campaign=campaign, criteria=EVERY_TASK, created_by=people[0])
    after, newest = stored(campaign), stored(campaign)
    assert prune_reports(campaign=campaign) == 2
    assert set(campaign.validation_reports.all()) == {stood, newest}
    assert {before, after}.isdisjoint(campaign.validation_reports.all())


def test_failures_do_not_drive_out_the_report_that_is_ready(campaign: Campaign, settings: Settings) -> None:
    settings.VALIDATION_REPORTS_KEPT = 1
    ready, _, last = stored(campaign), stored(campaign, status="failed"), stored(campaign, status="failed")
    waiting = request_report(campaign=campaign, settings=QUICK)
    assert prune_reports(campaign=campaign) == 1
    assert set(campaign.validation_reports.all()) == {ready, last, waiting}
