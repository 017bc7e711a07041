"""`kill -9` of the embedded servers and of `up` itself: noticed, told, started again, given up where it is no use."""

import contextlib
import os
import signal
import stat
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from perg_site import embedded
from perg_site.embedded import supervisor
from perg_site.embedded.postgres import PostgreSQL
from perg_site.embedded.redis import Redis
from perg_site.embedded.service import Service, socket_folder
from perg_site.embedded.supervisor import KeepsCrashing, Supervisor
from tests.perg_site.embedded.test_up import up

SERVICES: list[type[Service]] = [PostgreSQL, Redis]
pytestmark = [pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"), pytest.mark.slow]


@pytest.fixture
def watched(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Supervisor, embedded.Services, list[str]]]:
    """Running services with their own home, their supervisor, and what it says."""
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PERG_HOME", str(home))
    monkeypatch.setattr(supervisor, "LONGEST_PAUSE", 0.0)
    said: list[str] = []
    with embedded.ensure_running(embedded.home()) as services:
        watching = Supervisor([], said.append)
        watching.watch_services(services)
        yield watching, services, said


def _kill(service: Service) -> int:
    pid = service.pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    return pid


def _until(true: Callable[[], bool], act: Callable[[], object] = lambda: None, seconds: float = 600) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it took too long"
        act()
        time.sleep(0.05)


@pytest.mark.parametrize("kind", SERVICES)
def test_a_killed_service_is_reported_and_restarted(
    watched: tuple[Supervisor, embedded.Services, list[str]],
    home: Path,
    kind: type[Service],
) -> None:
    watching, _, said = watched
    watching.watch_once()
    assert said == []
    before = _kill(kind(home))
    _until(lambda: any("was started again" in text for text in said), watching.watch_once)
    assert kind(home).answers()
    assert kind(home).pid() != before
    assert f"{kind.name} was ended by signal 9." in said[0]
    assert str(kind(home).log) in said[0]
    assert said[1:] == [f"{kind.name} was started again."]


def test_a_busy_backend_of_a_killed_postgresql_does_not_hold_the_restart_up(
    watched: tuple[Supervisor, embedded.Services, list[str]],
    home: Path,
) -> None:
    """A backend that computes does not notice that its server is gone, and holds the data folder."""
    watching, _, said = watched
    address = {"host": str(socket_folder(home)), "user": "postgres", "dbname": "perg", "autocommit": True}
    with psycopg.connect(**address) as connection:  # type: ignore[arg-type]
        busy = connection.info.backend_pid

        def compute() -> None:
            with contextlib.suppress(psycopg.OperationalError):
                connection.execute(
                    "SELECT count(*) FROM generate_series(1, 1000000000000) AS n WHERE n % 7 = 3"
                )

        thread = threading.Thread(target=compute)
        thread.start()
        _until(lambda: b"SELECT" in Path(f"/proc/{busy}/cmdline").read_bytes())
        _kill(PostgreSQL(home))
        _until(lambda: any("was started again" in text for text in said), watching.watch_once)
        thread.join(timeout=600)
        assert not thread.is_alive()
    assert PostgreSQL(home).answers()


def test_a_service_that_was_taken_over_is_watched_too(
    watched: tuple[Supervisor, embedded.Services, list[str]],
    home: Path,
) -> None:
    """`up` was killed and started again: the servers are not its children."""
    said: list[str] = []
    with embedded.ensure_running(home) as services:
        taken_over = Supervisor([], said.append)
        taken_over.watch_services(services)
        for kind in SERVICES:
            taken_over.watch_once()
            _kill(kind(home))
            _until(lambda: any("started again" in text for text in said), taken_over.watch_once)
            assert kind(home).answers()
            assert f"{kind.name} has ended." in said[0]
            said.clear()


@pytest.mark.parametrize("kind", SERVICES)
def test_a_service_that_cannot_start_is_given_up_with_its_reason(
    watched: tuple[Supervisor, embedded.Services, list[str]],
    home: Path,
    kind: type[Service],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watching, _, said = watched
    monkeypatch.setattr(
        kind, "prepare", lambda self: ["/bin/sh", "-c", "echo No space left on device >&2; exit 1"]
    )
    _kill(kind(home))
    with pytest.raises(KeepsCrashing, match="giving up") as error:
        _until(lambda: False, watching.watch_once)
    assert "The disk is full" in str(error.value)
    assert len(said) == supervisor.QUICK_CRASHES - 1
    monkeypatch.undo()


def _lines(process: subprocess.Popen[str]) -> list[str]:
    """What the process says, as it says it."""
    lines: list[str] = []

    def follow() -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                lines.append(line)

    threading.Thread(target=follow, daemon=True).start()
    return lines


def _open_to_others(home: Path) -> list[Path]:
    """What other users may use, given that they cannot enter the home. Style sheets and scripts are no secret."""
    assert home.stat().st_mode & 0o067 == 0
    inside = (path for path in home.rglob("*") if path.relative_to(home).parts[0] != "static")
    return [path for path in inside if stat.S_IMODE(path.lstat().st_mode) & 0o077]


def _says(lines: list[str], text: str) -> Callable[[], bool]:
    return lambda: any(text in line for line in lines)


def _status(port: int, path: str = "/healthz/") -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def test_the_site_is_closed_to_others_and_recovers_by_itself_from_a_kill_of_each_server_and_of_up(
    home: Path, free_port: int
) -> None:
    umask = os.umask(0)
    process = up(home, free_port)
    os.umask(umask)
    try:
        lines = _lines(process)
        _until(_says(lines, "Ctrl-C"))
        _until(lambda: any(home.glob("celerybeat-schedule*")))
        assert _open_to_others(home) == []
        for kind in SERVICES:
            _kill(kind(home))
            _until(_says(lines, f"{kind.name} was started again"))
            _until(lambda: _status(free_port) == 200)
            _until(lambda: _status(free_port, "/login/") == 200)
        workers = home / "logs" / "worker.log"
        size = workers.stat().st_size
        _until(lambda: "succeeded" in workers.read_text()[size:])  # it takes up sweeps again
    finally:
        process.kill()
        process.wait()
    again = up(home, free_port)
    try:
        lines = _lines(again)
        _until(_says(lines, "Ctrl-C"))
        assert _status(free_port) == 200
        _kill(PostgreSQL(home))
        _until(_says(lines, "PostgreSQL was started again"))
        _until(lambda: _status(free_port) == 200)
    finally:
        again.send_signal(signal.SIGTERM)
        again.wait(timeout=600)
    assert [kind(home).answers() for kind in SERVICES] == [False, False]
