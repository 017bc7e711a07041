"""Logs of `up`: of a limited size, only ours to read, and the lines of a crash stay."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from perg_site.embedded import log_files
from perg_site.embedded.log_files import open_log, rotate_log, save_crash, set_log_aside
from perg_site.embedded.supervisor import Child, Supervisor

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_files, "LOG_BYTES", 1000)


def test_a_log_that_grows_is_set_aside_while_its_process_writes_on(tmp_path: Path, small: None) -> None:
    path = tmp_path / "web.log"
    with open_log(path) as log:
        for number in range(40):
            log.write(f"line {number} {'x' * 90}\n".encode())
            log.flush()
            rotate_log(path)
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["web.log", "web.log.1", "web.log.2", "web.log.3"]
    assert all(file.stat().st_size <= 1200 for file in files)
    assert "line 39" in path.read_text() + (tmp_path / "web.log.1").read_text()
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)


def test_starts_set_logs_aside_one_after_the_other(tmp_path: Path) -> None:
    path = tmp_path / "web.log"
    for number in range(6):
        set_log_aside(path)
        path.write_text(f"start {number}")
    assert [(tmp_path / f"web.log{end}").read_text() for end in ("", ".1", ".2", ".3")] == [
        "start 5",
        "start 4",
        "start 3",
        "start 2",
    ]


def test_the_lines_of_a_crash_outlive_rotation_and_starts(tmp_path: Path, small: None) -> None:
    said: list[str] = []
    script = "import sys; sys.stderr.write('Traceback: the reason\\n'); sys.exit(3)"
    child = Child(name="web", command=[sys.executable, "-c", script], log=tmp_path / "web.log", cwd=tmp_path)
    watching = Supervisor([child], said.append)
    watching.start()
    assert child.process is not None
    child.process.wait()
    watching.watch_once()
    assert "    Traceback: the reason" in said[0]
    for _ in range(10):
        child.log.write_text("y" * 2000)
        rotate_log(child.log)
        set_log_aside(child.log)
    (crash,) = tmp_path.glob("web.crash-*.log")
    assert str(crash) in said[0]
    assert "the reason" in crash.read_text()
    assert stat.S_IMODE(crash.stat().st_mode) == 0o600


def test_crash_logs_are_limited_in_number_and_size(tmp_path: Path) -> None:
    path = tmp_path / "web.log"
    path.write_bytes(b"z" * 3 * log_files.CRASH_BYTES)
    for _ in range(log_files.CRASH_LOGS + 3):
        save_crash(path)
    crashes = list(tmp_path.glob("web.crash-*.log"))
    assert len(crashes) == log_files.CRASH_LOGS
    assert {crash.stat().st_size for crash in crashes} == {log_files.CRASH_BYTES}


def test_a_chatty_child_is_rotated_by_its_supervisor(
    tmp_path: Path, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from perg_site.embedded import supervisor

    monkeypatch.setattr(supervisor, "ROTATE_SECONDS", -1.0)
    script = (
        "import time\nfor n in range(10**6): print('a line of the log', n, flush=True); time.sleep(0.0005)"
    )
    child = Child(name="web", command=[sys.executable, "-c", script], log=tmp_path / "web.log", cwd=tmp_path)
    watching = Supervisor([child], print)
    watching.start()
    while not (tmp_path / "web.log.3").exists():
        watching.watch_once()
    watching.stop()
    assert subprocess.run(["ls", tmp_path], capture_output=True, text=True, check=True).stdout.split() == [
        "web.log",
        "web.log.1",
        "web.log.2",
        "web.log.3",
    ]
