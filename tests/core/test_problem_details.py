"""Whatever is wrong with a request, the API answers with problem details that say so, and a page with a page."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DataError, OperationalError
from django.test import Client, RequestFactory
from django.urls import reverse
from pytest_django import Settings

from core.http import problem_details as errors
from core.models import User
from evaluation.models import Judge
from tests import build

pytestmark = pytest.mark.django_db

JUDGES = "/api/v1/judges/"
DEEP = "[" * 100_000


@pytest.fixture
def admin() -> User:
    return build.person("admin", staff=True)


@pytest.fixture
def browser(admin: User) -> Client:
    """An admin's browser, which is shown errors of the server instead of raising them."""
    client = Client(raise_request_exception=False)
    client.force_login(admin)
    return client


def _problem(response: Any, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.content[:500]
    assert response.headers["Content-Type"].startswith("application/problem+json")
    problem: dict[str, Any] = response.json()
    assert {"type", "title", "status", "code", "detail"} <= set(problem)
    assert problem["status"] == status
    return problem


def _post(
    client: Client, body: str | bytes, content_type: str = "application/json", path: str = JUDGES
) -> Any:
    return client.generic("POST", path, body, content_type)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"name": ' + DEEP, "nested too deeply"),
        ('{"name": ' + "[" * 5000 + "]" * 5000 + "}", "nested too deeply"),
        ('{"name": ' + "[" * 100 + "]" * 100 + "}", "nested too deeply"),
        ('{"name": {"a":' * 400 + "1" + "}}" * 400, "nested too deeply"),
        ('{"temperature": NaN}', "NaN"),
        ('{"temperature": -Infinity}', "Infinity"),
        ('{"temperature": 1e999}', "too large a number"),
        ('{"threshold": 1' + "0" * 5000 + "}", "limit"),
        ('{"name": "a", "name": "b"}', "more than once"),
        ('{"name": "a"', "parse error"),
        (b'{"name": "\xff\xfe"}', "parse error"),
        ('{"name": "a"}'.encode("utf-16"), "parse error"),
    ],
)
def test_json_that_cannot_be_read_is_a_parse_error(browser: Client, body: str | bytes, words: str) -> None:
    problem = _problem(_post(browser, body), 400)
    assert problem["code"] == "parse_error"
    assert words in problem["detail"]


@pytest.mark.parametrize("body", ["[]", '"text"', "3", "null", "true", "[{}]"])
def test_json_that_is_no_object_is_refused(browser: Client, body: str) -> None:
    assert _problem(_post(browser, body), 400)["code"] == "invalid"


@pytest.mark.parametrize(
    "text", ["a\\u0000b", "\\ud800", "\\udfff\\ud800"], ids=["null", "surrogate", "surrogates"]
)
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ('{"name": "%s"}', "name"),
        ('{"endpoint": "%s"}', "endpoint"),  # looked up by its name
        ('{"rubric": "%s"}', "rubric"),
        ('{"name": {"inner": ["%s"]}}', "name.inner.0"),
    ],
)
def test_text_that_cannot_be_stored_is_refused_by_name(
    browser: Client, body: str, field: str, text: str
) -> None:
    assert _problem(_post(browser, body % text), 400)["field"] == field
    assert _problem(_post(browser, '{"' + text + '": 1}'), 400)


def test_a_body_that_is_too_large_is_413(browser: Client, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    assert _problem(_post(browser, json.dumps({"name": "x" * 1000})), 413)["code"] == "too_large"
    path = reverse("api_catalogue_import")
    file = SimpleUploadedFile("p.csv", b"text\nI like it.\n")
    assert _problem(browser.post(path, {"name": "x" * 2000, "file": file}), 413)["code"] == "too_large"
    page = browser.post(reverse("judge_create"), {"name": "x" * 2000})
    assert page.status_code == 413
    assert "too large" in page.content.decode()


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("text/csv", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("application/json; charset=utf-16", 415),
        ("application/json; charset=hex", 415),
        ("nonsense", 415),
    ],
)
def test_another_media_type_or_charset_is_415(browser: Client, content_type: str, status: int) -> None:
    _problem(_post(browser, "{}", content_type), status)


