"""Leased jobs of every kind: claimed by one worker, finished once, and failed in words."""

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from pytest_django import Settings

from annotations.exports.services import request_export
from annotations.gold.services import cached_preview
from annotations.gold.services.requests import request_release
from annotations.item_import.services.uploads import receive_table
from annotations.models import Export, GoldRequest, TableUpload, ValidationReport
from annotations.validation.services.validation import request_report
from core.errors import Conflict
from core.jobs import leasing
from core.jobs.heartbeat import Heartbeat, ThreadHeartbeat
from core.jobs.kinds import JobKind, job_kind, kind_of, registered_kinds
from core.jobs.leased_job import LeasedJob
from core.jobs.leasing import ClaimLost, claim, fail, finish, queue_again, run_job
from core.jobs.tasks import run_job as run_job_task
from core.jobs.tasks import sweep_jobs
from core.models import User
from evaluation.imports.services.jobs import request_import
from evaluation.models import ImportJob
from perg_site.models import Delivery
from tests import build
from tests.judged_campaign import QUICK, judged_campaign

pytestmark = pytest.mark.django_db

Request = Callable[[User], LeasedJob]


@pytest.fixture(autouse=True)
def _worlds(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files in folders of their own, and every campaign large."""
    settings.EXPORT_ROOT, settings.IMPORT_ROOT = tmp_path / "exports", tmp_path / "imports"
    settings.TABLE_AT_ONCE_BYTES = 0
    monkeypatch.setattr(cached_preview, "LIVE_LABELS", 0)


def _report(lead: User) -> LeasedJob:
    campaign = judged_campaign([lead, build.person("bob")])
    return request_report(campaign=campaign, settings=QUICK, requested_by=lead)


def _export(lead: User) -> LeasedJob:
    return request_export(requested_by=lead, table="audit_log", format="csv")


def _gold(lead: User) -> LeasedJob:
    ann = build.person("ann")
    campaign = build.campaign(build.run_with_items(2), [ann], overlap=1, leads=[lead])
    for task in campaign.tasks.all():
        build.vote(task, ann, 4)
    return request_release(campaign=campaign, requested_by=lead)


def _import(lead: User) -> LeasedJob:
    file = SimpleUploadedFile("p.csv", b"text,category\nI like it short.,brevity\n")
    return request_import(kind="catalogue", arguments={"name": "mine"}, files=[("file", file)], actor=lead)


def _table(lead: User) -> LeasedJob:
    file = SimpleUploadedFile("answers.csv", b"id,output,ann,gpt\n1,yes,5,4\n2,no,1,2\n")
    return receive_table(file=file, actor=lead)


REQUESTS: dict[type[LeasedJob], Request] = {
    ValidationReport: _report,
    Export: _export,
    GoldRequest: _gold,
    ImportJob: _import,
    TableUpload: _table,
}


@pytest.fixture(params=REQUESTS, ids=lambda model: model.__name__)
def job(request: pytest.FixtureRequest) -> LeasedJob:
    """A queued job; the tests run once for each kind."""
    return REQUESTS[request.param](build.person("lead", staff=True))


def _lapse(job: LeasedJob) -> None:
    """The worker that has the job is silent for longer than its lease."""
    _rows(job).update(leased_until=timezone.now() - timedelta(seconds=1))


def _rows(job: LeasedJob) -> Any:
    return type(job)._default_manager.filter(pk=job.pk)


def _stored(job: LeasedJob) -> LeasedJob:
    stored: LeasedJob = _rows(job).get()
    return stored


def _breaking(job: LeasedJob, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def run(self: object, job: LeasedJob) -> None:
        raise error

    monkeypatch.setattr(type(kind_of(job)), "run", run)


def test_every_kind_of_job_is_registered_and_tested_here() -> None:
    models = {kind.model for kind in registered_kinds()}
    assert models == {*REQUESTS, Delivery}
    assert {kind.model for kind in registered_kinds() if isinstance(kind, JobKind)} == set(REQUESTS)
    with pytest.raises(KeyError):
        job_kind("perg_site.delivery")


# A job that goes well


def test_a_worker_does_a_job_once_however_often_it_is_queued(job: LeasedJob) -> None:
    assert (job.status, job.is_unfinished) == ("queued", True)
    for _ in range(2):
        run_job_task(job._meta.label_lower, job.pk)
    done = _stored(job)
    assert (done.status, done.attempts, done.lost_workers) == (job.STATES.done, 1, 0)
    assert (done.leased_until, done.failure, done.failure_code) == (None, "", "")
    assert done.finished_at is not None


def test_a_job_that_is_gone_is_left_alone() -> None:
    for model in REQUESTS:
        run_job_task(model._meta.label_lower, 0)


@pytest.mark.django_db(transaction=True)
def test_of_workers_that_claim_a_job_at_once_one_has_it(job: LeasedJob) -> None:
    start = threading.Barrier(4)
    claims: list[bool] = []

    def work() -> None:
        mine = _stored(job)
        start.wait(timeout=30)
        claims.append(claim(mine))
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(claims) == [False, False, False, True]
    assert _stored(job).attempts == 1


def test_a_claimed_job_is_leased_and_begins_at_the_start(job: LeasedJob) -> None:
    assert claim(job)
    assert job.status == job.STATES.running
    assert job.leased_until is not None
    assert job.leased_until - timezone.now() > kind_of(job).lease - timedelta(seconds=60)
    assert {column: getattr(job, column) for column in job.PROGRESS} == job.PROGRESS


# Lost workers


def test_a_worker_that_comes_back_after_its_lease_writes_nothing(job: LeasedJob) -> None:
    late = _stored(job)
    assert claim(late)
    _lapse(job)
    assert claim(_stored(job))
    before = _rows(job).values().get()
    with pytest.raises(ClaimLost):
        finish(late)
    fail(late, ValueError("late"))
    with pytest.raises(ClaimLost):
        Heartbeat(late).tell(**job.PROGRESS)
    assert _rows(job).values().get() == before
    assert before["attempts"] == 2


def test_what_is_written_with_a_lost_claim_is_undone(job: LeasedJob, monkeypatch: pytest.MonkeyPatch) -> None:
    def overtaken(self: object, late: LeasedJob) -> None:
        _lapse(job)
        assert claim(_stored(job))
        with transaction.atomic():
            build.person("written meanwhile")
            finish(late)

    monkeypatch.setattr(type(kind_of(job)), "run", overtaken)
    run_job(job)
    assert (job.status, job.attempts) == (job.STATES.running, 2)
    assert not User.objects.filter(username="written meanwhile").exists()


def test_a_running_job_is_left_alone_until_its_lease_is_over(job: LeasedJob) -> None:
    assert claim(_stored(job))
    assert run_job(_stored(job)).status == job.STATES.running
    _lapse(job)
    done = run_job(_stored(job))
    assert (done.status, done.attempts, done.lost_workers) == (job.STATES.done, 2, 1)


def _lose_workers(job: LeasedJob, number: int) -> None:
    for _ in range(number):
        assert claim(_stored(job))
        _lapse(job)


def test_a_job_that_loses_three_workers_fails_and_says_so(job: LeasedJob) -> None:
    _lose_workers(job, leasing.MOST_LOST_WORKERS)
    given_up = run_job(_stored(job))
    assert (given_up.status, given_up.failure_code, given_up.attempts) == ("failed", "worker_lost", 3)
    assert given_up.failure.startswith("The worker was lost 3 times while it ")
    assert given_up.failure.endswith("It may have run out of memory.")
    assert given_up.may_be_retried


def test_after_a_retry_as_many_workers_may_be_lost_as_before_and_no_claim_has_an_old_number(
    job: LeasedJob,
) -> None:
    assert claim(job)
    fail(job, OSError("the disk is full"))
    queue_again(job, refusal="")
    assert (job.status, job.failure, job.failure_code, job.lost_workers) == ("queued", "", "", 0)
    _lose_workers(job, leasing.MOST_LOST_WORKERS - 1)
    done = run_job(_stored(job))
    assert (done.status, done.attempts, done.lost_workers) == (job.STATES.done, 4, 2)


def test_only_what_failed_can_be_retried(job: LeasedJob) -> None:
    for _ in range(2):
        with pytest.raises(Conflict, match="Not now") as raised:
            queue_again(job, refusal="Not now.")
        assert raised.value.code == "not_retryable"
        run_job(job)


# Failures


def test_a_failure_is_stored_in_words_and_raised_for_the_log(
    job: LeasedJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    _breaking(job, monkeypatch, KeyError("x"))
    with pytest.raises(KeyError):
        run_job(job)
    failed = _stored(job)
    assert (failed.status, failed.failure_code, failed.lost_workers) == ("failed", "broken_off", 0)
    assert failed.failure == "Internal error (KeyError: 'x'). The workers’ log has the details."
    assert failed.finished_at is not None


def test_a_refusal_ends_a_job_with_its_own_message_and_is_not_raised(
    job: LeasedJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = "Line 7 has no text. " * 40
    _breaking(job, monkeypatch, Conflict(message, code="no_text", field="file"))
    refused = run_job(job)
    assert refused.status == (job.STATES.refused or "failed")
    assert (refused.failure, refused.failure_code) == (message, "no_text")


def test_the_database_holds_a_job_to_its_states(job: LeasedJob) -> None:
    name = type(job).__name__.lower()
    wrong: dict[str, dict[str, object]] = {
        "status_known": {"status": "odd", "finished_at": timezone.now()},
        "running_iff_leased": {"status": job.STATES.running},
        "finished_has_time": {"finished_at": timezone.now()},
        "failed_iff_reason": {"failure": "It was interrupted."},
    }
    for constraint, columns in wrong.items():
        with pytest.raises(IntegrityError, match=f"{name}_{constraint}"), transaction.atomic():
            _rows(job).update(**columns)


# The sweep


def test_the_sweep_finds_what_waits_and_whose_worker_is_silent_and_nothing_else(
    job: LeasedJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[str, object, object]] = []
    monkeypatch.setattr(
        "core.jobs.kinds.current_app.send_task",
        lambda name, args, expires: sent.append((name, args, expires)),
    )
    expected = ("core.jobs.tasks.run_job", (job._meta.label_lower, job.pk), site.SWEEP_SECONDS)
    sweep_jobs()
    assert sent == [expected]
    assert claim(_stored(job))
    sweep_jobs()
    assert len(sent) == 1
    _lapse(job)
    sweep_jobs()
    assert sent == [expected] * 2
    run_job(job)
    sweep_jobs()
    assert len(sent) == 2


def test_a_kind_that_cannot_be_swept_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    swept: list[str] = []

    def sweep(kind: JobKind[LeasedJob]) -> None:
        swept.append(kind.name)
        raise ValueError("no such table")

    for kind in registered_kinds():
        monkeypatch.setattr(type(kind), "sweep", sweep)
    sweep_jobs()
    assert sorted(swept) == sorted(kind.name for kind in registered_kinds())


# Heartbeats


def test_a_heartbeat_prolongs_the_lease_and_notes_how_far_it_is(job: LeasedJob) -> None:
    assert claim(job)
    _lapse(job)
    heartbeat = Heartbeat(job)
    heartbeat.tell(**job.PROGRESS)
    renewed = _stored(job).leased_until
    assert renewed is not None
    assert renewed > timezone.now()
    heartbeat.tell(**job.PROGRESS)
    assert _stored(job).leased_until == renewed, "once a second is enough"


@pytest.mark.django_db(transaction=True)
def test_a_thread_keeps_the_lease_and_notes_how_far_it_is_while_a_transaction_goes_on(
    job: LeasedJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.jobs.heartbeat.HEARTBEAT_SECONDS", 0.01)
    assert claim(job)
    _lapse(job)
    column = next(iter(job.PROGRESS))
    with ThreadHeartbeat(job) as heartbeat, transaction.atomic():
        heartbeat.tell(**{column: 1})
        _wait_until(lambda: getattr(_stored(job), column) == 1)
        assert not type(job).objects.waiting().exists()


def _wait_until(is_true: Callable[[], bool]) -> None:
    deadline = timezone.now() + timedelta(seconds=30)
    while not is_true():
        assert timezone.now() < deadline
        threading.Event().wait(0.01)
