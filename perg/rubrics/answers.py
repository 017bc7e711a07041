"""Answers as files write them → codes, numbers and texts: one representation for all kinds of criteria."""

import re
from collections.abc import Iterable, Mapping

from perg.formats.tables.summary import number_in
from perg.rubrics.criterion import (
    BOTH_BAD,
    CANNOT_TELL,
    FIRST,
    NO,
    SECOND,
    TIE,
    YES,
    Criterion,
)

NO_LABELS = frozenset({"none", "none of these", "[]"})
"""Words for an answer without any of the labels."""

Answer = int | float | str
"""A code (`binary`, `ordinal`, `nominal`, `multilabel`, `pairwise`), a number, or a text."""

_SPACES = re.compile(r"[\s_-]+")
_SEPARATOR = re.compile(r"\s*[|;,]\s*")


def _words(meanings: Mapping[str, str]) -> dict[str, str]:
    """Word → key, from key → words between commas."""
    return {word.strip(): key for key, words in meanings.items() for word in words.split(",")}


_BINARY = _words(
    {
        YES: "yes, y, true, t, 1, pass, passed, correct, right, good, safe, ok, present, ja, oui, si, sí",
        NO: "no, n, false, f, 0, fail, failed, incorrect, wrong, bad, unsafe, absent, nein, non",
        CANNOT_TELL: "cannot tell, can't tell, unclear, unsure, unknown, ?",
    }
)
_PAIRWISE = _words(
    {
        FIRST: "first, 1, a, left, model a, response a, output a, answer a, assistant a, a>b, a > b, a wins",
        SECOND: "second, 2, b, right, model b, response b, output b, answer b, assistant b, b>a, b > a, b wins",
        TIE: "tie, both, equal, same, draw, neither, no preference, a=b, a = b, b=a, 0, c",
        BOTH_BAD: "both bad, bothbad, both are bad, tie (bothbad), tie (both bad)",
    }
)
_SWAPPED = {FIRST: SECOND, SECOND: FIRST}


class NoSuchAnswer(ValueError):
    """The criterion has no such answer; completes "… is not"."""


def answer_of(criterion: Criterion, value: object, *, swapped: bool = False) -> Answer:
    """The answer that a cell or a field of JSON means.

    `swapped`: the two outputs were shown in the other order, which is undone here.

    Raises:
        NoSuchAnswer: none that the criterion has.
    """
    if criterion.kind == "text":
        return str(value)
    if criterion.kind == "numeric":
        return _number(criterion, value)
    if criterion.kind == "multilabel":
        return _labels(criterion, value)
    key = option_key(criterion, value)
    return criterion.codes[_SWAPPED.get(key, key) if swapped and criterion.kind == "pairwise" else key]


def option_key(criterion: Criterion, value: object) -> str:
    """The key of the option that a value means: its key, label, level number, or a usual word for it.

    Raises NoSuchAnswer.
    """
    text = _plain(value)
    by_name = {
        _plain(name): option.key
        for option in criterion.choices
        for name in (option.label, option.key)
        if name
    }
    if text in by_name:
        return by_name[text]
    usual = {"binary": _BINARY, "pairwise": _PAIRWISE}.get(criterion.kind, {})
    key = usual.get(text)
    if key in criterion.codes:
        return str(key)
    raise NoSuchAnswer(f"one of {', '.join(option.key for option in criterion.choices)}")


def usual_words(criterion: Criterion) -> list[str]:
    """The words that mean an option of a yes or no, or of a pair, whatever its labels are."""
    usual = {"binary": _BINARY, "pairwise": _PAIRWISE}.get(criterion.kind, {})
    return [word for word, key in usual.items() if key in criterion.codes]


def option_keys(criterion: Criterion, answer: float) -> list[str]:
    """The keys of the options in an answer of a criterion with options: one, or those of several labels."""
    if criterion.kind == "multilabel":
        return [key for key, code in criterion.codes.items() if int(answer) >> code & 1]
    return [criterion.choices[int(answer)].key]


def label_names(value: object) -> list[str]:
    """The labels in a cell: of a list, or of a text that separates them by `|`, `;` or `,`."""
    if isinstance(value, list | tuple):
        return [str(entry).strip() for entry in value]
    return [name for name in _SEPARATOR.split(str(value).strip()) if name]


def _labels(criterion: Criterion, value: object) -> int:
    if isinstance(value, dict):
        names: Iterable[str] = [name for name, stated in value.items() if stated]
    else:
        names = label_names(value)
    codes = {_plain(name): code for name, code in criterion.codes.items()}
    answer = 0
    for name in names:
        if _plain(name) in NO_LABELS:
            continue
        if _plain(name) not in codes:
            raise NoSuchAnswer(f"one of {', '.join(criterion.codes)}")
        answer |= 1 << codes[_plain(name)]
    return answer


def _number(criterion: Criterion, value: object) -> float:
    number = number_in(value)
    if number is None:
        raise NoSuchAnswer("a number")
    if criterion.lowest is not None and number < criterion.lowest:
        raise NoSuchAnswer(f"at least {criterion.lowest:g}")
    if criterion.highest is not None and number > criterion.highest:
        raise NoSuchAnswer(f"at most {criterion.highest:g}")
    if criterion.step is not None:
        steps = (number - (criterion.lowest or 0)) / criterion.step
        if abs(steps - round(steps)) > 1e-6:
            raise NoSuchAnswer(f"a multiple of {criterion.step:g}")
    return number


def _plain(value: object) -> str:
    """A value as words are compared: truth values as yes and no, whole numbers without decimals, one case."""
    if isinstance(value, bool):
        return YES if value else NO
    number = number_in(value)
    if number is not None:
        return f"{number:g}"
    return _SPACES.sub(" ", str(value)).strip().lower()
