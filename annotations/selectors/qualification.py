"""The qualification round: whose turn it is at what, and how everybody did."""

import hashlib
from dataclasses import dataclass

from django.db.models import Count, Prefetch, Q, QuerySet

from annotations.models import Campaign, Member, QualificationAnswer, QualificationAttempt, Task
from annotations.models.campaign import Role
from annotations.models.task import TaskKind
from annotations.selectors.baselines import baseline_texts


def qualification_items(campaign: Campaign) -> QuerySet[Task]:
    return Task.objects.filter(campaign=campaign, kind=TaskKind.QUALIFICATION)


def counted_answers(attempt: QualificationAttempt) -> QuerySet[QualificationAnswer]:
    """The attempt's answers to items that are in use still."""
    return attempt.answers.filter(task__kind=TaskKind.QUALIFICATION)


def open_attempt(member: Member) -> QualificationAttempt | None:
    return member.qualification_attempts.filter(finished_at__isnull=True).first()


def next_item(attempt: QualificationAttempt) -> Task | None:
    """The attempt's next item without an answer. Every attempt has an order of its own, which stays the same."""
    left = (
        qualification_items(attempt.member.campaign)
        .exclude(qualification_answers__attempt=attempt)
        .values_list("pk", flat=True)
    )
    first = min(left, key=lambda key: _place(attempt.pk, key), default=None)
    if first is None:
        return None
    return Task.objects.select_related(
        "known_score", "response__item__question", "response__item__preference"
    ).get(pk=first)


def _place(attempt: int, task: int) -> bytes:
    return hashlib.sha256(f"{attempt}/{task}".encode()).digest()


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a member stands in the round. Attempts that a lead granted may exceed the campaign's number."""

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
    current = next((attempt for attempt in attempts if attempt.finished_at is None), None)
    return Standing(
        items=qualification_items(member.campaign).count(),
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
