"""Who of a campaign is at work now, and since when; and what each person has done."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

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
    WITH hands AS (
        SELECT member.id AS member_id, done.last_label_at, held.in_hand, held.kept_until, earliest.created_at
        FROM annotations_member AS member
        JOIN LATERAL (
            SELECT created_at FROM annotations_assignment WHERE member_id = member.id ORDER BY id LIMIT 1
        ) AS earliest ON true
        CROSS JOIN LATERAL (
            SELECT max(submitted_at) AS last_label_at FROM annotations_assignment WHERE member_id = member.id
        ) AS done
        CROSS JOIN LATERAL (
            SELECT count(*) AS in_hand, max(leased_until) AS kept_until FROM annotations_assignment
            WHERE member_id = member.id AND status = 'leased' AND leased_until > %(now)s
        ) AS held
        WHERE member.campaign_id = %(campaign)s
    ), recent AS (
        SELECT member_id, submitted_at,
            CASE WHEN submitted_at - created_at <= %(lease)s THEN created_at ELSE submitted_at END AS began,
            lag(submitted_at) OVER (PARTITION BY member_id ORDER BY submitted_at) AS before
        FROM annotations_assignment
        WHERE member_id IN (SELECT member_id FROM hands WHERE in_hand > 0) AND submitted_at > %(earliest)s
    ), sittings AS (
        SELECT member_id, max(began) AS began FROM recent
        WHERE before IS NULL OR began - before > %(lease)s GROUP BY member_id
    )
    SELECT hands.*, sittings.began FROM hands LEFT JOIN sittings ON sittings.member_id = hands.member_id
"""

WORK_DONE = """
    SELECT assignment.member_id, count(*) FILTER (WHERE status = 'submitted'),
        count(*) FILTER (WHERE status = 'skipped')
    FROM annotations_member AS member JOIN annotations_assignment AS assignment ON assignment.member_id = member.id
    WHERE member.campaign_id = %(campaign)s
    GROUP BY assignment.member_id
"""


class WorkDone(NamedTuple):
    """What a member has done so far."""

    labels: int = 0
    skips: int = 0


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


def work_done(campaign: Campaign) -> dict[int, WorkDone]:
    """What each member (primary key) who was ever given a task has done. Reads all assignments."""
    with connection.cursor() as cursor:
        cursor.execute(WORK_DONE, {"campaign": campaign.pk})
        return {member: WorkDone(labels, skips) for member, labels, skips in cursor.fetchall()}


def people_now(campaign: Campaign, done: Mapping[int, WorkDone] | None = None) -> list[Presence]:
    """The members by name. The same few queries, however many people and labels.

    `done` is what `work_done` gives, where that is known.
    """
    done = work_done(campaign) if done is None else done
    now, lease = timezone.now(), timedelta(seconds=campaign.lease_seconds)
    known: dict[str, Any] = {  # of what the driver takes
        "campaign": campaign.pk,
        "now": now,
        "lease": lease,
        "earliest": now - LONGEST_SITTING,
    }
    with connection.cursor() as cursor:
        cursor.execute(PRESENCE, known)
        rows = {row[0]: row[1:] for row in cursor.fetchall()}
    people = campaign.members.select_related("user").order_by("user__username")
    return [
        _presence(member, done.get(member.pk, WorkDone()), rows[member.pk], now, lease)
        if member.pk in rows
        else Presence(member)
        for member in people
    ]


def _presence(
    member: Member,
    done: WorkDone,
    row: tuple[datetime | None, int, datetime | None, datetime, datetime | None],
    now: datetime,
    lease: timedelta,
) -> Presence:
    last_label_at, in_hand, kept_until, first_handed_out, began = row
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
        labels=done.labels,
        skips=done.skips,
        last_label_at=last_label_at,
        in_hand=in_hand,
        kept_until=kept_until,
        last_heard_of=heard_of,
        is_on=heard_of is not None and now - heard_of <= SILENCE * lease,
        since=since,
    )
