"""A judge's prompt: somebody's text with named places for the exhibit and the criteria."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from perg.formats.rated_items import Block, Exhibit
from perg.rubrics.criterion import Criterion
from perg.rubrics.reply_form import criteria_in_words, reply_in_words

_PLACE = re.compile(r"\{\{\s*([A-Za-z][\w .-]{0,60}?)\s*\}\}|\{([A-Za-z][\w .-]{0,60})\}")
"""`{name}`, as Python writes it, or `{{ name }}`, as most prompt tools do."""
_ALIASES = {
    "context": ("prompt", "question", "input", "instruction", "query", "conversation", "user_prompt", "task"),
    "output": ("answer", "response", "completion", "prediction", "generation", "candidate", "model_output"),
    "output_a": ("answer_a", "response_a", "output_1", "response_1", "answer_1", "completion_a", "first"),
    "output_b": ("answer_b", "response_b", "output_2", "response_2", "answer_2", "completion_b", "second"),
    "reference": ("ground_truth", "expected", "ideal", "target", "ref_answer", "reference_answer"),
    "criteria": ("rubric", "question_text", "criterion"),
    "form": ("format", "format_instructions", "output_format"),
}
ROLES = {"user": "User", "human": "User", "assistant": "Assistant", "gpt": "Assistant", "system": "System"}


@dataclass(frozen=True, slots=True)
class FilledPrompt:
    """The text of a prompt, the places that were filled, and those whose names are unknown, which stay as they are."""

    text: str
    filled: tuple[str, ...]
    unknown: tuple[str, ...]


def filled_prompt(template: str, values: Mapping[str, str]) -> FilledPrompt:
    """The template with its places filled from `prompt_values`. Braces that name no place stay, so JSON can be shown.

    Values are put in once: braces in an exhibit are text.
    """
    filled: dict[str, None] = {}
    unknown: dict[str, None] = {}

    def value(match: re.Match[str]) -> str:
        name = _normal(match[1] or match[2])
        if name in values:
            filled[name] = None
            return values[name]
        unknown[match[0]] = None
        return match[0]

    text = _PLACE.sub(value, template)
    return FilledPrompt(text, tuple(filled), tuple(unknown))


def prompt_values(
    exhibit: Exhibit, criteria: Sequence[Criterion], *, swapped: bool = False, form: str | None = None
) -> dict[str, str]:
    """What each place of a prompt stands for, by every name that it has.

    Names are `context`, `output` (of one output), `output_a` and `output_b` (of two, in the order shown), `reference`,
    `criteria`, `form`, the usual other words for these, and the heading of each context block.

    `swapped`: the second output is shown first. `form`: how to reply; None: in JSON, reasons first.
    """
    outputs = [blocks_in_words(blocks) for blocks in exhibit.outputs]
    if swapped:
        outputs.reverse()
    values = {
        "context": blocks_in_words(exhibit.context),
        "reference": blocks_in_words(exhibit.reference),
        "criteria": criteria_in_words(criteria),
        "form": reply_in_words(criteria) if form is None else form,
    }
    if len(outputs) == 1:
        values["output"] = outputs[0]
    values |= dict(zip(("output_a", "output_b"), outputs if len(outputs) == 2 else (), strict=False))
    for name, others in _ALIASES.items():
        values |= {other: values[name] for other in others if name in values}
    # A block's own heading says more than a usual word.
    return values | {
        _normal(block.heading): block_in_words(block) for block in exhibit.context if block.heading
    }


def blocks_in_words(blocks: Sequence[Block]) -> str:
    """Blocks one below another, each under its heading if there are several."""
    if len(blocks) == 1:
        return block_in_words(blocks[0])
    return "\n\n".join(
        f"{block.heading}:\n{block_in_words(block)}" if block.heading else block_in_words(block)
        for block in blocks
    )


def block_in_words(block: Block) -> str:
    """A block as text: a chat as its turns, a trace and other nested values as JSON."""
    if isinstance(block.content, str):
        return block.content
    if block.kind == "chat" and isinstance(block.content, list):
        return "\n\n".join(_turn(turn) for turn in block.content)
    return json.dumps(block.content, ensure_ascii=False, indent=1, default=str)


def _turn(turn: object) -> str:
    if not isinstance(turn, dict):
        return str(turn)
    role = str(turn.get("role") or turn.get("from") or turn.get("speaker") or "")
    content = turn.get("content", turn.get("value", turn.get("text", "")))
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False, default=str)
    return f"{ROLES.get(role.lower(), role) or 'Turn'}: {text}"


def _normal(name: str) -> str:
    return re.sub(r"[\s.-]+", "_", name.strip().lower())
