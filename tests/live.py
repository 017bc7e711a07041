"""The platform for tests of programs: a real web server (pytest-django's), a real worker, the demonstration data."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection

from annotations.demonstration.loading import load_demonstration
from evaluation.scopes import Scope
from perg_site import embedded
from perg_site.celery import app
from perg_site.tokens import create_token
from tests import build


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
    server, _ = embedded.database_url(settings.PERG_HOME).rsplit("/", 1)
    environment = os.environ | {
        "DATABASE_URL": f"{server}/{connection.settings_dict['NAME']}",
        "REDIS_URL": settings.REDIS_URL,
        "PERG_SWEEP_SECONDS": "1",
    }
    command = [sys.executable, "-m", "celery", "-A", "perg_site", "worker", "-B", "-Q", "default,llm"]
    command += ["--concurrency", "2", "-s", str(folder / "schedule")]
    app.control.purge()  # what earlier tests queued, with nobody there to do it
    log_path = folder / "worker.log"
    with log_path.open("wb") as log:
        worker = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        yield
    finally:
        os.killpg(worker.pid, signal.SIGTERM)
        try:
            worker.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()
        sys.stdout.write(f"--- worker\n{log_path.read_text()[-4000:]}")
