"""Who came in, who tried to, and who asked for what is not theirs: in the audit log, which nobody can flood."""

import json
import uuid
from dataclasses import replace

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.http.throttle import Throttle
from core.models import ApiToken, AuditEvent, User
from core.users.login import access_log, password_again, refusals
from core.users.login import backend as login
from core.users.tokens import authentication
from core.users.tokens.tokens import create_token, revoke_token
from tests import build
from tests.core.users.people import PASSWORD, browser, logged_in

pytestmark = pytest.mark.django_db

ADDRESS = "203.0.113.5"


@pytest.fixture(autouse=True)
def _nothing_counted_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counters of this test's own."""
    for module in (access_log, login, password_again, refusals, authentication):
        for name, throttle in vars(module).items():
            if isinstance(throttle, Throttle):
                monkeypatch.setattr(module, name, replace(throttle, name=f"{throttle.name}-{uuid.uuid4()}"))
    for module in (refusals, authentication, password_again):
        for name in vars(module).keys() & vars(access_log).keys():
            if isinstance(getattr(module, name), Throttle):
                monkeypatch.setattr(module, name, getattr(access_log, name))


@pytest.fixture
def ann() -> User:
    return build.person("ann", password=PASSWORD)


def _try(username: str, password: str = "wrong-secret-word", **options: str) -> None:
    browser(**options).post(reverse("login"), {"username": username, "password": password})


def _events(action: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action=action).order_by("pk"))


def test_a_login_and_a_logout_are_recorded_with_address_and_browser(ann: User) -> None:
    client = logged_in(ann)
    client.post(reverse("logout"))
    (came,), (went,) = _events("login.succeeded"), _events("logout")
    for event in (came, went):
        assert event.actor == ann
        assert event.subject == f"user {ann.pk}"
        assert event.details["address"] == ADDRESS
        assert "Firefox" in event.details["user_agent"]


def test_a_wrong_password_is_recorded_by_name_and_without_the_password(ann: User) -> None:
    _try("ann")
    _try("ann", "")
    _try("nobody")
    known, unknown = _events("login.failed")
    assert (known.actor, known.subject, known.details["username"]) == (None, f"user {ann.pk}", "ann")
    assert (unknown.subject, unknown.details["username"]) == ("", "nobody")
    assert "wrong-secret-word" not in json.dumps([known.details, unknown.details])


@pytest.mark.parametrize(
    "typed", ["My Secret Pa$$phrase!", "tr0ub4dor&3 horse", "пароль с пробелом", "a" * 140 + "/"]
)
def test_a_password_that_was_typed_as_the_name_is_not_recorded(typed: str) -> None:
    _try(typed)
    (event,) = _events("login.failed")
    assert event.details["username"] == f"{typed[:3]}…"


@pytest.mark.parametrize("name", ["a" * 5000, "a\x00b", "line\nbreak", "\ud800", "𝔞" * 200, "\u202egpj", " "])
@pytest.mark.parametrize("agent", ["\x00\x01", "x" * 9000, "‮🦊"])
def test_no_name_and_no_browser_is_too_odd_to_be_recorded(name: str, agent: str) -> None:
    request = browser(user_agent=agent).get(reverse("login")).wsgi_request
    access_log.login_failed(None, credentials={"username": name}, request=request)
    (event,) = _events("login.failed")
    assert len(event.details["username"]) <= 150
    assert len(event.details["user_agent"]) <= 200
    assert event.details["username"].isprintable()
    assert event.details["user_agent"].isprintable()


def test_the_moment_from_which_a_name_is_throttled_is_recorded_once(ann: User) -> None:
    for _ in range(login.BY_NAME.limit + 5):
        _try("ann")
    assert len(_events("login.failed")) == login.BY_NAME.limit - 1
    (event,) = _events("login.throttled")
    assert event.subject == f"user {ann.pk}"


def test_wrong_passwords_from_one_address_do_not_fill_the_log() -> None:
    limit = access_log.WRONG_PASSWORDS.limit
    for number in range(limit + 20):
        access_log.login_failed(
            None, credentials={"username": f"n{number}"}, request=browser().get("/login/").wsgi_request
        )
    events = _events("login.failed")
    assert len(events) == limit
    assert events[-1].details["note"] == access_log.LIMIT_REACHED
    assert "note" not in events[0].details
    other = browser("198.51.100.1").get("/login/").wsgi_request
    access_log.login_failed(None, credentials={"username": "late"}, request=other)
    assert len(_events("login.failed")) == limit + 1


