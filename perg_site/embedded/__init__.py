"""PostgreSQL and Redis for a machine that has neither: real servers out of wheels, data under `PERG_HOME`.

Addresses are computed without making or starting anything, so that the settings can ask for them. What starts the
site opens the home (`open_home`). Who needs the servers holds a share (`ensure_running`); the last one to leave stops
them. Shares are file locks: a killed
process holds none.
"""

import atexit
import contextlib
import errno
import fcntl
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from perg_site.deployment.secret_files import environment_value
from perg_site.embedded import postgres, redis
from perg_site.embedded.log_files import last_lines
from perg_site.embedded.service import Service, ServiceDidNotStart, try_lock

__all__ = [
    "ServiceDidNotStart",
    "Services",
    "database_url",
    "ensure_running",
    "home",
    "last_lines",
    "open_home",
    "redis_url",
    "secret_key",
    "try_lock",
]

SECRET_KEY = "secret_key"
REPOSITORY = Path(__file__).resolve().parent.parent.parent


def home() -> Path:
    """The data folder, which need not be there: `PERG_HOME`, else `.perg` beside `manage.py`."""
    return Path(os.environ.get("PERG_HOME") or REPOSITORY / ".perg").expanduser().resolve()


def open_home(folder: Path | None = None) -> Path:
    """The data folder, made if absent and closed to others, with a secret key unless the environment names one.

    Raises ServiceDidNotStart. Call it before the settings are read: they read the key once.
    """
    folder = folder or home()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _close(folder)
        (folder / "logs").mkdir(mode=0o700, exist_ok=True)
        _close(folder / "logs")
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        if not environment_value("SECRET_KEY"):
            _make_secret_key(folder / SECRET_KEY)
    except OSError as error:
        raise _unusable(folder, error) from error
    return folder


def _close(folder: Path) -> None:
    """Take every right of other users away, whatever the umask was when the folder was made.

    PostgreSQL's own group keeps its right to pass through: as root, that is how the server reaches its data.
    """
    facts = folder.stat()
    mode = stat.S_IMODE(facts.st_mode)
    rights = stat.S_IRWXU | (stat.S_IXGRP if facts.st_gid == postgres.group_of_server() else 0)
    if facts.st_uid == os.geteuid() and mode & ~rights:
        folder.chmod(mode & rights)


def secret_key(home: Path) -> str:
    """The key of an opened home; empty in another, and Django refuses to sign with that."""
    path = home / SECRET_KEY
    return path.read_text() if path.exists() else ""


def _make_secret_key(path: Path) -> None:
    """Made once. The process that links first wins, and nobody ever reads a half-written key."""
    if path.exists():
        return
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(64))
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()


def database_url(home: Path) -> str:
    return environment_value("DATABASE_URL") or postgres.url(home)


def redis_url(home: Path) -> str:
    return environment_value("REDIS_URL") or redis.url(home)


class Services:
    """A share in the embedded services of one home. `release` it, or use it in a `with`."""

    def __init__(self, home: Path, services: list[Service]) -> None:
        self.home = home
        self._services = services
        self._share: BinaryIO | None = None
        self._pid = os.getpid()
        if not services:
            return
        try:
            with self._alone():
                self._share = try_lock(home / "users.lock", fcntl.LOCK_SH)
            atexit.register(self.release)
            with self._alone():
                for service in services:
                    service.start()
                    if isinstance(service, postgres.PostgreSQL):
                        service.ensure_database()
        except OSError as error:
            self.release()
            raise _unusable(home, error) from error
        except BaseException:
            self.release()
            raise

    @property
    def running(self) -> tuple[Service, ...]:
        """The services that this process needs and has not been told an address of."""
        return tuple(self._services)

    def start_again(self, service: Service, stop_wanted: Callable[[], bool] = lambda: False) -> None:
        """Start a service that has ended, unless another process has done so. Raises ServiceDidNotStart."""
        with self._alone():
            if not service.answers():
                service.end_leftovers()
            service.start(stop_wanted)

    def release(self) -> None:
        """Give the share back; the last one out stops the services."""
        if self._share is None or os.getpid() != self._pid:  # a forked child has no share of its own
            return
        atexit.unregister(self.release)
        with self._alone():
            self._share.close()
            self._share = None
            last = try_lock(self.home / "users.lock", fcntl.LOCK_EX)
            for service in self._services if last is None else _both(self.home, self._services):
                if last is None:
                    service.let_go()
                else:
                    service.stop()
            if last is not None:
                last.close()

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time starts or stops."""
        path = self.home / "services.lock"
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, stat.S_IRUSR | stat.S_IWUSR), "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def ensure_running(folder: Path | None = None) -> Services:
    """Start what the environment does not name and what is not running; returns when all of it answers."""
    folder = open_home(folder)
    services: list[Service] = []
    if not environment_value("DATABASE_URL"):
        services.append(postgres.PostgreSQL(folder))
    if not environment_value("REDIS_URL"):
        services.append(redis.Redis(folder))
    return Services(folder, services)


def _both(home: Path, ours: list[Service]) -> list[Service]:
    """What may be running: ours, and what a process with another environment had started in this home."""
    kinds = {type(service) for service in ours}
    return ours + [kind(home) for kind in (postgres.PostgreSQL, redis.Redis) if kind not in kinds]


def _unusable(folder: Path, error: OSError) -> ServiceDidNotStart:
    return ServiceDidNotStart(
        "The embedded service",
        f"The data folder {folder} cannot be used ({error.strerror or error}): "
        "set PERG_HOME to a folder that you can write.",
    )
