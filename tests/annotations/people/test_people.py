"""Roles, deactivation, admins and reset links: who may do what to whom, and what it takes away at once."""

import re
import uuid

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from annotations.labelling.services.assignment import claim_task
from annotations.models import Assignment, Campaign, Label, Member
from annotations.people.services import people
from core.errors import Conflict, NotAllowed
from core.models import AuditEvent, Session, User
from core.models.audit import named
from tests import build

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"


@pytest.fixture
def lead() -> User:
    return build.person("lead")


@pytest.fixture
def admin() -> User:
    return build.person("admin", staff=True)


@pytest.fixture
def campaign(lead: User) -> Campaign:
    people = [build.person("ann"), build.person("bob")]
    return build.campaign(build.run_with_items(3), people, overlap=2, leads=[lead])


def _member(campaign: Campaign, username: str) -> Member:
    return campaign.members.get(user__username=username)


def _logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def _claim(campaign: Campaign, username: str) -> Assignment:
    claimed = claim_task(member=_member(campaign, username))
    assert claimed is not None
    return claimed


def _change(client: Client, campaign: Campaign, username: str, change: str) -> int:
    address = reverse("member_change", args=[campaign.pk, _member(campaign, username).pk, change])
    return int(client.post(address).status_code)


def test_a_lead_changes_roles_and_the_change_holds_at_once(campaign: Campaign, lead: User) -> None:
    client, ann = _logged_in(lead), _logged_in(User.objects.get(username="ann"))
    page = reverse("campaign_people", args=[campaign.pk])
    assert ann.get(page).status_code == 404
    assert _change(client, campaign, "ann", "lead") == 302
    assert ann.get(page).status_code == 200
    assert _change(client, campaign, "ann", "annotator") == 302
    assert ann.get(page).status_code == 404
    events = AuditEvent.objects.filter(action="member.role_changed", scope=named(campaign), actor=lead)
    assert [event.details["role"] for event in events] == ["annotator", "lead"]


def test_nobody_changes_their_own_place_but_an_admin(campaign: Campaign, lead: User, admin: User) -> None:
    client = _logged_in(lead)
    for change in ("annotator", "deactivate"):
        assert _change(client, campaign, "lead", change) == 403
    assert _member(campaign, "lead").is_active
    Member.objects.create(campaign=campaign, user=admin, role="lead")
    assert _change(_logged_in(admin), campaign, "admin", "deactivate") == 302


def test_a_lead_has_no_hand_in_another_campaign(campaign: Campaign, lead: User) -> None:
    other = build.campaign(build.run_with_items(1), [build.person("eve")], overlap=1)
    client = _logged_in(lead)
    assert _change(client, other, "eve", "deactivate") == 404
    # Nor by naming the own campaign and the other's member.
    member = _member(other, "eve")
    address = reverse("member_change", args=[campaign.pk, member.pk, "deactivate"])
    assert client.post(address).status_code == 404
    member.refresh_from_db()
    assert member.is_active


def test_a_member_taken_out_sees_nothing_and_gives_back_what_is_in_hand(
    campaign: Campaign, lead: User
) -> None:
    ann = _logged_in(User.objects.get(username="ann"))
    assignment = _claim(campaign, "ann")
    people.deactivate_member(member=_member(campaign, "ann"), actor=lead)
    assignment.refresh_from_db()
    assignment.task.refresh_from_db()
    assert assignment.status == "released"
    assert (assignment.task.open_slots, assignment.task.priority) == (2, 1)
    assert ann.get(reverse("label_next", args=[campaign.pk])).status_code == 404
    assert str(campaign) not in ann.get(reverse("home")).content.decode()
    people.reactivate_member(member=_member(campaign, "ann"), actor=lead)
    assert ann.get(reverse("label_next", args=[campaign.pk])).status_code == 200


def test_deactivating_twice_is_a_conflict_and_noted_once(campaign: Campaign, lead: User) -> None:
    people.deactivate_member(member=_member(campaign, "ann"), actor=lead)
    with pytest.raises(Conflict):
        people.deactivate_member(member=_member(campaign, "ann"), actor=lead)
    assert AuditEvent.objects.filter(action="member.deactivated").count() == 1


def test_a_deactivated_account_gets_nothing_by_page_or_token_and_old_sessions_stay_dead(
    campaign: Campaign, admin: User
) -> None:
    ann = User.objects.get(username="ann")
    client, other = _logged_in(ann), _logged_in(User.objects.get(username="bob"))
    token = build.bearer(ann)
    assert client.get(reverse("home")).status_code == 200
    assert Client().get(reverse("api_campaign_list"), headers=token).status_code == 200
    assignment = _claim(campaign, "ann")

    address = reverse("person_change", args=[ann.pk, "deactivate"])
    assert _logged_in(admin).post(address).status_code == 302
    assert client.get(reverse("home")).status_code == 302
    assert Client().get(reverse("api_campaign_list"), headers=token).status_code == 401
    assignment.refresh_from_db()
    assert assignment.status == "released"

    people.reactivate_account(user=ann, actor=admin)
    assert client.get(reverse("home")).status_code == 302
    assert Client().get(reverse("api_campaign_list"), headers=token).status_code == 401
    assert other.get(reverse("home")).status_code == 200
    assert Session.objects.count() == 2  # bob's and the admin's


