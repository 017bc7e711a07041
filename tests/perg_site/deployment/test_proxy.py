"""The proxy in front of the web server, as docker-compose.yml configures it: slow clients, large bodies, headers."""

import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from core.middleware.body_limits import takes_files
from core.scopes import Scope
from core.users.tokens.tokens import create_token
from tests import build
from tests.perg_site.deployment.proxy_server import NGINX, TEMPLATE, Proxy, running_proxy, slow_connections
from tests.perg_site.webhooks.receiver import receiving

pytestmark = pytest.mark.slow

needs_nginx = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")

MB = 1024 * 1024
SLOW_HEADER = b"GET /login/ HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
SLOW_BODY = (
    b"POST /login/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 50000\r\n\r\nusername="
)


def upload(path: str, length: int, *headers: str) -> bytes:
    """The beginning of an upload: its header, and a part of the body."""
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Length: {length}", *headers]
    return (
        "\r\n".join([*lines, "Content-Type: multipart/form-data; boundary=b", "", ""]).encode() + b"x" * 4096
    )


@pytest.fixture
def proxy(tmp_path: Path, live_server: LiveServer) -> Iterator[Proxy]:
    with running_proxy(tmp_path, upstream=live_server.url.removeprefix("http://")) as started:
        yield started


@needs_nginx
@pytest.mark.django_db(transaction=True)
class TestSlowClients:
    @pytest.mark.parametrize("count", [40, 400])
    @pytest.mark.parametrize("beginning", [b"", SLOW_HEADER, SLOW_BODY], ids=["idle", "header", "body"])
    def test_slow_connections_do_not_stop_the_site(self, proxy: Proxy, beginning: bytes, count: int) -> None:
        with slow_connections(proxy, beginning, count=count):
            for _ in range(5):
                assert proxy.get("/healthz/") == 200

    def test_a_request_that_does_not_come_in_whole_is_ended(self, proxy: Proxy) -> None:
        with slow_connections(proxy, SLOW_HEADER, count=2) as connections:
            answers = [_end_of(connection) for connection in connections]
        assert all(answer == b"" or answer.startswith(b"HTTP/1.1 408") for answer in answers)

    def test_one_address_has_a_limited_number_of_requests_at_the_same_time(self, proxy: Proxy) -> None:
        with slow_connections(proxy, SLOW_BODY, count=70):
            while (status := proxy.get("/login/")) == 200:
                time.sleep(0.05)  # nginx has not read all of their headers yet
            assert status == 429
            assert proxy.get("/healthz/") == 200


def _end_of(connection: socket.socket) -> bytes:
    try:
        return connection.recv(1000)
    except ConnectionResetError:
        return b""


@needs_nginx
@pytest.mark.django_db(transaction=True)
class TestBodies:
    @pytest.mark.parametrize(
        "path", ["/runs/import/", "/campaigns/7/controls/upload/", "/api/v1/campaigns/import/", "/runs/"]
    )
    @pytest.mark.parametrize(
        "header", ["X-None: 1", "Authorization: Bearer perg_made_up", "Cookie: sessionid=made-up"]
    )
    def test_an_anonymous_upload_is_refused_before_it_is_read(
        self, proxy: Proxy, path: str, header: str
    ) -> None:
        with proxy.open(upload(path, 5 * MB, header)) as connection:
            answer = connection.recv(4096).decode()
        assert answer.startswith("HTTP/1.1 403")
        assert "no-store" in answer
        assert proxy.bytes_on_disk() == 0

    def test_an_annotator_may_not_upload_and_an_admin_may(self, proxy: Proxy) -> None:
        for person, status in [(build.person("ann"), 403), (build.person("admin", staff=True), 400)]:
            secret = create_token(user=person, name="t", scopes=[Scope.READ, Scope.ANNOTATE]).secret
            if person.is_staff:
                secret = create_token(user=person, name="m", scopes=[Scope.MANAGE]).secret
            beginning = upload(
                "/api/v1/runs/import/", 2 * MB, f"Authorization: Bearer {secret}", "Connection: close"
            )
            with proxy.open(beginning) as connection:
                if status == 400:  # taken in, and then refused for what it holds
                    connection.sendall(b"x" * (2 * MB - 4096))
                assert connection.recv(4096).decode().startswith(f"HTTP/1.1 {status}")

    @pytest.mark.parametrize(
        ("path", "length"), [("/runs/", 10 * MB), ("/runs/import/", 600 * MB), ("/login/", 70_000)]
    )
    def test_a_body_beyond_the_routes_limit_is_not_taken_in(
        self, proxy: Proxy, path: str, length: int
    ) -> None:
        with proxy.open(upload(path, length)) as connection:
            assert connection.recv(4096).decode().startswith("HTTP/1.1 413")
        assert proxy.bytes_on_disk() == 0

    def test_a_large_body_without_a_length_needs_a_login_too(self, proxy: Proxy) -> None:
        chunked = (
            b"POST /runs/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
            + b"1000\r\n"
            + b"x" * 4096
        )
        with proxy.open(chunked) as connection:
            assert connection.recv(4096).decode().startswith("HTTP/1.1 403")


