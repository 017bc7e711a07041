"""How much of a request's body is read and written to disk depends on who sends it, and where."""

import inspect
import io
from pathlib import Path

import pytest
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from pytest_django import Settings

from core.middleware.body_limits import ANONYMOUS_BYTES, takes_files
from core.models import User
from core.scopes import Scope
from core.users.tokens.tokens import create_token
from tests import build

pytestmark = pytest.mark.django_db

BOUNDARY = "boundary"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"
MB = 1024 * 1024


class Body(io.RawIOBase):
    """A multipart body that counts what is read of it."""

    def __init__(
        self, *files: int, field: str = "file", head: str = "", encoding: str = "", rest: str = ""
    ) -> None:
        transfer = f"Content-Transfer-Encoding: {encoding}\r\n" if encoding else ""
        parts = [
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"; filename="f{number}.csv"\r\n'
            f"Content-Type: text/csv\r\n{transfer}\r\n".encode()
            + b"QUJD" * (size // 4)
            + rest.encode()
            + b"\r\n"
            for number, size in enumerate(files)
        ]
        self._content = io.BytesIO(head.encode() + b"".join(parts) + f"--{BOUNDARY}--\r\n".encode())
        self.length = len(self._content.getvalue())
        self.read_bytes = 0

    def read(self, size: int = -1) -> bytes:
        content = self._content.read(size)
        self.read_bytes += len(content)
        return content


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Settings) -> list[int]:
    """How many bytes went to the disk, chunk by chunk."""
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path / "uploads")
    (tmp_path / "uploads").mkdir()
    sizes: list[int] = []
    receive = TemporaryFileUploadHandler.receive_data_chunk

    def noted(handler: TemporaryFileUploadHandler, raw_data: bytes, start: int) -> None:
        sizes.append(len(raw_data))
        receive(handler, raw_data, start)

    monkeypatch.setattr(TemporaryFileUploadHandler, "receive_data_chunk", noted)
    return sizes


def send(client: Client, path: str, body: Body, **environ: object) -> HttpResponse:
    environ = {"wsgi.input": body, "CONTENT_LENGTH": str(body.length)} | environ
    return client.generic("POST", path, b"-", content_type=MULTIPART, **environ)  # type: ignore[arg-type,return-value]


def with_csrf_cookie() -> Client:
    """Anybody can make such a cookie up, and with it the CSRF check reads the form."""
    client = Client(enforce_csrf_checks=True)
    client.cookies["csrftoken"] = "a" * 32
    return client


@pytest.mark.parametrize("path", ["/login/", "/runs/import/", "/nowhere/", "/campaigns/import/"])
@pytest.mark.parametrize("size", [1000, 40_000, 3 * MB])
def test_of_nobody_in_particular_no_byte_of_a_file_is_written(
    path: str, size: int, written: list[int]
) -> None:
    response = send(with_csrf_cookie(), path, Body(size))
    assert response.status_code in {403, 404, 413}
    assert written == []


@pytest.mark.parametrize("path", ["/login/", "/runs/import/", "/api/v1/runs/import/"])
def test_a_large_body_of_an_anonymous_request_is_not_read(path: str, written: list[int]) -> None:
    body = Body(ANONYMOUS_BYTES + 1000)
    response = send(with_csrf_cookie(), path, body)
    assert response.status_code == 413
    assert body.read_bytes == 0


def test_many_small_files_of_an_anonymous_request_are_not_written(written: list[int]) -> None:
    assert send(with_csrf_cookie(), "/login/", Body(*[100] * 90)).status_code == 403
    assert written == []


def test_a_body_that_claims_to_be_small_is_read_no_further_than_its_claim(written: list[int]) -> None:
    body = Body(3 * MB)
    send(with_csrf_cookie(), "/login/", body, CONTENT_LENGTH="1000")
    assert body.read_bytes <= 1000
    assert written == []


@pytest.mark.parametrize("length", ["", "many", "-1"])
def test_a_body_without_a_length_is_not_read(length: str, written: list[int]) -> None:
    body = Body(3 * MB)
    response = send(
        with_csrf_cookie(), "/login/", body, CONTENT_LENGTH=length, HTTP_TRANSFER_ENCODING="chunked"
    )
    assert response.status_code in {400, 403}
    assert body.read_bytes == 0


def test_on_a_route_without_a_file_field_nothing_is_written_for_an_admin_either(
    staff: Client, written: list[int]
) -> None:
    response = send(staff, reverse("password_change"), Body(1000))
    assert response.status_code == 200
    assert written == []
    large = Body(9 * MB)
    assert send(staff, reverse("password_change"), large).status_code == 413
    assert large.read_bytes == 0


def test_for_an_annotator_who_leads_nothing_no_file_is_written(written: list[int]) -> None:
    client = Client()
    client.force_login(build.person("ann"))
    for path, size in [("/runs/import/", 1000), ("/campaigns/import/", 1000), ("/runs/import/", 9 * MB)]:
        assert send(client, path, Body(size)).status_code in {404, 413}
    assert written == []


