"""A real Celery worker is killed with -9 while it judges: after a restart every item is judged once."""

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

from evaluation.models import Completion, Judgment, Run
from evaluation.services.judges import heuristic_judge
from evaluation.services.judging import launch_judging
from perg_site import embedded
from perg_site.celery import app
from tests import build

ITEMS = 400
LEASE_SECONDS = 2


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts Celery workers on the test database; the chunks are small, so that a kill falls between two."""
    server, _ = embedded.database_url(settings.PERG_HOME).rsplit("/", 1)
    environment = os.environ | {
        "DATABASE_URL": f"{server}/{connection.settings_dict['NAME']}",
        "REDIS_URL": settings.REDIS_URL,
        "PERG_COMPLETION_CHUNK": "2",
        "PERG_COMPLETION_LEASE_SECONDS": str(LEASE_SECONDS),
        "PERG_SWEEP_SECONDS": "1",
    }
    command = [sys.executable, "-m", "celery", "-A", "perg_site", "worker", "-B", "-Q", "default,llm"]
    command += ["--concurrency", "2", "-s", str(tmp_path / "schedule")]
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
def test_after_kill_9_and_a_restart_every_item_is_judged_once(
    worker: Callable[[], subprocess.Popen[bytes]],
) -> None:
    run = build.run_with_items(ITEMS)
    launch_judging(run=run, judge=heuristic_judge())

    first = worker()
    _wait_until(lambda: Completion.objects.filter(status="succeeded").count() >= 20, seconds=60)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    done = Completion.objects.filter(status="succeeded").count()
    assert done < ITEMS, "the kill came too late to show anything"

    worker()
    _wait_until(lambda: Run.objects.get(pk=run.pk).status == "complete", seconds=90)
    assert Judgment.objects.filter(status="scored").count() == ITEMS
    assert Judgment.objects.values("response").distinct().count() == ITEMS
    assert Completion.objects.count() == ITEMS
    # Only what was in flight at the kill was called again: two processes with two requests each.
    assert Completion.objects.filter(attempts__gt=1).count() <= 4
    assert set(Completion.objects.values_list("status", flat=True)) == {"succeeded"}
