"""Praise of an option in passing, and options that a sentence comes to without calling them the answer.

“Option B, which …, is the most accurate”, “making option C the best one”, “0.4, which corresponds to option B”. Praise
that is taken back (“B is correct, but …”, “B could be correct”, “while B is right, …”) is none.
"""

import re
from collections.abc import Iterator

from evaluation.stages.extract.lists import is_listed
from evaluation.stages.extract.sentences import (
    ADVERBS,
    CONCLUDES,
    DENIAL,
    NOT_BEFORE,
    NOUN_PHRASE,
    OF_THE_QUESTION,
    OTHER_BRACKETS,
    PRONOUN,
    SENTENCE_END,
    SUBORDINATE,
    Statement,
    must_choose,
    sentence_start,
)
from evaluation.stages.extract.spelling import FIRST_MARK, MARK
from evaluation.stages.extract.tokens import CLOSE, LABEL, OPEN, TOKEN, Reading, is_one_of_several, letter_of

_QUALITY = (
    r"correct|right|best|accurate|appropriate|suitable|true|proper|valid"
    r"|plausible|probable|likely|logical|sensible"
)
_MOST = (
    r"most\s(?:\w+ly\s|\w+\sand\s)?(?:likely|appropriate|accurate|suitable|plausible|correct|relevant|fitting|probable|reasonable|logical"
    r"|comprehensive|direct|precise|specific|aligned|consistent|sensible|complete|helpful)"
)
_FULL_PRAISE = (
    r"(?i:(?:the |our |your |my |indeed |clearly |therefore |thus |still |actually |also ){0,4}"
    rf"(?:(?:only|single|one|overall|final)\s)?(?:(?:most|single|only|very)\s\w+|{_QUALITY}|closest|intended|final)"
    r"(?:(?:,| and|, and| or)\s(?:most\s)?\w+)?(?:\s\w+)?\s(?:answer|option|choice|one|fit|match|response"
    r"|statement|description"
    r"|explanation|conclusion|representation|definition|candidate|reason|cause|selection|example)\b"
    rf"|(?:the|our)\s(?:overall\s)?(?:answer|best|closest|{_MOST}|(?:correct|right)\sone)\b)"
)
_BARE_PRAISE = (
    r"(?i:(?:also |indeed |clearly |therefore |thus |still |actually |the ){0,4}"
    rf"(?:{_MOST}|correct|right|best|the answer)\b)"
)
_FITS = (
    r"(?i:(?:would |seems to |appears to )?(?:best (?:fits?|match(?:es)?|aligns?|answers?|describes?|represents?"
    r"|suits?|captures?"
    r"|explains?|satisf(?:y|ies)|reflects?)|(?:fits?|match(?:es)?|aligns?|suits?)\s(?:[a-z]+\s){0,3}?best)\b)"
)
_IS_PRAISED = re.compile(
    r"\s(?:(?i:is|are|was|must be|would be|has to be|appears to be|seems to be|seems|remains|stands out as"
    r"|emerges as)\s"
    rf"(?:(?P<full>{_FULL_PRAISE})|(?P<bare>{_BARE_PRAISE}))|(?P<fits>{_FITS}))"
)
HEDGED_VERDICT = re.compile(
    rf"(?m)\b(?i:option|choice)\s{OPEN}{TOKEN}[^.!?\n]{{0,120}}?\s(?i:might|may|could"
    rf"|can)\s(?i:also )?be\s(?i:considered )?{_FULL_PRAISE}"
)
_LABELLED = re.compile(rf"(?m)(?:\b(?i:option|choice|answer|statement)\s)?{OPEN}{TOKEN}")
_NEXT_PRAISE = re.compile(
    rf"(?:{CLOSE}[.:)]?\s?[\"']?[{MARK}]?[\"']?)?[.,:;\s–—-]{{0,4}}\n?[-\s•]{{0,4}}(?i:this|it)"
    rf"(?i:\s(?:option|statement|answer|choice|one))?\s(?i:is|would be)\s{ADVERBS}(?:(?P<full>{_FULL_PRAISE})"
    rf"|(?P<bare>{_BARE_PRAISE}))"
)
# “making option C the best answer”, “0.4, which corresponds to option B”
_MAKING = re.compile(
    rf"\b(?i:mak(?:ing|es)|leaving"
    rf"|leaves)\s(?i:us with )?(?:only )?{LABEL}{OPEN}{TOKEN}{CLOSE}[.:)]?\s?[\"']?[{MARK}]?[\"')]?,?\s(?i:the"
    rf"|as|our)\b"
)
_IS_OPTION = re.compile(
    rf"\b(?i:is|are|be|was)(?:,? (?i:therefore|thus|likely|probably|clearly|most likely|actually|then),?)?\s"
    rf"(?:(?i:therefore|thus)\s)?(?i:option|choice)\s{OPEN}{TOKEN}"
    rf"|\b(?:is|are|be|was|as|to|called|by|for|from|through|say"
    rf"|suggest)[:,]?\s[(\"']?(?P<labelled>[A-Z])[.):]{{1,2}}\s[\"']?(?P<text>[{MARK}])"
)
# “The ion that cannot be used …” asks as the question does: its “not” denies no option.
_STEM = re.compile(r"(?i)\b(?:the|an?) (?:\w+ ){1,4}?(?:that|which|who)\s.{0,200}", re.S)
_QUOTED = re.compile(rf"{CLOSE}[,:]?\s\"([^\"\n{MARK}]{{8,200}})\"")
_THIS = re.compile(r"(?i)\W*(?:this|that|it|which)\s")
_IS_NAMED = re.compile(
    rf"\b(?i:is|are|be)\s(?=(?i:an?|the|in|at|on|to|their|one's|his|her|its|likely|probably)\s"
    rf"|[A-Z\"'{MARK}]){NOUN_PHRASE}"
    r"(?<=[\s\"'])[(\[](?i:option|choice|answer)?:?\s?(?P<token>[A-Z])[)\]]"
)
_CORRESPONDS = re.compile(
    r"\b(?i:corresponds?(?: most closely)? to|match(?:es)?(?: with)?|closest to|aligns? (?:best )?with|which is"
    r"|(?<=,\s)as (?:stated|indicated) (?:in|by))"
    rf"\s(?i:the )?(?i:option|choice|answer)\s{OPEN}{TOKEN}"
)
_ANY_OPTION = re.compile(rf"[{MARK}]|\b(?i:options?|choices?)\s\(?[A-Z]\b|\([A-Z]\)|\b[B-HJ-Z]\b")
_OTHER_OPTION = re.compile(r"\b(?i:option|choice)\s\(?[A-Z]\b|\([A-Z]\)")
_TAKEN_BACK = re.compile(
    r"(?i)[^.!?\n]{0,50}?(?:\bbut\b|\bhowever\b|\balthough\b|\bthough\b|\bexcept\b|\bonly (?:if|when|in)\b"
    r"|\bas well\b|\btoo\b"
    r"|\bin (?:a|some|one|part|theory|general|that|isolation|this regard)\b|\bto (?:some|an|a certain) extent\b"
    r"|\bif\b"
    r"|\byet\b|\bpartially\b|\blacks?\b|\bon its own\b|\binsofar\b|\babout\b|\bunder\b|\bassuming\b|\bprovided\b)"
)
_CONCESSION = re.compile(
    r"(?i)^[\W\d]*(?:(?:and|but|so|now|also|however|therefore),?\s)?(?:while|although|though|even though|even if"
    r"|despite|whereas"
    r"|granted|if|unless|at first|admittedly|to say|some|many|one might|people|you might|it (?:may|might|could))\b"
)

