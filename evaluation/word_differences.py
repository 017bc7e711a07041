"""How two texts differ, word by word, for a page to show."""

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from evaluation.word_splitting import words

Kind = Literal["same", "added", "removed"]


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of words that is in both texts, or in one of them."""

    kind: Kind
    text: str


def differences(old: str, new: str) -> list[Part]:
    """The old text turned into the new one: parts in order, white space included."""
    before, after = words(old), words(new)
    parts: list[Part] = []
    matcher = SequenceMatcher(a=before, b=after, autojunk=False)
    for operation, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if operation == "equal":
            parts.append(Part("same", "".join(before[old_from:old_to])))
            continue
        if old_to > old_from:
            parts.append(Part("removed", "".join(before[old_from:old_to])))
        if new_to > new_from:
            parts.append(Part("added", "".join(after[new_from:new_to])))
    return parts
