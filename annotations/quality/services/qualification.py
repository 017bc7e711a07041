"""The qualification round: attempts at items drawn from the campaign's pool, before labelling.

Right answers are not shown while an item may be asked again: not of them, nor of somebody whom they tell.
"""

import random

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from annotations.models import (
    Campaign,
    Member,
    QualificationAnswer,
    QualificationAttempt,
    QualificationDraw,
    Task,
)
from annotations.models.campaign import CampaignStatus
from annotations.models.task import TaskKind
from annotations.quality.selectors.qualification import (
    counted_answers,
    items_per_attempt,
    last_met,
    next_item,
    qualification_items,
)
from core.audit.writing import record
from core.errors import Conflict, DomainError, NotFound
from core.models import User
from evaluation.models.endpoint import SCALE


@transaction.atomic
def start_attempt(*, member: Member) -> QualificationAttempt:
    """The member's attempt under way, else a new one: starting twice is one attempt.

    Raises Conflict where the member has passed, the attempts are used up, or the round has no items yet.
    """
    member, campaign = _locked(member)
    under_way = member.qualification_attempts.filter(finished_at__isnull=True).first()
    if under_way is not None:
        if not counted_answers(under_way).exists() and next_item(under_way) is None:
            _draw_items(under_way, member)  # All that was drawn has been withdrawn.
        # An item withdrawn meanwhile may have been the last one to answer.
        return _finish_if_done(under_way, member, campaign)
    _require_round(member, campaign)
    if campaign.status in {CampaignStatus.CLOSED, CampaignStatus.ARCHIVED}:
        raise Conflict("This campaign is closed.", code="closed")
    if member.qualification_attempts.count() >= campaign.qualification_attempts:
        raise Conflict(
            "You have no attempts left. A lead of the campaign can give you another one.",
            code="no_attempts_left",
        )
    return _new_attempt(member)


def _locked(member: Member) -> tuple[Member, Campaign]:
    """The member's row, locked: attempts of one person are started and finished one after another."""
    locked = Member.objects.select_for_update(of=("self",)).select_related("campaign").get(pk=member.pk)
    return locked, locked.campaign


def _require_round(member: Member, campaign: Campaign) -> None:
    if campaign.pass_mark is None:
        raise Conflict("This campaign has no qualification round.", code="no_qualification")
    if member.qualified_at is not None:
        raise Conflict("The qualification round is passed already.", code="already_qualified")
    if not qualification_items(campaign).exists():
        raise Conflict("The qualification round has no items yet.", code="no_qualification_items")


def _new_attempt(member: Member) -> QualificationAttempt:
    last = member.qualification_attempts.aggregate(last=Max("number"))["last"] or 0
    attempt = QualificationAttempt.objects.create(member=member, number=last + 1)
    _draw_items(attempt, member)
    return attempt


def _draw_items(attempt: QualificationAttempt, member: Member) -> None:
    """Draw an attempt's items at random: those that the member has not met first, then those met longest ago."""
    rng = random.SystemRandom()
    met = last_met(member)
    pool = list(qualification_items(member.campaign).order_by().values_list("pk", flat=True))
    rng.shuffle(pool)
    items = sorted(pool, key=lambda item: met.get(item, 0))[: items_per_attempt(member.campaign, len(pool))]
    previous = list(
        QualificationDraw.objects.filter(attempt__member=member, attempt__number=attempt.number - 1)
        .order_by("place")
        .values_list("task", flat=True)
    )
    rng.shuffle(items)
    while len(items) > 1 and items == previous:
        rng.shuffle(items)
    attempt.draws.all().delete()
    QualificationDraw.objects.bulk_create(
        QualificationDraw(attempt=attempt, task_id=item, place=place) for place, item in enumerate(items)
    )


@transaction.atomic
def answer_item(*, attempt: QualificationAttempt, task: Task, score: int) -> QualificationAnswer:
    """Take the answer to an item, and with the last one the result. The first answer to an item stands.

    Answering again (a double click, "back") gives the answer that stands.
    """
    if score not in SCALE:
        raise DomainError(f"A score is {SCALE[0]} to {SCALE[-1]}.", field="score")
    member, campaign = _locked(attempt.member)
    already = attempt.answers.filter(task=task).first()
    if already is not None:
        return already
    attempt.refresh_from_db()
    if attempt.finished_at is not None:
        raise Conflict("This attempt is over.", code="attempt_over")
    if task.kind != TaskKind.QUALIFICATION or not attempt.draws.filter(task=task).exists():
        raise NotFound("There is no such item.")
    answer = QualificationAnswer.objects.create(
        attempt=attempt, task=task, score=score, is_right=task.known_score.accepts(score)
    )
    _finish_if_done(attempt, member, campaign)
    return answer


def _finish_if_done(
    attempt: QualificationAttempt, member: Member, campaign: Campaign
) -> QualificationAttempt:
    """Once every item is answered, the attempt has passed or failed; passing qualifies the member."""
    answers = counted_answers(attempt)
    count = answers.count()
    if campaign.pass_mark is None or not count or next_item(attempt) is not None:
        return attempt
    right = answers.filter(is_right=True).count()
    attempt.passed, attempt.finished_at = right >= campaign.pass_mark * count - 1e-9, timezone.now()
    attempt.save(update_fields=["passed", "finished_at"])
    if attempt.passed:
        Member.objects.filter(pk=member.pk, qualified_at__isnull=True).update(
            qualified_at=attempt.finished_at
        )
    record(
        "qualification.passed" if attempt.passed else "qualification.failed",
        actor=member.user,
        scope=campaign,
        subject=member,
        member=member.pk,
        attempt=attempt.number,
        right=right,
        items=count,
    )
    return attempt


@transaction.atomic
def grant_attempt(*, member: Member, actor: User) -> QualificationAttempt:
    """Give a member whose attempts are used up one more: it is there to be gone on with.

    Raises Conflict where an attempt is under way or left, or the member has passed.
    """
    member, campaign = _locked(member)
    _require_round(member, campaign)
    attempts = member.qualification_attempts
    if attempts.filter(finished_at__isnull=True).exists():
        raise Conflict(f"{member.user} has an attempt under way.", code="attempt_under_way")
    if attempts.count() < campaign.qualification_attempts:
        raise Conflict(f"{member.user} has attempts left.", code="attempts_left")
    attempt = _new_attempt(member)
    record(
        "qualification.attempt_granted",
        actor=actor,
        scope=campaign,
        subject=member,
        member=member.pk,
        username=member.user.get_username(),
        attempt=attempt.number,
    )
    return attempt


@transaction.atomic
def qualify_member(*, member: Member, actor: User) -> Member:
    """Let a member label without, or in spite of, the qualification round. Raises Conflict for a qualified one."""
    qualified = Member.objects.filter(pk=member.pk, qualified_at__isnull=True).update(
        qualified_at=timezone.now()
    )
    if not qualified:
        raise Conflict(f"{member.user} is qualified already.", code="already_qualified")
    member.refresh_from_db()
    record(
        "member.qualified",
        actor=actor,
        scope=member.campaign,
        subject=member,
        member=member.pk,
        username=member.user.get_username(),
    )
    return member