_MARKS = {chr(FIRST_MARK + position) for position in range(26)}
_CLAUSE_HEAD = re.compile(r"(?s)(?:.*(?:[,;:]|\bthat\b|\bso\b))?[\W\d]*(?i:the |an? )?(?i:option )?[\W]*")
_IF = re.compile(r"(?i)\bif\s(?:you|we|one|the (?:user|question|goal|context|focus))\b")


def verdicts(reading: Reading) -> list[Statement]:
    """All verdicts of a response, in no order."""
    return [*_praised(reading), *_implied(reading)]


def _praised(reading: Reading) -> Iterator[Statement]:
    text, consumed = reading.plain, 0
    for match in _LABELLED.finditer(text):
        start, end = match.span("token")
        letter = letter_of(reading, match["token"])
        if start < consumed or letter is None or is_one_of_several(text, start, end):
            continue
        is_text = text[start] in _MARKS
        praise = _praise_after(reading, letter, end, 40 if is_text else 160)
        if praise is None or _quotes_no_option(reading, letter, end):
            continue
        first = sentence_start(text, start)
        lead = text[first:start]
        # An option's words in running text say little, except at the head of their clause.
        if is_text and _CLAUSE_HEAD.fullmatch(lead) is None:
            continue
        if _is_conceded(lead) or NOT_BEFORE.search(lead) or (_IF.search(lead) and not must_choose(lead)):
            continue
        consumed = praise.end()
        # “Since option B does not fit, it is the answer”: the “not” is the question's.
        gap = OF_THE_QUESTION.sub("", PRONOUN.split(text[end : praise.start()])[-1])
        if DENIAL.search(gap) or (praise["bare"] and _TAKEN_BACK.match(text, praise.end())):
            continue
        # “Option A (…) and option D (…) are the best answers.”
        is_alone = not (praise[0].lstrip().lower().startswith("are") and _ANY_OPTION.search(lead))
        yield Statement(
            start,
            end,
            letter if is_alone else None,
            is_verdict=True,
            concludes=not praise["bare"] and bool(CONCLUDES.search(text[first : praise.end()])),
            is_last=text.rfind("\n") < end,
        )


