"""A judge's reply as a verdict: the one score that it states, or the reason for having none.

Judges do not keep to the form that they are asked for. A reply is read as JSON and tags, then as something like JSON,
then as words, and the first that states a score decides. A reply that states two different scores has none: it is not
for us to choose.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pydantic import JsonValue

UNREADABLE = "the judge's reply is unreadable"
AMBIGUOUS = "the judge's reply states more than one score"
CUT_OFF = "the judge's reply ended at the limit of tokens"
ABSTAINED = "the judge abstained"

LOWEST, HIGHEST = 1, 5
LONGEST_REPLY = 40_000
"""Characters that are read of a reply, half of them from its end."""
OBJECTS_AT_MOST = 50
DEEPEST = 20

NAME = re.compile(
    r"(?:(?:final|overall|revised|corrected|updated|new)[ _-]?)?(?:score|rating|grade)", re.IGNORECASE
)
WORDS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5}


@dataclass(frozen=True, slots=True)
class Verdict:
    """A score from 1 to 5, or none with the reason."""

    score: int | None
    explanation: str
    unscored_reason: str = ""


@dataclass(frozen=True, slots=True)
class _Statement:
    """What one part of a reply states: a value that may be no score, None for a judge that gives none."""

    value: JsonValue
    explanation: str = ""


def read_verdict(reply: str, *, cut_off: bool = False) -> Verdict:
    """The verdict in a judge's reply; `cut_off`: the reply ended at the limit of tokens."""
    text = _shortened(reply)
    for read in (_in_structure, _in_loose_json, _in_words):
        if statements := list(read(text)):
            return _verdict(statements)
    return Verdict(None, "", CUT_OFF if cut_off else UNREADABLE)


def _shortened(reply: str) -> str:
    half = LONGEST_REPLY // 2
    return reply if len(reply) <= LONGEST_REPLY else f"{reply[:half]}\n{reply[-half:]}"


def _verdict(statements: list[_Statement]) -> Verdict:
    explanation = next((statement.explanation for statement in statements if statement.explanation), "")
    scores = {None if statement.value is None else _score(statement.value) or 0 for statement in statements}
    if len(scores) > 1:
        return Verdict(None, explanation, AMBIGUOUS)
    (score,) = scores
    if score is None:
        return Verdict(None, explanation, ABSTAINED)
    return Verdict(score, explanation) if score else Verdict(None, explanation, UNREADABLE)


def _score(value: JsonValue) -> int | None:
    """A whole number on the scale, also as a float or a text such as "4", "4.0", "4/5" or "four"; None otherwise."""
    if isinstance(value, str):
        stated = _ONLY_SCORE.fullmatch(value.strip().lower())
        return None if stated is None else _number(stated["number"], stated["of"])
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if value in range(LOWEST, HIGHEST + 1) else None


def _number(digits: str, out_of: str | None) -> int | None:
    """A whole number on the scale; None where it is out of another number than the scale's highest."""
    if out_of is not None and float(out_of) != HIGHEST:
        return None
    value = WORDS.get(digits.lower()) or float(digits)
    return int(value) if value in range(LOWEST, HIGHEST + 1) else None


# JSON and tags


def _in_structure(text: str) -> list[_Statement]:
    """What JSON objects and tags state, and, where they do, what the words beside them state: "Score: 2"."""
    objects, rest = _in_json(text)
    statements = [*objects, *_in_tags(rest)]
    if statements:
        statements += [_Statement(value) for value in _values(_STATED, _plain(_without_explanation(rest)))]
    return statements


def _in_json(text: str) -> tuple[list[_Statement], str]:
    """The score of every JSON object that has one, wherever it stands and however deep; and the text between them."""
    decoder = json.JSONDecoder(
        strict=False, object_pairs_hook=_Pairs
    )  # models write raw line breaks into texts
    statements, between = list[_Statement](), list[str]()
    end = 0
    for _ in range(OBJECTS_AT_MOST):
        if (start := text.find("{", end)) == -1:
            break
        between.append(text[end:start])
        try:
            parsed, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            end = start + 1
        else:
            statements += _statements_of(parsed, DEEPEST)
    return statements, "\n".join([*between, text[end:]])


class _Pairs(list[tuple[str, JsonValue]]):
    """A JSON object's names and values in order; a name may stand in it twice."""


def _statements_of(value: object, levels: int) -> Iterator[_Statement]:
    if levels == 0:
        return
    if isinstance(value, _Pairs):
        explanations = [
            part.strip()
            for name, part in value
            if isinstance(part, str) and name.lower() in ("explanation", "reason", "reasoning", "rationale")
        ]
        for name, part in value:
            if NAME.fullmatch(name.strip()) and not isinstance(part, _Pairs):
                yield _Statement(part, explanations[0] if explanations else "")
            else:
                yield from _statements_of(part, levels - 1)
    elif isinstance(value, list):
        for part in value:
            yield from _statements_of(part, levels - 1)


def _in_tags(text: str) -> Iterator[_Statement]:
    explanation = _between(text, "explanation")
    for name in ("score", "rating"):
        for inner in _all_between(text, name):
            stated = inner.strip()
            yield _Statement(None if stated.lower() in ("null", "none", "n/a") else stated, explanation)


def _without_explanation(text: str) -> str:
    """The text without what stands in explanation tags, which may quote a score of the response's."""
    for explanation in set(_all_between(text, "explanation")):
        text = text.replace(explanation, " ") if explanation.strip() else text
    return text


def _between(text: str, name: str) -> str:
    return next((inner.strip() for inner in _all_between(text, name)), "")


