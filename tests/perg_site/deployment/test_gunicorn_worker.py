"""The web server of `manage.py up`, without a proxy, and clients that are slow on purpose."""

import contextlib
import http.client
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from perg_site.deployment import gunicorn_worker
from perg_site.management.commands.up import web_options
from tests.live import wait_until
from tests.perg_site.deployment.proxy_server import free_port
from tests.sizes import SERVER_DEADLINE_SECONDS

pytestmark = pytest.mark.slow

APPLICATION = """
def application(environ, start_response):
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{len(body)} {environ['wsgi.url_scheme']}".encode()]
"""
WITH_SHORT_DEADLINES = f"""
from gunicorn.app.wsgiapp import run
from perg_site.deployment import gunicorn_worker
gunicorn_worker.HEADER_SECONDS = {SERVER_DEADLINE_SECONDS or gunicorn_worker.HEADER_SECONDS}
gunicorn_worker.BODY_SECONDS = {SERVER_DEADLINE_SECONDS or gunicorn_worker.BODY_SECONDS}
run()
"""
SLOW_HEADER = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
SLOW_BODY = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nabc"


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """gunicorn with the options that `up` gives it, and a small application."""
    with running_server(tmp_path_factory.mktemp("gunicorn"), "-m", "gunicorn") as port:
        yield port


@pytest.fixture(scope="module")
def soon_late(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The same, with less patience for those who are slow, so that the tests need not wait for as long."""
    with running_server(tmp_path_factory.mktemp("gunicorn"), "-c", WITH_SHORT_DEADLINES) as port:
        yield port


@contextlib.contextmanager
def running_server(folder: Path, *gunicorn: str) -> Iterator[int]:
    (folder / "small_application.py").write_text(APPLICATION)
    port = free_port()
    command = [sys.executable, *gunicorn, "small_application:application", f"--pythonpath={folder}"]
    command += web_options("127.0.0.1", port, workers=2)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=Path(__file__).parents[3], stdout=log, stderr=log)
    try:
        wait_until(lambda: answer(port, seconds=5) != "")
        yield port
    finally:
        process.kill()
        process.wait()


def answer(port: int, *, seconds: float = 60, headers: Mapping[str, str] | None = None) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    with contextlib.closing(connection):
        try:
            connection.request("POST", "/", body=b"12345", headers=headers or {})
            return connection.getresponse().read().decode()
        except (OSError, http.client.HTTPException):
            return ""


@pytest.mark.parametrize("beginning", [b"", SLOW_HEADER, SLOW_BODY], ids=["idle", "header", "body"])
def test_forty_slow_connections_do_not_stop_the_site(port: int, beginning: bytes) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(40):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            connection.sendall(beginning)
        assert [answer(port) for _ in range(5)] == ["5 http"] * 5


@pytest.mark.parametrize("beginning", [SLOW_HEADER, SLOW_BODY], ids=["header", "body"])
def test_a_request_that_dribbles_in_is_ended(soon_late: int, beginning: bytes) -> None:
    with socket.create_connection(("127.0.0.1", soon_late)) as connection:
        connection.sendall(beginning)
        connection.settimeout(0.2)
        for _ in range(600):  # two minutes at most
            try:
                connection.sendall(b"x")
                if connection.recv(1000) is not None:
                    return  # the server has answered, or closed the connection
            except TimeoutError:
                continue
            except OSError:
                return
    pytest.fail("the server still waits")


def test_nobody_on_this_machine_passes_for_a_proxy(port: int) -> None:
    assert answer(port, headers={"X-Forwarded-Proto": "https"}) == "5 http"