def test_an_admin_uploads_up_to_the_limit_and_the_temporary_file_is_deleted(
    staff: Client, written: list[int], settings: Settings
) -> None:
    settings.UPLOAD_MAX_BYTES = 2 * MB
    response = send(staff, reverse("run_import"), Body(2 * MB))
    assert response.status_code == 422  # other fields are missing
    assert sum(written) == 2 * MB
    response.close()
    assert list(Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir()) == []


def test_a_file_that_ends_in_the_middle_of_a_character_is_not_left_open(
    staff: Client, written: list[int], settings: Settings
) -> None:
    response = send(staff, reverse("run_import"), Body(1000, encoding="base64", rest="Q"))
    assert response.status_code == 400
    assert sum(written) == 750
    response.close()
    assert list(Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir()) == []


def test_more_than_the_limit_is_refused_unread_in_words(
    staff: Client, written: list[int], settings: Settings
) -> None:
    settings.UPLOAD_MAX_BYTES = 2 * MB
    body = Body(4 * MB)
    response = send(staff, reverse("run_import"), body)
    assert response.status_code == 413
    assert "at most 3.0" in response.content.decode()
    assert (body.read_bytes, written) == (0, [])


def test_the_files_of_one_request_share_the_limit(
    staff: Client, written: list[int], settings: Settings
) -> None:
    settings.UPLOAD_MAX_BYTES = MB
    body = Body(MB, MB, MB, field="human")
    # A server that passes on more than the length says: the handler counts what comes.
    response = send(staff, reverse("ratings_import"), body, CONTENT_LENGTH=str(2 * MB))
    assert response.status_code in {400, 413, 422}
    assert sum(written) <= 2 * MB
    response.close()
    assert list(Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir()) == []


class TestOverRest:
    def token(self, user: User, scope: Scope = Scope.MANAGE) -> dict[str, str]:
        return {"HTTP_AUTHORIZATION": f"Bearer {create_token(user=user, name='t', scopes=[scope]).secret}"}

    def test_a_token_of_an_admin_uploads(self, written: list[int]) -> None:
        admin = build.person("admin", staff=True)
        send(Client(), "/api/v1/runs/import/", Body(3 * MB), **self.token(admin))
        assert sum(written) == 3 * MB

    @pytest.mark.parametrize("secret", ["perg_made_up", "", "x" * 500])
    def test_with_a_token_that_is_none_nothing_is_read(self, secret: str, written: list[int]) -> None:
        body = Body(3 * MB)
        response = send(Client(), "/api/v1/runs/import/", body, HTTP_AUTHORIZATION=f"Bearer {secret}")
        assert response.status_code == 401
        assert (body.read_bytes, written) == (0, [])

    def test_a_made_up_token_opens_no_page(self, written: list[int]) -> None:
        body = Body(3 * MB)
        response = send(with_csrf_cookie(), "/runs/import/", body, HTTP_AUTHORIZATION="Bearer perg_made_up")
        assert response.status_code == 413
        assert (body.read_bytes, written) == (0, [])

    def test_a_token_of_an_annotator_writes_nothing(self, written: list[int]) -> None:
        ann = build.person("ann")
        response = send(Client(), "/api/v1/runs/import/", Body(3 * MB), **self.token(ann, Scope.ANNOTATE))
        assert response.status_code == 403
        assert written == []

    def test_json_beyond_the_limit_is_problem_details(self, settings: Settings) -> None:
        admin = build.person("admin", staff=True)
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = MB
        response = Client().post(
            "/api/v1/rubrics/",
            {"name": "x" * MB},
            content_type="application/json",
            headers={"authorization": self.token(admin)["HTTP_AUTHORIZATION"]},
        )
        assert response.status_code == 413
        assert response.json()["code"] == "body_too_large"


def _routes(patterns: list[URLPattern | URLResolver]) -> list[URLPattern]:
    routes: list[URLPattern] = []
    for pattern in patterns:
        routes += _routes(pattern.url_patterns) if isinstance(pattern, URLResolver) else [pattern]
    return routes


def test_every_view_that_reads_files_is_known_to_take_them(settings: Settings) -> None:
    """A new page with a file field would find its files missing: it is to be named in the setting FILE_PAGES."""
    routes = _routes(get_resolver().url_patterns)
    views = {route.name: inspect.unwrap(route.callback) for route in routes}
    pages = {
        name
        for name, view in views.items()
        if view.__module__.startswith(("evaluation.", "annotations.", "perg_site."))
        and "request.FILES" in inspect.getsource(view)
    }
    assert pages == set(settings.FILE_PAGES)
    taking = {route.name for route in routes if takes_files(route.callback, route.name)}
    assert taking == pages | {
        "api_run_import",
        "api_dataset_import",
        "api_catalogue_import",
        "api_ratings_import",
        "api_table_upload_list",
    }