def _quotes_no_option(reading: Reading, letter: str, end: int) -> bool:
    """“Option A, "light into heat", is correct”, where A reads otherwise: said of another question."""
    quoted = _QUOTED.match(reading.plain, end)
    if quoted is None:
        return False
    words = set(re.findall(r"\w{3,}", quoted[1].lower()))
    return bool(words) and not words & set(re.findall(r"\w{3,}", reading.texts[ord(letter) - ord("A")]))


def _is_conceded(lead: str) -> bool:
    """“While option B is right, …”: but not what stands after the comma."""
    concession = _CONCESSION.match(lead)
    return concession is not None and "," not in lead[concession.end() :]


def _implied(reading: Reading) -> Iterator[Statement]:
    text = reading.plain
    for pattern in (_MAKING, _CORRESPONDS, _IS_OPTION, _IS_NAMED):
        for match in pattern.finditer(text):
            group = "token" if match["token"] else "labelled"
            start, end = match.span(group)
            letter = letter_of(reading, match[group])
            if (
                letter is None
                or is_one_of_several(text, start, end)
                or is_listed(reading, start)
                or not _is_plain(reading, pattern, match)
            ):
                continue
            first = sentence_start(text, match.start())
            lead = text[first : match.start()]
            concludes, is_last = bool(CONCLUDES.search(lead)), text.rfind("\n") < end
            if group == "labelled" and match[0].startswith(("by", "for", "from")) and not concludes:
                continue
            is_pointed = concludes or is_last or first == 0 or group == "labelled" or _THIS.fullmatch(lead)
            if pattern is not _MAKING and (not is_pointed or DENIAL.search(_STEM.sub("", lead))):
                continue
            if not _CONCESSION.match(lead):
                yield Statement(
                    match.start(), end, letter, is_verdict=True, concludes=concludes, is_last=is_last
                )


def _is_plain(reading: Reading, pattern: re.Pattern[str], match: re.Match[str]) -> bool:
    """Whether the words before “(option B)” are one noun phrase, and the text after “is B.” is that option's own."""
    if pattern is _IS_NAMED:
        words = match["words"]
        return not (
            DENIAL.search(words)
            or SUBORDINATE.search(words)
            or OTHER_BRACKETS.match(reading.plain, match.end())
        )
    if pattern is _IS_OPTION and match["labelled"]:
        return letter_of(reading, match["labelled"]) == letter_of(reading, match["text"])
    return True


def _praise_after(reading: Reading, letter: str, end: int, length: int) -> re.Match[str] | None:
    """The praise of an option whose letter or text ends at `end`: at most `length` characters on, or in “This is …”."""
    text = reading.plain
    following = _NEXT_PRAISE.match(text, end)
    if following is not None:
        return following
    limit = end + length
    stop = SENTENCE_END.search(text, end, limit)
    if stop is not None and stop.start() - end < 3:
        # “B. Its text is the best answer”: the stop after the letter ends no sentence.
        stop = SENTENCE_END.search(text, stop.end(), limit)
    latest = limit if stop is None else stop.start()
    praise = _IS_PRAISED.search(text, end, latest + 60)
    if praise is None or praise.start() > latest:
        return None
    between = text[end : praise.start()]
    marks = {letter_of(reading, mark) for mark in re.findall(f"[{MARK}]", between)} - {letter}
    return None if marks or _OTHER_OPTION.search(between) else praise
