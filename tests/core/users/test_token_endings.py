"""What ends a token besides its date: a new password, a lost role, an admin. And making one asks for the password."""

from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.tokens import default_token_generator
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from annotations.people.services.people import change_role, deactivate_member, withdraw_admin
from core.models import ApiToken, AuditEvent, User
from core.users.login.password_again import ATTEMPTS
from tests import build
from tests.core.users.people import PASSWORD, browser, logged_in
from tests.pages import one_line

pytestmark = pytest.mark.django_db
NEW = {"new_password1": "another one 17", "new_password2": "another one 17"}


@pytest.fixture
def ann() -> User:
    return build.person("ann", password=PASSWORD)


def _answer(headers: dict[str, str]) -> int:
    return Client().get("/api/v1/campaigns/", headers=headers).status_code


def test_a_changed_password_ends_all_tokens_and_the_page_says_so_before(ann: User) -> None:
    token, client = build.bearer(ann), logged_in(ann)
    assert "all your API tokens (<strong>1 valid now</strong>)" in one_line(
        client.get(reverse("password_change")).content.decode()
    )
    assert _answer(token) == 200
    assert client.post(reverse("password_change"), {"old_password": PASSWORD} | NEW).status_code == 302
    assert _answer(token) == 401
    event = AuditEvent.objects.get(action="token.revoked")
    assert event.details["reason"] == "new password"


def test_a_reset_password_ends_all_tokens(ann: User) -> None:
    token, client = build.bearer(ann), browser()
    uid = urlsafe_base64_encode(force_bytes(ann.pk))
    link = reverse("password_reset_confirm", args=[uid, default_token_generator.make_token(ann)])
    answer = client.get(link)
    assert "all API tokens" in client.get(answer.headers["Location"]).content.decode()
    assert client.post(answer.headers["Location"], NEW).status_code == 302
    assert _answer(token) == 401


def test_a_password_set_in_code_ends_all_tokens_and_another_persons_stay(ann: User) -> None:
    token, other = build.bearer(ann), build.bearer(build.person("bob", password=PASSWORD))
    person = User.objects.get(username="ann")
    person.set_password("set by an operator")
    person.save()
    assert (_answer(token), _answer(other)) == (401, 200)


def test_saving_a_person_without_a_new_password_ends_nothing(ann: User) -> None:
    token = build.bearer(ann)
    person = User.objects.get(username="ann")
    person.email = "ann@example.org"
    person.save()
    assert _answer(token) == 200


def test_who_loses_admin_rights_loses_the_tokens_that_manage() -> None:
    admin, other = build.person("admin", staff=True), build.person("other", staff=True)
    manages, reads = build.bearer(admin, "manage"), build.bearer(admin, "read")
    withdraw_admin(user=admin, actor=other)
    assert (_answer(manages), _answer(reads)) == (401, 200)


@pytest.mark.parametrize("change", ["annotator", "deactivated"])
def test_who_leads_nothing_any_more_loses_the_tokens_that_manage(change: str) -> None:
    lead, other = build.person("lead"), build.person("other", staff=True)
    campaigns = [
        build.campaign(build.run_with_items(1), [build.person()], overlap=1, leads=[lead]) for _ in range(2)
    ]
    manages = build.bearer(lead, "manage")
    for campaign, answer in zip(campaigns, (200, 401), strict=True):
        member = campaign.members.get(user=lead)
        if change == "annotator":
            change_role(member=member, role="annotator", actor=other)
        else:
            deactivate_member(member=member, actor=other)
        assert _answer(manages) == answer


def test_making_a_token_asks_for_the_password(ann: User) -> None:
    client = logged_in(ann)
    form = {"name": "notebook", "scopes": ["read"], "days": "30"}
    for password in ({}, {"password": ""}, {"password": "wrong one here"}, {"password": PASSWORD + " "}):
        assert client.post(reverse("token_list"), form | password).status_code == 422
    assert not ApiToken.objects.exists()
    assert client.post(reverse("token_list"), form | {"password": PASSWORD}).status_code == 200
    assert ApiToken.objects.count() == 1
    assert AuditEvent.objects.filter(action="account.password_refused").exists()


def test_the_password_cannot_be_guessed_on_the_page_of_tokens(ann: User) -> None:
    client, form = logged_in(ann), {"name": "notebook", "scopes": ["read"], "days": "30"}
    for _ in range(ATTEMPTS.limit):
        client.post(reverse("token_list"), form | {"password": "wrong one here"})
    answer = client.post(reverse("token_list"), form | {"password": PASSWORD})
    assert answer.status_code == 422
    assert "Too many wrong passwords" in answer.content.decode()
    ATTEMPTS.forget(str(ann.pk))


def test_an_admin_sees_and_revokes_anothers_token_by_page_and_by_rest(ann: User, staff: Client) -> None:
    first, second, third = (build.bearer(ann) for _ in range(3))
    page = staff.get(reverse("person_security", args=[ann.pk])).content.decode()
    tokens = list(ApiToken.objects.order_by("pk"))
    assert all(token.prefix in page for token in tokens)
    staff.post(reverse("person_token_revoke", args=[ann.pk, tokens[0].pk]))
    assert [_answer(headers) for headers in (first, second, third)] == [401, 200, 200]
    listed = staff.get(f"/api/v1/people/{ann.pk}/tokens/").json()["results"]
    assert [row["id"] for row in listed] == [token.pk for token in reversed(tokens)]
    assert not any("hash" in name or "secret" in name for row in listed for name in row)
    staff.post(f"/api/v1/people/{ann.pk}/tokens/{tokens[1].pk}/revoke/", content_type="application/json")
    assert [_answer(headers) for headers in (first, second, third)] == [401, 401, 200]
    staff.post(f"/api/v1/people/{ann.pk}/security/revoke_tokens/", content_type="application/json")
    assert _answer(third) == 401
    assert AuditEvent.objects.filter(action="token.revoked", actor__username="staff").count() == 3


def test_a_token_is_not_found_at_another_person(ann: User, staff: Client) -> None:
    token, other = build.bearer(ann), build.person()
    key = ApiToken.objects.get().pk
    assert staff.post(reverse("person_token_revoke", args=[other.pk, key])).status_code == 404
    assert _answer(token) == 200


def test_the_page_warns_before_a_token_expires(ann: User) -> None:
    build.bearer(ann)
    client = logged_in(ann)
    assert "expires on" not in client.get(reverse("token_list")).content.decode()
    ApiToken.objects.update(expires_at=timezone.now() + timedelta(days=13))
    page = client.get(reverse("token_list")).content.decode()
    assert "expires on" in page
    assert "expires soon" in page


def test_the_command_changepassword_ends_tokens(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    token = build.bearer(ann)
    monkeypatch.setattr("getpass.getpass", lambda *_args, **_options: "set at a terminal")
    call_command("changepassword", "ann", stdout=StringIO())
    assert _answer(token) == 401
