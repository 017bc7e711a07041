"""A real Celery worker is killed with -9 in the middle of a release: another one makes it whole, and once."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from annotations.gold.services.gold import preview_gold
from annotations.gold.services.requests import request_release
from annotations.models import Campaign, GoldLabel, GoldRelease, GoldRequest
from core.models import AuditEvent
from perg.stats.base.result import dump
from perg.stats.gold.gold_criteria import EVERY_TASK
from perg_site import embedded
from perg_site.celery import app
from perg_site.models import Delivery
from perg_site.webhooks.managing import create_webhook
from tests import build
from tests.gold_lines import gold_file
from tests.sizes import RELEASED_TASKS as TASKS

pytestmark = pytest.mark.slow

LEASE_SECONDS = 3
# Copies of the one task that there is, and of the label on it.
COPIES = """
    WITH question AS (
        INSERT INTO evaluation_question (dataset_id, key, text, options, gold_option, source, category, external_id)
        SELECT dataset_id, md5(n::text), text, options, gold_option, source, category, n
        FROM evaluation_question, generate_series(1, %(copies)s) AS n RETURNING id
    ), copied AS (
        INSERT INTO evaluation_item (run_id, question_id, preference_id, position, status, failure)
        SELECT run_id, question.id, preference_id, 1 + row_number() OVER (ORDER BY question.id), status, failure
        FROM evaluation_item, question RETURNING id
    ), answered AS (
        INSERT INTO evaluation_response (item_id, condition, text, answer, recorded_answer, extraction,
            extraction_rule, thoughts, fell_back)
        SELECT copied.id, condition, text, answer, recorded_answer, extraction, extraction_rule, thoughts, fell_back
        FROM copied, evaluation_response RETURNING id, condition
    ), made AS (
        INSERT INTO annotations_task (campaign_id, response_id, kind, state, order_key, priority, wanted_labels,
            open_slots, stratum, inclusion_probability)
        SELECT campaign_id, answered.id, kind, state, answered.id, priority, wanted_labels, 0, stratum, 1
        FROM answered, annotations_task WHERE condition = 'personalised' RETURNING id
    ), given AS (
        INSERT INTO annotations_assignment (task_id, member_id, status, submitted_at, is_surplus, is_set_aside,
            skip_reason, skip_note, created_at)
        SELECT made.id, member_id, status, submitted_at, false, false, '', '', created_at
        FROM made, annotations_assignment RETURNING id
    )
    INSERT INTO annotations_label (assignment_id, revision, score, answer_correct, comment, submission_key, created_at)
    SELECT given.id, 1, 1 + given.id %% 5, '', '', gen_random_uuid(), created_at FROM given, annotations_label
"""


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts Celery workers on the test database, with a short lease."""
    server, _ = embedded.database_url(settings.PERG_HOME).rsplit("/", 1)
    environment = os.environ | {
        "DATABASE_URL": f"{server}/{connection.settings_dict['NAME']}",
        "REDIS_URL": settings.REDIS_URL,
        "PERG_GOLD_LEASE_SECONDS": str(LEASE_SECONDS),
        "PERG_SWEEP_SECONDS": "1",
    }
    command = [sys.executable, "-m", "celery", "-A", "perg_site", "worker", "-B", "-Q", "default"]
    command += ["--concurrency", "1", "-s", str(tmp_path / "schedule")]
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        with (tmp_path / f"worker-{len(started)}.log").open("wb") as log:
            started.append(
                subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
            )
        return started[-1]

    app.control.purge()  # what earlier tests queued, with nobody there to do it
    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    for log in sorted(tmp_path.glob("worker-*.log")):
        sys.stdout.write(f"--- {log.name}\n{log.read_text()[-4000:]}")


def _wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 600
    while not true():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.02)


def _campaign() -> Campaign:
    """Of many tasks with a label each."""
    ann = build.person("ann")
    made = build.campaign(build.run_with_items(1), [ann], overlap=1, leads=[build.person("lead")])
    build.vote(made.tasks.get(), ann, 4)
    with connection.cursor() as cursor:
        cursor.execute(COPIES, {"copies": TASKS - 1})
    Campaign.objects.update(sample_size=TASKS)
    made.refresh_from_db()
    return made


@pytest.mark.django_db(transaction=True)
def test_after_kill_9_a_release_is_made_whole_and_once_by_the_next_worker(
    worker: Callable[[], subprocess.Popen[bytes]],
) -> None:
    campaign = _campaign()
    lead = campaign.members.get(user__username="lead").user
    create_webhook(
        name="w", url="https://example.org", events=["gold.released"], actor=build.person("a", staff=True)
    )
    preview = preview_gold(campaign=campaign, criteria=EVERY_TASK)
    request = request_release(
        campaign=campaign, requested_by=lead, criteria=EVERY_TASK, seen=preview.fingerprint
    )

    def is_written_in_part() -> bool:
        request.refresh_from_db()
        return request.written > 0

    first = worker()
    _wait_until(is_written_in_part)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    request.refresh_from_db()
    assert request.status == "writing", "the kill came too late to show anything"
    assert request.written < TASKS
    assert not GoldRelease.objects.exists()
    assert not GoldLabel.objects.exists()
    assert not AuditEvent.objects.filter(action="gold.released").exists()

    worker()
    _wait_until(lambda: GoldRequest.objects.get(pk=request.pk).status == "released")
    release = GoldRelease.objects.get()
    request.refresh_from_db()
    assert (request.release, request.attempts, request.written) == (release, 2, TASKS)
    assert (release.number, release.created_by, release.counts) == (1, lead, dump(preview.counts))
    assert release.gold_labels.count() == TASKS
    assert release.checksum == hashlib.sha256(gold_file(release)).hexdigest()
    assert AuditEvent.objects.filter(action="gold.released").count() == 1
    assert Delivery.objects.filter(event="gold.released").count() == 1
