"""Parts of files over HTTP: the header's forms, conditions, and a download that breaks off on the real web server."""

import hashlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.http import HttpResponseBase
from django.test import Client, RequestFactory
from django.urls import reverse

from core.http.ranged_file import ranged_file_response
from perg_site import embedded
from tests import build

# A response that is closed ends its request: Django then looks at the connection that an earlier test has left open.
pytestmark = pytest.mark.django_db

CONTENT = bytes(range(256)) * 40
SIZE = len(CONTENT)
MODIFIED = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
DATE = "Fri, 02 Jan 2026 03:04:05 GMT"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "export.csv"
    path.write_bytes(CONTENT)
    return path


def _get(file: Path, method: str = "GET", **headers: str) -> tuple[HttpResponseBase, bytes]:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    request = RequestFactory().generic(method, "/", headers=sent)
    response = ranged_file_response(
        request, file, name="ü.csv", content_type="text/csv", checksum="abc", modified=MODIFIED
    )
    body = b"".join(response) if response.streaming else response.content  # type: ignore[attr-defined]
    response.close()
    return response, body


def test_the_whole_file_says_that_parts_can_be_had(file: Path) -> None:
    response, body = _get(file)
    assert (response.status_code, body) == (200, CONTENT)
    assert response.headers["Content-Length"] == str(SIZE)
    assert response.headers["Accept-Ranges"] == "bytes"
    assert response.headers["ETag"] == '"abc"'
    assert response.headers["Last-Modified"] == DATE
    assert "filename*=utf-8''%C3%BC.csv" in response.headers["Content-Disposition"]


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=10-19", 10, 19),
        ("bytes=100-", 100, SIZE - 1),
        ("bytes=-7", SIZE - 7, SIZE - 1),
        (f"bytes=-{SIZE * 2}", 0, SIZE - 1),
        (f"bytes=5-{SIZE * 9}", 5, SIZE - 1),
        ("bytes=5-" + "9" * 60, 5, SIZE - 1),
        ("BYTES = 1-2".replace(" ", ""), 1, 2),
    ],
)
def test_a_range_gives_that_part(file: Path, asked: str, first: int, last: int) -> None:
    response, body = _get(file, Range=asked)
    assert response.status_code == 206
    assert body == CONTENT[first : last + 1]
    assert response.headers["Content-Range"] == f"bytes {first}-{last}/{SIZE}"
    assert response.headers["Content-Length"] == str(last - first + 1)


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", "bytes=-0", "bytes=" + "9" * 60 + "-"])
def test_a_range_outside_of_the_file_is_refused(file: Path, asked: str) -> None:
    response, body = _get(file, Range=asked)
    assert (response.status_code, body) == (416, b"")
    assert response.headers["Content-Range"] == f"bytes */{SIZE}"


@pytest.mark.parametrize("asked", ["bytes=9-3", "bytes=-", "bytes=a-b", "lines=1-2", "bytes=0-1,4-5", "x"])
def test_what_is_no_single_range_gets_the_whole_file(file: Path, asked: str) -> None:
    assert _get(file, Range=asked)[0].status_code == 200


@pytest.mark.parametrize(
    ("condition", "status"),
    [('"abc"', 206), ('"other"', 200), ('W/"abc"', 200), (DATE, 206), ("Thu, 01 Jan 2026 00:00:00 GMT", 200)],
)
def test_a_part_is_of_the_same_file_or_all_is_sent_again(file: Path, condition: str, status: int) -> None:
    assert _get(file, Range="bytes=5-", If_Range=condition)[0].status_code == status


def test_a_file_that_is_there_already_is_not_sent_again(file: Path) -> None:
    assert _get(file, If_None_Match='W/"abc"')[0].status_code == 304
    assert _get(file, If_None_Match='"x"', If_Modified_Since=DATE)[0].status_code == 200
    assert _get(file, If_Modified_Since=DATE)[0].status_code == 304


def test_a_range_counts_for_get_alone(file: Path) -> None:
    response, _ = _get(file, "HEAD", Range="bytes=0-1")
    assert (response.status_code, response.headers["Content-Length"]) == (200, str(SIZE))


def test_an_empty_file_is_sent(file: Path) -> None:
    file.write_bytes(b"")
    assert _get(file)[1] == b""
    assert _get(file, Range="bytes=-5")[0].status_code == 416


# --- The real web server ----------------------------------------------------------------------------------------


@pytest.fixture
def server(tmp_path: Path) -> Iterator[int]:
    """gunicorn on the test database, as `manage.py up` starts it; gives its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    base, _ = embedded.database_url(settings.PERG_HOME).rsplit("/", 1)
    environment = os.environ | {
        "DATABASE_URL": f"{base}/{connection.settings_dict['NAME']}",
        "REDIS_URL": settings.REDIS_URL,
    }
    command = [sys.executable, "-m", "gunicorn", "perg_site.wsgi:application", f"--bind=127.0.0.1:{port}"]
    command += ["--worker-class=gthread", "--threads=2", "--no-control-socket"]
    with (tmp_path / "web.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        deadline = time.monotonic() + 600
        while True:
            assert process.poll() is None, (tmp_path / "web.log").read_text()
            assert time.monotonic() < deadline, "the server did not start"
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield port
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_an_interrupted_download_resumes(server: int) -> None:
    content = os.urandom(3_000_000)
    person = build.person("admin", staff=True)
    export = build.export(person, content=content)
    client = Client()
    client.force_login(person)
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    address = reverse("export_download", args=[export.pk])

    def ask(**headers: str) -> http.client.HTTPResponse:
        one = http.client.HTTPConnection("127.0.0.1", server, timeout=60)
        connections.append(one)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        one.request("GET", address, headers={"Cookie": cookie, "Host": "localhost"} | sent)
        return one.getresponse()

    connections: list[http.client.HTTPConnection] = []
    first = ask()
    assert first.status == 200
    got = first.read(1_000_000)
    etag = first.headers["ETag"]
    first.close()
    connections[0].close()
    rest = ask(Range=f"bytes={len(got)}-", If_Range=etag)
    assert rest.status == 206
    assert rest.headers["Content-Range"] == f"bytes 1000000-2999999/{len(content)}"
    got += rest.read()
    assert hashlib.sha256(got).hexdigest() == export.checksum == etag.strip('"')
    assert ask(Range="bytes=5-9").read() == content[5:10]
    assert ask(Range=f"bytes={len(content)}-").status == 416
    assert ask(If_None_Match=etag).status == 304
    for one in connections:
        one.close()
