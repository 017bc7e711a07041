"""The platform for tests of programs: a real web server (pytest-django's), a real worker, the demonstration data."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection

from annotations.demonstration.loading import load_demonstration
from core.models import User
from core.scopes import Scope
from core.users.tokens.tokens import create_token
from perg_site import embedded
from perg_site.celery import app
from perg_site.deployment.workers import ARGUMENTS, worker_command
from tests import build

ALL_QUEUES = "default,llm"
Worker = subprocess.Popen[bytes]


@dataclass(frozen=True)
class LivePlatform:
    """Where it is, and a token of an admin who may label, too."""

    address: str
    token: str


def loaded_with_demonstration(address: str) -> LivePlatform:
    visitors: dict[str, User] = {
        name: build.person(name, staff=name == "admin") for name in ("annotator", "lead", "admin")
    }
    load_demonstration(visitors=visitors, say=lambda step: None)
    issued = create_token(user=visitors["admin"], name="tests", scopes=[Scope.ANNOTATE, Scope.MANAGE])
    return LivePlatform(address, issued.secret)


@contextmanager
def running_worker(folder: Path) -> Iterator[None]:
    """A Celery worker with beat on the test database. What it says goes to a file, which is shown in the end."""
    app.control.purge()  # what earlier tests queued, with nobody there to do it
    log_path = folder / "worker.log"
    worker = _worker(folder, log_path)
    try:
        yield
    finally:
        os.killpg(worker.pid, signal.SIGTERM)
        try:
            worker.wait(timeout=60)
        except subprocess.TimeoutExpired:
            kill_worker(worker)
        _show(log_path)


@contextmanager
def started_workers(folder: Path) -> Iterator[None]:
    """The workers that `manage.py up` starts, with their queues, pools and sizes, and beat; on the test database."""
    app.control.purge()
    log_paths = {name: folder / f"{name}.log" for name in ARGUMENTS}
    beat = ("-B", "-s", str(folder / "schedule"))
    started = [
        _started((*worker_command(name), *(beat if name == "worker" else ())), path)
        for name, path in log_paths.items()
    ]
    try:
        for path in log_paths.values():
            wait_until(lambda path=path: "ready." in path.read_text())  # type: ignore[misc]
        yield
    finally:
        for worker in started:
            kill_worker(worker)
        for path in log_paths.values():
            _show(path)


@contextmanager
def killable_workers(
    folder: Path, *, queues: str = ALL_QUEUES, processes: int = 2, **environment: str
) -> Iterator[Callable[[], Worker]]:
    """Starts a worker at each call, to be killed with `kill_worker`: for tests of what a kill leaves behind.

    The environment sets a short lease, say, so that the next worker takes over soon.
    """
    started: list[tuple[Worker, Path]] = []

    def start() -> Worker:
        log_path = folder / f"worker-{len(started)}.log"
        worker = _worker(folder, log_path, queues=queues, processes=processes, **environment)
        started.append((worker, log_path))
        return worker

    app.control.purge()
    try:
        yield start
    finally:
        for worker, log_path in started:
            if worker.poll() is None:
                kill_worker(worker)
            _show(log_path)


def kill_worker(worker: Worker) -> None:
    """As `kill -9` does, with the processes it has started."""
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()


def wait_until(true: Callable[[], bool]) -> None:
    """Wait for it, however busy the machine is; fail after ten minutes, when something hangs."""
    deadline = time.monotonic() + 600
    while not true():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.02)


def _worker(
    folder: Path, log_path: Path, *, queues: str = ALL_QUEUES, processes: int = 2, **environment: str
) -> Worker:
    command = ["celery", "-A", "perg_site", "worker", "-B", "-Q", queues]
    command += ["--concurrency", str(processes), "-s", str(folder / "schedule")]
    return _started(command, log_path, **environment)


def _started(command: Sequence[str], log_path: Path, **environment: str) -> Worker:
    server, _ = embedded.database_url(settings.PERG_HOME).rsplit("/", 1)
    known = {
        "DATABASE_URL": f"{server}/{connection.settings_dict['NAME']}",
        "REDIS_URL": settings.REDIS_URL,
        "PERG_SWEEP_SECONDS": "1",
    }
    with log_path.open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", *command],
            env=os.environ | known | environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _show(log_path: Path) -> None:
    sys.stdout.write(f"--- {log_path.name}\n{log_path.read_text()[-4000:]}")
