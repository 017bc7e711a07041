"""Answers in words: "Score: 4/5", "I rate it 4 out of 5", "[[B]]", "Response A is better", a line "yes"."""

import re
from collections.abc import Iterable, Iterator

from pydantic import JsonValue

from perg.rubrics.grammar import Grammar
from perg.rubrics.statements import Statement

NO_ANSWER = "\0"
"""What a range or a choice states: something that is no answer of any criterion."""
LONGEST_EXPLANATION = 1000

_NEGATED = re.compile(
    r"(?:\b(?:not|never|cannot|instead of|rather than|neither|nor)|n['’]t)\b[^.\n]{0,20}$", re.IGNORECASE
)
_MARKS = str.maketrans("", "", "*_`#$\\{}")
_SIDE = r"(?:response|assistant|answer|output|model|option|completion|summary|candidate|text|version|one)"


def in_words(text: str, grammar: Grammar) -> Iterator[Statement]:
    """The answers that the first matching kind of sentence states."""
    words = plain(text)
    explanation = " ".join(words.split())[:LONGEST_EXPLANATION]
    for pattern in _patterns(grammar):
        if values := list(_values(pattern, words, grammar)):
            yield from (Statement(value, explanation) for value in values)
            return
    if grammar.alone:
        yield from (Statement(value, explanation) for value in _lines(words, grammar))


def stated_values(text: str, grammar: Grammar) -> Iterable[JsonValue]:
    """The answers that are stated, and not spoken of: “score: 4”, and not “a score of 5 would need …”."""
    return _values(_stated(grammar), text, grammar)


def plain(text: str) -> str:
    """The text without the marks of Markdown and LaTeX."""
    return text.replace("\\boxed", " ").translate(_MARKS)


def _stated(grammar: Grammar) -> str:
    others = "|verdict|final|overall" if grammar.alone else ""
    return (
        rf"\b(?:{grammar.name}{others})\b\s{{0,3}}{grammar.range}(?:[:=]|is\b)\s{{0,3}}{_lead_in(grammar)}"
        rf"\(?\[{{0,2}}{grammar.value}"
    )


def _lead_in(grammar: Grammar) -> str:
    """What may stand between a name and a word: "the winner is Response A"."""
    return rf"(?:the\s+)?(?:{_SIDE}\s+)?" if grammar.criterion.kind == "pairwise" else ""


def _patterns(grammar: Grammar) -> Iterator[str]:
    """Kinds of sentences, the surest first."""
    if grammar.alone and grammar.has_labels:
        yield rf"\[\[\s?(?:{_SIDE}\s)?{grammar.value}\s?\]\]"
    yield _stated(grammar)
    if grammar.alone and grammar.criterion.kind == "pairwise":
        yield from _preferences(grammar)
    if grammar.is_number:
        yield from _numbers(grammar)


def _numbers(grammar: Grammar) -> Iterator[str]:
    name = grammar.name + ("|verdict" if grammar.alone else "")
    number = rf"(?P<value>{grammar.number_pattern})\b(?![.,]\d)"
    out_of = r"(?:\s{0,3}(?:/|out\s+of|of)\s{0,3}(?P<of>\d{1,6}(?:\.0)?)\b)?"
    between = r"(?:is|was|of|would be|should be|:|=|-|–|—|→)*\s{0,3}(?:is|an?|:)?\s{0,3}\(?\[?"
    yield rf"\b(?:{name})\b\s{{0,3}}{grammar.range}{between}{number}{out_of}"
    if grammar.alone:
        yield rf"(?<![\d./]){number}\s{{0,3}}(?:/|out\s+of)\s{{0,3}}(?P<of>\d{{1,6}})\b(?!/)"
        yield (
            r"\b(?:give|gives|rate|rates|rated|score|scored|assign|award|deserves?|merits?|earns?)\b"
            rf"[^.\n\d]{{0,60}}?\b{number}{out_of}"
        )


def _preferences(grammar: Grammar) -> Iterator[str]:
    """Sentences that prefer one of two outputs, or neither."""
    side = rf"(?:the\s+)?(?:{_SIDE}\s+)?{grammar.value}(?:\s+{_SIDE})?"
    better = r"(?:better|superior|stronger|best|preferable|preferred|more\s\w+|the\swinner)"
    yield rf"{side}\s+(?:is|was|seems|appears)\s+(?:(?:clearly|slightly|much|significantly|overall|the)\s+)*{better}\b"
    yield rf"{side}\s+wins\b"
    yield rf"\b(?:prefer|choose|pick|select|favou?r|vote\sfor|go +with)\s+{side}"
    if "tie" in grammar.criterion.codes:
        yield r"\b(?P<value>tie|draw|equal)(?:ly\s+\w+)?(?P<of>(?!))?\b"


def _lines(text: str, grammar: Grammar) -> Iterator[JsonValue]:
    """The first and the last line, where they are nothing but an answer, or begin with one word that is."""
    ends = " []()" if grammar.criterion.kind == "numeric" else " .[]()"
    lines = [
        line.strip(ends).rstrip("." if grammar.is_number else ".! ")
        for line in text.splitlines()
        if line.strip()
    ]
    values = [
        line
        for line in dict.fromkeys(lines[:1] + lines[-1:])
        if re.fullmatch(grammar.value, line, re.IGNORECASE) or _is_list(line, grammar)
    ]
    if values or not lines:
        return iter(values)
    if grammar.is_number:
        return (line for line in dict.fromkeys(lines[:1] + lines[-1:]) if grammar.is_level_with_label(line))
    beginning = re.match(rf"{grammar.value}\s{{0,2}}(?:[,.:;—–-]|$)", lines[0], re.IGNORECASE)
    return iter([] if beginning is None else [beginning["value"]])


def _is_list(line: str, grammar: Grammar) -> bool:
    return grammar.criterion.kind == "multilabel" and grammar.answer(line) is not None


def _values(pattern: str, text: str, grammar: Grammar) -> Iterable[JsonValue]:
    """The values that a pattern finds; `NO_ANSWER` for a range or a choice."""
    another = re.compile(
        rf"\s{{0,3}}(?:-|–|—|to|or|and)\s{{0,3}}(?:{grammar.number_pattern}|{grammar.label})", re.IGNORECASE
    )
    for match in re.finditer(pattern, text, re.IGNORECASE):
        start = match.start("value")
        if _NEGATED.search(text[max(match.start() - 40, 0) : start]):
            continue
        is_signed = text[start - 1 : start] in ("-", "−")
        if is_signed or another.match(text, match.end()):
            yield NO_ANSWER
            continue
        answer = grammar.number_or_label(match["value"], match["of"])
        stated = f"{match['value']}/{match['of']}" if match["of"] else match["value"]
        yield NO_ANSWER if answer is None else stated
