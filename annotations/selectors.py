"""Reading the tables of labelling. Nothing here writes."""

from dataclasses import dataclass

from django.contrib.auth.models import AbstractUser
from django.db.models import Count, F, Max, Min, OuterRef, Q, QuerySet, Subquery, Sum

from annotations.models import Assignment, Campaign, GoldRelease, Label, Member, Task
from annotations.models.campaign import CampaignStatus
from annotations.models.task import AssignmentStatus
from evaluation.models import Judgment
from evaluation.models.item import Condition
from evaluation.models.judgment import JudgmentStatus


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


def current_labels(campaign: Campaign) -> QuerySet[Label]:
    """The newest revision of every label of the campaign, surplus ones included."""
    newest = (
        Label.objects.filter(assignment__task__campaign=campaign)
        .order_by("assignment_id", "-revision")
        .distinct("assignment_id")
        .values("pk")
    )
    return Label.objects.filter(pk__in=newest)


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


def judge_scores(campaign: Campaign) -> list[tuple[int, str, int]]:
    """(task, judge's name, score) of the first replicate of every judge on the campaign's responses."""
    scores = Judgment.objects.filter(
        response__tasks__campaign=campaign,
        response__condition=Condition.PERSONALISED,
        status=JudgmentStatus.SCORED,
        replicate=1,
    ).values_list("response__tasks__pk", "judge__name", "score")
    return [(task, judge, score) for task, judge, score in scores if score is not None]


def releases_with_counts(campaign: Campaign) -> QuerySet[GoldRelease]:
    """The campaign's gold releases with `followed_count`, `not_followed_count` and `unresolved_count`."""
    return campaign.gold_releases.select_related("created_by").annotate(
        followed_count=Count("gold_labels", filter=Q(gold_labels__followed=True)),
        not_followed_count=Count("gold_labels", filter=Q(gold_labels__followed=False)),
        unresolved_count=Count("gold_labels", filter=Q(gold_labels__followed__isnull=True)),
    )
