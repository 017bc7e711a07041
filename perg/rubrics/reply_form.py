"""The form in which a judge is asked to reply: a JSON Schema, and the same in words, both made from the criteria."""

from collections.abc import Sequence
from typing import Any

from perg.rubrics.criterion import Criterion

EXPLANATION = "explanation"


def reply_schema(criteria: Sequence[Criterion], *, reason_first: bool = True) -> dict[str, Any]:
    """The JSON Schema of a reply, strict enough for structured output: every property required, no other allowed.

    `reason_first`: an explanation comes before the answers, so that the model reasons before it answers.
    """
    explanation = {EXPLANATION: {"type": "string", "description": "One or two short sentences."}}
    answers = {criterion.key: _property(criterion) for criterion in criteria}
    properties = {**(explanation if reason_first else {}), **answers, **({} if reason_first else explanation)}
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _property(criterion: Criterion) -> dict[str, Any]:
    """The schema of one answer."""
    described = {"description": criterion.question} if criterion.question else {}
    if criterion.kind == "text":
        return {"type": "string", **described}
    if criterion.kind == "numeric":
        ends = {"minimum": criterion.lowest, "maximum": criterion.highest, "multipleOf": criterion.step}
        return {"type": "number", **{name: end for name, end in ends.items() if end is not None}, **described}
    keys = [option.key for option in criterion.choices]
    if criterion.kind == "multilabel":
        return {"type": "array", "items": {"type": "string", "enum": keys}, **described}
    return {"type": "string", "enum": keys, **described}


def reply_in_words(criteria: Sequence[Criterion], *, reason_first: bool = True) -> str:
    """What to say to a model that has no structured output."""
    answers = [f'"{criterion.key}": {_value_in_words(criterion)}' for criterion in criteria]
    explanation = f'"{EXPLANATION}": "one or two short sentences"'
    parts = [explanation, *answers] if reason_first else [*answers, explanation]
    return f"Reply with one JSON object and nothing else: {{{', '.join(parts)}}}"


def _value_in_words(criterion: Criterion) -> str:
    if criterion.kind == "text":
        return '"your text"'
    if criterion.kind == "numeric":
        ends = [f"{end:g}" for end in (criterion.lowest, criterion.highest) if end is not None]
        return f"a number from {ends[0]} to {ends[1]}" if len(ends) == 2 else "a number"
    keys = [f'"{option.key}"' for option in criterion.choices]
    return f"a list of any of {', '.join(keys)}" if criterion.kind == "multilabel" else " or ".join(keys)


def criteria_in_words(criteria: Sequence[Criterion]) -> str:
    """The criteria as a judge reads them: question, instructions, options with their anchors."""
    return "\n\n".join(_in_words(criterion) for criterion in criteria)


def _in_words(criterion: Criterion) -> str:
    lines = [f"{criterion.key}: {criterion.question}".rstrip(": ")]
    if criterion.instructions:
        lines.append(criterion.instructions)
    if criterion.only_if is not None:
        answers = " or ".join(criterion.only_if.answers)
        lines.append(f"Answer this only if {criterion.only_if.criterion} is {answers}.")
    for option in criterion.choices:
        label = option.label if option.label != option.key else ""
        described = ": ".join(text for text in (label, option.anchor) if text)
        lines.append(f"- {option.key} = {described}" if described else f"- {option.key}")
    return "\n".join(lines)
