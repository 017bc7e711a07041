"""What an option's letter or mark looks like in running text, alone and next to others."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from string import ascii_uppercase

from evaluation.stages.extract.spelling import FIRST_MARK, MARK


@dataclass(frozen=True, slots=True)
class Reading:
    """A response made ready, with and without its emphasis, and the letters of the item's options."""

    plain: str
    emphasised: str
    letters: str
    texts: tuple[str, ...] = ()
    """The options' texts in small letters."""
    table_letter: str | None = None
    """The one option that a table of the response says yes to."""
    whole: str = ""
    """The response without its emphasis, its lists of options included."""
    ambiguous: str = ""
    """Letters that are also another option's text: with the blood groups “B”, “A”, “AB”, “O”, both A and B."""


OPEN, CLOSE = r"""[("'\[<{$\s]{0,4}""", r"""[)"'\]>}$]{0,3}"""
_KIND = r"option|choice|letter|answer|alternative|statement"
_ORDER = r"correct|best|right|final|first|second|third|fourth|fifth|sixth|last"
LABEL = rf"(?:(?i:(?:the |an )?(?:(?:{_ORDER}) )?(?:{_KIND})(?! [a-hj-z]\w)s?[:#,]?\s?))?"
# “A good example”, “I think”: no letters, unless what follows is a word that goes on after an answer.
_GOES_ON = (
    "because|since|as|and|or|is|in|for|due|with|but|which|where|when|if|based|given|while|from|only|would|here"
    "|rather|instead|seems|appears|makes|fits|it"
)
_NAMED_OPTION = r"(?<!ption [AI])(?<!hoice [AI])(?<!ption \([AI])"
NO_WORD = (
    rf"(?!{_NAMED_OPTION}(?:(?<=A)\s(?!(?:{_GOES_ON})\b)[a-z{MARK}]"
    rf"|(?<=I)(?:\s(?!(?:is|because|since|as|and|or|for|but|in)\b)[a-z{MARK}]|'[a-z])))"
)
# “B-cell”, “C++”, “A's”, “U.S.”
_ENDS = rf"(?![\w+#&=^]|\([A-Za-z0-9]|'\w|[-–]\w|\.[A-Z]\b|\s[+=<>]){NO_WORD}"
_LOWER = r"""(?<=[(\["'>{])[a-z](?=[)\]"'<}])|[b-z](?=[.)]{0,2}\s*$)"""
TOKEN = rf"(?<![\w.°-])(?<!\w')(?P<token>[A-Z{MARK}]|{_LOWER}){_ENDS}"

# “A and B”, “B, C”, “B. London or C. Rome”: more than one. (“B, <its text>” is one.)
_NEXT = r"\W{0,3}(?:(?i:either|option|choice|answer)s?\s)?\(?"
_OTHER_LETTER = rf"{_NEXT}(?P<next>[A-Z](?![\w'])(?!\.\s[A-Z]){NO_WORD}|[A-Z](?=[).:]\s?[\"']?[{MARK}a-z]))"
_SEVERAL = re.compile(
    rf"\W{{0,3}}(?:(?:,|&|/|\band\b|\bor\b|\band/or\b){_OTHER_LETTER}|\b(?:and|or)\b{_NEXT}(?P<mark>[{MARK}]))"
    rf"|{CLOSE}[.:)]?\s?[\"']?(?:[{MARK}]|[^.!?\n{MARK}]{{0,60}}?)[\"').,]{{0,3}}\s(?:and|or)\s"
    rf"(?:(?i:either|option|choice|answer)\s)?\(?(?P<labelled>[A-Z])[.:)]"
)
_BEFORE = re.compile(
    r"(?:\b[A-Z]\)?(?:,| and| or|, and| or|/)\s?\(?|[\ue000-\ue019][\"']?(?: and| or)\s\W?)$"
)
NAMED = re.compile(
    rf"(?m)(?:(?:\b(?i:option|choice|answer|situation|scenario):?\s|\bis\s(?=[A-Z](?:[.,:;]|$))|\("
    rf"|^\W{{0,4}}(?![A-Z]\.\s[a-z]))"
    rf"{OPEN}(?![{MARK}])|(?=[A-Z][.:)]{{1,2}}\s?[\"']?[{MARK}])){TOKEN}"
)
ANY_MARK = re.compile(f"(?P<token>[{MARK}])")
LOOSE = re.compile(rf"(?<![\w'.°-])[A-Z](?![\w'+-]|\.[A-Z]){NO_WORD}")


def _bare(token: str) -> str:
    position = ord(token) - FIRST_MARK
    return ascii_uppercase[position] if 0 <= position < len(ascii_uppercase) else token.upper()


def letter_of(reading: Reading, token: str) -> str | None:
    """The option letter that a token, a letter or an option's mark, stands for."""
    letter = _bare(token)
    return letter if letter in reading.letters and token.upper() not in reading.ambiguous else None


def letters_of(reading: Reading, matches: Iterable[re.Match[str]]) -> list[str]:
    return [letter for match in matches if (letter := letter_of(reading, match["token"]))]


def agreed(letters: Sequence[str]) -> str | None:
    return letters[0] if len(set(letters)) == 1 else None


def is_one_of_several(text: str, start: int, end: int) -> bool:
    """Whether the token at `start` to `end` stands beside another: “A and B”, “C or D”, “B. London or C. Rome”."""
    follows = _SEVERAL.match(text, end)
    if follows is not None:
        other = follows["next"] or follows["mark"] or follows["labelled"]
        return _bare(other) != _bare(text[start:end])
    return _BEFORE.search(text, max(0, start - 12), start) is not None
