"""Per-user access to campaigns. People who may not see a campaign get 404, so that not even its existence shows."""

from django.contrib.auth.models import AbstractUser, AnonymousUser

from annotations.models import Assignment, Campaign, GoldRelease, GoldRequest, Member
from core.db.partial import partly_read
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


def manages_campaigns(user: AbstractUser | AnonymousUser) -> bool:
    """Whether the user is staff or leads a campaign, an archived one included."""
    return user.is_active and (user.is_staff or Campaign.objects.led_by(user).exists())


def campaign_maker(user: AbstractUser | AnonymousUser) -> None:
    """Let only staff and those who lead a campaign make a new one, or bring in ratings as one. Raises NotFound."""
    if not manages_campaigns(user):
        raise NotFound("There is no such page.")


def own_assignment(user: User, assignment_id: int) -> Assignment:
    """One of the user's own assignments, in a campaign that they are active in. Raises NotFound.

    Every label passes here and through `labelling_member`, so both read little: other fields are fetched when asked
    for.
    """
    row = prepared_row(OWN_ASSIGNMENT, [assignment_id, user.pk])
    if row is None or not user.is_active:
        raise NotFound("There is no such task.")
    key, task, member, campaign = row
    assignment = partly_read(Assignment, id=key, task_id=task, member_id=member)
    assignment.member = partly_read(Member, id=member, campaign_id=campaign, user_id=user.pk, is_active=True)
    assignment.member.user = user
    return assignment


def labelling_member(user: User, campaign_id: int) -> Member:
    """The user's place in a campaign, to label in it. Raises NotFound, and NotAllowed for staff who are not in it."""
    row = prepared_row(LABELLING_MEMBER, [campaign_id, user.pk])
    if row is None or not user.is_active:
        visible_campaign(user, campaign_id)
        raise NotAllowed("Only people in the campaign can label.")
    key, *values = row
    member = partly_read(Member, id=key, campaign_id=campaign_id, user_id=user.pk, is_active=True)
    member.campaign = partly_read(Campaign, id=campaign_id, **dict(zip(CAMPAIGN_FIELDS, values, strict=True)))
    member.user = user
    return member


OWN_ASSIGNMENT = """
    SELECT assignment.id, assignment.task_id, assignment.member_id, member.campaign_id
    FROM annotations_assignment AS assignment JOIN annotations_member AS member ON member.id = assignment.member_id
    WHERE assignment.id = %s AND member.user_id = %s AND member.is_active
"""
CAMPAIGN_FIELDS = ["status", "lease_seconds", "labels_per_person", "control_every", "pass_mark", "seed"]
LABELLING_MEMBER = f"""
    SELECT member.id, {", ".join(f"campaign.{field}" for field in CAMPAIGN_FIELDS)}
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