@pytest.mark.parametrize("charset", ["rot13", "hex", "idna", "utf-16", "nonsense"])
def test_a_form_in_another_charset_is_refused(browser: Client, charset: str) -> None:
    for content_type in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        answer = _post(browser, "name=a", f"{content_type}; charset={charset}", reverse("judge_create"))
        assert answer.status_code == 415


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--x",
        b"--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--\r\n",
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a\0.csv"\r\n\r\ntext\r\n--x--\r\n',
        b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\na\0b\r\n--x--\r\n',
        b'--x\r\nContent-Disposition: form-data; name="n\0me"\r\n\r\nab\r\n--x--\r\n',
        b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\n\xff\xfe\xed\xa0\x80\r\n--x--\r\n',
        b"--x\r\nContent-Transfer-Encoding: base64\r\n"
        b'Content-Disposition: form-data; name="name"\r\n\r\n%%%\r\n--x--\r\n',
    ],
)
@pytest.mark.one_in(3)
def test_a_malformed_upload_is_refused(browser: Client, body: bytes) -> None:
    for route in ("api_catalogue_import", "api_dataset_import", "api_run_import", "api_ratings_import"):
        _problem(_post(browser, body, "multipart/form-data; boundary=x", reverse(route)), 400)
    for route in ("catalogue_import", "dataset_import", "run_import", "ratings_import"):
        answer = _post(browser, body, "multipart/form-data; boundary=x", reverse(route))
        assert answer.status_code < 500
    without_boundary = _post(browser, body, "multipart/form-data", reverse("api_catalogue_import"))
    _problem(without_boundary, 400)


def test_a_field_of_an_upload_that_comes_twice_is_refused(browser: Client) -> None:
    file = SimpleUploadedFile("p.csv", b"text\nI like it.\n")
    answer = browser.post(reverse("api_catalogue_import"), {"name": ["a", "b"], "file": file})
    assert _problem(answer, 400)["field"] == "name"


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_a_write_without_the_slash_is_no_redirect(browser: Client, method: str) -> None:
    answer = getattr(browser, method)("/api/v1/judges", {}, content_type="application/json")
    problem = _problem(answer, 404)
    assert problem["address"] == "/api/v1/judges/"
    page = browser.post("/judges/new", {"name": "x"}) if method == "post" else None
    assert page is None or page.status_code == 404


def test_reading_without_the_slash_is_redirected(browser: Client) -> None:
    assert browser.get("/api/v1/judges").status_code == 301
    assert browser.get("/judges").headers["Location"] == "/judges/"


