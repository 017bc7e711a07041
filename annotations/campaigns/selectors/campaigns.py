"""Campaigns: lists with counts, and how far one is."""

from dataclasses import dataclass

from django.contrib.auth.models import AbstractUser
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from annotations.models import Assignment, Campaign, Criterion, ImportedRating, Member, Task
from annotations.models.campaign import CampaignStatus
from annotations.models.task import AssignmentStatus, TaskKind, TaskState


def campaigns_with_counts(campaigns: QuerySet[Campaign]) -> QuerySet[Campaign]:
    """Campaigns with `task_count`, `labels_wanted`, `label_count` (votes) and `disputed_count`, for lists."""
    tasks = Task.objects.filter(campaign=OuterRef("pk"), kind=TaskKind.REGULAR).order_by().values("campaign")
    votes = (
        Assignment.objects.voting().filter(task__campaign=OuterRef("pk")).order_by().values("task__campaign")
    )
    return campaigns.prefetch_related("runs").annotate(
        task_count=Subquery(tasks.annotate(n=Count("pk")).values("n")),
        labels_wanted=Subquery(tasks.annotate(n=Sum("wanted_labels")).values("n")),
        label_count=Subquery(votes.annotate(n=Count("pk")).values("n")),
        disputed_count=Subquery(tasks.filter(state=TaskState.DISPUTED).annotate(n=Count("pk")).values("n")),
    )


def campaigns_of(user: AbstractUser, *, archived: bool = False) -> dict[str, object]:
    """The user's campaigns with counts, and the keys of those that they lead and of those that they can label in.

    `own_count` is what the user has labelled, control items included: all that is shown to those who do not lead. The
    campaign's labels are without control items, so that a count that does not move would give one away.

    Archived ones are left out, or, with `archived`, are all that is given.
    """
    visible = Campaign.objects.visible_to(user)
    is_archived = Q(status=CampaignStatus.ARCHIVED)
    own = (
        Assignment.objects.filter(
            member__campaign=OuterRef("pk"), member__user_id=user.pk, submitted_at__isnull=False
        )
        .order_by()
        .values("member__campaign")
    )
    return {
        "campaigns": campaigns_with_counts(
            visible.filter(is_archived if archived else ~is_archived)
        ).annotate(own_count=Subquery(own.annotate(n=Count("pk")).values("n"))),
        "archived_count": 0 if archived else visible.filter(is_archived).count(),
        "led": set(Campaign.objects.led_by(user).values_list("pk", flat=True)),
        "labelling": set(
            Member.objects.filter(user_id=user.pk, is_active=True).values_list("campaign", flat=True)
        ),
    }


@dataclass(frozen=True, slots=True)
class ImportedRater:
    """A person or judge of an imported campaign: how many ratings by each criterion, in the order of the criteria."""

    name: str
    kind: str
    by_criterion: tuple[int, ...]

    @property
    def ratings(self) -> int:
        return sum(self.by_criterion)


@dataclass(frozen=True, slots=True)
class ImportedCounts:
    """What an imported campaign holds."""

    items: int
    criteria: tuple[Criterion, ...]
    raters: tuple[ImportedRater, ...]


def imported_counts(campaign: Campaign) -> ImportedCounts:
    """The items of an imported campaign, its criteria, and its raters with how much each rated."""
    criteria = tuple(campaign.criteria.all())
    rows = (
        ImportedRating.objects.filter(criterion__campaign=campaign)
        .order_by("kind", "rater")
        .values_list("kind", "rater", "criterion")
        .annotate(ratings=Count("pk"))
    )
    counts: dict[tuple[str, str], dict[int, int]] = {}
    for kind, rater, criterion, ratings in rows:
        counts.setdefault((kind, rater), {})[criterion] = ratings
    raters = tuple(
        ImportedRater(rater, kind, tuple(of_rater.get(criterion.pk, 0) for criterion in criteria))
        for (kind, rater), of_rater in counts.items()
    )
    return ImportedCounts(campaign.sample_size, criteria, raters)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a campaign is: its regular tasks, by state, and the labels on them.

    `labels` are votes: what is surplus or set aside is counted apart. `open_slots` are votes that nobody is on yet.
    """

    open: int
    agreed: int
    disputed: int
    adjudicated: int
    labels_wanted: int
    open_slots: int
    labels: int
    being_labelled: int
    surplus: int
    set_aside: int

    @property
    def tasks(self) -> int:
        return self.open + self.agreed + self.disputed + self.adjudicated

    @property
    def tasks_done(self) -> int:
        """Tasks that need no more labels, including those that wait for a lead."""
        return self.tasks - self.open

    @property
    def percent(self) -> int:
        return 100 * self.labels // self.labels_wanted if self.labels_wanted else 0


def being_labelled(campaign: Campaign) -> int:
    """How many places on regular tasks are assigned to people now."""
    return Assignment.objects.regular_in(campaign).filter(status=AssignmentStatus.LEASED).count()


def campaign_progress(campaign: Campaign) -> Progress:
    # Counted in two queries: joined, every task would be counted once for each of its assignments.
    assignments = Assignment.objects.regular_in(campaign).aggregate(
        labels=Count("pk", filter=Q(status=AssignmentStatus.SUBMITTED, is_surplus=False, is_set_aside=False)),
        surplus=Count("pk", filter=Q(is_surplus=True)),
        set_aside=Count("pk", filter=Q(is_set_aside=True, is_surplus=False)),
        being_labelled=Count("pk", filter=Q(status=AssignmentStatus.LEASED)),
    )
    tasks = Task.objects.filter(campaign=campaign, kind=TaskKind.REGULAR).aggregate(
        **{state.value: Count("pk", filter=Q(state=state)) for state in TaskState},
        labels_wanted=Coalesce(Sum("wanted_labels"), 0),
        open_slots=Coalesce(Sum("open_slots"), 0),
    )
    return Progress(**tasks, **assignments)
