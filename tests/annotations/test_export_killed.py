"""A real Celery worker is killed with -9 while it writes an export: another one writes it whole."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from annotations.models import AuditEvent, Export
from annotations.services.exports import request_export
from perg_site import embedded
from perg_site.celery import app
from tests import build

ROWS = 400_000
LEASE_SECONDS = 3


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts Celery workers on the test database, with a short lease and files in a folder of their own."""
    server, _ = embedded.database_url(settings.PERG_HOME).rsplit("/", 1)
    environment = os.environ | {
        "DATABASE_URL": f"{server}/{connection.settings_dict['NAME']}",
        "REDIS_URL": settings.REDIS_URL,
        "EXPORT_ROOT": str(tmp_path / "exports"),
        "PERG_EXPORT_LEASE_SECONDS": str(LEASE_SECONDS),
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


def _wait_until(true: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.02)


@pytest.mark.django_db(transaction=True)
def test_after_kill_9_an_export_is_written_whole_by_the_next_worker(
    worker: Callable[[], subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    admin = build.person("admin", staff=True)
    AuditEvent.objects.bulk_create(
        (AuditEvent(action="test.made", details={"n": n}) for n in range(ROWS)), batch_size=10_000
    )
    export = request_export(
        requested_by=admin, table="audit_log", format="csv", filters={"action": "test.made"}
    )
    folder = tmp_path / "exports"

    def half_written() -> bool:
        return folder.is_dir() and any(path.stat().st_size > 100_000 for path in folder.glob("*.part"))

    first = worker()
    _wait_until(half_written, seconds=120)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    export.refresh_from_db()
    assert (export.status, export.file) == ("running", ""), "the kill came too late to show anything"
    (left,) = folder.glob("*.part")

    worker()
    _wait_until(lambda: Export.objects.get(pk=export.pk).status == "ready", seconds=120)
    export.refresh_from_db()
    assert (export.rows, export.attempts) == (ROWS, 2)
    written = pl.read_csv(folder / export.file)
    assert (written.height, written["event"].n_unique()) == (ROWS, ROWS)
    assert AuditEvent.objects.filter(action="export.written").count() == 1
    assert left.name != f"{export.file}.part", "the half of the first claim is in nobody's way"
    assert export.expires_at is not None
    assert export.expires_at > timezone.now()
