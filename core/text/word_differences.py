"""How two texts differ, word by word, for a page to show."""

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from core.text.word_splitting import are_comparable, words

Kind = Literal["same", "added", "removed"]


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of words that is in both texts, or in one of them."""

    kind: Kind
    text: str


def differences(old: str, new: str) -> list[Part]:
    """The old text turned into the new one: parts in order, white space included. Texts too long to compare are
    replaced as a whole.
    """
    before, after = _spaced_words(old), _spaced_words(new)
    if not are_comparable(before, after):
        whole = (Part("removed", old), Part("added", new))
        return [Part("same", old)] if old == new else [part for part in whole if part.text]
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


def _spaced_words(text: str) -> list[str]:
    """Words, each with the white space behind it: white space by itself would pair with all other."""
    spaced: list[str] = []
    for word in words(text):
        if word.isspace() and spaced:
            spaced[-1] += word
        else:
            spaced.append(word)
    return spaced
