"""Answers that name several options in one breath: “C or D”, “the best answers are: B. London, C. Rome”.

The study's own extractor records the first of them, and so do these rules, after all firmer ones. Where the response
then calls one of them better (“… however, D is more complete”), it is that one. All options together are no answer.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from evaluation.stages.extract.sentences import sentence_start
from evaluation.stages.extract.spelling import MARK
from evaluation.stages.extract.tokens import Reading, letter_of


@dataclass(frozen=True, slots=True)
class _Group:
    """Options in a row, such as “B, C and D”."""

    start: int
    end: int
    letters: tuple[str, ...]
    has_label: bool
    """Whether letters name them, not their texts alone."""
    is_list: bool
    """Whether they stand on lines of their own."""


_MOST = 3
"""More options than that in one breath prefer none."""

_KIND = r"(?:(?i:either|both|options?|choices?)\s){0,2}[(\"']{0,2}"
_ENTRY = (
    rf"(?<![\w.'°-]){_KIND}"
    rf"(?:(?P<letter>[A-Z])(?![\w'+#&=^-]|\.[A-Z])(?P<stop>[.):]{{0,2}})(?:\s?[-–:]?\s?[\"'(]{{0,2}}[{MARK}])?"
    rf"|(?P<mark>[{MARK}])(?:\s\((?i:option )?[A-Z]\))?)[\"')]{{0,3}}(?:\s\([^()\n]{{1,160}}\))?"
)
_GAP = (
    r"(?:(?:,?\s(?i:and/or|and|or|as well as)\s|,\s|\s?/\s?)(?:(?i:either|or)\s)?"
    r"|[.,;]?(?:\s(?i:and|or))?\s{0,2}\n\s{0,3}[-*•]?\s{0,2}(?:(?i:and|or)\s)?)"
)
# “B. get in shape” is an option in words of the response's own.
_WORDS = rf"\s[^\n.,;:!?(){MARK}]{{1,40}}?(?=,?\s(?:and|or)\s|,\s|\n|\.?$)"
_ITEM, _AND, _OWN_WORDS = re.compile(_ENTRY), re.compile(_GAP), re.compile(_WORDS)
_FIRST = re.compile(rf"{_ENTRY}(?=(?:{_WORDS})?{_GAP}{_KIND}[A-Z{MARK}](?!\w))")
_HEAD = re.compile(
    r"(?i)\b(?:answers?|fit|solution|statement|(?:best|correct|right|suitable|appropriate|likely|relevant|accurate"
    r"|plausible|valid|viable|closest|reasonable|logical|good|strongest|helpful)\s(?:\w+\s)?(?:options?|choices?|ones?"
    r"|places?|possibilit\w+)|options?\sthat\s(?:best|most|would)|hop(?:ing|ed) to(?: achieve)?)\b"
    r"(?:[^.!?\n]{0,160}?\b(?:is|are|be|being|includes?|either|as)|[^!?\n]{0,200}?:)\s{0,3}"
    r"(?:(?:either|both|likely|probably|(?:a|the) combination of|one of|options?|choices?)\s){0,3}[^\w\s]{0,4}\s{0,2}\Z"
)
_UNSURE = re.compile(
    r"(?i)\b(?:if|other|another|possible|possibilities|also|depends?|depending|between|eliminat\w+|compare|remaining|least"
    r"|less|not|neither|nor|cannot|incorrect|wrong|except|could be|might be|may be|like|such as)\b|n't\b"
)
_QUALITY = (
    r"likely|appropriate|accurate|suitable|plausible|correct|relevant|fitting|reasonable|logical|common"
)
_PRAISED = re.compile(
    r"\s(?i:(?:would be|are|is|seem to be|appear to be)\s(?:both |all |also |therefore )?(?:(?:the|our)\s)?"
    rf"(?:(?:most|more) (?:{_QUALITY})(?! than)|best|correct|right|good (?:answers?|options?|choices?)"
    r"|both (?:right|correct))\b(?! (?:to some|in (?:some|certain)))"
    rf"|(?:could|might|may) be the (?:best|most (?:{_QUALITY}))\b|both (?:correctly )?answer the question\b)"
)
_CUT_ENTRY = re.compile(r"[\s.,]{0,4}(?:[A-Z][.):]?\s{0,2})?")
_REJECTED = re.compile(r"(?i)[^.!?\n]{0,30}?(?:\b(?:not|incorrect|wrong|less|unlikely|neither)\b|n't\b)")
_NOT = re.compile(r"(?i)\b(?:not|less|never)\b|n't\b")
_BETTER = re.compile(
    rf"(?i:\b(?:however|but|although|though|of these|of the two)\b)[^.!?\n]{{0,80}}?"
    rf"(?:\b(?i:option|choice)\s\(?(?P<letter>[A-Z])\b\)?|\((?P<bracketed>[A-Z])\)|(?P<mark>[{MARK}]))[^.!?\n]{{0,60}}?"
    r"\s(?i:is|would be|seems)\s(?i:slightly |a |the |also |even )?(?i:more|better|best|most|closer)\b"
)


def first_of_several(reading: Reading) -> str | None:
    """The first option of the last answer that names several, or the one of them that is called better later on."""
    answer = None
    for group in _groups(reading):
        if _is_answer(reading, group):
            answer = group
            if _is_opening(reading, group):
                break
    return None if answer is None else _preferred(reading, answer)


def _groups(reading: Reading) -> Iterator[_Group]:
    text, position = reading.whole, 0
    item = _FIRST.search(text)
    while item is not None:
        letters: list[str] = []
        start, end, has_label, is_list = item.start(), item.end(), item["letter"] is not None, False
        following: re.Match[str] | None = item
        while following is not None:
            letter = letter_of(reading, following["letter"] or following["mark"])
            if letter is None:
                break
            letters.append(letter)
            end = following.end()
            words = (
                _OWN_WORDS.match(text, end)
                if following["stop"] and text[end - 1] == following["stop"][-1]
                else None
            )
            gap = _AND.match(text, words.end() if words else end)
            is_list = is_list or (gap is not None and "\n" in gap[0])
            end = words.end() if words else end
            following = _ITEM.match(text, gap.end()) if gap else None
        if 1 < len(set(letters)) <= min(_MOST, len(reading.letters) - 1):
            yield _Group(start, end, tuple(letters), has_label, is_list)
        position = max(end, item.end())
        item = _FIRST.search(text, position)


def _is_opening(reading: Reading, group: _Group) -> bool:
    return group.has_label and not reading.whole[: group.start].strip(" \n-*•(\"'")


def _is_answer(reading: Reading, group: _Group) -> bool:
    text = reading.whole
    if _REJECTED.match(text, group.end, group.end + 60) or (group.is_list and _is_cut_list(text, group)):
        return False
    if _is_opening(reading, group):
        return True
    first = max(sentence_start(text, group.start), group.start - 50)
    if _UNSURE.search(text, first, group.start) is not None:
        return False
    if _HEAD.search(text[max(0, group.start - 240) : group.start]) is not None:
        return True
    return not group.is_list and _PRAISED.match(text, group.end, group.end + 90) is not None


def _is_cut_list(text: str, group: _Group) -> bool:
    """Whether the options stand from A on to the very end, as in a list that was cut off."""
    return group.letters[0] == "A" and _CUT_ENTRY.fullmatch(text, group.end) is not None


def _preferred(reading: Reading, group: _Group) -> str:
    better = _BETTER.search(reading.whole, group.end)
    if better is not None:
        letter = letter_of(reading, better["letter"] or better["bracketed"] or better["mark"])
        if letter in group.letters and _NOT.search(better[0]) is None:
            return letter
    return group.letters[0]
