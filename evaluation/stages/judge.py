"""The judge stage: what a judge is shown, and how its reply becomes a score or a reason for having none."""

import json
from dataclasses import asdict, dataclass

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evaluation.llm.requests import ChatRequest, Message


@dataclass(frozen=True, slots=True)
class JudgeInput:
    """Everything that a judge may know of an item. Correctness and the model's name are not part of it."""

    question: str
    options: tuple[str, ...]
    preference: str
    baseline: str
    personalised: str


class JudgeReply(BaseModel):
    """The JSON that a judge answers with. No score: the judge says in `explanation` why it gives none."""

    model_config = ConfigDict(strict=True)

    score: int | None = Field(ge=1, le=5)
    explanation: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """A score from 1 to 5, or none with the reason."""

    score: int | None
    explanation: str
    unscored_reason: str = ""


def judge_request(shown: JudgeInput, *, model: str, replicate: int) -> ChatRequest:
    """The request to a judge. The input travels as one JSON document, so that no text in it, however hostile, can
    pass for another part.
    """
    content = json.dumps(asdict(shown), ensure_ascii=False)
    return ChatRequest(
        model=model,
        messages=(Message("user", content),),
        temperature=0.0,
        response_format="json",
        replicate=replicate,
    )


def read_verdict(reply: str) -> Verdict:
    """The verdict in a judge's reply; unreadable replies give no score and say so."""
    try:
        parsed = JudgeReply.model_validate_json(reply)
    except ValidationError:
        return Verdict(None, "", "the judge's reply is unreadable")
    if parsed.score is None:
        return Verdict(None, parsed.explanation, "the judge abstained")
    return Verdict(parsed.score, parsed.explanation)
