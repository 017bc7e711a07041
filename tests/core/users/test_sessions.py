"""Sessions end by themselves, are listed, and can be ended from elsewhere."""

import time

import pytest
from django.conf import settings as site_settings
from django.contrib.auth.tokens import default_token_generator
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from annotations.people.services.people import deactivate_account, grant_admin, withdraw_admin
from core.models import AuditEvent, Session, User
from core.users.sessions.sign_in import SEEN, SIGN_IN
from perg_site.tasks import clear_expired_sessions
from tests import build
from tests.core.users.people import PASSWORD, browser, is_in, logged_in

pytestmark = pytest.mark.django_db
HOUR = 3600
JSON = "application/json"


@pytest.fixture
def ann() -> User:
    return build.person("ann", password=PASSWORD)


def _age(client: Client, *, began: int = 0, seen: int = 0) -> None:
    """Make the session older by seconds."""
    session = client.session
    session[SIGN_IN] = session[SIGN_IN] | {"at": session[SIGN_IN]["at"] - began}
    session[SEEN] -= seen
    session.save()


def test_a_session_ends_when_it_is_idle_too_long(ann: User, settings: Settings) -> None:
    settings.SESSION_IDLE_SECONDS = 2 * HOUR
    client = logged_in(ann)
    _age(client, seen=2 * HOUR - 60)
    assert is_in(client)
    _age(client, seen=2 * HOUR + 1)
    assert not is_in(client)
    assert not Session.objects.filter(user=ann).exists()


