"""A real browser, and the whole platform as `manage.py up` starts it: web server, worker, beat, PostgreSQL, Redis."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from perg_site.embedded import postgres
from perg_site.embedded.service import socket_folder

REPOSITORY = Path(__file__).parents[2]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PASSWORD = "a-long-test-password"
START_SECONDS = 120


@dataclass(frozen=True)
class Site:
    """The running platform: its address, and its command line on the same data."""

    address: str
    environment: dict[str, str]

    def manage(self, *arguments: str) -> str:
        """Run a management command beside the platform; give what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=REPOSITORY,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def run(self, code: str) -> str:
        """Run Python beside the platform, with Django set up."""
        return self.manage("shell", "--no-imports", "-c", code)

    def add_person(self, username: str, *, staff: bool = False) -> None:
        self.run(
            "from core.models import User; "
            f"User.objects.create_user({username!r}, password={PASSWORD!r}, is_staff={staff})"
        )

    def query(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """What the database answers: far sooner than a management command would."""
        home = Path(self.environment["PERG_HOME"])
        with psycopg.connect(
            host=str(socket_folder(home)),
            port=postgres.PORT,
            user=postgres.SUPERUSER,
            dbname=postgres.DATABASE,
        ) as connection:
            done = connection.execute(sql, values)
            return done.fetchall() if done.description else []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/healthz/", timeout=2) as response:
            return bool(response.status == 200)
    except OSError:
        return False


@contextmanager
def running_site(home: Path, *arguments: str) -> Iterator[Site]:
    """The platform, started on data of its own in `home`."""
    port = _free_port()
    keep = {name: value for name, value in os.environ.items() if not re.match("PERG_|DATABASE_|REDIS_", name)}
    environment = keep | {"PERG_HOME": str(home), "PERG_SWEEP_SECONDS": "2"}
    log = home / "up.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "up", "--port", str(port), *arguments],
            cwd=REPOSITORY,
            env=environment,
            stdout=output,
            stderr=output,
        )
    started = Site(f"http://127.0.0.1:{port}", environment)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _answers(started.address):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.2)
        yield started
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One platform for all tests, without the demonstration."""
    with running_site(tmp_path_factory.mktemp("home"), "--no-demo") as started:
        yield started


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        message = "There is no Chromium on this machine (Debian: apt install chromium)."
        if os.environ.get("PERG_REQUIRE_BROWSER"):
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield launched
        launched.close()


def is_accessible(page: Page) -> None:
    """Nothing that axe-core finds fault with."""
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
