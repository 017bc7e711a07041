"""Putting a judge's calls into the completion queue, as many at a time as its budget and its luck so far allow.

No run pays for these calls, so nothing but their number in the queue holds them: what is queued is called. Money is
reserved before, as much as a call may cost at most.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from annotations.models import ItemJudge, ItemJudgment
from annotations.models.item_judge import ItemJudgmentState
from evaluation.endpoints.services.waking import wake_drain
from evaluation.engine.calls.completions import enqueue_completions, reopen_failed
from evaluation.engine.calls.costs import NOTHING, Allowance, most_it_may_cost
from evaluation.llm.requests import ChatRequest
from evaluation.models import Completion
from evaluation.models.completion import CompletionStatus

WRITTEN = (
    "completion",
    "first_completion",
    "state",
    "settled_at",
    "reason",
    "is_paid",
    "reserved",
    "counted",
)


@dataclass(frozen=True, slots=True)
class Queued:
    """The judgments that have a call now, in order; `is_over_budget`: the next one's might cost too much."""

    judgments: Sequence[ItemJudgment]
    is_over_budget: bool


def queue_calls(
    judge: ItemJudge, requests: Sequence[tuple[ItemJudgment, ChatRequest]], *, room: int
) -> Queued:
    """Give judgments their calls, in order, as long as there is room for new calls and money for them.

    The judge's row is locked by the caller. Replies on record are used at once and cost nothing; so are calls that
    somebody else has queued. A call that failed for somebody else is made again.
    """
    endpoint = judge.endpoint
    keys = [request.key(endpoint.name) for _, request in requests]
    on_record = {
        row.request_key: row
        for row in Completion.objects.filter(request_key__in=keys).only("request_key", "status", "cost")
    }
    new: dict[str, Decimal] = {}
    chosen, is_over_budget = list[tuple[ItemJudgment, ChatRequest, str]](), False
    for (judgment, request), key in zip(requests, keys, strict=True):
        if _must_be_called(on_record.get(key)) and key not in new:
            reserved = most_it_may_cost(endpoint, json.dumps(request.as_json()), request.max_tokens)
            if len(new) >= room:
                break
            if not _allowance(judge, new).fitting([reserved]):
                is_over_budget = True
                break
            new[key] = reserved
            judgment.is_paid, judgment.reserved = True, reserved
            judgment.counted = on_record[key].cost or NOTHING if key in on_record else NOTHING
        else:
            judgment.is_paid, judgment.reserved, judgment.counted = False, NOTHING, NOTHING
        chosen.append((judgment, request, key))
    rows = enqueue_completions(endpoint, [request for _, request, _ in chosen], run=None)
    reopen_failed([rows[key].pk for key in new if key in on_record])
    for judgment, _, key in chosen:
        judgment.completion, judgment.state = rows[key], ItemJudgmentState.PENDING
        judgment.settled_at, judgment.reason = None, ""
    ItemJudgment.objects.bulk_update([judgment for judgment, *_ in chosen], WRITTEN)
    judge.calls += len(new)
    judge.reserved += sum(new.values(), NOTHING)
    judge.save(update_fields=["calls", "reserved"])
    if new:
        wake_drain(endpoint.pk)
    return Queued([judgment for judgment, *_ in chosen], is_over_budget)


def _must_be_called(completion: Completion | None) -> bool:
    return completion is None or completion.status == CompletionStatus.FAILED


def _allowance(judge: ItemJudge, new: dict[str, Decimal]) -> Allowance:
    """What the judge may still spend, with these calls on their way."""
    calls = None if judge.call_budget is None else judge.call_budget - judge.calls - len(new)
    money = None
    if judge.money_budget is not None:
        money = judge.money_budget - judge.spent - judge.reserved - sum(new.values(), NOTHING)
    return Allowance(True, calls, money)
