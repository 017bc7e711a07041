"""No log has the secret of a link: not the web server's of requests, not the site's of refusals."""

import logging
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from django.conf import settings

from core.logs.link_tokens import TokenFilter, without_tokens

TOKEN = "vK3n-_x9Qw"


@pytest.mark.parametrize(
    ("logged", "kept"),
    [
        (f"GET /invitations/{TOKEN}/ HTTP/1.1", "GET /invitations/[left out]/ HTTP/1.1"),
        (
            f'"http://perg.test/invitations/{TOKEN}/" "curl"',
            '"http://perg.test/invitations/[left out]/" "curl"',
        ),
        (f"GET /login/?next=/invitations/{TOKEN}/ HTTP", "GET /login/?next=/invitations/[left out]/ HTTP"),
        (f"GET /login/?next=%2Finvitations%2F{TOKEN}%2F", "GET /login/?next=%2Finvitations%2F[left out]%2F"),
        (f"GET /password/reset/MQ/{TOKEN}/ HTTP", "GET /password/reset/MQ/[left out]/ HTTP"),
        ("POST /invitations/12/revoke/ HTTP", "POST /invitations/12/revoke/ HTTP"),
        ("GET /password/reset/ HTTP", "GET /password/reset/ HTTP"),
        ("GET /campaigns/1/people/invite/ HTTP", "GET /campaigns/1/people/invite/ HTTP"),
    ],
)
def test_the_secret_of_a_link_is_left_out_and_nothing_else(logged: str, kept: str) -> None:
    assert without_tokens(logged) == kept


def test_the_sites_own_log_goes_through_the_filter() -> None:
    handlers: dict[str, dict[str, object]] = settings.LOGGING["handlers"]  # type: ignore[assignment]
    assert all(handler["filters"] == ["tokens", "secrets"] for handler in handlers.values())
    record = logging.LogRecord(
        "django.request", 30, "", 0, "Not Found: %s", (f"/invitations/{TOKEN}/",), None
    )
    TokenFilter().filter(record)
    assert record.getMessage() == "Not Found: /invitations/[left out]/"


@pytest.mark.slow
def test_the_web_server_writes_an_access_log_without_secrets(tmp_path: Path) -> None:
    """gunicorn as `manage.py up` and the container start it, with an application that needs no database."""
    (tmp_path / "hello.py").write_text(
        "def application(environ, start_response):\n"
        "    start_response('200 OK', [('Content-Length', '2')])\n"
        "    return [b'ok']\n"
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = tmp_path / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "hello:application", f"--bind=127.0.0.1:{port}",
             "--access-logfile=-", "--logger-class=perg_site.deployment.gunicorn_logger.Logger", "--no-control-socket"],
            cwd=settings.BASE_DIR, env={**os.environ, "PYTHONPATH": str(tmp_path)}, stdout=out, stderr=out,
        )  # fmt: skip
    try:
        address = f"http://127.0.0.1:{port}/invitations/{TOKEN}/"
        _answer(urllib.request.Request(address, headers={"Referer": address}))
    finally:
        process.terminate()
        process.wait(600)
    written = log.read_text()
    assert "GET /invitations/[left out]/ HTTP/1.1" in written
    assert TOKEN not in written


def _answer(request: urllib.request.Request) -> None:
    deadline = time.monotonic() + 600  # a busy machine takes its time to start the server
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(request, timeout=60):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.05)
    raise AssertionError("The server did not answer.")


@pytest.mark.parametrize("started_by", ["Dockerfile", "perg_site/management/commands/up.py"])
def test_every_start_of_the_web_server_names_the_logger(started_by: str) -> None:
    assert (
        "--logger-class=perg_site.deployment.gunicorn_logger.Logger"
        in (Path(settings.BASE_DIR) / started_by).read_text()
    )
