"""Keep the child processes of `manage.py up` running: logs, restarts with back-off, an orderly end."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from perg_site.embedded import last_lines

LONGEST_PAUSE = 30.0
QUICK_CRASHES = 5  # so many in a row, each within STEADY_SECONDS of its start, and we give up
STEADY_SECONDS = 60.0
STOP_SECONDS = 10.0
PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def _die_with_parent() -> None:
    """In the child, before its program: the kernel sends SIGTERM when we die, however we die."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class ChildKeepsCrashing(Exception):
    """A child process crashed again and again right after its start."""


@dataclass
class Child:
    """One supervised process, the head of a process group of its own."""

    name: str
    command: list[str]
    log: Path
    cwd: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    crashes: int = 0
    start_after: float = 0.0

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.cwd,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,  # a Ctrl-C in the terminal is for us alone
                preexec_fn=_die_with_parent,
            )
        self.started = time.monotonic()

    def send(self, number: signal.Signals) -> None:
        """SIGTERM to the head, which ends its own workers in good order; SIGKILL to the whole group."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            if number == signal.SIGKILL:
                os.killpg(self.process.pid, number)
            elif self.process.poll() is None:
                self.process.send_signal(number)

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None


class Supervisor:
    """Runs children until it is told to stop. `say` gets what the person should read."""

    def __init__(self, children: list[Child], say: Callable[[str], None]) -> None:
        self.children = children
        self.say = say
        self.stop_wanted = False
        self.kill_wanted = False

    def on_signal(self, *_: object) -> None:
        """The first Ctrl-C or SIGTERM asks for an orderly end, the second for one at once."""
        self.kill_wanted = self.stop_wanted
        self.stop_wanted = True

    def start(self) -> None:
        for child in self.children:
            if child.log.exists():
                child.log.replace(f"{child.log}.1")
            child.start()

    def watch_once(self) -> None:
        """Restart what has ended. Raises `ChildKeepsCrashing`."""
        for child in self.children:
            if child.running or child.process is None:
                if child.process is None and time.monotonic() >= child.start_after:
                    child.start()
                continue
            self._crashed(child, child.process.returncode)

    def _crashed(self, child: Child, code: int) -> None:
        child.send(signal.SIGKILL)  # what is left of its group
        child.process = None
        child.crashes = 1 if time.monotonic() - child.started > STEADY_SECONDS else child.crashes + 1
        pause = min(2.0 ** (child.crashes - 1), LONGEST_PAUSE)
        child.start_after = time.monotonic() + pause
        ending = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
        lines = _indented(last_lines(child.log))
        told = f"The {child.name} process {ending}. Last lines of {child.log}:\n{lines}"
        if child.crashes >= QUICK_CRASHES:
            raise ChildKeepsCrashing(f"{told}\nIt crashed {child.crashes} times in a row: giving up.")
        self.say(f"{told}\nStarting it again in {pause:.0f} s.")

    def run(self) -> None:
        while not self.stop_wanted:
            self.watch_once()
            time.sleep(0.2)

    def stop(self) -> None:
        """SIGTERM, ten seconds, SIGKILL."""
        for child in self.children:
            child.send(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while (
            not self.kill_wanted
            and time.monotonic() < deadline
            and any(child.running for child in self.children)
        ):
            time.sleep(0.05)
        for child in self.children:
            child.send(signal.SIGKILL)
        for child in self.children:
            if child.process is not None:
                child.process.wait()


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines()) or "    (empty)"
