"""The judge stage: what a judge is shown, and in which form it is asked to reply."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Literal

from evaluation.llm.requests import ChatRequest, Message
from evaluation.stages.prompts import Prompts

Form = Literal["document", "json_schema", "tool", "tagged"]
"""How a judge is asked: `document` is for the heuristic judge, which reads the bare input."""

MAX_TOKENS = 1024
NO_BASELINE = "No baseline response was recorded. Rate the personalised response by itself."


@dataclass(frozen=True, slots=True)
class JudgeInput:
    """Everything that a judge may know of an item. Correctness and the model's name are not part of it."""

    question: str
    options: tuple[str, ...]
    preference: str
    baseline: str | None
    """None where no baseline response is on record, which is something else than an empty one."""
    personalised: str

    def as_document(self) -> str:
        """One JSON document, so that no text in it, however hostile, can pass for another part."""
        document = asdict(self)
        if self.baseline is None:
            document["note"] = NO_BASELINE
        return json.dumps(document, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class RubricText:
    """What a judge rates by: instructions, and what each score from 1 on means."""

    instructions: str
    anchors: tuple[str, ...]


SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {
            "explanation": {"type": "string", "description": "One short sentence."},
            "score": {"type": "integer", "enum": [1, 2, 3, 4, 5]},
        },
        "required": ["explanation", "score"],
        "additionalProperties": False,
    }
)

FORMS = {
    "json_schema": 'Reply with one JSON object: {"explanation": "one short sentence", "score": 1 to 5}.',
    "tool": "Give one short sentence of explanation, and the score from 1 to 5.",
    "tagged": "Reply with <explanation>one short sentence</explanation> and <score>1 to 5</score>, and nothing else.",
}


def judge_request(
    shown: JudgeInput,
    *,
    model: str,
    form: Form,
    rubric: RubricText,
    prompts: Prompts,
    replicate: int,
    temperature: float | None = None,
    max_tokens: int = MAX_TOKENS,
) -> ChatRequest:
    """The request to a judge. Replicates sample with a temperature of 1 unless another is given: at 0, they would say
    the same again.
    """
    if form == "document":
        return ChatRequest(model=model, messages=(Message("user", shown.as_document()),), replicate=replicate)
    messages = prompts["judge"].messages(
        anchors="\n".join(f"{score}: {anchor}" for score, anchor in enumerate(rubric.anchors, start=1)),
        instructions=rubric.instructions,
        form=FORMS[form],
        document=shown.as_document(),
    )
    return ChatRequest(
        model=model,
        messages=messages,
        temperature=temperature if temperature is not None else 0.0 if replicate == 1 else 1.0,
        max_tokens=max_tokens,
        response_format="text" if form == "tagged" else form,
        response_schema="" if form == "tagged" else SCHEMA,
        replicate=replicate,
    )


def reask_request(first: ChatRequest, unreadable: str, *, form: Form, prompts: Prompts) -> ChatRequest:
    """The same conversation with the unreadable reply and the required form: sent once, never again."""
    _, user = prompts["reask"].messages(form=FORMS[form])
    answered: Sequence[Message] = (Message("assistant", unreadable or "(nothing)"), user)
    return replace(first, messages=(*first.messages, *answered))
