"""Replays an imported run: answers what its items were asked with what was recorded, at no cost."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from evaluation.llm.replies import CallFailure, Outcome, Reply
from evaluation.llm.requests import ChatRequest


@dataclass(frozen=True, slots=True)
class RecordedAsk:
    """What is looked up in the record. `stage`, `method` and `setting` are those of the run; a baseline, which is the
    same in all of them, has no method and no setting.
    """

    stage: str
    method: str
    setting: str
    question: str
    options: tuple[str, ...]
    preferences: tuple[str, ...]


Lookup = Callable[[Sequence[RecordedAsk]], Sequence[str | None]]
"""The recorded reply to each ask, None where there is none."""


class RecordedProvider:
    """Answers requests whose user message is a `RecordedAsk` as JSON (see `evaluation.stages.plan`)."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup

    def complete_batch(self, requests: Sequence[ChatRequest]) -> Sequence[Outcome]:
        asks = [_ask(request) for request in requests]
        replies = iter(self._lookup([ask for ask in asks if ask is not None]))
        return [_outcome(None if ask is None else next(replies)) for ask in asks]


def _ask(request: ChatRequest) -> RecordedAsk | None:
    try:
        document = json.loads(request.messages[-1].content)
        return RecordedAsk(
            document["stage"],
            document["method"],
            document["setting"],
            document["question"],
            tuple(document["options"]),
            tuple(document["preferences"]),
        )
    except (IndexError, KeyError, TypeError, ValueError):
        return None


def _outcome(reply: str | None) -> Outcome:
    if reply is None:
        return CallFailure("not_recorded", "The record has no reply to this.", retryable=False)
    return Reply(reply)
