"""Who of a campaign is at work now, and since when; and what each person has done."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from annotations.models import Campaign, Member

LONGEST_SITTING = timedelta(hours=12)
"""Labels are not looked through further back for the start of a sitting."""

SILENCE = 2 / 3
"""Of the lease. A page in use is heard of after every third of it: one that has missed two turns is not in use."""

# Lease and label are known by their ends: a task is handed out long before it is labelled where it was fetched ahead or
# had been given back before. So a sitting is what lies between breaks in the times of submission.
PRESENCE = """
    WITH done AS (
        SELECT assignment.member_id,
            count(*) FILTER (WHERE status = 'submitted') AS labels,
            count(*) FILTER (WHERE status = 'skipped') AS skips,
            max(submitted_at) AS last_label_at,
            count(*) FILTER (WHERE leased_until > %(now)s) AS in_hand,
            max(leased_until) FILTER (WHERE leased_until > %(now)s) AS kept_until,
            min(assignment.created_at) AS first_handed_out
        FROM annotations_member AS member
        JOIN annotations_assignment AS assignment ON assignment.member_id = member.id
        WHERE member.campaign_id = %(campaign)s
        GROUP BY assignment.member_id
    ), recent AS (
        SELECT member_id, submitted_at,
            CASE WHEN submitted_at - created_at <= %(lease)s THEN created_at ELSE submitted_at END AS began,
            lag(submitted_at) OVER (PARTITION BY member_id ORDER BY submitted_at) AS before
        FROM annotations_assignment
        WHERE member_id IN (SELECT member_id FROM done WHERE in_hand > 0) AND submitted_at > %(earliest)s
    ), sittings AS (
        SELECT member_id, max(began) AS began FROM recent
        WHERE before IS NULL OR began - before > %(lease)s GROUP BY member_id
    )
    SELECT done.*, sittings.began FROM done LEFT JOIN sittings ON sittings.member_id = done.member_id
"""


@dataclass(frozen=True, slots=True)
class Presence:
    """A member with what they did and what they are at.

    Attributes:
        in_hand: tasks held under a live lease, until `kept_until` at the latest.
        last_heard_of: when the page that holds them last said that it is in use; None where nothing is held.
        is_on: the page has been heard of lately.
        since: when the present sitting began: from there on no break between two labels, or up to now, was longer than
            the campaign keeps a task for a person. None where no label has come in it yet.
    """

    member: Member
    labels: int = 0
    skips: int = 0
    last_label_at: datetime | None = None
    in_hand: int = 0
    kept_until: datetime | None = None
    last_heard_of: datetime | None = None
    is_on: bool = False
    since: datetime | None = None


def people_now(campaign: Campaign) -> list[Presence]:
    """The members by name. Two queries, however many people and labels."""
    now, lease = timezone.now(), timedelta(seconds=campaign.lease_seconds)
    known: dict[str, Any] = {  # of what the driver takes
        "campaign": campaign.pk,
        "now": now,
        "lease": lease,
        "earliest": now - LONGEST_SITTING,
    }
    with connection.cursor() as cursor:
        cursor.execute(PRESENCE, known)
        found = {row[0]: row[1:] for row in cursor.fetchall()}
    people = campaign.members.select_related("user").order_by("user__username")
    return [
        _presence(member, found[member.pk], now, lease) if member.pk in found else Presence(member)
        for member in people
    ]


def _presence(
    member: Member,
    row: tuple[int, int, datetime | None, int, datetime | None, datetime, datetime | None],
    now: datetime,
    lease: timedelta,
) -> Presence:
    labels, skips, last_label_at, in_hand, kept_until, first_handed_out, began = row
    # A lease that was given before its length was changed tells a little too early or too late, until the next beat.
    heard_of = None if kept_until is None else min(kept_until - lease, now)
    since = None
    if heard_of is not None:
        if began is not None and last_label_at is not None and heard_of - last_label_at <= lease:
            since = began
        elif heard_of - first_handed_out <= lease:
            since = first_handed_out  # Their very first tasks: there is nothing before them.
    return Presence(
        member=member,
        labels=labels,
        skips=skips,
        last_label_at=last_label_at,
        in_hand=in_hand,
        kept_until=kept_until,
        last_heard_of=heard_of,
        is_on=heard_of is not None and now - heard_of <= SILENCE * lease,
        since=since,
    )
