"""Invitations: one link lets one person in, once, and only while its maker still has the right."""

import re
import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from annotations.models import Campaign, Invitation, Member
from annotations.people.services import people
from annotations.people.services.invitations import (
    Issued,
    accept_invitation,
    accept_with_new_account,
    invite,
    revoke_invitation,
)
from core.errors import Conflict, NotAllowed, NotFound
from core.models import AuditEvent, User
from tests import build

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"


@pytest.fixture
def lead() -> User:
    return build.person("lead")


@pytest.fixture
def campaign(lead: User) -> Campaign:
    return build.campaign(build.run_with_items(1), [build.person("annotator")], overlap=1, leads=[lead])


def _invite(campaign: Campaign | None, by: User, role: str = "annotator") -> Issued:
    return invite(role=role, campaign=campaign, created_by=by)


def _address(issued: Issued) -> str:
    return reverse("invitation_accept", args=[issued.token])


def _logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def _account(username: str = "newcomer") -> dict[str, str]:
    return {"username": username, "password1": PASSWORD, "password2": PASSWORD}


def test_only_a_hash_of_the_secret_is_stored(campaign: Campaign, lead: User) -> None:
    issued = _invite(campaign, lead)
    assert len(issued.token) >= 43
    with connection.cursor() as cursor:
        for table in ("annotations_invitation", "core_auditevent"):
            cursor.execute(f"SELECT row_to_json(t)::text FROM {table} AS t")
            assert issued.token not in str(cursor.fetchall())


def test_a_newcomer_makes_an_account_with_the_link_and_is_in(campaign: Campaign, lead: User) -> None:
    client = Client()
    issued = _invite(campaign, lead)
    assert "annotator" in client.get(_address(issued)).content.decode()
    response = client.post(_address(issued), _account(), follow=True)
    assert str(campaign) in response.content.decode()
    member = Member.objects.get(user__username="newcomer")
    assert (member.campaign, member.role, member.is_active) == (campaign, "annotator", True)
    assert client.get(reverse("label_next", args=[campaign.pk])).status_code == 200
    assert set(AuditEvent.objects.values_list("action", flat=True)) >= {
        "invitation.created",
        "account.created",
        "invitation.accepted",
    }


def test_who_has_an_account_joins_with_it_by_one_button(campaign: Campaign, lead: User) -> None:
    person = build.person("known")
    client = _logged_in(person)
    issued = _invite(campaign, lead, role="lead")
    assert "Join as known" in client.get(_address(issued)).content.decode()
    assert client.post(_address(issued)).status_code == 302
    assert Member.objects.get(user=person).role == "lead"
    assert client.get(reverse("campaign_detail", args=[campaign.pk])).status_code == 200


def test_who_logs_in_first_comes_back_to_the_invitation(campaign: Campaign, lead: User) -> None:
    build.person("known", password=PASSWORD)
    client = Client()
    issued = _invite(campaign, lead)
    page = client.get(_address(issued)).content.decode()
    link = re.search(r'href="(/login/\?next=[^"]+)"', page)
    assert link
    response = client.post(link[1], {"username": "known", "password": PASSWORD, "next": _address(issued)})
    assert response.headers["Location"] == _address(issued)
    assert "Join as known" in client.get(_address(issued)).content.decode()


def test_an_invited_admin_may_do_everything(campaign: Campaign) -> None:
    person = build.person("known")
    accept_invitation(token=_invite(None, build.person(staff=True), role="admin").token, user=person)
    person.refresh_from_db()
    assert person.is_staff
    assert person.is_superuser


@pytest.mark.parametrize("spoil", ["used", "revoked", "expired"])
def test_an_expired_link_is_refused_with_the_reason(campaign: Campaign, lead: User, spoil: str) -> None:
    issued = _invite(campaign, lead)
    if spoil == "used":
        accept_invitation(token=issued.token, user=build.person("first"))
    elif spoil == "revoked":
        revoke_invitation(invitation=issued.invitation, actor=lead)
    else:
        Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    late = build.person("late")
    for client in (Client(), _logged_in(late)):
        for response in (client.get(_address(issued)), client.post(_address(issued), _account())):
            assert response.status_code == 409
            assert spoil in response.content.decode()
    assert not User.objects.filter(username="newcomer").exists()
    assert not Member.objects.filter(user=late).exists()