def test_a_write_over_http_is_refused_where_https_is_on(browser: Client, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    client = Client(raise_request_exception=False)
    assert _problem(_post(client, "{}"), 403)["code"] == "https_required"
    page = client.post("/login/", {"username": "a", "password": "b"})
    assert page.status_code == 403
    assert "HTTPS" in page.content.decode()
    assert client.get("/login/").status_code == 301


@pytest.mark.parametrize("address", ["/api/v1/nothing/", "/api/v2/judges/", "/api/", "/api/v1/judges/x/"])
@pytest.mark.parametrize("who", ["browser", "nobody"])
def test_an_unknown_address_of_the_api_is_404_for_everybody(browser: Client, address: str, who: str) -> None:
    client = browser if who == "browser" else Client()
    _problem(client.get(address), 404)
    _problem(client.post(address, "{}", content_type="application/json"), 404)


def test_methods_that_an_address_does_not_take(browser: Client) -> None:
    answer = browser.delete(JUDGES)
    _problem(answer, 405)
    assert "GET" in answer.headers["Allow"]
    _problem(browser.generic("BREW", JUDGES), 405)
    page = browser.get(reverse("logout"))
    assert page.status_code == 405
    assert "POST" in page.headers["Allow"]
    assert "does not take GET" in page.content.decode()
    assert browser.head(JUDGES).status_code == 200
    assert browser.options(JUDGES).status_code == 200


def test_who_is_not_known_and_who_may_not(admin: User) -> None:
    assert _problem(Client().get(JUDGES), 401)["code"] == "not_authenticated"
    annotator = Client()
    annotator.force_login(build.person("annotator"))
    _problem(annotator.get(JUDGES), 403)
    checked = Client(enforce_csrf_checks=True)
    checked.force_login(admin)
    assert "CSRF" in _problem(_post(checked, '{"name": "x"}'), 403)["detail"]
    assert "CSRF" in _problem(checked.post("/api/v1/docs/"), 403)["detail"]


def test_too_many_requests_say_when_to_go_on(browser: Client, settings: Settings) -> None:
    settings.API_RATES = {**settings.API_RATES, "token": "1/day"}
    answers = [browser.get(JUDGES) for _ in range(2)]
    assert _problem(answers[-1], 429)["code"] == "throttled"
    assert answers[-1].headers["Retry-After"]


def test_a_host_that_is_not_ours_is_refused(browser: Client) -> None:
    _problem(browser.get(JUDGES, headers={"host": "evil.example"}), 400)
    assert browser.get("/", headers={"host": "evil.example"}).status_code == 400


@pytest.mark.parametrize(
    "cookie",
    [
        'sessionid="\\000\\000\\000\\000\\000\\000\\000\\000\\000"',
        "sessionid=" + "x" * 5000,
        "csrftoken=\x80",
    ],
)
def test_an_invalid_cookie_logs_nobody_in(cookie: str) -> None:
    client = Client(raise_request_exception=False)
    assert client.get("/login/", headers={"cookie": cookie}).status_code == 200
    assert client.get("/", headers={"cookie": cookie}).status_code == 302


@pytest.mark.parametrize("name", ["a\0b", "\0", "x" * 50_000, "\u202e", "１２"])
def test_an_odd_name_does_not_log_in(name: str) -> None:
    answer = Client(raise_request_exception=False).post("/login/", {"username": name, "password": "p\0"})
    assert answer.status_code == 200


@pytest.mark.parametrize("query", ["?q=%00", "?q=a%00b", "?%00=1", "?q=%ED%A0%80", "?q=%FF"])
def test_a_search_for_what_cannot_be_stored_is_no_error_of_the_server(browser: Client, query: str) -> None:
    page = browser.get(f"/people/{query}")
    assert page.status_code == (400 if "%00" in query else 200)
    answer = browser.get(f"{JUDGES}{query.replace('q=', 'search=')}")
    assert answer.status_code == (400 if "%00" in query else 200)


@pytest.mark.parametrize("error", [DataError("out of range"), OperationalError("statement timeout")])
def test_errors_of_the_database_are_400_or_503(
    browser: Client, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    status = 400 if isinstance(error, DataError) else 503
    monkeypatch.setattr("evaluation.judges.api.Judges.get_queryset", fail)
    answer = browser.get(JUDGES)
    assert _problem(answer, status)["code"] in {"invalid_value", "database_unavailable"}
    monkeypatch.setattr("perg_site.views.own_campaigns", fail)
    page = browser.get("/")
    assert page.status_code == status
    assert "data-error-message" in page.content.decode()
    assert (page.headers.get("Retry-After") == answer.headers.get("Retry-After")) is True
    assert ("Retry-After" in page.headers) == (status == 503)


def test_an_error_of_the_database_before_the_view_is_503_too(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr("core.middleware.same_person.SamePersonMiddleware.__call__", fail)
    assert browser.get("/").status_code == 503
    _problem(browser.get(JUDGES), 503)


def test_a_deep_object_in_a_forms_field_is_refused(browser: Client) -> None:
    endpoint = {"name": "e", "provider": "openai", "model": "m", "options": DEEP}
    assert browser.post(reverse("endpoint_create"), endpoint).status_code == 422


@pytest.mark.parametrize(
    "query", ["?since=0001-01-01", "?until=9999-12-31", "?since=9999-12-31&until=9999-12-31"]
)
@pytest.mark.parametrize("address", ["/audit/", "/audit.csv", "/api/v1/audit/", "/export/labels.csv"])
@pytest.mark.one_in(3)
def test_the_first_and_last_day_there_are_can_be_asked_for(browser: Client, address: str, query: str) -> None:
    if address.startswith("/export"):
        address = reverse("export_stream", args=["labels", "csv"])
    answer: Any = browser.get(f"{address}{query}")
    assert answer.status_code == 200
    if answer.streaming:
        list(answer)


def test_nothing_was_made_by_any_of_this(browser: Client) -> None:
    before = Judge.objects.count()
    for body in ('{"name": "a", "name": "b"}', '{"nmae": "a"}', DEEP):
        _post(browser, body)
    assert Judge.objects.count() == before


@pytest.mark.django_db(databases=[])
def test_the_page_of_a_refusal_needs_no_database() -> None:
    refused = errors.refusal_of(OperationalError("gone"))
    assert refused is not None
    page = errors.error_response(RequestFactory().get("/"), refused)
    assert page.status_code == 503
    assert "Temporarily unavailable" in page.content.decode()
