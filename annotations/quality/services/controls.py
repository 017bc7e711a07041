"""Control and qualification items: responses with a known score, beside the campaign's sample."""

import random
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from annotations.models import Campaign, GoldRelease, KnownScore, Task
from annotations.models.task import TaskKind
from annotations.quality.selectors.controls import WITHDRAWN, withdrawn_from
from core.audit.writing import record
from core.errors import Conflict, DomainError
from core.models import User
from evaluation.models import Response
from evaluation.models.endpoint import SCALE
from evaluation.models.item import Condition

KINDS = (TaskKind.CONTROL, TaskKind.QUALIFICATION)
ORDER_KEYS = 2**62
FROM_GOLD = "What people who labelled it before agreed on."
WIDEST = SCALE[-1] - SCALE[0]


@dataclass(frozen=True, slots=True)
class KnownItem:
    """A response and what it should be given: `score`, give or take `tolerance`."""

    response: int
    score: int
    tolerance: int = 0
    explanation: str = ""


@transaction.atomic
def add_controls(
    *, campaign: Campaign, items: Sequence[KnownItem], kind: str = TaskKind.CONTROL, actor: User | None
) -> list[Task]:
    """Make all of the responses control or qualification items, or none of them.

    They have no slots and were not drawn: everybody may get each of them once. Raises DomainError for a score off the
    scale or a response that has no preference to follow, Conflict for one that is a task of the campaign already.
    """
    if kind not in KINDS:
        raise DomainError("An item with a known score is a control or a qualification item.", field="kind")
    for item in items:
        _check(item)
    known = set(
        Response.objects.filter(
            pk__in=[item.response for item in items],
            condition=Condition.PERSONALISED,
            item__preference__isnull=False,
        ).values_list("pk", flat=True)
    )
    for item in items:
        if item.response not in known:
            raise DomainError(
                f"Response {item.response} is no personalised response with a preference to follow.",
                field="response",
            )
    try:
        with transaction.atomic():
            tasks = Task.objects.bulk_create(
                Task(
                    campaign=campaign,
                    response_id=item.response,
                    kind=kind,
                    order_key=secrets.randbelow(ORDER_KEYS),
                    wanted_labels=0,
                    open_slots=0,
                    inclusion_probability=1,
                )
                for item in items
            )
    except IntegrityError as error:
        raise Conflict(
            "The campaign has one of these responses as a task already.", code="already_task"
        ) from error
    KnownScore.objects.bulk_create(
        KnownScore(
            task=task,
            score=item.score,
            tolerance=item.tolerance,
            explanation=item.explanation,
            created_by=actor,
        )
        for task, item in zip(tasks, items, strict=True)
    )
    for task, item in zip(tasks, items, strict=True):
        record(
            f"{kind}_item.added",
            actor=actor,
            scope=campaign,
            subject=task,
            response=item.response,
            score=item.score,
            tolerance=item.tolerance,
        )
    return tasks


def _check(item: KnownItem) -> None:
    if item.score not in SCALE:
        raise DomainError(f"A score is {SCALE[0]} to {SCALE[-1]}.", field="score")
    if not 0 <= item.tolerance <= WIDEST:
        raise DomainError(f"A tolerance is 0 to {WIDEST}.", field="tolerance")
    if "\0" in item.explanation:
        raise DomainError("An explanation is plain text.", field="explanation")


def add_controls_from_gold(
    *,
    campaign: Campaign,
    release: GoldRelease,
    count: int,
    tolerance: int,
    kind: str = TaskKind.CONTROL,
    actor: User,
) -> list[Task]:
    """Make up to `count` responses of a gold release, drawn at random, items with their gold score.

    Only gold that is decided on a whole score serves, of responses that are no task of the campaign. Raises Conflict
    where the release has none.
    """
    taken = Task.objects.filter(campaign=campaign).values("response")
    gold = [
        (response, int(score))
        for response, score in release.gold_labels.filter(followed__isnull=False)
        .exclude(task__response__in=taken)
        .values_list("task__response_id", "score")
        .order_by("pk")
        if score is not None and score == int(score)
    ]
    if not gold:
        raise Conflict(
            "This release has no decided gold with a whole score on responses that are not in the campaign yet.",
            code="no_gold_to_use",
        )
    drawn = random.SystemRandom().sample(gold, min(count, len(gold)))
    items = [KnownItem(response, score, tolerance, FROM_GOLD) for response, score in drawn]
    return add_controls(campaign=campaign, items=items, kind=kind, actor=actor)


@transaction.atomic
def withdraw_control(*, task: Task, actor: User) -> Task:
    """Withdraw an item: nobody gets it again, and the answers to it no longer count. They are kept."""
    kind = task.kind
    if not Task.objects.filter(pk=task.pk, kind__in=KINDS).update(kind=TaskKind.WITHDRAWN):
        raise Conflict("Only a control or qualification item that is in use can be withdrawn.")
    task.refresh_from_db()
    record(f"{kind}_item.{WITHDRAWN}", actor=actor, scope=task.campaign, subject=task)
    return task


@transaction.atomic
def restore_control(*, task: Task, actor: User) -> Task:
    """Use a withdrawn item again, as what it was before; the answers that it had count again."""
    kind = withdrawn_from(task)
    if not Task.objects.filter(pk=task.pk, kind=TaskKind.WITHDRAWN).update(kind=kind):
        raise Conflict("Only an item that is withdrawn can be restored.", code="not_withdrawn")
    task.refresh_from_db()
    record(f"{kind}_item.restored", actor=actor, scope=task.campaign, subject=task)
    return task


@transaction.atomic
def change_known_score(
    *, task: Task, score: int, tolerance: int, explanation: str, actor: User
) -> KnownScore:
    """Correct what an item should be given. Labels made before are measured against it, too.

    Answers in the qualification round stay as their people were told, and so do the attempts that they decided.
    Nobody who was paused is resumed by it.
    """
    _check(KnownItem(task.response_id or 0, score, tolerance, explanation))
    known = KnownScore.objects.select_for_update(no_key=True).filter(task=task).first()
    if known is None:
        raise Conflict("Only an item with a known score has one to change.", code="no_known_score")
    after = {"score": score, "tolerance": tolerance, "explanation": explanation}
    before = {field: getattr(known, field) for field in after}
    changed = [field for field in after if after[field] != before[field]]
    if not changed:
        return known
    KnownScore.objects.filter(pk=known.pk).update(**after)
    known.refresh_from_db()
    record(
        "known_score.changed",
        actor=actor,
        scope=task.campaign,
        subject=task,
        before={field: before[field] for field in changed},
        after={field: after[field] for field in changed},
    )
    return known