def _all_between(text: str, name: str) -> Iterator[str]:
    """What stands between `<name>` and the next `</name>`; found by searching forwards only, so in linear time."""
    lower, position = text.lower(), 0
    while (start := lower.find(f"<{name}>", position)) != -1:
        if (end := lower.find(f"</{name}>", start)) == -1:
            return
        yield text[start + len(name) + 2 : end]
        position = end


# Something like JSON

_LOOSE_NAME = re.compile(
    r"[\"'“”‘’]?\b(?:final[ _]|overall[ _])?(?:score|rating|grade)\b[\"'“”‘’]{1,2}\s{0,20}[:=]\s{0,20}"
    r"(?P<value>null\b|none\b|[\"'“”‘’][^\"'“”‘’\n]{0,20}[\"'“”‘’]|-?[\w.]{1,20}(?:\s?/\s?\d{1,3})?)",
    re.IGNORECASE,
)
_BARE_NAME = re.compile(
    r"[{,]\s{0,20}(?:final_|overall_)?(?:score|rating|grade)\s{0,20}[:=]\s{0,20}"
    r"(?P<value>null\b|none\b|[\"'“”‘’][^\"'“”‘’\n]{0,20}[\"'“”‘’]|-?[\w.]{1,20}(?:\s?/\s?\d{1,3})?)",
    re.IGNORECASE,
)
_LOOSE_EXPLANATION = re.compile(
    r"[\"'“”‘’]?explanation[\"'“”‘’]?\s{0,20}:\s{0,20}[\"'“”](?P<text>[^\"“”]{0,4000})", re.IGNORECASE
)


def _in_loose_json(text: str) -> Iterator[_Statement]:
    """The scores of what was meant as JSON and is none: comments, other quotation marks, a comma too many, no end."""
    if "{" not in text:
        return
    explanation = _LOOSE_EXPLANATION.search(text)
    explained = explanation["text"].strip() if explanation else ""
    for match in (*_LOOSE_NAME.finditer(text), *_BARE_NAME.finditer(text)):
        value = match["value"].strip("\"'“”‘’ ")
        yield _Statement(None if value.lower() in ("null", "none") else value, explained)


# Words

_VALUE = r"(?P<number>\d{1,3}(?:\.\d{1,3})?|one|two|three|four|five)\b(?![.,]\d)"
_OUT_OF = r"(?:\s{0,3}(?:/|out\s+of|of)\s{0,3}(?P<of>\d{1,3}(?:\.0)?)\b)?"
_ONLY_SCORE = re.compile(rf"{_VALUE}{_OUT_OF}", re.IGNORECASE)
_ANOTHER = re.compile(
    r"\s{0,3}(?:-|–|—|to|or|and)\s{0,3}(?:\d|one\b|two\b|three\b|four\b|five\b)", re.IGNORECASE
)
"""After a number: it is the start of a range or of a choice, and no score."""
_STATED = re.compile(
    r"\b(?:score|rating|grade|verdict|final|overall)\b\s{0,3}(?:\(\s?1\s?(?:-|–|to)\s?5\s?\)\s{0,3})?"
    rf"(?:[:=]|is\b)\s{{0,3}}\(?\[{{0,2}}{_VALUE}{_OUT_OF}",
    re.IGNORECASE,
)
"""A score that is stated, and not one that is spoken of: “score: 4”, and not “a score of 5 would need …”."""
_LABELLED = re.compile(
    r"\b(?:score|rating|grade|verdict)\b\s{0,3}(?:\(\s?1\s?(?:-|–|to)\s?5\s?\)\s{0,3})?"
    r"(?:is|was|of|would be|should be|:|=|-|–|—|→)*\s{0,3}(?:is|an?|:)?\s{0,3}\(?\[?" + _VALUE + _OUT_OF,
    re.IGNORECASE,
)
_GIVEN = re.compile(
    r"\b(?:give|gives|rate|rates|rated|score|scored|assign|award|deserves?|merits?|earns?)\b"
    r"[^.\n\d]{0,60}?\b" + _VALUE + _OUT_OF,
    re.IGNORECASE,
)
_FRACTION = re.compile(
    rf"(?<![\d./]){_VALUE}\s{{0,3}}(?:/|out\s+of)\s{{0,3}}(?P<of>\d{{1,3}})\b(?!/)", re.IGNORECASE
)
_NEGATED = re.compile(
    r"(?:\b(?:not|never|cannot|instead of|rather than)|n['’]t)\b[^.\n]{0,20}$", re.IGNORECASE
)
_MARKS = str.maketrans("", "", "*_`#$\\{}")


def _in_words(text: str) -> Iterator[_Statement]:
    """Scores stated in words: "Score: 4/5", "I rate it 4 out of 5", a line that is nothing but "4"."""
    plain = _plain(text)
    explanation = " ".join(plain.split())[:1000]
    for pattern in (_STATED, _LABELLED, _FRACTION, _GIVEN):
        values = list(_values(pattern, plain))
        if values:
            yield from (_Statement(value, explanation) for value in values)
            return
    lines = [line.strip(" .[]()") for line in plain.splitlines() if line.strip()]
    for line in dict.fromkeys(lines[:1] + lines[-1:]):
        if _ONLY_SCORE.fullmatch(line):
            yield _Statement(line, explanation)


def _plain(text: str) -> str:
    """The text without the marks of Markdown and LaTeX."""
    return text.replace("\\boxed", " ").translate(_MARKS)


def _values(pattern: re.Pattern[str], text: str) -> Iterable[JsonValue]:
    """The scores that a pattern finds; "?" for a range or a choice, which is no score."""
    for match in pattern.finditer(text):
        if _NEGATED.search(text[max(match.start() - 40, 0) : match.start("number")]):
            continue
        signed = text[match.start("number") - 1] in "-−"
        if signed or _ANOTHER.match(text, match.end()):
            yield "?"
        else:
            number = _number(match["number"], match["of"])
            yield "?" if number is None else number
