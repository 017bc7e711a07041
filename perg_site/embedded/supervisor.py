"""Keep what `manage.py up` runs alive: logs, restarts with back-off, an orderly end."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from perg_site.embedded import ServiceDidNotStart, Services
from perg_site.embedded.log_files import last_lines, open_log, rotate_log, save_crash, set_log_aside
from perg_site.embedded.service import Service

LONGEST_PAUSE = 30.0
QUICK_CRASHES = 5  # this many in a row, each within STEADY_SECONDS of its start, and we give up
STEADY_SECONDS = 60.0
STOP_SECONDS = 10.0
ROTATE_SECONDS = 5.0
PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def _die_with_parent() -> None:
    """In the child, before its program: the kernel sends SIGTERM when we die, however we die."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class KeepsCrashing(Exception):
    """Something crashed again and again right after its start."""


@dataclass(kw_only=True)
class Watched(ABC):
    """Something that is started again when it has ended."""

    name: str
    log: Path
    is_started: bool = False
    started: float = 0.0
    crashes: int = 0
    start_after: float = 0.0

    @abstractmethod
    def start(self) -> None:
        """Start it. Raises ServiceDidNotStart or OSError."""

    @abstractmethod
    def ending(self) -> str | None:
        """How it has ended, in words; None while it runs."""

    @abstractmethod
    def clear_up(self) -> None:
        """End what it has left behind."""


@dataclass(kw_only=True)
class Child(Watched):
    """One supervised process, the head of a process group of its own."""

    command: list[str]
    cwd: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with open_log(self.log) as log:
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

    def ending(self) -> str | None:
        code = None if self.process is None else self.process.poll()
        if code is None:
            return None
        ending = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
        return f"The {self.name} process {ending}."

    def clear_up(self) -> None:
        self.send(signal.SIGKILL)  # what is left of its group
        self.process = None

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


class WatchedService(Watched):
    """An embedded PostgreSQL or Redis. It runs already when watching begins, and `Services` stops it in the end."""

    def __init__(self, services: Services, service: Service, stop_wanted: Callable[[], bool]) -> None:
        super().__init__(name=service.name, log=service.log, is_started=True, started=time.monotonic())
        self.services = services
        self.service = service
        self.stop_wanted = stop_wanted

    def start(self) -> None:
        self.services.start_again(self.service, stop_wanted=self.stop_wanted)

    def ending(self) -> str | None:
        return self.service.ending()

    def clear_up(self) -> None:
        """Nothing: who starts it again ends what is left, alone on this home."""


class Supervisor:
    """Runs children until it is stopped. `say` gets what the person should read."""

    def __init__(
        self, children: list[Child], say: Callable[[str], None], services: Sequence[WatchedService] = ()
    ) -> None:
        self.children = children
        self.services = list(services)
        self.say = say
        self.stop_wanted = False
        self.kill_wanted = False
        self._rotated = time.monotonic()

    def on_signal(self, *_: object) -> None:
        """The first Ctrl-C or SIGTERM asks for an orderly end, the second for one at once."""
        self.kill_wanted = self.stop_wanted
        self.stop_wanted = True

    def watch_services(self, services: Services) -> None:
        """Watch the embedded services, too."""
        self.services = [
            WatchedService(services, service, stop_wanted=lambda: self.stop_wanted)
            for service in services.running
        ]

    def start(self) -> None:
        for child in self.children:
            set_log_aside(child.log)
            self._start(child)

    def watch_once(self) -> None:
        """Start again what has ended, services first. Raises `KeepsCrashing`."""
        for watched in (*self.services, *self.children):
            if not watched.is_started:
                if time.monotonic() >= watched.start_after and not self.stop_wanted:
                    self._start(watched)
            elif (ending := watched.ending()) is not None:
                self._crashed(watched, ending)
        if time.monotonic() - self._rotated > ROTATE_SECONDS:
            self._rotated = time.monotonic()
            for watched in (*self.services, *self.children):
                rotate_log(watched.log)

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

    def _start(self, watched: Watched) -> None:
        again = watched.crashes > 0
        watched.started = time.monotonic()
        watched.is_started = True
        try:
            watched.start()
        except (ServiceDidNotStart, OSError) as error:
            if not self.stop_wanted:
                self._crashed(watched, str(error))
            return
        if again and watched in self.services:  # a child may yet fail: its web page or its work tells
            self.say(f"{watched.name} was started again.")

    def _crashed(self, watched: Watched, ending: str) -> None:
        watched.clear_up()
        watched.is_started = False
        is_quick = time.monotonic() - watched.started <= STEADY_SECONDS
        watched.crashes = watched.crashes + 1 if is_quick else 1
        pause = min(2.0 ** (watched.crashes - 1), LONGEST_PAUSE)
        watched.start_after = time.monotonic() + pause
        message = f"{ending} Last lines of {watched.log}:\n{_indented(last_lines(watched.log))}"
        with contextlib.suppress(OSError):  # a full disk
            message += f"\nMore of them: {save_crash(watched.log)}"
        if watched.crashes >= QUICK_CRASHES:
            raise KeepsCrashing(f"{message}\nIt crashed {watched.crashes} times in a row: giving up.")
        self.say(f"{message}\nStarting it again in {pause:.0f} s.")


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines()) or "    (empty)"
