"""The annotation screen: the task in hand, or why there is none."""

from dataclasses import dataclass

from django.contrib.auth.models import AbstractUser
from django.db.models import Min, QuerySet

from annotations.models import Assignment, Campaign, Member, Task
from annotations.models.campaign import CampaignStatus
from annotations.models.task import AssignmentStatus


@dataclass(frozen=True, slots=True)
class NothingToLabel:
    """Why a person has no task now: `code` for programs, `message` for the person."""

    code: str
    message: str


def why_nothing_to_label(campaign: Campaign, member: Member) -> NothingToLabel:
    if campaign.status == CampaignStatus.PAUSED:
        return NothingToLabel("paused", "This campaign is paused. Your labels are kept.")
    if campaign.status == CampaignStatus.CLOSED:
        return NothingToLabel("closed", "This campaign is closed. Thank you.")
    leases = Assignment.objects.filter(task__campaign=campaign, status=AssignmentStatus.LEASED)
    others = leases.exclude(member=member).exclude(
        task__in=Assignment.objects.filter(member=member, status=AssignmentStatus.SUBMITTED).values("task")
    )
    next_free = others.aggregate(at=Min("leased_until"))["at"]
    if next_free is not None:
        return NothingToLabel(
            "all_leased",
            "Other people have the last tasks in hand. If one is given back, it is free again at "
            f"{next_free:%H:%M} UTC.",
        )
    if Task.objects.filter(campaign=campaign, open_slots__gt=0).exists():
        return NothingToLabel(
            "done_by_you",
            "You have labelled all that you can here; what is left is for other people. Thank you.",
        )
    return NothingToLabel("all_done", "Every task of this campaign is labelled. Thank you.")


def labelled_by(member: Member) -> int:
    """How many tasks the member has labelled."""
    return Assignment.objects.filter(member=member, status=AssignmentStatus.SUBMITTED).count()


def task_to_show(assignment: Assignment) -> Task:
    """The assignment's task with question, preference and responses at hand: no further query shows it."""
    return Task.objects.select_related(
        "campaign__rubric", "response__item__question", "response__item__preference"
    ).get(pk=assignment.task_id)


def assignments_of(user: AbstractUser) -> QuerySet[Assignment]:
    """The user's own assignments, in campaigns that they are active in: others do not exist for them."""
    return Assignment.objects.filter(
        member__user_id=user.pk, member__is_active=True, member__user__is_active=True
    ).select_related("task__campaign", "member")