def test_an_unknown_link_is_not_found() -> None:
    response = Client().get(reverse("invitation_accept", args=["x" * 43]))
    assert response.status_code == 404
    assert "This invitation does not exist" in response.content.decode()


def test_who_clicks_twice_is_let_in_once_and_told_so_both_times(campaign: Campaign, lead: User) -> None:
    person = build.person("known")
    issued = _invite(campaign, lead)
    client = _logged_in(person)
    assert [client.post(_address(issued)).status_code for _ in range(2)] == [302, 302]
    assert AuditEvent.objects.filter(action="invitation.accepted").count() == 1


def test_a_newcomer_who_clicks_twice_has_one_account_and_is_logged_in(campaign: Campaign, lead: User) -> None:
    issued = _invite(campaign, lead)
    # The browser sends the second before it has the first one's cookie, and shows the second one's answer.
    first, second = Client(), Client()
    assert first.post(_address(issued), _account()).status_code == 302
    assert second.post(_address(issued), _account()).status_code == 302
    assert second.get(reverse("label_next", args=[campaign.pk])).status_code == 200
    stranger = Client().post(_address(issued), _account() | {"password1": "guess", "password2": "guess"})
    assert stranger.status_code == 409
    assert User.objects.filter(username="newcomer").count() == 1


def test_who_is_in_already_does_not_use_the_invitation_up(campaign: Campaign, lead: User) -> None:
    issued = _invite(campaign, lead)
    response = _logged_in(User.objects.get(username="annotator")).post(_address(issued))
    assert response.status_code == 409
    assert "in this campaign already" in response.content.decode()
    accept_invitation(token=issued.token, user=build.person("other"))


def test_an_annotator_invited_as_lead_becomes_one(campaign: Campaign, lead: User) -> None:
    annotator = User.objects.get(username="annotator")
    accept_invitation(token=_invite(campaign, lead, role="lead").token, user=annotator)
    assert campaign.members.get(user=annotator).role == "lead"


def test_a_lead_who_opens_an_annotators_invitation_stays_a_lead(campaign: Campaign, lead: User) -> None:
    with pytest.raises(Conflict):
        accept_invitation(token=_invite(campaign, lead).token, user=lead)
    assert campaign.members.get(user=lead).role == "lead"


def test_who_was_taken_out_does_not_come_back_by_an_old_link(campaign: Campaign, lead: User) -> None:
    issued = _invite(campaign, lead)
    member = campaign.members.get(user__username="annotator")
    people.deactivate_member(member=member, actor=lead)
    with pytest.raises(Conflict, match="taken out"):
        accept_invitation(token=issued.token, user=member.user)
    member.refresh_from_db()
    assert not member.is_active


def test_only_who_may_can_invite(campaign: Campaign, lead: User) -> None:
    for role, where, who in [
        ("annotator", campaign, User.objects.get(username="annotator")),
        ("annotator", campaign, build.person("outsider")),
        ("admin", None, lead),
    ]:
        with pytest.raises(NotAllowed):
            _invite(where, who, role)
    _invite(campaign, build.person(staff=True))


@pytest.mark.parametrize("how", ["member deactivated", "made annotator", "account deactivated"])
def test_who_may_no_longer_invite_leaves_no_open_door(campaign: Campaign, lead: User, how: str) -> None:
    issued = _invite(campaign, lead)
    admin, member = build.person(staff=True), campaign.members.get(user=lead)
    if how == "member deactivated":
        people.deactivate_member(member=member, actor=admin)
    elif how == "made annotator":
        people.change_role(member=member, role="annotator", actor=admin)
    else:
        people.deactivate_account(user=lead, actor=admin)
    with pytest.raises(Conflict, match="revoked"):
        accept_invitation(token=issued.token, user=build.person("late"))


def test_an_admin_taken_back_keeps_only_the_invitations_to_campaigns_they_lead(campaign: Campaign) -> None:
    admin, other = build.person(staff=True), build.person(staff=True)
    own = build.campaign(build.run_with_items(1), [admin], overlap=1, leads=[admin])
    stays, goes, admins = _invite(own, admin), _invite(campaign, admin), _invite(None, admin, "admin")
    people.withdraw_admin(user=admin, actor=other)
    accept_invitation(token=stays.token, user=build.person())
    for issued in (goes, admins):
        with pytest.raises(Conflict, match="revoked"):
            accept_invitation(token=issued.token, user=build.person())


