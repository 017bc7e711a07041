"""What the two embedded services have in common: how one is started, found running, and stopped.

Everything that must survive a `kill -9` is a file lock, which the kernel drops with its holder. A service
itself inherits an open, locked file: a process that gets that lock knows that no process of the service is left,
whatever its pid file says.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import pwd
import signal
import stat
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, ClassVar

from perg_site.embedded.log_files import last_lines, open_log, rotate_log

START_SECONDS = 120.0  # a database that recovers from a crash may take its time
STOP_SECONDS = 30.0
PATIENCE_SECONDS = 3.0  # for the processes of a killed server to notice
LONGEST_SOCKET_PATH = 100  # the kernel's limit: 107 bytes on Linux, 103 on macOS

_ADVICE = {
    "No space left on device": "The disk is full: free some space, or set PERG_HOME to another disk.",
    "Read-only file system": "The disk is read-only: set PERG_HOME to a folder that can be written.",
    "Permission denied": "Check who owns the folder, or set PERG_HOME to another.",
    "user does not exist": "Run as a user that has a name (a line in /etc/passwd), or as root.",
    "Cannot allocate memory": "Close some programs, or give the container more memory.",
}


class ServiceDidNotStart(Exception):
    """An embedded service could not be started; the message says which, why and what to do."""

    def __init__(self, service: str, what_to_do: str, log: str = "") -> None:
        self.service = service
        self.what_to_do = what_to_do
        message = f"{service} did not start. {what_to_do}"
        if log:
            message += "\nLast lines of its log:\n" + "\n".join(f"    {line}" for line in log.splitlines())
        super().__init__(message)


def socket_folder(home: Path) -> Path:
    """Where the sockets lie: in the home, or in a short folder under /tmp where that path is too long.

    Not the environment's TMPDIR: every process of one home must come to the same address.
    """
    inside = home / "run"
    if len(os.fsencode(inside / ".s.PGSQL.5432")) <= LONGEST_SOCKET_PATH:
        return inside
    return Path("/tmp") / f"perg-{hashlib.sha256(os.fsencode(home)).hexdigest()[:16]}"


def make_socket_folder(home: Path, owner: pwd.struct_passwd | None) -> Path:
    """Make it, for `owner` (None: us) alone. One that a stranger made before us in /tmp is refused."""
    folder = socket_folder(home)
    folder.mkdir(mode=0o700, exist_ok=True)
    facts = folder.lstat()
    ours = {os.geteuid()} | ({owner.pw_uid} if owner else set())
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid not in ours:
        raise ServiceDidNotStart("The embedded service", f"{folder} belongs to somebody else; remove it.")
    if owner:
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    folder.chmod(0o700)
    return folder


class Service(ABC):
    """One embedded server of one home. `start` and `stop` are called under the home's lock."""

    name: ClassVar[str]
    variable: ClassVar[str]  # the environment variable that names a server of one's own instead
    stop_signal: ClassVar[signal.Signals]  # in order: what is in memory reaches the disk
    kill_signal: ClassVar[signal.Signals]

    def __init__(self, home: Path) -> None:
        self.home = home
        self.data = home / self.name.lower()
        self.log = home / "logs" / f"{self.name.lower()}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    @abstractmethod
    def answers(self) -> bool:
        """Whether the server takes requests now."""

    @abstractmethod
    def prepare(self) -> list[str]:
        """Make the data ready, knowing that no process uses it, and give the command line of the server."""

    @abstractmethod
    def pid(self) -> int | None:
        """The server's process, as its own pid file says."""

    @property
    def user(self) -> pwd.struct_passwd | None:
        """The system user that the server runs as; None: as we do."""
        return None

    def start(self, stop_wanted: Callable[[], bool] = lambda: False) -> None:
        """Start it unless it runs, and wait until it answers or `stop_wanted` says so. Raises ServiceDidNotStart."""
        deadline = time.monotonic() + START_SECONDS
        leftovers_end = time.monotonic() + PATIENCE_SECONDS
        launched = False
        while not self.answers():
            if stop_wanted():
                raise ServiceDidNotStart(self.name, "It was stopped while it started.")
            if launched and self._process is not None and self._process.poll() is not None:
                raise self.failure()
            if not launched and (lock := self._lock()) is not None:
                with lock:
                    self._process = self._spawn(self.prepare(), cwd=self.data, keep_open=(lock.fileno(),))
                launched = True
            if not launched and time.monotonic() > leftovers_end and self.pid() and not _lives(self.pid()):
                self.end_leftovers()
            if time.monotonic() > deadline:
                raise self.failure(f"It did not answer within {START_SECONDS:.0f} seconds.")
            time.sleep(0.02)

    def stop(self) -> None:
        for number in (self.stop_signal, self.kill_signal):
            deadline = time.monotonic() + STOP_SECONDS
            signalled = False
            while (lock := self._lock()) is None and time.monotonic() < deadline:
                if not signalled and (pid := self.pid()) is not None:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, number)
                    signalled = True
                time.sleep(0.02)
            if lock is not None:
                lock.close()
                break
        if self._process is not None:
            self._process.wait(STOP_SECONDS)
            self._process = None

    def ending(self) -> str | None:
        """How the server has ended, in words; None while it runs, no matter who started it."""
        code = None if self._process is None else self._process.poll()
        if code is not None:
            return (
                f"{self.name} was ended by signal {-code}."
                if code < 0
                else f"{self.name} ended with code {code}."
            )
        if self._process is None and (lock := self._lock()) is not None:
            lock.close()
            return f"{self.name} has ended."
        if self._process is None and not _lives(self.pid()):
            return f"{self.name} has ended."
        return None

    def end_leftovers(self) -> None:
        """Kill what a server that was killed has left: processes at work in its data folder that hold its lock.

        Most of them notice, but one that is busy goes on for as long, and nothing can be started meanwhile.
        """
        self._process = None
        lock = self.home / f"{self.name.lower()}.lock"
        for folder in Path("/proc").glob("[0-9]*"):  # there is none on macOS: there we wait
            with contextlib.suppress(OSError):
                if (folder / "cwd").samefile(self.data) and any(
                    file.samefile(lock) for file in (folder / "fd").iterdir()
                ):
                    os.kill(int(folder.name), signal.SIGKILL)

    def let_go(self) -> None:
        """Leave the server to the others who use it."""
        if self._process is not None:
            self._process.returncode = 0  # Popen would warn of a process still running
            self._process = None

    def failure(self, why: str = "") -> ServiceDidNotStart:
        log = last_lines(self.log, start=self._log_start)
        advice = next((text for sign, text in _ADVICE.items() if sign in log), "")
        own = f"Or set {self.variable} to a {self.name} of your own."
        return ServiceDidNotStart(
            self.name, " ".join(filter(None, (why, advice, f"See {self.log}.", own))), log
        )

    def run(self, command: list[str], *, cwd: Path) -> None:
        """Run a program of the service's to its end, its output into the log."""
        process = self._spawn(command, cwd=cwd)
        try:
            code = process.wait()
        except BaseException:
            process.kill()
            process.wait()
            raise
        if code != 0:
            raise self.failure(f"{Path(command[0]).name} failed.")

    def _spawn(
        self, command: list[str], *, cwd: Path, keep_open: tuple[int, ...] = ()
    ) -> subprocess.Popen[bytes]:
        # What the person at the keyboard has set (PGPORT, a language without a locale) is not for us.
        foreign = ("PG", "LC_", "LANG")
        if not os.access(command[0], os.X_OK):
            raise self.failure(
                f"{command[0]} is missing: the wheel may not be made for this kind of machine."
            )
        with self._open_log() as log:
            return subprocess.Popen(
                command,
                cwd=cwd,
                env={k: v for k, v in os.environ.items() if not k.startswith(foreign)} | {"LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=keep_open,
                start_new_session=True,  # a Ctrl-C in the terminal is for us
                user=self.user.pw_uid if self.user else None,
                group=self.user.pw_gid if self.user else None,
                extra_groups=[] if self.user else None,
            )

    def _open_log(self) -> BinaryIO:
        rotate_log(self.log)
        log = open_log(self.log)
        self._log_start = log.tell()
        return log

    def _lock(self) -> BinaryIO | None:
        """The lock that a living server holds; None while it does."""
        return try_lock(self.home / f"{self.name.lower()}.lock", fcntl.LOCK_EX)


def _lives(pid: int | None) -> bool:
    if pid is None:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def wheel(service: str, package: str) -> Path:
    """Where an installed package lies; not imported, for only the programs in it are wanted."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ServiceDidNotStart(service, f"The package {package} is not installed: run `make setup`.")
    return Path(spec.submodule_search_locations[0])


def try_lock(path: Path, kind: int) -> BinaryIO | None:
    """The file, locked (`LOCK_EX` or `LOCK_SH`) until it is closed; None when another's lock forbids it."""
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, stat.S_IRUSR | stat.S_IWUSR), "r+b")
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file
