"""The qualification round: whose turn it is at what, and how everybody did."""

from dataclasses import dataclass

from django.db.models import Count, Max, Prefetch, Q, QuerySet

from annotations.labelling.selectors.baselines import baseline_texts
from annotations.models import (
    Campaign,
    Member,
    QualificationAnswer,
    QualificationAttempt,
    QualificationDraw,
    Task,
)
from annotations.models.campaign import CampaignStatus, Role
from annotations.models.task import TaskKind


def qualification_items(campaign: Campaign) -> QuerySet[Task]:
    return Task.objects.filter(campaign=campaign, kind=TaskKind.QUALIFICATION)


def counted_answers(attempt: QualificationAttempt) -> QuerySet[QualificationAnswer]:
    """The attempt's answers to items that are in use still."""
    return attempt.answers.filter(task__kind=TaskKind.QUALIFICATION)


def open_attempt(member: Member) -> QualificationAttempt | None:
    return member.qualification_attempts.filter(finished_at__isnull=True).first()


def next_item(attempt: QualificationAttempt) -> Task | None:
    """The attempt's next item without an answer, in the order of its draw."""
    draw = (
        attempt.draws.filter(task__kind=TaskKind.QUALIFICATION)
        .exclude(task__qualification_answers__attempt=attempt)
        .select_related(
            "task__known_score", "task__response__item__question", "task__response__item__preference"
        )
        .first()
    )
    return draw.task if draw else None


FEWEST = 5
"""An attempt at fewer items says too little of a person, so that it takes as many as there are, up to this."""


def items_per_attempt(campaign: Campaign, pool: int) -> int:
    """How many of `pool` items an attempt takes: as many as leave others for every further attempt, but not too few."""
    return max(pool // campaign.qualification_attempts, min(pool, FEWEST))


def items_short(campaign: Campaign, pool: int) -> int:
    """How many items are to be added so that no attempt repeats one; 0 where there are enough."""
    return max(items_per_attempt(campaign, pool) * campaign.qualification_attempts - pool, 0) if pool else 0


def last_met(member: Member) -> dict[int, int]:
    """The items that the member has met, each with the number of the last attempt that it was drawn for."""
    draws = QualificationDraw.objects.filter(attempt__member=member).order_by()
    return dict(draws.values("task").annotate(last=Max("attempt__number")).values_list("task", "last"))


def is_told(answer: QualificationAnswer) -> bool:
    """Whether the annotator may know what was right: when the attempt is over and nobody can be asked again."""
    if answer.attempt.finished_at is None:
        return False
    is_over = answer.task.campaign.status in {CampaignStatus.CLOSED, CampaignStatus.ARCHIVED}
    return is_over or answer.task.kind != TaskKind.QUALIFICATION


def told_answers(member: Member) -> list[QualificationAnswer]:
    """The member's answers of which they may know what was right, in their order."""
    answers = QualificationAnswer.objects.filter(attempt__member=member)
    ordered = answers.select_related("attempt", "task__campaign").order_by("attempt__number", "pk")
    return [answer for answer in ordered if is_told(answer)]


def answers_by(member: Member) -> QuerySet[QualificationAnswer]:
    """The member's own answers, with all that a page shows of one."""
    return QualificationAnswer.objects.filter(attempt__member=member).select_related(
        "attempt",
        "task__campaign",
        "task__known_score",
        "task__response__item__question",
        "task__response__item__preference",
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a member stands in the round. Attempts that a lead granted may exceed the campaign's number.

    `items` are those of the attempt under way, or of the next one. Of attempts the member sees how many answers
    were right once they have passed: before that, the number would tell what to change.
    """

    items: int
    attempts: list[QualificationAttempt]
    attempt: QualificationAttempt | None
    answered: int
    attempts_left: int

    @property
    def may_start(self) -> bool:
        return bool(self.items) and self.attempt is None and self.attempts_left > 0


def standing(member: Member) -> Standing:
    attempts = list(attempts_with_counts(member.qualification_attempts.all()))
    for attempt in attempts:
        attempt.right_told = attempt.right_count if member.qualified_at else None  # type: ignore[attr-defined]
    current = next((attempt for attempt in attempts if attempt.finished_at is None), None)
    if current:
        items = current.draws.filter(task__kind=TaskKind.QUALIFICATION).count()
    else:
        items = items_per_attempt(member.campaign, qualification_items(member.campaign).count())
    return Standing(
        items=items,
        attempts=attempts,
        attempt=current,
        answered=counted_answers(current).count() if current else 0,
        attempts_left=max(member.campaign.qualification_attempts - len(attempts), 0),
    )


def attempts_with_counts(attempts: QuerySet[QualificationAttempt]) -> QuerySet[QualificationAttempt]:
    """Attempts in their order with `answer_count` and `right_count`."""
    in_use = Q(answers__task__kind=TaskKind.QUALIFICATION)
    return attempts.annotate(
        answer_count=Count("answers", filter=in_use),
        right_count=Count("answers", filter=in_use & Q(answers__is_right=True)),
    ).order_by("number")


def people_in_qualification(campaign: Campaign) -> QuerySet[Member]:
    """Annotators of the campaign with their attempts."""
    return (
        campaign.members.filter(is_active=True, role=Role.ANNOTATOR)
        .select_related("user")
        .prefetch_related(
            Prefetch(
                "qualification_attempts", queryset=attempts_with_counts(QualificationAttempt.objects.all())
            )
        )
        .order_by("user__username")
    )


def baseline_of(task: Task) -> str | None:
    """The baseline response shown beside the task's, if one is on record."""
    return baseline_texts([task.response]).get(task.response.item_id)
