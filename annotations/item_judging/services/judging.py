"""Moving a judge on: reading what has come back, and asking the next calls, a window at a time.

All of it may run at any time, any number of times at once: row locks and unique constraints make every step of it
happen once. A lost message costs time: the sweep does the same.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from annotations.item_judging.services.asking import Asking, asking_of, why_not_asked
from annotations.item_judging.services.queueing import queue_calls
from annotations.item_judging.services.settling import settle_judgments
from annotations.models import ItemJudge, ItemJudgment
from annotations.models.item_judge import ItemJudgmentState, JudgingState
from core.audit.writing import record
from core.jobs.wake import wake
from evaluation.llm.requests import ChatRequest
from evaluation.models.completion import CompletionStatus
from perg.formats.rated_items import load_exhibit

CHUNK = 200
FIRST_CALLS = 4
"""Queued at once until one of them has brought an answer: with a wrong key, no more are made."""

SMALLEST_WINDOW, LARGEST_WINDOW = 16, 500
FAILURES_IN_A_ROW = 4
"""As many failures for one cause, with no answer between them, stop the judge: the next calls would fail, too."""

FAILURES_OF_ITEMS = 20
"""The same, where the cause may lie with the items."""

OF_ITEMS = {
    *("too_large", "prompt_too_long", "content_filter", "reply_too_large"),
    *("out_of_memory", "lease_expired", "unstorable"),
}


ADVANCE = "annotations.item_judging.tasks.advance_judging"
TURN_SECONDS = 30.0


def advance_judging(*, judge_id: int, seconds: float = TURN_SECONDS) -> None:
    """Settle what has come back, and ask what can be asked now; replies on record are settled at once.

    A worker that has more to do than in so many seconds leaves the rest to another turn.
    """
    deadline = time.monotonic() + seconds
    while settle_judgments(judge_id=judge_id) + ask_next(judge_id=judge_id):
        if time.monotonic() > deadline:
            wake(ADVANCE, judge_id)
            return


@dataclass(frozen=True, slots=True)
class _Recent:
    """The last calls that ended since the judge was started, the newest first: error codes, empty for an answer."""

    codes: Sequence[str]

    @property
    def has_answer(self) -> bool:
        return "" in self.codes

    @property
    def failing(self) -> str:
        """The error code for which the judge is to be stopped, or empty."""
        if not self.codes or not self.codes[0]:
            return ""
        code, count = self.codes[0], 0
        for other in self.codes:
            if other != code:
                break
            count += 1
        return code if count >= (FAILURES_OF_ITEMS if code in OF_ITEMS else FAILURES_IN_A_ROW) else ""


@transaction.atomic
def ask_next(*, judge_id: int) -> int:
    """Give the next judgments their calls; how many got one, or turned out to be impossible.

    One worker at a time asks for a judge; others leave it to that one. Ends the judging where nothing is left to do.
    """
    running = ItemJudge.objects.filter(pk=judge_id, state=JudgingState.RUNNING)
    judge = (
        running.select_for_update(of=("self",), skip_locked=True, no_key=True)
        .select_related("endpoint", "campaign")
        .first()
    )
    if judge is None:
        return 0
    recent = _recent(judge)
    if code := recent.failing:
        _end(judge, JudgingState.STOPPED, code)
        return 0
    pending = judge.judgments.filter(state=ItemJudgmentState.PENDING)
    in_flight = pending.exclude(completion__status__in=CompletionStatus.finished()).count()
    room = _window(judge, recent) - in_flight
    waiting = list(
        judge.judgments.filter(state=ItemJudgmentState.WAITING).select_related("item").order_by("pk")[:CHUNK]
    )
    if not waiting:
        if not pending.exists():
            _complete(judge)
        return 0
    if room <= 0:
        return 0
    asking = asking_of(judge)
    impossible = _set_impossible(asking, waiting)
    asked = [judgment for judgment in waiting if judgment.state == ItemJudgmentState.WAITING]
    requests = [(judgment, _request(asking, judgment)) for judgment in asked]
    queued = queue_calls(judge, requests, room=room)
    if queued.is_over_budget and not queued.judgments and not pending.exists():
        _end(judge, JudgingState.BUDGET_REACHED)
    return len(queued.judgments) + impossible


def _request(asking: Asking, judgment: ItemJudgment) -> ChatRequest:
    return asking.request(
        load_exhibit(judgment.item.exhibit),
        judgment.criterion,
        replicate=judgment.replicate,
        swapped=judgment.swapped,
        again=judgment.round,
    )


def _recent(judge: ItemJudge) -> _Recent:
    settled = judge.judgments.filter(
        settled_at__gte=judge.going_since, completion__finished_at__gte=judge.going_since
    )
    calls = settled.order_by("-settled_at", "-pk").values_list("completion__status", "completion__error_code")
    return _Recent(
        [code if status == CompletionStatus.FAILED else "" for status, code in calls[:FAILURES_OF_ITEMS]]
    )


def _window(judge: ItemJudge, recent: _Recent) -> int:
    """How many calls may wait in the queue: enough for about a second, until replies are read again."""
    if not recent.has_answer:
        return max(FIRST_CALLS - len(recent.codes), 1)
    return max(SMALLEST_WINDOW, min(4 * judge.endpoint.max_concurrency, LARGEST_WINDOW))


def _set_impossible(asking: Asking, waiting: Sequence[ItemJudgment]) -> int:
    """Settle judgments of items that show nothing, or not what a question is about; give their number."""
    impossible = []
    for judgment in waiting:
        questions = asking.calls[judgment.criterion]
        if reason := why_not_asked(load_exhibit(judgment.item.exhibit), questions):
            judgment.state, judgment.reason = ItemJudgmentState.UNSCORED, reason
            judgment.unanswered = [question.key for question in questions]
            judgment.settled_at = timezone.now()
            impossible.append(judgment)
    ItemJudgment.objects.bulk_update(impossible, ["state", "reason", "unanswered", "settled_at"])
    return len(impossible)


def _complete(judge: ItemJudge) -> None:
    """End the judging; where every call has failed, as stopped."""
    settled = judge.judgments.filter(settled_at__isnull=False)
    answered = settled.exclude(completion__status=CompletionStatus.FAILED)
    if settled.exists() and not answered.exists():
        code = settled.values_list("completion__error_code", flat=True).first()
        _end(judge, JudgingState.STOPPED, code or "")
    else:
        _end(judge, JudgingState.COMPLETE)


def _end(judge: ItemJudge, state: JudgingState, reason: str = "") -> None:
    judge.state, judge.stop_reason = state, reason
    judge.finished_at = timezone.now() if state == JudgingState.COMPLETE else None
    judge.save(update_fields=["state", "stop_reason", "finished_at"])
    record(
        f"item_judging.{state}",
        actor=None,
        scope=judge.campaign,
        subject=judge,
        name=str(judge),
        **({"cause": reason} if reason else {}),
    )
