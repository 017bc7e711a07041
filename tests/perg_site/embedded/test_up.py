"""`manage.py up`: refusals before anything slow, the life of its children, and the whole of it once."""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from perg_site import embedded
from perg_site.embedded import supervisor
from perg_site.embedded.postgres import PostgreSQL
from perg_site.embedded.redis import Redis
from perg_site.embedded.supervisor import Child, KeepsCrashing, Supervisor

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).resolve().parents[3]


def up(home: Path, port: int) -> subprocess.Popen[str]:
    environment = {**os.environ, "PERG_HOME": str(home), "PERG_PLAIN_STATIC": "1"}
    for name in ("DATABASE_URL", "REDIS_URL"):
        environment.pop(name, None)
    return subprocess.Popen(
        [sys.executable, "manage.py", "up", "--no-demo", "--workers=1", f"--port={port}"],
        cwd=REPOSITORY,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_until_ready(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    output = ""
    for line in process.stdout:
        output += line
        if "Ctrl-C" in line:
            return output
    pytest.fail(f"up ended early:\n{output}")


def processes_of(home: Path) -> list[str]:
    """Command lines and environments of the children that `up` started for this home."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            environment = (folder / "environ").read_bytes()
        except OSError:
            continue
        if f"PERG_HOME={home}\0".encode() in environment and ("gunicorn" in command or "celery" in command):
            found.append(command)
    return found


def test_a_taken_port_is_said_before_anything_is_started(home: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        process = up(home, port)
        output, _ = process.communicate(timeout=600)
    assert process.returncode == 1
    assert f"Port {port} on 127.0.0.1 is taken by another program." in output
    assert "make run PORT=" in output
    assert "Traceback" not in output
    assert not (home / "postgresql").exists()


def test_a_second_up_on_the_same_home_is_refused(home: Path, free_port: int) -> None:
    home.mkdir()
    lock = embedded.try_lock(home / "up.lock", fcntl.LOCK_EX)
    assert lock is not None
    with lock:
        lock.write(b"4321 http://127.0.0.1:8000/")
        lock.flush()
        process = up(home, free_port)
        output, _ = process.communicate(timeout=600)
    assert process.returncode == 1
    assert "PERG is already running at http://127.0.0.1:8000/, pid 4321." in output
    assert not (home / "postgresql").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc; only Linux signals a parent's death")
def test_up_serves_leaves_no_children_when_killed_and_stops_everything_when_asked(
    home: Path, free_port: int
) -> None:
    killed = up(home, free_port)
    wait_until_ready(killed)
    with urllib.request.urlopen(f"http://127.0.0.1:{free_port}/healthz/") as response:
        assert response.status == 200
    assert {
        word for line in processes_of(home) for word in ("gunicorn", "worker", "beat") if f" {word}" in line
    } == {
        "gunicorn",
        "worker",
        "beat",
    }
    killed.kill()
    killed.communicate()
    deadline = time.monotonic() + 600
    while processes_of(home) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert processes_of(home) == []

    again = up(home, free_port)
    wait_until_ready(again)
    again.send_signal(signal.SIGTERM)
    again.communicate(timeout=600)
    assert again.returncode == 0
    assert processes_of(home) == []
    assert [service(home).answers() for service in (PostgreSQL, Redis)] == [False, False]


def child(tmp_path: Path, script: str) -> Child:
    return Child(name="web", command=[sys.executable, "-c", script], log=tmp_path / "web.log", cwd=tmp_path)


def test_a_crash_is_reported_with_the_last_lines_and_the_child_is_restarted(tmp_path: Path) -> None:
    said: list[str] = []
    crashing = child(tmp_path, "raise SystemExit('the reason')")
    watched = Supervisor([crashing], said.append)
    watched.start()
    assert crashing.process is not None
    crashing.process.wait()
    watched.watch_once()
    assert "The web process ended with code 1." in said[0]
    assert "    the reason" in said[0]
    assert "Starting it again in 1 s." in said[0]

    watched.watch_once()
    assert not crashing.running, "it waits before it starts again"
    crashing.start_after = 0.0
    watched.watch_once()
    assert crashing.process is not None
    watched.stop()


def test_a_child_that_crashes_five_times_in_a_row_ends_it_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "LONGEST_PAUSE", 0.0)
    said: list[str] = []
    watched = Supervisor([child(tmp_path, "raise SystemExit('the reason')")], said.append)
    watched.start()
    with pytest.raises(KeepsCrashing, match="It crashed 5 times in a row"):
        watched.run()
    assert len(said) == 4


def test_a_child_that_will_not_end_is_killed_with_all_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "STOP_SECONDS", 0.3)
    stubborn = child(
        tmp_path,
        "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print(os.fork() or '', flush=True); time.sleep(60)",
    )
    watched = Supervisor([stubborn], print)
    watched.start()
    while len(stubborn.log.read_text().split()) < 1:
        time.sleep(0.02)
    grandchild = int(stubborn.log.read_text().split()[0])
    watched.stop()
    assert not stubborn.running
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline and _lives(grandchild):
        time.sleep(0.02)
    assert not _lives(grandchild)


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_the_log_of_the_time_before_is_kept(tmp_path: Path) -> None:
    (tmp_path / "web.log").write_text("before\n")
    watched = Supervisor([child(tmp_path, "import time; time.sleep(60)")], print)
    watched.start()
    watched.stop()
    assert (tmp_path / "web.log.1").read_text() == "before\n"
    assert (tmp_path / "web.log").read_text() == ""
