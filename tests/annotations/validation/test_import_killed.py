"""A real Celery worker is killed with -9 in the middle of an import: another one makes it whole, and once."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from annotations.models import Campaign, ImportedRating
from core.models import AuditEvent
from evaluation.imports.services.jobs import request_import
from evaluation.models import ImportJob
from perg_site import embedded
from perg_site.celery import app
from tests import build
from tests.sizes import IMPORTED_ITEMS as ITEMS

pytestmark = pytest.mark.slow

Worker = Callable[[], "subprocess.Popen[bytes]"]


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Worker]:
    """Starts Celery workers on the test database, with a short lease."""
    server, _ = embedded.database_url(settings.PERG_HOME).rsplit("/", 1)
    environment = os.environ | {
        "DATABASE_URL": f"{server}/{connection.settings_dict['NAME']}",
        "REDIS_URL": settings.REDIS_URL,
        "PERG_IMPORT_LEASE_SECONDS": "3",
        "PERG_SWEEP_SECONDS": "1",
    }
    command = [sys.executable, "-m", "celery", "-A", "perg_site", "worker", "-B", "-Q", "default"]
    command += ["--concurrency", "1", "-s", str(tmp_path / "schedule")]
    started: list[subprocess.Popen[bytes]] = []

    def start() -> "subprocess.Popen[bytes]":
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


@pytest.mark.django_db(transaction=True)
def test_after_kill_9_an_import_is_made_whole_and_once_by_the_next_worker(worker: Worker) -> None:
    rows = "".join(f"q{item},{item % 5},{item % 4},{item % 3}\n" for item in range(ITEMS))
    file = SimpleUploadedFile("r.csv", f"item,ann,bob,cid\n{rows}".encode())
    job = request_import(
        kind="ratings",
        arguments={"name": "ours", "scale": "ordinal", "is_cut": False},
        files=[("human", file)],
        actor=build.person("admin", staff=True),
    )
    folder = Path(settings.IMPORT_ROOT) / job.folder

    def status() -> str:
        job.refresh_from_db()
        return job.status

    first = worker()
    _wait_until(lambda: status() == "running")
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    assert status() == "running", "the kill came too late to show anything"
    assert not Campaign.objects.exists()
    assert folder.exists()

    worker()
    _wait_until(lambda: status() == "done")
    assert job.report is not None
    assert (job.attempts, job.report["ratings"]) == (2, 3 * ITEMS)
    assert Campaign.objects.count() == 1
    assert ImportedRating.objects.count() == 3 * ITEMS
    assert AuditEvent.objects.filter(action="ratings.imported").count() == 1
    assert ImportJob.objects.count() == 1
    _wait_until(lambda: not folder.exists())
