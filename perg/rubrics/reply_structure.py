"""Answers in JSON, in tags, and in what was meant as JSON and is none."""

import json
import re
from collections.abc import Iterator
from typing import Any

from perg.rubrics.grammar import Grammar
from perg.rubrics.reply_words import plain, stated_values
from perg.rubrics.statements import Statement

OBJECTS_AT_MOST = 50
DEEPEST = 20
EXPLANATIONS = frozenset({"explanation", "reason", "reasoning", "rationale", "critique", "justification"})
_NO_ANSWER = frozenset({"null", "none", "n/a"})
_INSIDE = re.compile(r"(?:score|rating|grade|answer|label|value)", re.IGNORECASE)
"""The name of the answer in an object that has the criterion's name."""


class _Pairs(list[tuple[str, Any]]):  # Any: JSON of any depth
    """A JSON object's names and values in order; a name may stand in it twice."""


def in_structure(text: str, grammar: Grammar) -> list[Statement]:
    """What JSON objects and tags state, and, where they do, what the words beside them state: "Score: 2"."""
    objects, rest = _in_json(text, grammar)
    statements = [*objects, *_in_tags(rest, grammar)]
    if statements:
        statements += [
            Statement(value) for value in stated_values(plain(_without_explanation(rest)), grammar)
        ]
    return statements


def _in_json(text: str, grammar: Grammar) -> tuple[list[Statement], str]:
    """The answer of every JSON object that has one, wherever it stands and however deep; and the text between them."""
    # Not strict: models write raw line breaks into texts.
    decoder = json.JSONDecoder(strict=False, object_pairs_hook=_Pairs)
    statements, between = list[Statement](), list[str]()
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
            statements += _statements_of(parsed, grammar, DEEPEST)
    return statements, "\n".join([*between, text[end:]])


def _statements_of(value: object, grammar: Grammar, levels: int) -> Iterator[Statement]:
    if levels == 0:
        return
    if isinstance(value, _Pairs):  # a list, too, so it comes first
        explanation = _explanation_in(value)
        for name, inner in value:
            if not re.fullmatch(grammar.name, name.strip(), re.IGNORECASE):
                yield from _statements_of(inner, grammar, levels - 1)
            elif not isinstance(inner, _Pairs):
                yield Statement(inner, explanation)
            else:
                yield from _inside(inner, grammar, levels)
    elif isinstance(value, list):
        for entry in value:
            yield from _statements_of(entry, grammar, levels - 1)


def _inside(value: _Pairs, grammar: Grammar, levels: int) -> Iterator[Statement]:
    """An object that has the criterion's name: {"clarity": {"score": 4}}, or {label: whether it applies}."""
    if grammar.criterion.kind == "multilabel" and all(isinstance(inner, bool) for _, inner in value):
        yield Statement(dict(value))
        return
    answers = [
        inner for name, inner in value if _INSIDE.fullmatch(name.strip()) and not isinstance(inner, _Pairs)
    ]
    if answers and not grammar.alone:
        yield from (Statement(answer, _explanation_in(value)) for answer in answers)
    else:
        yield from _statements_of(value, grammar, levels - 1)


def _explanation_in(value: _Pairs) -> str:
    return next(
        (text.strip() for name, text in value if isinstance(text, str) and name.lower() in EXPLANATIONS), ""
    )


def _in_tags(text: str, grammar: Grammar) -> Iterator[Statement]:
    explanation = next((inner.strip() for inner in _between(text, "explanation")), "")
    for name in grammar.tags:
        for inner in _between(text, name):
            stated = inner.strip()
            yield Statement(None if stated.lower() in _NO_ANSWER else stated, explanation)


def _without_explanation(text: str) -> str:
    """The text without what stands in explanation tags, which may quote a score of the response's."""
    for explanation in set(_between(text, "explanation")):
        text = text.replace(explanation, " ") if explanation.strip() else text
    return text


def _between(text: str, name: str) -> Iterator[str]:
    """What stands between `<name>` and the next `</name>`; found by searching forwards only, so in linear time."""
    lower, position = text.lower(), 0
    while (start := lower.find(f"<{name}>", position)) != -1:
        if (end := lower.find(f"</{name}>", start)) == -1:
            return
        yield text[start + len(name) + 2 : end]
        position = end


_QUOTE = "[\"'“”‘’]"
_LOOSE_VALUE = (
    rf"(?P<stated>null\b|none\b|{_QUOTE}[^\"'“”‘’\n]{{0,60}}{_QUOTE}|-?[\w.]{{1,20}}(?:\s?/\s?\d{{1,3}})?)"
)
_LOOSE_EXPLANATION = re.compile(
    r"[\"'“”‘’]?explanation[\"'“”‘’]?\s{0,20}:\s{0,20}[\"'“”](?P<text>[^\"“”]{0,4000})", re.IGNORECASE
)


def in_loose_json(text: str, grammar: Grammar) -> Iterator[Statement]:
    """The answers of what was meant as JSON and is none: comments, other quotation marks, a comma too many, no end."""
    if "{" not in text:
        return
    explanation = _LOOSE_EXPLANATION.search(text)
    explained = explanation["text"].strip() if explanation else ""
    name = rf"(?:{grammar.loose_name})"
    patterns = (
        rf"{_QUOTE}?\b{name}\b{_QUOTE}{{1,2}}\s{{0,20}}[:=]\s{{0,20}}{_LOOSE_VALUE}",
        rf"[{{,]\s{{0,20}}{name}\s{{0,20}}[:=]\s{{0,20}}{_LOOSE_VALUE}",
    )
    for pattern in patterns:
        for match in re.finditer(pattern, text, re.IGNORECASE):
            value = match["stated"].strip("\"'“”‘’ ")
            yield Statement(None if value.lower() in ("null", "none") else value, explained)
