"""What campaigns want of a person: for the home page. The same few queries however many campaigns, and no long count.

What might be many is counted up to `MANY`: beyond that the number says nothing that a person could use here.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import connection

from annotations.labelling.selectors.standing import with_controls
from annotations.models import Campaign
from annotations.models.campaign import CampaignStatus

MANY = 1000
LOOKED_AT = 300
"""Open tasks that are looked at to tell whether one is left for a person; if they have had all of these, no more."""

MINE = """
    SELECT campaign.id, campaign.name, campaign.is_demonstration, campaign.status, member.paused_at IS NOT NULL,
        campaign.pass_mark IS NOT NULL AND member.qualified_at IS NULL,
        (SELECT count(*) FROM annotations_assignment
            WHERE member_id = member.id AND submitted_at IS NOT NULL),
        campaign.labels_per_person, campaign.control_every, campaign.seed, member.id,
        (SELECT count(*) FROM annotations_task
            WHERE campaign_id = campaign.id AND kind = 'control' AND kind <> 'regular'),
        EXISTS (SELECT 1 FROM annotations_assignment WHERE member_id = member.id AND status = 'leased'),
        EXISTS (
            SELECT 1 FROM (
                SELECT id FROM annotations_task WHERE campaign_id = campaign.id AND open_slots > 0
                ORDER BY priority DESC, order_key, id LIMIT %(looked_at)s
            ) AS task
            WHERE NOT EXISTS (
                SELECT 1 FROM annotations_assignment WHERE task_id = task.id AND member_id = member.id
            )
        )
    FROM annotations_member AS member JOIN annotations_campaign AS campaign ON campaign.id = member.campaign_id
    WHERE member.user_id = %(user)s AND member.is_active AND campaign.status <> 'archived'
        AND (NOT campaign.is_imported OR EXISTS (SELECT 1 FROM annotations_task WHERE campaign_id = campaign.id))
    ORDER BY campaign.id DESC
"""
LED = """
    WITH flagged AS (
        SELECT member.campaign_id, count(*) AS flags FROM annotations_flag AS flag
        JOIN annotations_assignment AS assignment ON assignment.id = flag.assignment_id
        JOIN annotations_member AS member ON member.id = assignment.member_id
        WHERE flag.resolved_at IS NULL GROUP BY member.campaign_id
    )
    SELECT campaign.id, campaign.name, campaign.is_demonstration, campaign.status,
        CASE WHEN campaign.status = 'open' THEN (SELECT count(*) FROM (
            SELECT 1 FROM annotations_task WHERE campaign_id = campaign.id AND open_slots > 0 LIMIT %(many)s + 1
        ) AS open) ELSE 0 END,
        (SELECT count(*) FROM (
            SELECT 1 FROM annotations_task WHERE campaign_id = campaign.id AND state = 'disputed' LIMIT %(many)s + 1
        ) AS disputed),
        COALESCE(flagged.flags, 0),
        (SELECT count(*) FROM annotations_member
            WHERE campaign_id = campaign.id AND is_active AND paused_at IS NOT NULL),
        COALESCE(newest.status, ''),
        newest.status = 'ready' AND (
            EXISTS (
                SELECT 1 FROM (
                    SELECT action, at FROM core_auditevent WHERE scope = 'campaign ' || campaign.id
                    ORDER BY id DESC LIMIT 50
                ) AS event
                WHERE event.at > newest.created_at AND event.action = ANY(%(changes)s)
            ) OR EXISTS (
                SELECT 1 FROM annotations_campaign_runs AS link JOIN evaluation_run AS run ON run.id = link.run_id
                WHERE link.campaign_id = campaign.id AND run.finished_at > newest.created_at
            )
        )
    FROM annotations_campaign AS campaign
    LEFT JOIN flagged ON flagged.campaign_id = campaign.id
    LEFT JOIN LATERAL (
        SELECT status, created_at FROM annotations_validationreport
        WHERE campaign_id = campaign.id ORDER BY id DESC LIMIT 1
    ) AS newest ON true
    WHERE campaign.id = ANY(%(campaigns)s)
    ORDER BY campaign.id DESC
"""
CHANGES = (
    "label.submitted",
    "label.revised",
    "labels.set_aside",
    "labels.restored",
    "task.adjudicated",
    "campaign.labelling_begun",
    "campaign.items_added",
    "ratings.imported",
    "ratings.failure_stated",
)
"""Actions that change what a validation report is computed from."""


@dataclass(frozen=True, slots=True)
class OwnCampaign:
    """A campaign that the person labels in, and what it wants of them.

    `labelled` and `quota` count control items, as the annotation screen does: a count without them gives them away.
    """

    pk: int
    name: str
    is_demonstration: bool
    status: str
    is_paused: bool
    must_qualify: bool
    labelled: int
    quota: int | None
    has_task_in_hand: bool
    has_open_task: bool

    @property
    def status_label(self) -> str:
        return str(CampaignStatus(self.status).label)

    @property
    def is_open(self) -> bool:
        return self.status == CampaignStatus.OPEN

    @property
    def has_work(self) -> bool:
        """Whether there is something to label now."""
        return (
            self.is_open
            and not self.is_paused
            and not self.must_qualify
            and (self.has_task_in_hand or (self.has_open_task and not self.quota_is_reached))
        )

    @property
    def quota_is_reached(self) -> bool:
        return self.quota is not None and self.labelled >= self.quota


@dataclass(frozen=True, slots=True)
class LedCampaign:
    """A campaign that the person leads, and what waits in it. `report`: the status of the newest validation report.

    `report_is_old`: labels, ratings or runs have changed since it was asked for; the report's own page compares more
    exactly, and takes longer for it.
    """

    pk: int
    name: str
    is_demonstration: bool
    status: str
    open_tasks: int
    disputed: int
    flags: int
    paused_people: int
    report: str
    report_is_old: bool | None

    @property
    def status_label(self) -> str:
        return str(CampaignStatus(self.status).label)

    @property
    def wants_something(self) -> bool:
        return bool(
            self.open_tasks
            or self.disputed
            or self.flags
            or self.paused_people
            or self.report_is_old
            or self.report == "failed"
        )


def own_campaigns(user: AbstractUser) -> Sequence[OwnCampaign]:
    """The campaigns that the person is in, newest first."""
    with connection.cursor() as cursor:
        cursor.execute(MINE, {"user": user.pk, "looked_at": LOOKED_AT})
        return [_own(*row) for row in cursor.fetchall()]


def _own(*row: Any) -> OwnCampaign:
    # Any: columns of many types
    *facts, quota, every, seed, member, controls, in_hand, is_open = row
    if quota is not None and every is not None:
        quota = with_controls(quota, every=every, seed=seed, member=member, controls=controls)
    row = (*facts, quota, in_hand, is_open)
    return OwnCampaign(*row)


def led_campaigns(user: AbstractUser) -> Sequence[LedCampaign]:
    """The campaigns that the person leads (for staff: all), newest first."""
    led = Campaign.objects.led_by(user).exclude(status=CampaignStatus.ARCHIVED)
    return _led(list(led.order_by().values_list("pk", flat=True)))


def _led(campaigns: Collection[int]) -> Sequence[LedCampaign]:
    with connection.cursor() as cursor:
        cursor.execute(LED, {"campaigns": list(campaigns), "many": MANY, "changes": list(CHANGES)})
        return [LedCampaign(*row) for row in cursor.fetchall()]