def test_a_used_invitation_cannot_be_revoked(campaign: Campaign, lead: User) -> None:
    issued = _invite(campaign, lead)
    accept_invitation(token=issued.token, user=build.person())
    with pytest.raises(Conflict):
        revoke_invitation(invitation=issued.invitation, actor=lead)


def test_a_taken_user_name_and_a_weak_password_are_refused_beside_their_field(
    campaign: Campaign, lead: User
) -> None:
    issued = _invite(campaign, lead)
    for form, said in [
        (_account("LEAD"), "already exists"),
        ({"username": "newcomer", "password1": "12345", "password2": "12345"}, "too short"),
        (_account() | {"password2": "another one"}, "didn’t match"),
    ]:
        response = Client().post(_address(issued), form)
        assert response.status_code == 422
        assert said in response.content.decode()
    with pytest.raises(Conflict, match="username"):
        accept_with_new_account(token=issued.token, username="Lead", password=PASSWORD)
    assert Invitation.objects.get().accepted_at is None


def test_the_secret_is_neither_cached_nor_told_to_other_sites(campaign: Campaign, lead: User) -> None:
    response = Client().get(_address(_invite(campaign, lead)))
    assert "no-store" in response.headers["Cache-Control"]
    assert response.headers["Referrer-Policy"] == "same-origin"


def test_a_lead_gets_the_link_to_copy_once(campaign: Campaign, lead: User) -> None:
    client = _logged_in(lead)
    response = client.post(
        reverse("campaign_invite", args=[campaign.pk]), {"role": "annotator", "days": "3", "note": "Ada"}
    )
    page = response.content.decode()
    link = re.search(r'value="http://testserver(/invitations/[\w-]{43}/)"', page)
    assert link
    assert "no-store" in response.headers["Cache-Control"]
    assert Client().get(link[1]).status_code == 200
    people_page = client.get(reverse("campaign_people", args=[campaign.pk])).content.decode()
    assert "Ada" in people_page
    assert link[1] not in people_page
    assert not mail.outbox


def test_an_invitation_is_sent_where_email_is_configured(
    campaign: Campaign, lead: User, settings: Settings
) -> None:
    address, form = reverse("campaign_invite", args=[campaign.pk]), {"role": "lead", "days": "7"}
    _logged_in(lead).post(address, form | {"address": "ada@example.org"})
    assert not mail.outbox
    settings.SENDS_EMAIL = True
    page = _logged_in(lead).post(address, form | {"address": "ada@example.org"}).content.decode()
    link = re.search(r'value="(http://testserver/invitations/[\w-]{43}/)"', page)
    assert link
    assert mail.outbox[0].to == ["ada@example.org"]
    assert link[1] in mail.outbox[0].body


def _at_once(*calls: Callable[[], object]) -> list[object]:
    """What the calls gave, or the error they raised, made at the same moment on connections of their own."""
    barrier, results = threading.Barrier(len(calls)), [None] * len(calls)

    def run(number: int, call: Callable[[], object]) -> None:
        try:
            barrier.wait()
            results[number] = call()  # type: ignore[call-overload]
        except (Conflict, NotAllowed, NotFound) as error:
            results[number] = error  # type: ignore[call-overload]
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return list(results)


@pytest.mark.django_db(transaction=True)
def test_of_two_people_with_one_link_one_gets_in() -> None:
    lead = build.person("lead")
    campaign = build.campaign(build.run_with_items(1), [lead], overlap=1, leads=[lead])
    for attempt in range(5):
        issued = _invite(campaign, lead)
        pair = [build.person(f"{name}{attempt}") for name in ("ann", "bob")]
        results = _at_once(*(partial(accept_invitation, token=issued.token, user=user) for user in pair))
        assert {type(result) for result in results} == {Conflict, Invitation}
        assert campaign.members.filter(user__in=pair).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_admins_who_deactivate_each_other_leave_one() -> None:
    for _ in range(5):
        User.objects.update(is_staff=False)
        ann, bob = build.person(staff=True), build.person(staff=True)
        results = _at_once(
            partial(people.deactivate_account, user=bob, actor=ann),
            partial(people.withdraw_admin, user=ann, actor=bob),
        )
        assert {type(result) for result in results} == {NotAllowed, User}
        assert User.objects.filter(is_staff=True, is_active=True).count() == 1
