"""Starting a judge, pausing, resuming and cancelling it, its budget, and asking again for what lacks an answer.

Each change holds the judge's row: two people who press at the same moment make it happen once.
"""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from annotations.item_judging.selectors.judges import FINAL_REASONS
from annotations.item_judging.selectors.people_answers import labelled_items
from annotations.item_judging.services.asking import asking_of
from annotations.item_judging.services.judges import check_callable, check_may_call
from annotations.item_judging.services.judging import ADVANCE
from annotations.models import ItemJudge
from annotations.models.item_judge import ItemJudgmentState, JudgingState, OutputOrder
from core.audit.writing import record
from core.errors import Conflict, DomainError
from core.jobs.wake import wake
from core.models import User
from evaluation.engine.calls.causes import CALL_FAILED
from evaluation.models import Endpoint

NOTHING_LEFT = "There is nothing to judge: there are no such items, or all of them are judged already."

# Once for each item, call, replicate and order; what is there already stays. The same items in every judge's sample.
PLAN = """
    INSERT INTO annotations_itemjudgment (
        judge_id, item_id, criterion, replicate, swapped, state, unanswered, reason, explanation, round, is_paid,
        reserved, counted
    )
    SELECT %(judge)s, item.id, call.criterion, replicate,
        call.is_pairwise AND item.is_pair AND (
            second_order OR (NOT %(both)s AND hashtextextended(item.id || ':' || replicate, %(judge)s) %% 2 = 0)
        ),
        'waiting', '{}', '', '', 0, false, 0, 0
    FROM (
        SELECT id, position, jsonb_typeof(exhibit -> 'outputs') = 'array'
            AND jsonb_array_length(exhibit -> 'outputs') = 2 AS is_pair
        FROM annotations_importeditem AS item
        WHERE campaign_id = %(campaign)s AND id <> ALL(%(examples)s)
            AND (%(labelled)s::bigint[] IS NULL OR id = ANY(%(labelled)s))
        ORDER BY CASE WHEN %(size)s::bigint IS NULL THEN '' ELSE md5(%(campaign)s || ':' || id) END, position
        LIMIT %(size)s
    ) AS item
    CROSS JOIN unnest(%(calls)s::text[], %(pairwise)s::boolean[]) AS call(criterion, is_pairwise)
    CROSS JOIN generate_series(1, %(replicates)s) AS replicate
    CROSS JOIN (VALUES (false), (true)) AS orders(second_order)
    WHERE NOT second_order OR (%(both)s AND call.is_pairwise AND item.is_pair)
    ORDER BY replicate, item.position, call.criterion, second_order
    ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class JudgingPlan:
    """What to judge: all items, only those that people have labelled, or a sample of either; and what it may cost.

    Budgets hold for all that the judge is asked. None: no limit.
    """

    labelled_only: bool = False
    sample_size: int | None = None
    money_budget: Decimal | None = None
    call_budget: int | None = None


@transaction.atomic
def start_judging(*, judge: ItemJudge, plan: JudgingPlan, actor: User | None) -> ItemJudge:
    """Have the judge asked about items; those that it has judged already stay as they are.

    Raises NotAllowed for who may not call models, DomainError with the field at fault, and Conflict while it runs, or
    where nothing would be left to judge.
    """
    check_may_call(actor)
    held = _held(judge)
    if held.state == JudgingState.RUNNING:
        raise Conflict(f"{held} is judging already.", code="running")
    check_callable(held.endpoint)
    _check_budgets(held.endpoint, plan.money_budget, plan.call_budget)
    if plan.sample_size is not None and plan.sample_size < 1:
        raise DomainError("A sample has at least one item.", field="sample_size")
    planned = _planned(held, plan)
    if not held.judgments.filter(state=ItemJudgmentState.WAITING).exists():
        raise Conflict(NOTHING_LEFT, code="nothing_to_judge")
    held.money_budget, held.call_budget = plan.money_budget, plan.call_budget
    _go_on(held)
    record(
        "item_judging.started",
        actor=actor,
        scope=held.campaign,
        subject=held,
        name=str(held),
        calls=planned,
        labelled_only=plan.labelled_only,
        sample_size=plan.sample_size,
        money_budget=plan.money_budget,
        call_budget=plan.call_budget,
    )
    return held


@transaction.atomic
def pause_judging(*, judge: ItemJudge, actor: User | None) -> ItemJudge:
    """Queue no further call; the few that are queued are made and recorded."""
    return _changed(judge, {JudgingState.RUNNING}, JudgingState.PAUSED, "paused", actor)


@transaction.atomic
def cancel_judging(*, judge: ItemJudge, actor: User | None) -> ItemJudge:
    """Give up what was not asked yet. Ratings stay; the judge can be started again."""
    going = {
        JudgingState.RUNNING,
        JudgingState.PAUSED,
        JudgingState.BUDGET_REACHED,
        JudgingState.STOPPED,
    }
    held = _changed(judge, going, JudgingState.CANCELLED, "cancelled", actor)
    held.judgments.filter(state=ItemJudgmentState.WAITING).delete()
    return held


@transaction.atomic
def resume_judging(*, judge: ItemJudge, actor: User | None) -> ItemJudge:
    """Go on with a judge that was paused or stopped, or whose budget has been raised. What failed is asked again."""
    check_may_call(actor)
    held = _held(judge)
    if held.state not in {JudgingState.PAUSED, JudgingState.BUDGET_REACHED, JudgingState.STOPPED}:
        raise Conflict(f"{held} is {held.get_state_display().lower()}: that is not possible now.")
    check_callable(held.endpoint)
    if held.state == JudgingState.STOPPED:
        _ask_again(held, Q(reason__startswith=CALL_FAILED))
    _go_on(held)
    record("item_judging.resumed", actor=actor, scope=held.campaign, subject=held, name=str(held))
    return held


@transaction.atomic
def retry_judging(*, judge: ItemJudge, reason: str = "", actor: User | None) -> int:
    """Ask again for what lacks an answer, for one reason or for all; give the number of calls.

    Refusals are answers, and items that show nothing would show nothing again. Raises Conflict where nothing is left.
    """
    check_may_call(actor)
    held = _held(judge)
    check_callable(held.endpoint)
    again = _ask_again(held, Q(reason=reason) if reason else Q())
    if not again:
        raise Conflict("Nothing lacks an answer that could be asked for again.", code="nothing_failed")
    _go_on(held)
    record(
        "item_judging.retried",
        actor=actor,
        scope=held.campaign,
        subject=held,
        name=str(held),
        calls=again,
        reason=reason,
    )
    return again


@transaction.atomic
def set_judging_budgets(
    *, judge: ItemJudge, money_budget: Decimal | None, call_budget: int | None, actor: User | None
) -> ItemJudge:
    """Set what the judge may spend, in US dollars and in calls; None: no limit. Resume it to go on."""
    check_may_call(actor)
    held = _held(judge)
    _check_budgets(held.endpoint, money_budget, call_budget)
    before = {"money_budget": held.money_budget, "call_budget": held.call_budget}
    after = {"money_budget": money_budget, "call_budget": call_budget}
    if before != after:
        held.money_budget, held.call_budget = money_budget, call_budget
        held.save(update_fields=list(after))
        record(
            "item_judging.budgets_changed",
            actor=actor,
            scope=held.campaign,
            subject=held,
            name=str(held),
            before=before,
            after=after,
        )
    return held


def _held(judge: ItemJudge) -> ItemJudge:
    """The judge as it is now, locked until the end of the transaction."""
    judges = ItemJudge.objects.select_for_update(of=("self",), no_key=True)
    return judges.select_related("endpoint", "campaign").get(pk=judge.pk)


def _planned(judge: ItemJudge, plan: JudgingPlan) -> int:
    """Write down the calls that are to be made, and give the number of new ones."""
    asking = asking_of(judge)
    items = labelled_items(judge.campaign, asking.questions)
    labelled = list(items.values_list("pk", flat=True)) if plan.labelled_only else None
    with connection.cursor() as cursor:
        cursor.execute(
            PLAN,
            {
                "judge": judge.pk,
                "campaign": judge.campaign_id,
                "examples": list(judge.examples.values_list("pk", flat=True)),
                "labelled": labelled,
                "size": plan.sample_size,
                "calls": list(asking.calls),
                "pairwise": [
                    all(question.is_pairwise for question in questions) for questions in asking.calls.values()
                ],
                "replicates": judge.replicates,
                "both": judge.output_order == OutputOrder.BOTH,
            },
        )
        return int(cursor.rowcount)


def _ask_again(judge: ItemJudge, condition: Q) -> int:
    """Put back what lacks an answer. A call that failed is made again; instead of a useless reply, a new one."""
    unscored = judge.judgments.filter(condition, state=ItemJudgmentState.UNSCORED)
    unscored = unscored.exclude(reason__in=FINAL_REASONS)
    put_back = {
        "state": ItemJudgmentState.WAITING,
        "completion": None,
        "first_completion": None,
        "settled_at": None,
        "reason": "",
    }
    failed = unscored.filter(reason__startswith=CALL_FAILED).update(**put_back)
    return failed + unscored.update(round=F("round") + 1, **put_back)


def _go_on(judge: ItemJudge) -> None:
    judge.state, judge.stop_reason = JudgingState.RUNNING, ""
    judge.going_since, judge.finished_at = timezone.now(), None
    judge.save(
        update_fields=[
            "state",
            "stop_reason",
            "going_since",
            "finished_at",
            "money_budget",
            "call_budget",
        ]
    )
    wake(ADVANCE, judge.pk)


def _changed(
    judge: ItemJudge, before: Collection[JudgingState], after: JudgingState, verb: str, actor: User | None
) -> ItemJudge:
    held = _held(judge)
    if held.state not in before:
        raise Conflict(f"{held} is {held.get_state_display().lower()}: that is not possible now.")
    held.state, held.stop_reason = after, ""
    held.save(update_fields=["state", "stop_reason"])
    record(f"item_judging.{verb}", actor=actor, scope=held.campaign, subject=held, name=str(held))
    return held


def _check_budgets(endpoint: Endpoint, money_budget: Decimal | None, call_budget: int | None) -> None:
    for name, budget in (("money_budget", money_budget), ("call_budget", call_budget)):
        if budget is not None and budget <= 0:
            raise DomainError("A budget is above 0.", field=name)
    if money_budget is not None and endpoint.input_price is None:
        raise DomainError(
            f"{endpoint} is unpriced, so no money budget can hold it. Give its prices, or a budget in calls.",
            field="money_budget",
        )
