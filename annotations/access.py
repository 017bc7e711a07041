"""Per-user access to campaigns. Whoever may not see a campaign gets 404, so that not even its existence shows."""

from django.contrib.auth.models import AbstractUser, AnonymousUser

from annotations.models import Assignment, Campaign, GoldRelease
from annotations.selectors.labelling import assignments_of
from evaluation.errors import NotFound


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


def own_assignment(user: AbstractUser, assignment_id: int) -> Assignment:
    """One of the user's own assignments. Raises NotFound."""
    assignment = assignments_of(user).filter(pk=assignment_id).first()
    if assignment is None:
        raise NotFound("There is no such task.")
    return assignment


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