def test_labels_of_a_deactivated_person_stay(campaign: Campaign, admin: User) -> None:
    assignment = _claim(campaign, "ann")
    Label.objects.create(assignment=assignment, score=4, submission_key=uuid.uuid4())
    Assignment.objects.update(status="submitted", leased_until=None, submitted_at=timezone.now())
    people.deactivate_account(user=assignment.member.user, actor=admin)
    assert Label.objects.count() == 1
    assert Assignment.objects.voting().count() == 1


def test_admins_come_and_go_but_never_by_their_own_hand(admin: User) -> None:
    ann = build.person("ann")
    people.grant_admin(user=ann, actor=admin)
    assert User.objects.get(pk=ann.pk).is_superuser
    people.withdraw_admin(user=ann, actor=admin)
    assert not User.objects.get(pk=ann.pk).is_staff
    for service in (people.withdraw_admin, people.deactivate_account):
        with pytest.raises(NotAllowed):
            service(user=admin, actor=admin)
    assert User.objects.get(pk=admin.pk).is_staff


def test_who_is_no_admin_any_more_does_nothing_with_an_old_page(admin: User) -> None:
    other, ann = build.person(staff=True), build.person("ann")
    people.withdraw_admin(user=other, actor=admin)
    for service in (people.deactivate_account, people.grant_admin, people.reactivate_account):
        with pytest.raises(NotAllowed):
            service(user=ann, actor=other)


def test_a_reset_link_sets_a_new_password_once(admin: User) -> None:
    ann = build.person("ann", password="old password 17")
    client = _logged_in(admin)
    response = client.post(reverse("person_reset_link", args=[ann.pk]))
    assert "no-store" in response.headers["Cache-Control"]
    link = re.search(r'value="http://testserver(/password/reset/[^"]+)"', response.content.decode())
    assert link
    visitor, late = Client(), Client()
    page = visitor.get(link[1], follow=True)
    form = {"new_password1": PASSWORD, "new_password2": PASSWORD}
    assert visitor.post(page.request["PATH_INFO"], form).status_code == 302
    assert "does not work" in late.get(link[1]).content.decode()
    assert visitor.login(username="ann", password=PASSWORD)
    made, used = AuditEvent.objects.filter(action__startswith="account.").order_by("pk")
    assert (made.action, made.actor, used.action, used.actor) == (
        "account.reset_link_made",
        admin,
        "account.password_reset",
        ann,
    )


def test_a_reset_link_stops_working_when_the_person_is_deactivated(admin: User) -> None:
    ann = build.person("ann", password="old password 17")
    uidb64, token = people.make_reset_link(user=ann, actor=admin)
    people.deactivate_account(user=ann, actor=admin)
    page = Client().get(reverse("password_reset_confirm", args=[uidb64, token]), follow=True)
    assert "does not work" in page.content.decode()
    with pytest.raises(Conflict):
        people.make_reset_link(user=User.objects.get(pk=ann.pk), actor=admin)


def test_the_page_of_people_takes_as_many_queries_for_many_as_for_few(
    campaign: Campaign, admin: User
) -> None:
    client = _logged_in(admin)

    def queries(address: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    addresses = [reverse("people_list"), reverse("campaign_people", args=[campaign.pk])]
    few = [queries(address) for address in addresses]
    for _ in range(10):
        Member.objects.create(campaign=campaign, user=build.person())
    assert [queries(address) for address in addresses] == few


def test_accounts_are_found_by_a_part_of_their_name(admin: User) -> None:
    for name in ("ada", "adam", "ben"):
        build.person(name)
    page = _logged_in(admin).get(reverse("people_list"), {"q": "ADA"}).content.decode()
    assert ">ada<" in page
    assert ">adam<" in page
    assert ">ben<" not in page


def test_the_admin_site_cannot_get_round_the_rules_and_the_log(admin: User) -> None:
    """An account's rights change on the page of people alone, where the last admin stays and the log is written."""
    User.objects.filter(pk=admin.pk).update(is_superuser=True)
    client = _logged_in(admin)
    address = reverse("admin:core_user_change", args=[admin.pk])
    assert client.get(address).status_code == 200
    form = {"username": "admin", "first_name": "A", "last_name": "", "email": "a@example.org"}
    assert client.post(address, form).status_code == 302  # is_staff, is_active: not ticked
    admin.refresh_from_db()
    assert (admin.email, admin.is_staff, admin.is_active) == ("a@example.org", True, True)
    assert client.get(reverse("admin:core_user_add")).status_code == 403
    assert client.post(reverse("admin:core_user_delete", args=[admin.pk])).status_code == 403
