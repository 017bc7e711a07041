"""What a response leans to without committing to it: the one option in its opening sentence."""

import re

from evaluation.stages.extract.sentences import SENTENCE_END, is_cut_off
from evaluation.stages.extract.spelling import MARK
from evaluation.stages.extract.tokens import Reading, letter_of

_LONG = 900
"""Characters. What a longer response starts with is seldom its answer."""

_LABEL = re.compile(r"\W{0,4}[A-Z][.):]")
_MENTION = re.compile(
    rf"\b(?i:option|choice)\s\(?(?P<named>[A-Z])\b|\((?P<bracketed>[A-Z])\)|(?P<mark>[{MARK}])"
)
_UNSURE = re.compile(
    r"(?i)\b(?:not|neither|nor|never|incorrect|wrong|false|except|unlikely|less|least|than|could|might|may|while"
    r"|although|however|but|misconception|stereotype)\b|n't\b"
)


def opening_sentence(reading: Reading) -> str | None:
    """“A wave transfers energy. …”: a short response whose first sentence has one option, and no doubt of it."""
    text = reading.whole
    if len(text) > _LONG or is_cut_off(text):
        return None
    sentence = SENTENCE_END.split(text, maxsplit=1)[0]
    if _LABEL.match(sentence):
        return None
    tokens = [match["named"] or match["bracketed"] or match["mark"] for match in _MENTION.finditer(sentence)]
    # With a letter of no option, as in “carbon (C) and oxygen (O)”, letters are symbols: there are two then.
    letters = {letter_of(reading, token) for token in tokens}
    return letters.pop() if len(letters) == 1 and not _UNSURE.search(sentence) else None