def test_wrong_passwords_from_many_addresses_do_not_fill_it_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_log, "ALL_WRONG_PASSWORDS", Throttle(str(uuid.uuid4()), limit=5, seconds=3600))
    for number in range(12):
        request = browser(f"10.1.2.{number}").get("/login/").wsgi_request
        access_log.login_failed(None, credentials={"username": "ann"}, request=request)
    assert len(_events("login.failed")) == 5


def test_asking_for_what_is_anothers_is_recorded_once_for_each_route(ann: User) -> None:
    campaign = build.campaign(build.run_with_items(1), [build.person()], overlap=1)
    client = logged_in(ann)
    for _ in range(3):
        assert client.get(reverse("campaign_detail", args=[campaign.pk])).status_code == 404
    assert client.get(reverse("people_list")).status_code == 404
    assert client.get("/api/v1/people/").status_code == 403
    assert client.get("/no/such/page/").status_code == 404
    events = _events("access.refused")
    assert [(event.details["path"], event.details["status"]) for event in events] == [
        (f"/campaigns/{campaign.pk}/", 404),
        ("/people/", 404),
        ("/api/v1/people/", 403),
    ]
    assert {event.actor for event in events} == {ann}


def test_refused_access_is_limited_for_each_person(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusals, "ALL_REFUSALS", Throttle(str(uuid.uuid4()), limit=2, seconds=3600))
    client = logged_in(ann)
    for route in ("people_list", "audit_log", "run_list", "webhook_list"):
        assert client.get(reverse(route)).status_code == 404
    assert len(_events("access.refused")) == 2


def test_a_program_that_is_refused_is_recorded_and_the_secret_of_a_link_is_not(ann: User) -> None:
    assert Client().get("/api/v1/people/", headers=build.bearer(ann)).status_code == 403
    client = logged_in(ann)
    assert client.get("/invitations/abcdefghijklmnop/").status_code == 404
    program, link = _events("access.refused")
    assert (program.actor, program.details["by"]) == (ann, "token")
    assert link.details["path"] == "/invitations/[left out]/"


def test_strangers_write_no_refusals() -> None:
    assert browser().get("/people/").status_code == 302
    assert Client().get("/api/v1/people/").status_code == 401
    assert not _events("access.refused")


def test_the_first_use_of_a_token_is_recorded_and_no_later_one(ann: User) -> None:
    headers = build.bearer(ann)
    for _ in range(3):
        Client(REMOTE_ADDR=ADDRESS).get("/api/v1/campaigns/", headers=headers)
    (event,) = _events("token.first_used")
    assert (event.actor, event.details["address"]) == (ann, ADDRESS)


def test_tokens_that_are_refused_are_recorded_once_an_hour_with_the_reason(ann: User) -> None:
    revoked, expired = (create_token(user=ann, name=name, scopes=["read"]) for name in ("r", "e"))
    revoke_token(token=revoked.token, actor=ann)
    ApiToken.objects.filter(name="e").update(expires_at=timezone.now())
    for secret in (revoked.secret, expired.secret, "perg_unknown", "perg_other\x00"):
        for _ in range(2):
            headers = {"authorization": f"Bearer {secret}"}
            assert Client().get("/api/v1/campaigns/", headers=headers).status_code == 401
    events = _events("token.refused")
    assert [event.details["reason"] for event in events] == [
        "token_revoked",
        "token_expired",
        "token_unknown",
    ]
    assert "perg_unknown" not in json.dumps([event.details for event in events])


def test_a_person_reads_how_their_own_account_was_used_and_nobody_elses(ann: User) -> None:
    _try("ann", address="198.51.100.77")
    client = logged_in(ann)
    other = logged_in(build.person("bob", password=PASSWORD))
    page = client.get(reverse("account_security")).content.decode()
    assert "Wrong password" in page
    assert "198.51.100.77" in page
    assert "198.51.100.77" not in other.get(reverse("account_security")).content.decode()
    history = client.get("/api/v1/account/history/").json()["results"]
    assert [row["action"] for row in history] == ["login.succeeded", "login.failed"]
    assert history[1]["address"] == "198.51.100.77"


def test_an_admin_finds_logins_in_the_log(ann: User, staff: Client) -> None:
    _try("ann")
    page = staff.get(reverse("audit_log"), {"action": "login.failed"}).content.decode()
    assert "ann" in page
    assert ADDRESS in page
