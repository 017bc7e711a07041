"""Proposing preferences for a catalogue: what an endpoint is asked about a question, and how its reply is read."""

import json
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from evaluation.llm.requests import ChatRequest
from evaluation.stages.prompts import PromptText, lettered

Form = Literal["text", "json_schema", "tool"]

PROMPT = "propose"
CATEGORIES = ("clarity", "brevity", "structure", "examples", "context", "perspective", "tone", "other")
UNREADABLE = "the reply is unreadable"
MAX_TEXT = 500
MAX_TOKENS = (512, 200)
"""Of a reply: to begin with, and for each proposal."""

SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {
            "preferences": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "text": {"type": "string", "description": "One sentence in the first person."},
                        "reason": {"type": "string", "description": "Why it bears on the question."},
                        "category": {"type": "string", "enum": list(CATEGORIES)},
                    },
                    "required": ["text", "reason", "category"],
                    "additionalProperties": False,
                },
            }
        },
        "required": ["preferences"],
        "additionalProperties": False,
    }
)


class ProposalDraft(BaseModel):
    """A preference as an endpoint proposed it: stored as it is read."""

    model_config = ConfigDict(frozen=True)

    text: str = Field(min_length=1, max_length=MAX_TEXT)
    reason: str = ""
    category: str = "other"


@dataclass(frozen=True, slots=True)
class Sampled:
    """A question to propose preferences for, without its gold option, so that nothing can give it away."""

    question: str
    options: tuple[str, ...]


def proposal_request(
    shown: Sampled, *, model: str, form: Form, prompt: PromptText, count: int, replicate: int = 1
) -> ChatRequest:
    """The request for `count` preferences, sampled as the model does by itself. Another `replicate` asks once more."""
    return ChatRequest(
        model=model,
        messages=prompt.messages(
            count=str(count),
            categories=", ".join(CATEGORIES),
            question=shown.question,
            options=lettered(shown.options),
        ),
        max_tokens=MAX_TOKENS[0] + MAX_TOKENS[1] * count,
        response_format=form,
        response_schema="" if form == "text" else SCHEMA,
        replicate=replicate,
    )


def read_proposals(reply: str, *, limit: int) -> tuple[ProposalDraft, ...] | None:
    """The first `limit` preferences in a reply, also where they stand in a code fence or between other words.

    A preference without a text, or with one longer than `MAX_TEXT`, is left out; where none is left, the reply is
    unreadable: None.
    """
    proposals = _listed(reply)
    drafts = [draft for draft in map(_draft, proposals or ()) if draft is not None]
    return tuple(drafts[:limit]) or None


def _listed(reply: str) -> list[JsonValue] | None:
    """The list of preferences, in the requested object or bare."""
    for opening, closing in ("{}", "[]"):
        start, end = reply.find(opening), reply.rfind(closing)
        if start == -1 or end < start:
            continue
        try:
            # Models write line breaks inside strings; the lenient parser of the standard library takes them.
            parsed = json.loads(reply[start : end + 1], strict=False)
        except (ValueError, RecursionError):
            continue
        if isinstance(parsed, dict):
            parsed = parsed.get("preferences")
        if isinstance(parsed, list):
            return parsed
    return None


def _draft(entry: JsonValue) -> ProposalDraft | None:
    if not isinstance(entry, dict):
        return None
    cleaned = {name: one_line(value) for name, value in entry.items() if isinstance(value, str)}
    category = cleaned.get("category", "").lower()
    try:
        return ProposalDraft.model_validate(
            cleaned | {"category": category if category in CATEGORIES else "other"}
        )
    except ValidationError:
        return None


def one_line(text: str) -> str:
    """A text with single spaces for all its white space; a zero byte, which cannot be stored, goes, too."""
    return " ".join(text.replace("\0", "").split())
