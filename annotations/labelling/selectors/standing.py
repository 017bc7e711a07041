"""Where a person stands in a campaign: what they have in hand, their quota, and when a control item is their turn."""

from dataclasses import dataclass
from hashlib import blake2b

from annotations.models import Campaign, Member, Task
from annotations.models.campaign import CampaignStatus
from annotations.models.task import TaskKind
from core.db.prepared import the_row

MOST_IN_HAND = 2
"""The task that is shown and the next one."""

# Control items are few, so they are counted from their side. Skipped ones count as had: they do not come again.
STANDING = """
    SELECT
        (SELECT count(*) FROM annotations_assignment WHERE member_id = %(member)s AND submitted_at IS NOT NULL),
        ARRAY(
            SELECT id FROM annotations_assignment WHERE member_id = %(member)s AND status = 'leased' ORDER BY id
        ),
        controls.had, controls.counted
    FROM (
        SELECT count(*) AS had, count(*) FILTER (WHERE had.status <> 'skipped') AS counted
        FROM annotations_task AS task JOIN annotations_assignment AS had
            ON had.task_id = task.id AND had.member_id = %(member)s AND had.status <> 'released'
        WHERE task.campaign_id = %(campaign)s AND task.kind <> 'regular'
    ) AS controls
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a member has done and has in hand. `controls_had` are among them, and those that they skipped."""

    labelled: int
    in_hand: list[int]
    controls_had: int
    controls_counted: int
    quota: int | None

    @property
    def handed_out(self) -> int:
        """The tasks that the member got, but for those skipped or lost: the next one's place in their sequence."""
        return self.labelled + len(self.in_hand)

    @property
    def quota_is_reached(self) -> bool:
        return self.quota is not None and self.handed_out - self.controls_counted >= self.quota


def standing_of(member: Member) -> Standing:
    labelled, in_hand, had, counted = the_row(STANDING, {"member": member.pk, "campaign": member.campaign_id})
    return Standing(labelled, in_hand, had, counted, member.campaign.labels_per_person)


def may_get_tasks(member: Member) -> bool:
    """Whether the member gets tasks at all: at work in an open campaign, not paused, qualified where they must be."""
    return (
        member.is_active
        and member.paused_at is None
        and member.campaign.status == CampaignStatus.OPEN
        and not must_qualify(member)
    )


def must_qualify(member: Member) -> bool:
    return member.campaign.pass_mark is not None and member.qualified_at is None


def control_is_due(member: Member, standing: Standing) -> bool:
    """Whether the member's next task is a control item.

    Their sequence is cut into blocks of `control_every` tasks, and in each one place, random but always the same, is
    for a control item. A place that was passed, as when there were no control items yet, is not made up for: they
    would come in a row.
    """
    every = member.campaign.control_every
    if every is None:
        return False
    block, place = divmod(standing.handed_out, every)
    return (
        place == _control_place(member.campaign.seed, member.pk, block, every)
        and standing.controls_had <= block
    )


def _control_place(seed: int, member: int, block: int, every: int) -> int:
    text = f"{seed}/{member}/{block}"
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest()) % every


def labels_wanted_of(member: Member) -> int | None:
    """How many tasks the member may label, control items included; None without a quota.

    Control items do not count towards the quota, but are in all other counts that the member sees: a number that did
    not move would give them away.
    """
    campaign, quota = member.campaign, member.campaign.labels_per_person
    if quota is None or campaign.control_every is None:
        return quota
    return with_controls(
        quota,
        every=campaign.control_every,
        seed=campaign.seed,
        member=member.pk,
        controls=control_items(campaign),
    )


def with_controls(quota: int, *, every: int, seed: int, member: int, controls: int) -> int:
    """How many tasks a quota of regular ones is, with the control items among them."""
    blocks, rest = divmod(quota - 1, every - 1)
    # The control item of the last block, which is not full, comes only if its place is before the last regular task.
    due = blocks + (_control_place(seed, member, blocks, every) <= rest)
    return quota + min(due, controls)


def control_items(campaign: Campaign) -> int:
    return Task.objects.filter(campaign=campaign, kind=TaskKind.CONTROL).count()
