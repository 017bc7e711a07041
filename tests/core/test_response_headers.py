"""Headers that every answer has, whatever it is; and those that depend on HTTPS."""

import functools
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from core.middleware.response_headers import ResponseHeadersMiddleware
from tests.perg_site.access_world import build_world

REPOSITORY = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.django_db


def is_unstored(headers: Mapping[str, str]) -> bool:
    return {"private", "no-store"} <= {part.strip() for part in headers["Cache-Control"].split(",")}


def test_pages_refusals_and_redirects_are_stored_nowhere() -> None:
    world, stored = build_world(), []
    for who in ("nobody", "annotator", "lead", "staff"):
        client = world.client(who)
        for route in ("home", "run_list", "campaign_detail", "api_campaign_list", "api_validation"):
            if not is_unstored(client.get(world.address(route)).headers):
                stored.append((route, who))
    assert stored == []


def test_an_address_that_does_not_exist_and_a_refused_form_are_stored_nowhere(staff: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    for response, status in [
        (staff.get("/nowhere/"), 404),
        (staff.get("/api/v1/nowhere/"), 404),
        (strict.post(reverse("login"), {"username": "a"}), 403),
        (staff.get(reverse("run_list").rstrip("/")), 301),
        (staff.get(reverse("home"), headers={"host": "evil.example"}), 400),
    ]:
        assert response.status_code == status
        assert is_unstored(response.headers)


def test_a_document_with_an_etag_is_stored_nowhere_and_can_still_be_asked_for_by_it(staff: Client) -> None:
    first = staff.get(reverse("api_schema"))
    again = staff.get(reverse("api_schema"), headers={"if-none-match": first.headers["ETag"]})
    assert (first.status_code, again.status_code) == (200, 304)
    assert is_unstored(first.headers)
    assert is_unstored(again.headers)


@pytest.mark.parametrize(
    ("by_the_view", "answered"),
    [
        ("", "private, no-store"),
        ("private, no-cache", "private, no-store"),
        ("private, no-transform", "private, no-store, no-transform"),
        ("max-age=0, no-cache, no-store, must-revalidate, private", "private, no-store"),
        ("max-age=315360000, public, immutable", "max-age=315360000, public, immutable"),
    ],
)
def test_a_download_stays_untransformed_and_a_static_file_public(by_the_view: str, answered: str) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(headers={"Cache-Control": by_the_view} if by_the_view else {})

    response = ResponseHeadersMiddleware(view)(RequestFactory().get("/"))
    assert response.headers["Cache-Control"] == answered


def test_every_answer_says_what_a_browser_may_do_with_it() -> None:
    headers = Client().get(reverse("login")).headers
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


SHOWN = """
import json
from django.conf import settings
names = ["SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SESSION_COOKIE_SECURE", "SESSION_COOKIE_PATH",
         "SESSION_COOKIE_DOMAIN", "SECURE_HSTS_SECONDS", "SECURE_HSTS_INCLUDE_SUBDOMAINS", "SECURE_HSTS_PRELOAD",
         "SECURE_PROXY_SSL_HEADER"]
print(json.dumps({name: getattr(settings, name) for name in names}))
"""


@functools.cache
def settings_with(**environment: str) -> dict[str, object]:
    """The settings of a site that is started with these variables."""
    environ = {**os.environ, "DJANGO_SETTINGS_MODULE": "perg_site.settings", **environment}
    shown = subprocess.run(
        [sys.executable, "-c", SHOWN], cwd=REPOSITORY, env=environ, capture_output=True, text=True, check=True
    )
    loaded: dict[str, object] = json.loads(shown.stdout)
    return loaded


@pytest.mark.slow
def test_over_https_cookies_belong_to_this_host_alone() -> None:
    shown = settings_with(HTTPS="1")
    assert (shown["SESSION_COOKIE_NAME"], shown["CSRF_COOKIE_NAME"]) == (
        "__Host-sessionid",
        "__Host-csrftoken",
    )
    # What browsers ask of a cookie with this name; otherwise they drop it, and nobody can log in.
    assert (shown["SESSION_COOKIE_SECURE"], shown["SESSION_COOKIE_PATH"], shown["SESSION_COOKIE_DOMAIN"]) == (
        True,
        "/",
        None,
    )
    assert settings_with(HTTPS="0")["SESSION_COOKIE_NAME"] == "sessionid"


@pytest.mark.slow
def test_hsts_speaks_for_other_hosts_only_when_the_operator_says_so() -> None:
    plain = settings_with(HTTPS="1")
    assert (
        plain["SECURE_HSTS_SECONDS"],
        plain["SECURE_HSTS_INCLUDE_SUBDOMAINS"],
        plain["SECURE_HSTS_PRELOAD"],
    ) == (
        31_536_000,
        False,
        False,
    )
    told = settings_with(HTTPS="1", HSTS_SUBDOMAINS="1", HSTS_PRELOAD="1")
    assert (told["SECURE_HSTS_INCLUDE_SUBDOMAINS"], told["SECURE_HSTS_PRELOAD"]) == (True, True)


@pytest.mark.slow
def test_x_forwarded_proto_is_read_only_where_a_proxy_is_stated() -> None:
    assert settings_with(HTTPS="1")["SECURE_PROXY_SSL_HEADER"] is None
    assert settings_with(HTTPS="1", TRUSTED_PROXIES="10.0.0.2")["SECURE_PROXY_SSL_HEADER"]


def test_pages_of_an_https_site_find_the_csrf_cookie_under_its_longer_name() -> None:
    scripts = [*(REPOSITORY / "perg_site/static/js").rglob("*.js")]
    readers = [script for script in scripts if "document.cookie" in script.read_text()]
    assert readers
    assert all(r"(?:__Host-)?csrftoken=" in script.read_text() for script in readers)


@pytest.mark.slow
def test_the_settings_of_a_deployment_pass_every_check() -> None:
    environ = {
        **os.environ,
        "HTTPS": "1",
        "ALLOWED_HOSTS": "perg.example.org",
        "CSRF_TRUSTED_ORIGINS": "https://perg.example.org",
        "TRUSTED_PROXIES": "10.0.0.2",
        "SECRET_KEY": "only-for-this-check-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJ",
    }
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    checked = subprocess.run(command, cwd=REPOSITORY, env=environ, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
