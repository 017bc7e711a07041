"""A site can require a second factor of some, and somebody who has lost theirs gets it reset."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django_otp.oath import TOTP
from pytest_django import Settings

from core.errors import NotAllowed
from core.models import AuditEvent, Authenticator, Session, User
from core.users.tokens.tokens import create_token
from perg_site.deployment.checks import second_factor_is_required_of_known_groups, sessions_have_limits
from tests import build
from tests.core.users.people import PASSWORD, code_of, is_in, logged_in, secret_on, with_second_factor

pytestmark = pytest.mark.django_db
CODE = "/login/code/"
STATUS = "/account/second-factor/"


@pytest.fixture
def ann() -> User:
    return build.person("ann", password=PASSWORD)


def _second_factor(client: Client, code: str) -> int:
    return client.post(CODE, {"code": code}).status_code


@pytest.mark.parametrize("group", ["admins", "leads"])
def test_who_must_have_one_sets_it_up_before_anything_else(ann: User, settings: Settings, group: str) -> None:
    if group == "admins":
        User.objects.filter(pk=ann.pk).update(is_staff=True)
    else:
        build.campaign(build.run_with_items(1), [build.person()], overlap=1, leads=[ann])
    settings.REQUIRE_SECOND_FACTOR = [group]
    client, annotator = logged_in(ann), logged_in(build.person("bob", password=PASSWORD))
    assert is_in(annotator)
    for path in ("/", "/campaigns/", "/account/tokens/", "/password/", "/admin/"):
        assert client.get(path).headers["Location"].startswith(STATUS), path
    api = client.get("/api/v1/campaigns/", headers={"accept": "application/json"})
    assert (api.status_code, api.json()["code"]) == (403, "second_factor_required")
    page = client.get(STATUS).content.decode()
    assert "requires a second factor" in page
    client.post(reverse("second_factor_start"))
    code = f"{TOTP(secret_on(client.get(reverse('second_factor_setup')).content.decode())).token():06d}"
    assert (
        client.post(reverse("second_factor_setup"), {"password": PASSWORD, "code": code}).status_code == 200
    )
    assert is_in(client)


def test_an_admin_who_is_logged_in_when_the_site_begins_to_require_one_is_asked_at_once(
    ann: User, settings: Settings
) -> None:
    User.objects.filter(pk=ann.pk).update(is_staff=True)
    client = logged_in(ann)
    assert is_in(client)
    settings.REQUIRE_SECOND_FACTOR = ["admins"]
    assert client.get("/campaigns/").headers["Location"].startswith(STATUS)


def test_who_becomes_a_lead_is_asked_within_minutes(ann: User, settings: Settings) -> None:
    settings.REQUIRE_SECOND_FACTOR = ["leads"]
    client = logged_in(ann)
    build.campaign(build.run_with_items(1), [build.person()], overlap=1, leads=[ann])
    session = client.session
    session["seen_at"] -= 301
    session.save()
    assert client.get("/campaigns/").headers["Location"].startswith(STATUS)


def test_tokens_of_who_owes_a_second_factor_wait_for_it(ann: User, settings: Settings) -> None:
    User.objects.filter(pk=ann.pk).update(is_staff=True)
    ann.refresh_from_db()
    headers = build.bearer(ann)
    settings.REQUIRE_SECOND_FACTOR = ["admins"]
    answer = Client().get("/api/v1/campaigns/", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_required")
    with pytest.raises(NotAllowed):
        create_token(user=ann, name="another", scopes=["read"])
    with_second_factor(ann)
    assert Client().get("/api/v1/campaigns/", headers=headers).status_code == 200
    assert Client().get("/api/v1/campaigns/", headers=build.bearer(build.person())).status_code == 200


def test_removed_where_it_is_required_the_next_thing_is_another_one(ann: User, settings: Settings) -> None:
    User.objects.filter(pk=ann.pk).update(is_staff=True)
    settings.REQUIRE_SECOND_FACTOR = ["admins"]
    device, codes = with_second_factor(ann)
    client = logged_in(ann)
    assert _second_factor(client, code_of(device)) == 302
    client.post(reverse("second_factor_remove"), {"password": PASSWORD, "code": codes[0]})
    assert client.get("/campaigns/").headers["Location"].startswith(STATUS)


def test_an_admin_resets_it_for_somebody_else_and_not_for_themselves(ann: User) -> None:
    User.objects.filter(pk=ann.pk).update(is_staff=True)
    device, _ = with_second_factor(ann)
    bob = build.person("bob", password=PASSWORD)
    with_second_factor(bob)
    theirs, client = logged_in(bob), logged_in(ann)
    assert _second_factor(client, code_of(device)) == 302
    page = client.get(reverse("person_security", args=[bob.pk])).content.decode()
    assert "Reset second factor" in page
    assert (
        client.post(reverse("person_security_act", args=[bob.pk, "reset_second_factor"])).status_code == 302
    )
    assert is_in(logged_in(bob))
    assert not Session.objects.filter(session_key=theirs.session.session_key).exists()
    event = AuditEvent.objects.get(action="second_factor.reset")
    assert (event.actor, event.subject) == (ann, f"user {bob.pk}")
    own = reverse("person_security_act", args=[ann.pk, "reset_second_factor"])
    assert client.post(own).status_code == 403
    assert Authenticator.objects.filter(user_id=ann.pk).exists()


def test_an_operator_resets_it_at_the_command_line(ann: User) -> None:
    with_second_factor(ann)
    out = StringIO()
    call_command("reset_second_factor", "ann", stdout=out)
    assert "no second factor" in out.getvalue()
    assert is_in(logged_in(ann))
    assert AuditEvent.objects.get(action="second_factor.reset").actor is None
    for name in ("ann", "nobody"):
        with pytest.raises(CommandError):
            call_command("reset_second_factor", name, stdout=out)


def test_the_admin_site_shows_no_authenticator(ann: User) -> None:
    User.objects.filter(pk=ann.pk).update(is_staff=True, is_superuser=True)
    client = logged_in(ann)
    assert client.get("/admin/otp_totp/totpdevice/").status_code == 404
    assert "otp" not in client.get("/admin/").content.decode().lower()


def test_programs_see_whether_there_is_one_and_never_the_key(ann: User, staff: Client) -> None:
    device, _ = with_second_factor(ann)
    answer = Client().get("/api/v1/account/second_factor/", headers=build.bearer(ann))
    assert answer.json() == {"is_on": True, "is_required": False, "recovery_codes_left": 10}
    assert staff.get(f"/api/v1/people/{ann.pk}/second_factor/").json()["is_on"] is True
    done = staff.post(
        f"/api/v1/people/{ann.pk}/security/reset_second_factor/", content_type="application/json"
    )
    assert done.status_code == 200
    assert not Authenticator.objects.filter(pk=device.pk).exists()


def test_requiring_it_of_an_unknown_group_is_an_error(settings: Settings) -> None:
    settings.REQUIRE_SECOND_FACTOR = ["admins", "leeds"]
    assert [error.id for error in second_factor_is_required_of_known_groups()] == ["perg.E003"]
    settings.REQUIRE_SECOND_FACTOR = ["admins", "leads"]
    assert second_factor_is_required_of_known_groups() == []
    settings.SESSION_IDLE_SECONDS = 0
    assert [error.id for error in sessions_have_limits()] == ["perg.E004"]
