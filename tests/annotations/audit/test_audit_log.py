"""The audit log: readable by page and as a file, fast however long, and out of everybody's reach."""

import csv
import io
import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from annotations.audit.selectors import Filters, actions, events
from annotations.models import Campaign
from core.audit.writing import record
from core.http.keyset import PER_PAGE
from core.models import AuditEvent, User
from core.models.audit import named
from tests import build

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead() -> User:
    return build.person("lead")


@pytest.fixture
def campaign(lead: User) -> Campaign:
    return build.campaign(build.run_with_items(1), [build.person("annotator")], overlap=1, leads=[lead])


@pytest.fixture
def client(lead: User) -> Client:
    client = Client()
    client.force_login(lead)
    return client


def _read(response: object) -> list[dict[str, str]]:
    content = b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]
    return list(csv.DictReader(io.StringIO(content)))


def test_the_database_refuses_to_change_or_delete_an_event(lead: User) -> None:
    event = record("thing.done", actor=lead)
    for change in (
        lambda: AuditEvent.objects.filter(pk=event.pk).update(action="nothing.done"),
        lambda: AuditEvent.objects.filter(pk=event.pk).delete(),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()
    assert AuditEvent.objects.get(pk=event.pk).action == "thing.done"


def test_pages_follow_on_one_another_newest_first_without_gap_or_repetition(
    client: Client, campaign: Campaign, lead: User
) -> None:
    for number in range(PER_PAGE * 2 + 5):
        record("thing.done", actor=lead, scope=campaign, number=number)
    address, seen = reverse("campaign_audit", args=[campaign.pk]) + "?action=thing.done", []
    while address:
        page = client.get(address).content.decode()
        seen += [int(number) for number in re.findall(r"number:</span> (\d+)", page)]
        record("thing.done", actor=lead, scope=campaign)  # what comes meanwhile moves nothing
        older = re.search(r'href="(\?[^"]*before=\d+)"', page)
        address = (
            reverse("campaign_audit", args=[campaign.pk]) + older[1].replace("&amp;", "&") if older else ""
        )
    assert seen == list(reversed(range(PER_PAGE * 2 + 5)))


def test_a_lead_reads_their_campaign_alone_and_an_admin_all(
    client: Client, campaign: Campaign, lead: User
) -> None:
    other = build.campaign(build.run_with_items(1), [lead], overlap=1)
    record("mine.done", actor=lead, scope=campaign)
    record("other.done", actor=lead, scope=other)
    record("platform.done", actor=None)

    def listed(who: Client, address: str) -> set[str]:
        return set(re.findall(r"<code>(\w+\.done)</code>", who.get(address).content.decode()))

    assert listed(client, reverse("campaign_audit", args=[campaign.pk])) == {"mine.done"}
    admin = Client()
    admin.force_login(build.person(staff=True))
    assert listed(admin, reverse("audit_log")) == {"mine.done", "other.done", "platform.done"}
    rows = _read(client.get(reverse("campaign_audit_export", args=[campaign.pk])))
    assert {row["action"] for row in rows if row["action"].endswith(".done")} == {"mine.done"}


def _at(day: int, hour: int = 12) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def test_the_log_is_narrowed_by_action_person_subject_and_day(campaign: Campaign, lead: User) -> None:
    ann = build.person("ann")
    made = [
        AuditEvent(scope=named(campaign), action=action, actor=actor, subject=subject)
        for action, actor, subject in [
            ("a.b", lead, "task 1"),
            ("a.b", ann, "task 2"),
            ("c.d", ann, "task 1"),
        ]
    ]
    for day, event in enumerate(made, start=1):
        event.save()
        # auto_now_add sets the time of saving, and nothing may be changed after: an insert with the time wanted.
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO core_auditevent (at, actor_id, scope, action, subject, details) "
                "VALUES (%s, %s, %s, 'on.day', %s, '{}')",
                [_at(day), lead.pk, named(campaign), f"day {day}"],
            )

    def subjects(**filters: object) -> list[str]:
        log = events(campaign=campaign, filters=Filters(**filters))  # type: ignore[arg-type]
        return [event.subject for event in log]

    assert subjects(action="a.b") == ["task 2", "task 1"]
    assert subjects(person=ann) == ["task 1", "task 2"]
    assert subjects(subject="task 2") == ["task 2"]
    assert subjects(action="on.day", since=date(2026, 3, 2)) == ["day 3", "day 2"]
    assert subjects(action="on.day", until=date(2026, 3, 2)) == ["day 2", "day 1"]
    assert subjects(action="on.day", since=date(2026, 3, 2), until=date(2026, 3, 2)) == ["day 2"]
    assert subjects(since=date.today() + timedelta(days=2)) == []
    assert {"a.b", "c.d", "on.day"} <= set(actions())
    assert actions() == sorted(set(AuditEvent.objects.order_by().values_list("action", flat=True)))


def test_a_filter_that_makes_no_sense_is_refused_beside_its_field(client: Client, campaign: Campaign) -> None:
    for address in ("campaign_audit", "campaign_audit_export"):
        response = client.get(reverse(address, args=[campaign.pk]), {"person": "nobody", "since": "soon"})
        assert response.status_code == 422
        assert "There is no account with this username" in response.content.decode()
        assert "valid date" in response.content.decode()
    for before in ("x", "-1", "9" * 40, "٣"):
        assert (
            client.get(reverse("campaign_audit", args=[campaign.pk]), {"before": before}).status_code == 200
        )


def test_the_export_has_what_the_filters_leave_and_runs_in_no_spreadsheet(
    client: Client, campaign: Campaign, lead: User
) -> None:
    record("thing.done", actor=lead, scope=campaign, note="=1+1")
    AuditEvent.objects.create(action="thing.done", scope=named(campaign), subject="=cmd|'/c calc'!A1")
    User.objects.filter(pk=lead.pk).update(username="@lead")
    rows = _read(client.get(reverse("campaign_audit_export", args=[campaign.pk]), {"action": "thing.done"}))
    assert len(rows) == 2
    assert rows[0]["subject"] == "'=cmd|'/c calc'!A1"
    assert (rows[0]["person"], rows[1]["person"]) == ("", "'@lead")
    assert rows[1]["details"] == '{"note": "=1+1"}'


def test_a_page_deep_in_a_long_log_reads_no_more_than_the_first(campaign: Campaign, lead: User) -> None:
    """By the rows that the plan touches: a time would depend on the machine."""
    AuditEvent.objects.bulk_create(
        AuditEvent(scope=named(campaign), action=f"thing.done{number % 2}", actor=lead)
        for number in range(20_000)
    )
    AuditEvent.objects.create(scope=named(campaign), action="rare.done", subject="task 7")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE core_auditevent")
    middle = AuditEvent.objects.order_by("pk")[10_000].pk
    for filters in (Filters(), Filters(action="rare.done"), Filters(subject="task 7"), Filters(person=lead)):
        for before in (None, middle):
            log = events(campaign=campaign, filters=filters)
            page = (log.filter(pk__lt=before) if before else log)[: PER_PAGE + 1]
            plan = page.explain(analyze=True, format="text")
            read = [int(rows) for rows in re.findall(r"actual time=\S+ rows=(\d+)", plan)]
            thrown_away = [int(rows) for rows in re.findall(r"Rows Removed by \w+: (\d+)", plan)]
            assert max(read + thrown_away) <= 2 * PER_PAGE, plan
