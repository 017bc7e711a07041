"""Campaigns: lists with counts, progress, people."""

from dataclasses import dataclass

from django.contrib.auth.models import AbstractUser
from django.db.models import Count, F, Max, OuterRef, Q, QuerySet, Subquery, Sum

from annotations.models import Assignment, Campaign, Member, Task
from annotations.models.task import AssignmentStatus


def campaigns_with_counts(campaigns: QuerySet[Campaign]) -> QuerySet[Campaign]:
    """Campaigns with `task_count`, `labels_wanted` and `label_count` (surplus not counted), for lists."""
    tasks = Task.objects.filter(campaign=OuterRef("pk")).order_by().values("campaign")
    labels = (
        Assignment.objects.filter(
            task__campaign=OuterRef("pk"), status=AssignmentStatus.SUBMITTED, is_surplus=False
        )
        .order_by()
        .values("task__campaign")
    )
    return campaigns.prefetch_related("runs").annotate(
        task_count=Subquery(tasks.annotate(n=Count("pk")).values("n")),
        labels_wanted=Subquery(tasks.annotate(n=Sum("wanted_labels")).values("n")),
        label_count=Subquery(labels.annotate(n=Count("pk")).values("n")),
    )


def campaigns_of(user: AbstractUser) -> dict[str, object]:
    """The user's campaigns with counts, and the keys of those that they lead and of those that they can label in."""
    return {
        "campaigns": campaigns_with_counts(Campaign.objects.visible_to(user)),
        "led": set(Campaign.objects.led_by(user).values_list("pk", flat=True)),
        "labelling": set(
            Member.objects.filter(user_id=user.pk, is_active=True).values_list("campaign", flat=True)
        ),
    }


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a campaign is. Counts of labels leave surplus ones out."""

    tasks: int
    tasks_done: int
    labels_wanted: int
    labels: int
    being_labelled: int
    surplus: int

    @property
    def percent(self) -> int:
        return 100 * self.labels // self.labels_wanted if self.labels_wanted else 0


def campaign_progress(campaign: Campaign) -> Progress:
    # Counted in two queries: joined, every task would be counted once for each of its assignments.
    assignments = Assignment.objects.filter(task__campaign=campaign).aggregate(
        labels=Count("pk", filter=Q(status=AssignmentStatus.SUBMITTED, is_surplus=False)),
        surplus=Count("pk", filter=Q(is_surplus=True)),
        being_labelled=Count("pk", filter=Q(status=AssignmentStatus.LEASED)),
    )
    tasks = Task.objects.filter(campaign=campaign).aggregate(count=Count("pk"), wanted=Sum("wanted_labels"))
    done = (
        Task.objects.filter(campaign=campaign)
        .annotate(
            label_count=Count(
                "assignments",
                filter=Q(assignments__status=AssignmentStatus.SUBMITTED, assignments__is_surplus=False),
            )
        )
        .filter(label_count__gte=F("wanted_labels"))
        .count()
    )
    return Progress(
        tasks=tasks["count"],
        tasks_done=done,
        labels_wanted=tasks["wanted"] or 0,
        labels=assignments["labels"],
        being_labelled=assignments["being_labelled"],
        surplus=assignments["surplus"],
    )


def members_with_counts(campaign: Campaign) -> QuerySet[Member]:
    """Members with `label_count` and `last_label_at`."""
    submitted = Q(assignments__status=AssignmentStatus.SUBMITTED)
    return (
        campaign.members.select_related("user")
        .annotate(
            label_count=Count("assignments", filter=submitted),
            last_label_at=Max("assignments__submitted_at", filter=submitted),
        )
        .order_by("user__username")
    )
