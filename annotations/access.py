"""Per-user access to campaigns. People who may not see a campaign get 404, so that not even its existence shows."""

from django.contrib.auth.models import AbstractUser, AnonymousUser

from annotations.models import Assignment, Campaign, GoldRelease, GoldRequest, Member
from core.db.columns import Columns
from core.db.prepared import prepared_row
from core.errors import NotAllowed, NotFound
from core.models import User


def visible_campaign(user: AbstractUser | AnonymousUser, campaign_id: int) -> Campaign:
    """A campaign that the user belongs to. Raises NotFound."""
    campaign = Campaign.objects.visible_to(user).select_related("rubric").filter(pk=campaign_id).first()
    if campaign is None:
        raise NotFound("There is no such campaign.")
    return campaign


def led_campaign(user: AbstractUser | AnonymousUser, campaign_id: int) -> Campaign:
    """A campaign that the user leads. Raises NotFound."""
    campaign = Campaign.objects.led_by(user).select_related("rubric").filter(pk=campaign_id).first()
    if campaign is None:
        raise NotFound("There is no such campaign.")
    return campaign


def campaign_on_runs(user: AbstractUser | AnonymousUser, campaign_id: int) -> Campaign:
    """A campaign that the user leads and in which people rate responses of runs. Raises NotFound."""
    campaign = led_campaign(user, campaign_id)
    if campaign.is_imported:
        raise NotFound(
            "Adjudication, quality, control items and gold are for campaigns on runs. "
            "What people say of imported items is in the report on the judges.",
            code="not_on_runs",
        )
    return campaign


def manages_campaigns(user: AbstractUser | AnonymousUser) -> bool:
    """Whether the user is staff or leads a campaign, an archived one included."""
    return user.is_active and (user.is_staff or Campaign.objects.led_by(user).exists())


def campaign_maker(user: AbstractUser | AnonymousUser) -> None:
    """Let only staff and those who lead a campaign make a new one, or bring in ratings as one. Raises NotFound."""
    if not manages_campaigns(user):
        raise NotFound("There is no such page.")


def own_assignment(user: User, assignment_id: int) -> Assignment:
    """One of the user's own assignments, in a campaign that they are active in. Raises NotFound."""
    row = prepared_row(_OWN_ASSIGNMENT, [assignment_id, user.pk])
    if row is None or not user.is_active:
        raise NotFound("There is no such task.")
    assignment = ASSIGNMENT.instance(row[: len(ASSIGNMENT)])
    assignment.member = MEMBER.instance(row[len(ASSIGNMENT) :])
    assignment.member.user = user
    return assignment


def labelling_member(user: User, campaign_id: int) -> Member:
    """The user's place in a campaign, to label in it. Raises NotFound, and NotAllowed for staff who are not in it."""
    row = prepared_row(_LABELLING_MEMBER, [campaign_id, user.pk])
    if row is None or not user.is_active:
        visible_campaign(user, campaign_id)
        raise NotAllowed("Only people in the campaign can label.")
    member = MEMBER.instance(row[: len(MEMBER)])
    member.campaign = CAMPAIGN.instance(row[len(MEMBER) :])
    member.user = user
    return member


# Every label passes by these two, so they are prepared, and read only what labelling needs.
ASSIGNMENT = Columns(Assignment, "assignment", only=("id", "task_id", "member_id"))
MEMBER = Columns(
    Member,
    "member",
    only=("id", "campaign_id", "user_id", "is_active", "paused_at", "qualified_at", "claimed_up_to"),
)
CAMPAIGN = Columns(
    Campaign,
    "campaign",
    only=("id", "status", "labels_per_person", "control_every", "pass_mark", "seed", "lease_seconds"),
)
"""What decides on who gets which task."""
_OWN_ASSIGNMENT = f"""
    SELECT {ASSIGNMENT}, {MEMBER}
    FROM annotations_assignment AS assignment JOIN annotations_member AS member ON member.id = assignment.member_id
    WHERE assignment.id = %s AND member.user_id = %s AND member.is_active
"""
_LABELLING_MEMBER = f"""
    SELECT {MEMBER}, {CAMPAIGN}
    FROM annotations_member AS member JOIN annotations_campaign AS campaign ON campaign.id = member.campaign_id
    WHERE member.campaign_id = %s AND member.user_id = %s AND member.is_active
"""


def led_release(user: AbstractUser | AnonymousUser, release_id: int) -> GoldRelease:
    """A gold release of a campaign that the user leads. Raises NotFound."""
    release = (
        GoldRelease.objects.filter(campaign__in=Campaign.objects.led_by(user))
        .select_related("campaign")
        .filter(pk=release_id)
        .first()
    )
    if release is None:
        raise NotFound("There is no such gold release.")
    return release


def led_gold_request(user: AbstractUser | AnonymousUser, request_id: int) -> GoldRequest:
    """A requested gold release of a campaign that the user leads. Raises NotFound."""
    request = (
        GoldRequest.objects.filter(campaign__in=Campaign.objects.led_by(user))
        .select_related("campaign", "release", "requested_by")
        .filter(pk=request_id)
        .first()
    )
    if request is None:
        raise NotFound("There is no such request.")
    return request