@needs_nginx
class TestHeaders:
    def test_what_a_client_says_of_its_address_is_replaced(self, tmp_path: Path) -> None:
        with (
            receiving() as upstream,
            running_proxy(tmp_path, upstream=upstream.address.removeprefix("http://")) as proxy,
        ):
            claims = [
                "X-Forwarded-For: 192.0.2.1",
                "X-Forwarded-Proto: https",
                "X-Forwarded-Host: evil.example",
            ]
            claims += [
                "X-Real-IP: 192.0.2.1",
                "Forwarded: for=192.0.2.1",
                "X-Forwarded-Port: 443",
                "Connection: close",
            ]
            with proxy.open(
                "\r\n".join(
                    ["POST / HTTP/1.1", "Host: localhost", *claims, "Content-Length: 0", "", ""]
                ).encode()
            ) as connection:
                assert connection.recv(4096).startswith(b"HTTP/1.1 200")
            ((_, headers, _),) = upstream.got
        forwarded = {name: value for name, value in headers.items() if "orward" in name or "Real" in name}
        assert forwarded == {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "http"}
        assert headers["Host"] == "localhost"

    def test_a_body_reaches_the_web_server_only_when_it_is_whole(self, tmp_path: Path) -> None:
        with (
            receiving() as upstream,
            running_proxy(tmp_path, upstream=upstream.address.removeprefix("http://")) as proxy,
        ):
            with proxy.open(SLOW_BODY) as connection:
                assert proxy.get("/healthz/") in {200, 501}  # the connection before it is read by now
                assert upstream.got == []
                connection.sendall(b"x" * (50_000 - len(b"username=")))
                assert connection.recv(4096).startswith(b"HTTP/1.1 200")
            assert len(upstream.got[0][2]) == 50_000

    def test_secrets_of_links_are_not_logged(self, tmp_path: Path) -> None:
        with (
            receiving() as upstream,
            running_proxy(tmp_path, upstream=upstream.address.removeprefix("http://")) as proxy,
        ):
            for path in (
                "/invitations/s3cret/",
                "/password/reset/MQ/s3cret/",
                "/login/?next=%2Finvitations%2Fs3cret%2F",
                "/invitations/7/revoke/",
            ):
                proxy.get(path, Referer=f"http://localhost{path}")
        log = proxy.log.read_text()
        assert "s3cret" not in log
        assert log.count("[left out]") == 3
        assert "/invitations/7/revoke/" in log


def _paths(patterns: list[URLPattern | URLResolver], before: str = "/") -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        path = before + re.sub(r"<int:\w+>", "7", str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            yield from _paths(pattern.url_patterns, path)
        else:
            yield re.sub(r"<[^>]+>", "word", path), pattern


def test_the_proxy_takes_files_on_the_routes_that_have_a_file_field_and_on_no_others() -> None:
    (location,) = re.findall(r"location ~ (\S+import\S+) {", TEMPLATE.read_text())
    routes = list(_paths(get_resolver().url_patterns))
    taking = {path for path, route in routes if takes_files(route.callback, route.name)}
    assert len(taking) == 11
    assert {path for path, _ in routes if re.search(location, path)} == taking


def test_the_template_has_no_variable_that_compose_does_not_set(settings: Settings) -> None:
    compose = (TEMPLATE.parents[2] / "docker-compose.yml").read_text()
    variables = set(re.findall(r"\$\{(PERG_\w+)\}", TEMPLATE.read_text()))
    assert {name for name in variables if f"{name}:" not in compose} == set()
