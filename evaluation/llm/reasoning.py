"""A thinking model's reasoning, separated from its answer by the marks that the model sets."""

import re

TAGS = ("think", "thinking", "thought", "reasoning")
MARKS = (("<think>", "</think>"), ("[THINK]", "[/THINK]"))
"""Those that local models' tokenizers have as tokens of their own."""
_OPENING = re.compile(r"\s*(?:<(" + "|".join(TAGS) + r")>|\[(THINK)\])", re.IGNORECASE)
_CLOSING = re.compile(r"(?:</(?:" + "|".join(TAGS) + r")>|\[/THINK\])", re.IGNORECASE)
_LONE_CLOSING = re.compile(r"</think(?:ing)?>|\[/THINK\]", re.IGNORECASE)


def opened_by(prompt: str) -> bool:
    """Whether the chat template has already begun the reasoning, so that the reply starts in the middle of it."""
    return prompt.rstrip().endswith(tuple(start for start, _ in MARKS))


def end_of(prompt: str) -> str:
    """The mark that ends the reasoning which a prompt has opened."""
    return next(end for start, end in MARKS if prompt.rstrip().endswith(start))


def split_reasoning(text: str, *, opened: bool | None = None) -> tuple[str, str]:
    """(answer, reasoning) of a reply; parted, both are without white space around them.

    A reply has reasoning where it begins with an opening mark, and where the prompt has `opened` it. Where that is not
    known (None), a closing mark with no opening one before it says so: many chat templates open the reasoning
    themselves, and a server returns only what follows. Marks after the answer has begun are part of an answer that
    speaks of them. Reasoning that never ends, as in a reply that was cut off, leaves an empty answer.
    """
    if (opening := _OPENING.match(text)) is not None:
        name = opening[1] or opening[2]
        close = f"</{name}>" if opening[1] else f"[/{name}]"
        reasoning, _, answer = _partition(text[opening.end() :], re.compile(re.escape(close), re.IGNORECASE))
        return answer.strip(), reasoning.strip()
    if opened is False:
        return text, ""
    reasoning, mark, answer = _partition(text, _CLOSING if opened else _LONE_CLOSING)
    if mark and (opened or _opens_no_reasoning(reasoning)):
        return answer.strip(), reasoning.strip()
    return ("", text.strip()) if opened else (text, "")


def _partition(text: str, mark: re.Pattern[str]) -> tuple[str, str, str]:
    """As `str.partition`, at the first match."""
    if (closing := mark.search(text)) is None:
        return text, "", ""
    return text[: closing.start()], closing[0], text[closing.end() :]


def _opens_no_reasoning(text: str) -> bool:
    return "<think" not in text.lower() and "[THINK]" not in text
