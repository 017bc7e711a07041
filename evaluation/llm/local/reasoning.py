"""A thinking model's reasoning, told apart from its answer by the marks that the model sets."""

MARKS = (("<think>", "</think>"), ("[THINK]", "[/THINK]"))


def opened_by(prompt: str) -> bool:
    """Whether the chat template has already begun the reasoning, so that the reply starts in the middle of it."""
    return prompt.rstrip().endswith(tuple(start for start, _ in MARKS))


def split_reasoning(text: str, *, opened: bool) -> tuple[str, str]:
    """(answer, reasoning) of a reply, both without white space around them.

    Only a reply that begins with reasoning has any: marks further on are part of an answer that speaks of them.
    Reasoning that never ends, as when the reply was cut off, leaves an empty answer.
    """
    text = text.strip()
    for start, end in MARKS:
        begins = text.startswith(start)
        if begins or (opened and end in text):
            reasoning, _, answer = text.removeprefix(start).partition(end)
            return answer.strip(), reasoning.strip()
    return ("", text) if opened else (text, "")


def end_of(prompt: str) -> str:
    """The mark that ends the reasoning which a prompt has opened."""
    return next(end for start, end in MARKS if prompt.rstrip().endswith(start))
