"""Start the whole platform on this machine: `manage.py up`, or `make run`."""

import contextlib
import errno
import fcntl
import hashlib
import http.client
import os
import signal
import socket
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import BaseCommand, CommandError, call_command
from django.db import OperationalError, connections
from rich.console import Console

from perg_site import embedded
from perg_site.deployment import schema
from perg_site.deployment.workers import ARGUMENTS, worker_command
from perg_site.embedded.supervisor import Child, KeepsCrashing, Supervisor

ANSWER_SECONDS = 180.0  # on a busy machine the programs take long to load
PORT_PATIENCE_SECONDS = 2.0  # a web server that was killed with its `up` needs a moment to let go


class Command(BaseCommand):
    help = "Start everything on this machine: database, broker, demonstration, web server, workers and beat."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
        parser.add_argument("--port", type=int, default=8000, help="port to listen on (default: %(default)s)")
        parser.add_argument(
            "--workers", type=int, default=2, help="web server processes (default: %(default)s)"
        )
        parser.add_argument("--no-demo", action="store_true", help="do not load the demonstration")

    def handle(self, *, host: str, port: int, workers: int, no_demo: bool, **_: object) -> None:
        os.umask(0o077)  # for all that we and our children write
        self.console = Console(highlight=False, soft_wrap=True)
        home = embedded.open_home()
        address = f"http://{_in_url(_reachable(host))}:{port}/"
        supervisor = Supervisor(_children(home, host, port, workers), self._say)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _interrupt)
        try:
            with _only_one(home, address):
                _check_port_is_free(host, port)
                self._run(home, supervisor, host, address, no_demo)
        except KeyboardInterrupt:
            self._say("Stopped.")
        except schema.PreviewDatabase as error:
            raise CommandError(str(error)) from error
        except (OSError, OperationalError) as error:
            raise CommandError(_why(error, home)) from error

    def _run(self, home: Path, supervisor: Supervisor, host: str, address: str, no_demo: bool) -> None:
        began = time.monotonic()
        with contextlib.ExitStack() as stack:
            with self._step("PostgreSQL and Redis"):
                services = stack.enter_context(embedded.ensure_running(home))
                supervisor.watch_services(services)
            with self._step("Database schema"):
                schema.bring_up_to_date()
            with self._step("Static files"):
                collect_static_files(home)
            if not no_demo:
                self._say("  … Demonstration")  # it has more to say itself
                with self._step("Demonstration"):
                    call_command("load_demonstration", stdout=self.stdout, stderr=self.stderr)
            connections.close_all()
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, supervisor.on_signal)
            stack.callback(supervisor.stop)
            try:
                with self._step("Web server, workers and beat"):
                    supervisor.start()
                    _wait_for_answer(supervisor, address)
                self._say(
                    f"\nPERG runs at {address} (ready in {time.monotonic() - began:.1f} s; logs: {home}/logs)"
                )
                if host not in {"127.0.0.1", "::1", "localhost"}:
                    self._say(
                        "It is open to everybody who can reach this machine, over HTTP. For more than a trial put a "
                        "proxy with TLS in front (docs/deployment.md)."
                    )
                    self._say(
                        f"It answers to these names (ALLOWED_HOSTS): {', '.join(settings.ALLOWED_HOSTS)}"
                    )
                self._say("Stop it with Ctrl-C.")
                supervisor.run()
            except KeepsCrashing as error:
                raise CommandError(str(error)) from error
            self._say("Stopping …")
        self._say("Stopped.")

    def _say(self, text: str) -> None:
        self.console.print(text, markup=False)

    @contextlib.contextmanager
    def _step(self, title: str) -> Iterator[None]:
        began = time.monotonic()
        if self.console.is_terminal:
            self.console.print(f"  … {title}", end="\r")
        try:
            yield
        except BaseException:
            self.console.print(f"  [red]✗[/red] {title}")
            raise
        self.console.print(f"  [green]✓[/green] {title} [dim]({time.monotonic() - began:.1f} s)[/dim]")


def _children(home: Path, host: str, port: int, workers: int) -> list[Child]:
    def child(name: str, module: str, *arguments: str, **environment: str) -> Child:
        return Child(
            name=name,
            command=[sys.executable, "-m", module, *arguments],
            log=home / "logs" / f"{name}.log",
            cwd=settings.BASE_DIR,
            environment={"PERG_HOME": str(home), "PYTHONUNBUFFERED": "1", **environment},
        )

    return [
        child(
            "web",
            "gunicorn",
            "perg_site.wsgi:application",
            *web_options(host, port, workers),
            # No pool: each thread keeps a connection, which costs less than lending one for every request.
            DATABASE_POOL="0",
        ),
        *(child(name, *worker_command(name)) for name in ARGUMENTS),
        child(
            "beat",
            "celery",
            "-A",
            "perg_site",
            "beat",
            f"--schedule={home / 'celerybeat-schedule'}",
            "--pidfile=",
        ),
    ]


