"""Sentences that say outright which option is the answer: “the answer is B”, “Answer: B”, “I would choose B”."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from evaluation.stages.extract.lists import is_listed
from evaluation.stages.extract.sentences import (
    ADVERBS,
    CONCLUDES,
    DENIAL,
    NOUN_PHRASE,
    OF_THE_QUESTION,
    OTHER_BRACKETS,
    SENTENCE_END,
    SUBORDINATE,
    Statement,
    must_choose,
    sentence_start,
)
from evaluation.stages.extract.spelling import MARK
from evaluation.stages.extract.tokens import CLOSE, LABEL, OPEN, TOKEN, Reading, is_one_of_several, letter_of

_NOT_BUT = r"(?i:not\s\(?[a-z\ue000-\ue019]\)?,?\s(?:but|rather)\s|indicated by\s|to (?:choose|select|pick|go with)\s)?"
_CHOSEN = re.compile(
    rf"(?m)[\s:]{{0,3}}[-–—]?\s{{0,3}}{ADVERBS}{_NOT_BUT}{OPEN}(?:(?i:an?|the|your|to|in|on|at)\s(?=[\"']?[{MARK}])"
    rf"|(?i:in)\s(?=(?i:option|choice)\s))?"
    rf"{LABEL}(?:,\s)?{OPEN}{TOKEN}"
)
_EITHER = re.compile(r"(?i)[\s:]{0,3}\**(?:either|both|a (?:combination|mix|mixture|blend) of)\b(?!\s?\")")
# “is the Milky Way (option B)”: the letter in brackets after words of its own.
_IN_BRACKETS = re.compile(
    rf"\s{NOUN_PHRASE}(?:(?<=[\s\"'])[(\[](?i:option|choice|answer)?:?\s?(?P<token>[A-Z])[)\]]"
    rf"|,\s(?i:option|choice)\s(?P<named>[A-Z])\b)"
)
_BROKEN = re.compile(r"(?i)\b(?:which|that|while|and|because|as|who|but)\b|,(?!.*,)|.{80}", re.S)
_BRACKET_SUBJECT = re.compile(r"(?i)(?:answer|solution|(?:the|your|our|my) \w.*)$")

_SUBJECT = re.compile(
    r"\b(?i:answers?|(?:option|choice)(?!\s?\(?[A-Z]\b)s?|solution|conclusion|statement(?!\s?\(?[A-Z1-9]\b)"
    r"|(?:the|my|your|our|single|only|and)\s(?:correct|best|closest|right|(?:mo|lea)st \w+))\b"
)
_COPULA = re.compile(
    r"(?i)\s(?:is|are|be|was|being|remains|lies in)\b(?!\s?(?:not|n't)\b(?!\s\(?\w\)?,?\s(?:but|rather)))|'s\b"
    r"|\s(?:appears|seems) to be\b|\sbecomes\b"
)
_COLON = re.compile(
    r"\b(?i:answer|solution|conclusion|verdict|(?:correct|best|right|final|chosen|selected) (?:option|choice"
    r"|letter|one))\b"
    r"(?P<gap>(?!\s(?:the|this|that|your|these|each)\b)[^.!?:\n]{0,60}?)(?<!\s[A-Z])(?:\s?(?:[:=]|->|→|⇒"
    r"|\s[-–—])\s{0,3}|(?<=[Aa]nswer)\n\s?)"
)
_CHOICE = re.compile(
    r"\b(?i:(?:I|we|you should|you would|you must)(?:'d|'ll| would| will| must| should| have to| am| are)?"
    r"(?:\s(?:have|had|to|be|also|personally|therefore|thus|still|then|ultimately|confidently|most likely|rather"
    r"|like)){0,3}"
    r"\s(?:choose|chose|chosen|choosing|select|selected|pick|picked|recommend|suggest|say|go(?:ing)? with"
    r"|went with|opt for"
    r"|settle on|vote for|lean(?:ing)? (?:towards?|to)|answer(?: with)?|conclude(?: with)?)(?: that)?"
    r"|(?:let's|let us) (?:choose|pick|select|go with)|I(?:'m| am) (?:choosing|going with|picking)"
    r"|my (?:choice|pick|vote|selection) (?:is|would be|goes to)|the one to (?:choose|pick) is|in favou?r of"
    r"|(?:this|that|which) (?:leaves|leads) (?:us|me|only)(?: only)?(?: with| to)?|left with(?: only)?)\b"
)
_IT_IS = re.compile(
    r"\b(?i:(?:so|no|wait|actually|thus|hence|therefore|think|believe|means|guess|say"
    r"|suppose)\b\W{0,3}(?:that )?(?:it|this|that)"
    r"(?: is|'s| (?:must|should|has to) be)|(?:it|this) (?:must|has to) be)\b|(?:^|\n)\W{0,3}(?i:it(?:'s| is))\b"
    r"|(?i:\bnot|n't)\b[^.;,\n]{0,60}[;,]\s(?:but\s)?it(?:'s| is)\b"
    r"|(?:^|[.!?]\s|\n)(?i:so|hence|thus|therefore)\b[,:]?(?=\s\W{0,4}(?:[B-HJ-Z]\b|[AI](?:[.):]|\s*$)))"
)

_ANOTHER = re.compile(
    r"(?i)\b(?:other|another|possible|potential|alternative|wrong|incorrect|second|next)\s\W?$"
)
_ARE = re.compile(r"\b(?:are|were|would be|could be)\b")
_PLURAL = re.compile(r"(?i)\b(?:options|choices)\b")
_LAST_SUBJECT = re.compile(r"\b(?:answer|option|choice)\b(?=\s?[a-z,]|$)")
_NOT = re.compile(r"(?i)\b(?:not|n't|never)\s*$")
_CONDITION = re.compile(
    r"(?i)(?:.*[,;]\s|.*\b(?:but|and|so)\s)?\W*(?:but |and |so )?(?:even )?(?:if|had|were|whether)\b", re.S
)
_WOULD = re.compile(
    r"(?i)^\W*(?:but |and |so |however, )?(?:(?:even )?if\b.*\b(?:were|had|was|did|considered|wanted|asked)\b"
    r"|had\b|were\b)"
    r".*\b(?:would|could)\b",
    re.S,
)
_CLOSED = re.compile(r"[\"')\]]{0,2}(?:[.!;:(]|\s[(–—-]|\s?\n|\s?$|,?\s(?i:because|since|as)\b)")
_NEW_SUBJECT = re.compile(r"[;,]\s(?:but\s)?(?:it|this|that)$")
_LETTER_BEFORE = re.compile(r"[A-Z]\W{1,3}$")
_AFTER_DENIAL = re.compile(
    rf"{CLOSE}[.:)]?\s?[\"']?[{MARK}]?[\"')]{{0,2}},?\s(?i:is|was|are|seems|can|could|does|did)(?:n't|\s(?i:not"
    rf"|also|incorrect|wrong|unlikely))\b"
)


@dataclass(frozen=True, slots=True)
class _Named:
    """An option named after a head. No statement where it is denied: “the answer is not B”."""

    end: int
    statement: Statement | None = None


def statements(reading: Reading) -> list[Statement]:
    """All statements of a response, in the order of the text."""
    return list(_statements(reading))


def _statements(reading: Reading) -> Iterator[Statement]:
    text, consumed = reading.plain, 0
    heads = [
        *((match, "subject") for match in _SUBJECT.finditer(text)),
        *((match, "colon") for match in _COLON.finditer(text)),
        *((match, "choice") for match in _CHOICE.finditer(text)),
        *((match, "choice") for match in _IT_IS.finditer(text)),
    ]
    for head, kind in sorted(heads, key=lambda pair: pair[0].start()):
        if head.start() < consumed:
            continue
        named = (
            _of_subject(reading, head) if kind == "subject" else _named_at(reading, head, head.end(), kind)
        )
        if named is not None:
            consumed = named.end
            if named.statement is not None:
                yield named.statement


def _of_subject(reading: Reading, head: re.Match[str]) -> _Named | None:
    """What “the best answer … is …” names, whose verb may come up to 200 characters later."""
    text, limit = reading.plain, head.end() + 200
    end = SENTENCE_END.search(text, head.end(), limit)
    stop = limit if end is None else end.start() + 1
    for copula in _COPULA.finditer(text, head.end(), stop):
        if _NEW_SUBJECT.search(text, head.end(), copula.start()):
            break  # “the answer isn't A, it's C”
        named = _named_at(reading, head, copula.end(), "subject", text[head.end() : copula.start()])
        if named is not None:
            return named
    return None


def _named_at(
    reading: Reading, head: re.Match[str], position: int, kind: str, gap: str = ""
) -> _Named | None:
    """What a head such as “the answer is”, “Answer:” or “I choose” names at a position; None where it is no option.

    `gap` are the words between a subject and its verb.
    """
    text = reading.plain
    gap = head["gap"] if kind == "colon" else gap
    several = _EITHER.match(text, position)
    match, group = _CHOSEN.match(text, several.end() if several else position), "token"
    if match is None and kind == "subject" and _BRACKET_SUBJECT.match(head[0]) and not _BROKEN.search(gap):
        match = _bracketed(text, position)
        group = "named" if match is not None and match["token"] is None else "token"
    if match is None:
        return None
    start, end = match.span(group)
    letter = letter_of(reading, match[group])
    if letter is None and "\n" in text[head.start() : start]:
        return None
    first = sentence_start(text, head.start())
    if _is_denied(text, kind, gap, text[first : head.start()], text[first:end], end):
        return _Named(end)
    if kind == "choice" and _PLURAL.search(text[head.end() : start]):
        return _Named(end)  # “we are left with options A and B”
    is_plural = head[0].lower().endswith(("answers", "options", "choices")) and _ARE.search(
        text, head.end(), start
    )
    if several or is_plural or is_one_of_several(text, start, end):
        letter = None
    elif is_listed(reading, start):
        if letter == "A":
            return _Named(end)  # a list from A on repeats the options; another one chooses several
        letter = None
    statement = Statement(
        head.start(),
        end,
        letter,
        concludes=bool(CONCLUDES.search(text[first:end])),
        is_last=text.rfind("\n") < end,
        is_loose=_is_loose(text, start, end),
    )
    return _Named(end, statement)


def _is_denied(text: str, kind: str, gap: str, lead: str, sentence: str, end: int) -> bool:
    """Whether a statement is denied, bound to a condition, or about another answer than the one asked for."""
    gap = OF_THE_QUESTION.sub("", _LAST_SUBJECT.split(gap)[-1])
    is_conditional = not must_choose(lead) and (
        _WOULD.match(sentence) or (kind == "choice" and _CONDITION.match(lead))
    )
    return bool(
        DENIAL.search(gap)
        or is_conditional
        or _ANOTHER.search(lead[-30:])
        or (kind == "colon" and _PLURAL.search(gap))
        or (kind == "choice" and _NOT.search(lead))
        or _AFTER_DENIAL.match(text, end)
    )


def _is_loose(text: str, start: int, end: int) -> bool:
    """Whether an option's text stands there alone, without its letter, and the sentence goes on after it."""
    is_text = text[start] > "Z" and not text[start].isalpha()
    return (
        is_text and _CLOSED.match(text, end) is None and _LETTER_BEFORE.search(text, start - 4, start) is None
    )


def _bracketed(text: str, position: int) -> re.Match[str] | None:
    match = _IN_BRACKETS.match(text, position)
    if (
        match is None
        or OTHER_BRACKETS.match(text, match.end())
        or DENIAL.search(match["words"])
        or SUBORDINATE.search(match["words"])
    ):
        return None
    return match
