"""Logging in, wrong passwords, and passwords that were forgotten."""

import re

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core import mail
from django.core.cache import cache as counted
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from core.models import AuditEvent, User
from core.users.login.backend import BY_ADDRESS, BY_NAME
from core.users.login.passwords import BY_EMAIL
from tests import build

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"
OTHER_ADDRESS = {"REMOTE_ADDR": "203.0.113.9"}


@pytest.fixture(autouse=True)
def _nothing_counted_yet() -> None:
    for address in ("127.0.0.1", OTHER_ADDRESS["REMOTE_ADDR"], "198.51.100.7", "198.51.100.8"):
        BY_NAME.forget("ann", address)
        BY_ADDRESS.forget(address)
    BY_EMAIL.forget("ann@example.org")
    BY_EMAIL.forget("nobody@example.org")


@pytest.fixture
def ann() -> User:
    return build.person("ann", password=PASSWORD)


def _log_in(password: str, username: str = "ann", **where: str) -> tuple[bool, str]:
    client = Client(**where)  # type: ignore[arg-type]
    response = client.post(reverse("login"), {"username": username, "password": password})
    return response.status_code == 302, response.content.decode()


def test_after_too_many_wrong_passwords_not_even_the_right_one_is_looked_at(ann: User) -> None:
    for _ in range(BY_NAME.limit - 1):
        assert "Too many attempts" not in _log_in("wrong")[1]
    assert "Too many attempts" in _log_in("wrong")[1]
    assert not _log_in(PASSWORD, "ANN")[0]
    ok, page = _log_in(PASSWORD)
    assert not ok
    assert "Too many attempts" in page


def test_a_guesser_elsewhere_does_not_lock_the_person_out(ann: User) -> None:
    for _ in range(BY_NAME.limit + 1):
        _log_in("wrong", **OTHER_ADDRESS)
    assert not _log_in(PASSWORD, **OTHER_ADDRESS)[0]
    assert _log_in(PASSWORD)[0]


def test_logging_in_forgets_the_wrong_attempts_before(ann: User) -> None:
    for _ in range(2):
        for _ in range(BY_NAME.limit - 1):
            _log_in("wrong")
        assert _log_in(PASSWORD)[0]


def test_many_names_tried_once_from_one_address_are_stopped_too(ann: User) -> None:
    for _ in range(BY_ADDRESS.limit):
        BY_ADDRESS.attempt("127.0.0.1")
    ok, page = _log_in(PASSWORD)
    assert not ok
    assert "Too many attempts" in page
    assert _log_in(PASSWORD, **OTHER_ADDRESS)[0]


@pytest.mark.parametrize("name", ["ann", "nobody", "deactivated", "without password"])
def test_a_wrong_password_takes_equally_long_for_every_name(
    ann: User, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    build.person("deactivated", password=PASSWORD)
    User.objects.filter(username="deactivated").update(is_active=False)
    build.person("without password")
    BY_NAME.forget(name, "127.0.0.1")
    hashed, encode = [], PBKDF2PasswordHasher.encode

    def count(self: PBKDF2PasswordHasher, *args: object, **options: object) -> str:
        hashed.append(1)
        return encode(self, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(PBKDF2PasswordHasher, "encode", count)
    assert not _log_in("wrong", name)[0]
    assert len(hashed) == 1


def test_right_passwords_from_one_address_are_never_too_many(ann: User) -> None:
    for _ in range(3):
        assert _log_in(PASSWORD)[0]
    assert counted.get(BY_ADDRESS._where(("127.0.0.1",))) == 0


def test_the_admin_sites_own_login_is_limited_too(ann: User) -> None:
    User.objects.update(is_staff=True)
    client, form = Client(), {"username": "ann", "password": "wrong"}
    for _ in range(BY_NAME.limit):
        page = client.post(reverse("admin:login"), form).content.decode()
    assert "Too many attempts" in page
    assert client.post(reverse("admin:login"), form | {"password": PASSWORD}).status_code == 200


def test_behind_a_proxy_the_address_is_the_one_that_the_proxy_saw(ann: User, settings: Settings) -> None:
    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    for number in range(BY_NAME.limit + 1):
        _log_in("wrong", HTTP_X_FORWARDED_FOR=f"10.9.9.{number}, 198.51.100.7")
    assert not _log_in(PASSWORD, HTTP_X_FORWARDED_FOR="198.51.100.7")[0]
    assert _log_in(PASSWORD, HTTP_X_FORWARDED_FOR="198.51.100.8")[0]


def test_without_a_stated_proxy_nobody_counts_as_somebody_else(ann: User, settings: Settings) -> None:
    settings.TRUSTED_PROXIES = []
    for number in range(BY_NAME.limit):
        _log_in("wrong", HTTP_X_FORWARDED_FOR=f"198.51.100.{number}")
    assert not _log_in(PASSWORD, HTTP_X_FORWARDED_FOR="198.51.100.99")[0]


def test_without_redis_people_still_log_in(ann: User, settings: Settings) -> None:
    nowhere = {"LOCATION": "unix:///nowhere/redis.sock"}
    settings.CACHES = {alias: cache | nowhere for alias, cache in settings.CACHES.items()}
    assert _log_in(PASSWORD)[0]
    assert not _log_in("wrong")[0]


def test_a_changed_password_ends_the_other_sessions_and_is_noted(ann: User) -> None:
    here, elsewhere = Client(), Client()
    for client in (here, elsewhere):
        client.force_login(ann)
    form = {"old_password": PASSWORD, "new_password1": "another one 17", "new_password2": "another one 17"}
    assert here.post(reverse("password_change"), form).status_code == 302
    assert here.get(reverse("home")).status_code == 200
    assert elsewhere.get(reverse("home")).status_code == 302
    assert AuditEvent.objects.get(action="account.password_changed").actor == ann


def test_without_a_mail_server_the_page_says_who_can_help(ann: User) -> None:
    address = reverse("password_reset")
    assert address in Client().get(reverse("login")).content.decode()
    assert "Ask an admin" in Client().get(address).content.decode()
    assert Client().post(address, {"email": "ann@example.org"}).status_code == 409
    assert not mail.outbox


def test_with_a_mail_server_a_link_is_sent_and_the_page_tells_nobody_who_has_an_account(
    ann: User, settings: Settings
) -> None:
    settings.SENDS_EMAIL = True
    User.objects.filter(pk=ann.pk).update(email="ann@example.org")
    answers = [
        Client().post(reverse("password_reset"), {"email": email}, follow=True).content.decode()
        for email in ("ann@example.org", "nobody@example.org")
    ]
    hidden = r'name="csrfmiddlewaretoken" value="\w+"'
    assert re.sub(hidden, "", answers[0]) == re.sub(hidden, "", answers[1])
    assert len(mail.outbox) == 1
    link = re.search(r"http://testserver(/password/reset/\S+)", str(mail.outbox[0].body))
    assert link
    assert "Set password" in Client().get(link[1], follow=True).content.decode()


def test_nobody_is_flooded_with_reset_links(ann: User, settings: Settings) -> None:
    settings.SENDS_EMAIL = True
    User.objects.filter(pk=ann.pk).update(email="ann@example.org")
    for _ in range(8):
        assert Client().post(reverse("password_reset"), {"email": "ann@example.org"}).status_code == 302
    assert len(mail.outbox) == 5