def test_a_session_in_use_ends_at_its_absolute_limit(ann: User, settings: Settings) -> None:
    settings.SESSION_IDLE_SECONDS, settings.SESSION_ABSOLUTE_SECONDS = 2 * HOUR, 10 * HOUR
    client = logged_in(ann)
    for _ in range(6):
        assert is_in(client)
        _age(client, began=HOUR + HOUR // 2, seen=HOUR + HOUR // 2)
    assert is_in(client)
    _age(client, began=HOUR + 1)
    assert not is_in(client)


def test_an_old_session_is_not_prolonged_beyond_the_absolute_limit_by_its_cookie(
    ann: User, settings: Settings
) -> None:
    settings.SESSION_IDLE_SECONDS, settings.SESSION_ABSOLUTE_SECONDS = 5 * HOUR, 10 * HOUR
    client = logged_in(ann)
    _age(client, began=9 * HOUR, seen=400)
    assert is_in(client)
    left = Session.objects.get(user=ann).expire_date.timestamp() - time.time()
    assert left <= HOUR
    assert int(client.cookies[site_settings.SESSION_COOKIE_NAME]["max-age"]) <= HOUR


def test_using_a_session_is_written_once_in_a_few_minutes_and_not_with_each_request(ann: User) -> None:
    client = logged_in(ann)

    def writes() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert is_in(client)
        texts = [query["sql"] or "" for query in queries]  # none: of a prepared statement
        return sum("UPDATE" in text and "_session" in text for text in texts)

    assert [writes() for _ in range(3)] == [0, 0, 0]
    _age(client, seen=301)
    before = Session.objects.get(user=ann).last_seen_at
    assert [writes() for _ in range(3)] == [1, 0, 0]
    after = Session.objects.get(user=ann).last_seen_at
    assert before is not None
    assert after is not None
    assert (after - before).total_seconds() >= 300


def test_a_page_that_asks_by_itself_does_not_keep_a_session_alive(ann: User, settings: Settings) -> None:
    settings.SESSION_IDLE_SECONDS = HOUR
    client = logged_in(ann)
    _age(client, seen=HOUR // 2)
    assert client.get(reverse("home"), headers={"HX-Request": "true"}).status_code == 200
    _age(client, seen=HOUR // 2 + 1)
    assert not is_in(client)


def test_the_key_changes_at_login(ann: User) -> None:
    client = browser()
    client.get(reverse("login"))
    session = client.session
    session["planted"] = True
    session.save()
    planted = session.session_key
    client.cookies[site_settings.SESSION_COOKIE_NAME] = planted or ""
    client.post(reverse("login"), {"username": "ann", "password": PASSWORD})
    assert client.session.session_key != planted
    other = browser()
    other.cookies[site_settings.SESSION_COOKIE_NAME] = planted or ""
    assert not is_in(other)


def test_one_sees_ones_sessions_with_device_and_address_and_ends_one(ann: User) -> None:
    here, there = logged_in(ann, "203.0.113.5"), logged_in(ann, "2001:db8::7")
    page = here.get(reverse("account_security")).content.decode()
    assert page.count("Firefox on Linux") >= 2
    assert "2001:db8::7" in page
    assert str(there.session.session_key) not in page
    session = Session.objects.get(user=ann, address="2001:db8::7")
    assert here.post(reverse("session_end", args=[session.public_id])).status_code == 302
    assert is_in(here)
    assert not is_in(there)
    event = AuditEvent.objects.get(action="session.ended")
    assert event.actor == ann


def test_one_ends_all_other_sessions_at_once(ann: User) -> None:
    here, *others = [logged_in(ann) for _ in range(3)]
    assert here.post(reverse("sessions_end_others")).status_code == 302
    assert is_in(here)
    assert not any(is_in(other) for other in others)


def test_nobody_ends_anothers_session(ann: User) -> None:
    theirs = logged_in(ann)
    outsider = logged_in(build.person("bob", password=PASSWORD))
    session = Session.objects.get(user=ann)
    assert outsider.post(reverse("session_end", args=[session.public_id])).status_code == 404
    assert is_in(theirs)


def test_an_admin_ends_a_persons_sessions(ann: User, staff: Client) -> None:
    client = logged_in(ann)
    page = staff.get(reverse("person_security", args=[ann.pk])).content.decode()
    assert "Firefox on Linux" in page
    assert staff.post(reverse("person_security_act", args=[ann.pk, "end_sessions"])).status_code == 302
    assert not is_in(client)
    assert AuditEvent.objects.get(action="session.ended").actor == User.objects.get(username="staff")


def test_a_session_that_was_ended_does_not_come_back_from_the_cache(
    ann: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks, staff: Client
) -> None:
    client = logged_in(ann)
    with django_capture_on_commit_callbacks(execute=False) as callbacks:
        staff.post(reverse("person_security_act", args=[ann.pk, "end_sessions"]))
    store = client.session  # as a request does that read the row before the commit
    store._cache.set(store.cache_key, {"_auth_user_id": str(ann.pk)}, 60)  # type: ignore[attr-defined]
    for callback in callbacks:
        callback()
    assert not is_in(client)


def test_a_changed_password_ends_the_others_and_changes_the_key_of_this_one(ann: User) -> None:
    here, there = logged_in(ann), logged_in(ann)
    key = here.session.session_key
    form = {"old_password": PASSWORD, "new_password1": "another one 17", "new_password2": "another one 17"}
    assert here.post(reverse("password_change"), form).status_code == 302
    assert is_in(here)
    assert not is_in(there)
    assert here.session.session_key != key
    assert Session.objects.filter(user=ann).count() == 1


@pytest.mark.parametrize("is_own_browser", [True, False])
def test_a_reset_password_ends_all_sessions(ann: User, is_own_browser: bool) -> None:
    client = logged_in(ann)
    at = client if is_own_browser else browser()
    form = {"new_password1": "another one 17", "new_password2": "another one 17"}
    ann.refresh_from_db()
    token = default_token_generator.make_token(ann)
    link = reverse("password_reset_confirm", args=[urlsafe_base64_encode(force_bytes(ann.pk)), token])
    answer = at.get(link)
    assert at.post(answer.headers["Location"], form).status_code == 302
    assert not is_in(client)
    assert "does not work" in browser().get(link).content.decode()


def test_a_password_that_is_set_by_a_command_ends_sessions_too(ann: User) -> None:
    client = logged_in(ann)
    person = User.objects.get(pk=ann.pk)
    person.set_password("set at the command line")
    person.save()
    assert not Session.objects.filter(user=ann).exists()
    assert not is_in(client)
    assert AuditEvent.objects.get(action="account.password_set").details["sessions"] == 1


def test_renewing_a_hash_at_login_does_not_count_as_a_new_password(ann: User, settings: Settings) -> None:
    there = logged_in(ann)
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.ScryptPasswordHasher",
        *settings.PASSWORD_HASHERS,
    ]
    logged_in(ann)
    assert not AuditEvent.objects.filter(action="account.password_set").exists()
    assert Session.objects.filter(user=ann).count() == 2
    assert there.session.session_key


def test_sessions_end_when_admin_rights_come_or_go_and_when_the_account_is_deactivated(ann: User) -> None:
    admin = build.person("admin", staff=True)
    for change in (grant_admin, withdraw_admin, deactivate_account):
        client = logged_in(ann)
        change(user=User.objects.get(pk=ann.pk), actor=admin)
        assert not Session.objects.filter(user=ann).exists(), change.__name__
        assert not is_in(client)


def test_an_expired_session_is_cleared_away(ann: User) -> None:
    logged_in(ann)
    Session.objects.update(expire_date="2020-01-01T00:00:00Z")
    logged_in(ann)
    clear_expired_sessions()
    assert Session.objects.count() == 1


def test_programs_list_and_end_sessions(ann: User) -> None:
    client = logged_in(ann)
    there = logged_in(ann, "198.51.100.9")
    listed = client.get("/api/v1/account/sessions/").json()["results"]
    assert {row["address"] for row in listed} == {"203.0.113.5", "198.51.100.9"}
    assert listed[0]["device"] == "Firefox on Linux"
    keys = {client.session.session_key, there.session.session_key}
    assert not keys & {str(value) for row in listed for value in row.values()}
    public_id = next(row["id"] for row in listed if row["address"] == "198.51.100.9")
    assert client.post(f"/api/v1/account/sessions/{public_id}/end/", content_type=JSON).status_code == 204
    assert not is_in(there)
    assert is_in(client)
    # A token that only reads ends nothing.
    reader = build.bearer(ann)
    assert (
        Client().post("/api/v1/account/sessions/end_others/", headers=reader, content_type=JSON).status_code
        == 403
    )