def web_options(host: str, port: int, workers: int) -> list[str]:
    """gunicorn's."""
    return [
        f"--bind={_in_url(host)}:{port}",
        f"--workers={workers}",
        # Threads are for slow clients more than for work: with few, a handful of these would stop the site.
        "--worker-class=perg_site.deployment.gunicorn_worker.DeadlineWorker",
        "--threads=48",
        "--graceful-timeout=8",
        # A page that is at work asks again within a minute; a new connection each time would cost it a while.
        "--keep-alive=75",
        "--access-logfile=-",
        "--logger-class=perg_site.deployment.gunicorn_logger.Logger",
        "--no-control-socket",
        # TRUSTED_PROXIES says whose forwarding headers count; gunicorn itself would believe this machine's.
        "--forwarded-allow-ips=",
    ]


@contextlib.contextmanager
def _only_one(home: Path, address: str) -> Iterator[None]:
    """Hold the home's `up.lock`, which says who runs; the kernel frees it however we end."""
    path = home / "up.lock"
    lock: BinaryIO | None = embedded.try_lock(path, fcntl.LOCK_EX)
    if lock is None:
        pid, _, where = path.read_text().partition(" ")
        raise CommandError(f"PERG is already running at {where or '(starting)'}, pid {pid or 'unknown'}.")
    with lock:
        lock.truncate(0)
        lock.write(f"{os.getpid()} {address}".encode())
        lock.flush()
        yield


def _check_port_is_free(host: str, port: int) -> None:
    deadline = time.monotonic() + PORT_PATIENCE_SECONDS
    while True:
        try:
            with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((host, port))
                return
        except (OSError, OverflowError) as error:
            if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
                if time.monotonic() < deadline:
                    time.sleep(0.1)
                    continue
                reason = f"Port {port} on {host} is taken by another program."
            else:
                reason = f"Port {port} on {host} cannot be used ({error})."
            other = port + 1 if 1024 <= port < 65535 else 8001
            raise CommandError(f"{reason} Use another one: make run PORT={other}") from error


def collect_static_files(home: Path) -> None:
    """`collectstatic`, unless nothing has changed since the last time."""
    files = sorted(
        (path, stat.st_size, stat.st_mtime_ns)
        for finder in get_finders()
        for path, storage in finder.list([])
        for stat in [os.stat(storage.path(path))]
    )
    state = hashlib.sha256(repr((files, settings.STORAGES, str(settings.STATIC_ROOT))).encode()).hexdigest()
    stamp = home / "static.stamp"
    if Path(settings.STATIC_ROOT).is_dir() and stamp.exists() and stamp.read_text() == state:
        return
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(state)


def _wait_for_answer(supervisor: Supervisor, address: str) -> None:
    deadline = time.monotonic() + ANSWER_SECONDS
    while not _answers(address):
        if supervisor.stop_wanted:
            raise KeyboardInterrupt
        supervisor.watch_once()
        if time.monotonic() > deadline:
            log = supervisor.children[0].log
            raise CommandError(
                f"{address}healthz/ did not answer within {ANSWER_SECONDS:.0f} s. Last lines of {log}:\n"
                f"{embedded.last_lines(log)}"
            )
        time.sleep(0.1)


def _answers(address: str) -> bool:
    """Whether the site is up: it says so, or it sends us on to HTTPS."""
    name = next(
        (host for host in settings.ALLOWED_HOSTS if "*" not in host and not host.startswith(".")), "localhost"
    )
    connection = http.client.HTTPConnection(address.removeprefix("http://").rstrip("/"), timeout=5)
    try:
        connection.request("GET", "/healthz/", headers={"Host": name})
        return connection.getresponse().status in {200, 301}
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _why(error: OSError | OperationalError, home: Path) -> str:
    """The reason why it cannot start, in one line."""
    text = str(error).strip().splitlines()[0]
    if "No space left on device" in text or "Disk quota exceeded" in text:
        return f"The disk is full: free some space, or set PERG_HOME to another disk than that of {home}. ({text})"
    return f"PERG cannot start: {text}"


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
