"""Sentences that say which option is the answer.

A *statement* says so outright: “the answer is B”, “Answer: B”, “I would choose B”. A *verdict* praises an option in
passing, as responses do that go through all options: “Option B, which …, is the most accurate”. Praise that is taken
back (“B is correct, but …”, “B could be correct”, “while B is right, …”) is neither.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from evaluation.stages.extract.lists import is_listed
from evaluation.stages.extract.spelling import MARK
from evaluation.stages.extract.tokens import CLOSE, LABEL, OPEN, TOKEN, Reading, is_one_of_several, letter_of


@dataclass(frozen=True, slots=True)
class Statement:
    """That an option is the answer. `letter` is None where it is no option's, or where several are named."""

    start: int
    end: int
    letter: str | None
    is_verdict: bool = False
    concludes: bool = False
    is_last: bool = False
    """Whether it stands in the last paragraph."""
    is_loose: bool = False
    """Whether it names the option by its text alone, in the midst of a sentence: perhaps by chance."""


# A letter with a stop heads its text, as in “B. London”, but ends “… is option B.”
SENTENCE_END = re.compile(r"(?<!(?<![nres]\s)\b[A-Z])(?<!\b[a-z]\.[a-z])[.!?][\")]?\s|:\n|\n")
CONCLUDES = re.compile(
    r"(?i)\b(?:therefore|thus|hence|consequently|final|finally|ultimately|conclu\w+|in summary|in short|overall"
    r"|to sum up|to summari[sz]e|as a result|correction|actually|wait|based on|in the end|all in all|on reflection"
    r"|given (?:this|these|that|the above)|(?:this|that) (?:leaves|means))\b|(?:^|[,;:.—–-]\s?|\band\s)so\b"
    r"|^\W*(?:(?:however|but|now),?\s)?(?:considering|taking|given|in (?:this|the given) (?:case|scenario|situation|context))\b"
)
CORRECTS = re.compile(
    r"(?i)\b(?:wait|no|actually|correction|however|but|on reflection|reconsider\w*|apolog\w+|sorry|mistaken?|in fact|hmm"
    r"|instead|on second thought\w*|re-?check\w*|re-?evaluat\w+|strictly|though|wrong|incorrect|therefore|thus|hence)\b"
)
_ADVERB = (
    "most|still|therefore|thus|indeed|clearly|likely|probably|often|usually|typically|actually|given by|simply|only|then"
    "|definitely|certainly|obviously|again|in fact|of course|also known as|here|now"
)
_ADVERBS = rf"(?i:(?:(?:{_ADVERB})\b[,:]?\s){{0,3}})"
_NOT_BUT = r"(?i:not\s\(?[a-z\ue000-\ue019]\)?,?\s(?:but|rather)\s|indicated by\s|to (?:choose|select|pick|go with)\s)?"
_CHOSEN = re.compile(
    rf"(?m)[\s:]{{0,3}}[-–—]?\s{{0,3}}{_ADVERBS}{_NOT_BUT}{OPEN}(?:(?i:an?|the|your|to|in|on|at)\s(?=[\"']?[{MARK}]))?"
    rf"{LABEL}(?:,\s)?{OPEN}{TOKEN}"
)
_EITHER = re.compile(r"(?i)[\s:]{0,3}\**(?:either|both|a (?:combination|mix|mixture|blend) of)\b(?!\s?\")")
# “is the Milky Way (option B)”: the letter in brackets after words of its own.
_IN_BRACKETS = re.compile(
    rf"\s(?P<words>[^.!?\n;:,()\[\]{MARK}]{{0,60}}[{MARK}]?[^.!?\n;:,()\[\]{MARK}]{{0,30}}?),?\s?"
    rf"(?:[(\[](?i:option|choice|answer)?\s?(?P<token>[A-Z])[)\]]|(?i:option|choice)\s(?P<named>[A-Z])\b)"
)
_BROKEN = re.compile(r"(?i)\b(?:which|that|while|and|because|as|who|but)\b|,(?!.*,)|.{80}", re.S)
_OTHER_BRACKETS = re.compile(r"[^.!?\n]{0,60}\b(?:or|and)\s[^.!?\n]{0,160}[(\[](?i:option\s)?[A-Z][)\]]")
_SUBORDINATE = re.compile(r"(?i)\b(?:and|or|that|which|who|but|because|as|than)\b")
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
    r"\b(?i:answer|solution|conclusion|verdict|(?:correct|best|right|final|chosen|selected) (?:option|choice|letter|one))\b"
    r"(?P<gap>(?!\s(?:the|this|that|your|these|each)\b)[^.!?:\n]{0,60}?)(?<!\s[A-Z])(?:\s?(?:[:=]|->|→|⇒|\s[-–—])\s{0,3}|(?<=[Aa]nswer)\n\s?)"
)
_CHOICE = re.compile(
    r"\b(?i:(?:I|we|you should|you would|you must)(?:'d|'ll| would| will| must| should| have to| am| are)?"
    r"(?:\s(?:have|had|to|be|also|personally|therefore|thus|still|then|ultimately|confidently|most likely|rather|like)){0,3}"
    r"\s(?:choose|chose|chosen|choosing|select|selected|pick|picked|recommend|suggest|say|go(?:ing)? with|went with|opt for"
    r"|settle on|vote for|lean(?:ing)? (?:towards?|to)|answer(?: with)?|conclude(?: with)?)(?: that)?"
    r"|(?:let's|let us) (?:choose|pick|select|go with)|I(?:'m| am) (?:choosing|going with|picking)"
    r"|my (?:choice|pick|vote|selection) (?:is|would be|goes to)|the one to (?:choose|pick) is|in favou?r of"
    r"|(?:this|that|which) (?:leaves|leads) (?:us|me|only)(?: only)?(?: with| to)?|left with(?: only)?)\b"
)
_IT_IS = re.compile(
    r"\b(?i:(?:so|no|wait|actually|thus|hence|therefore|think|believe|means|guess|say|suppose)\b\W{0,3}(?:that )?(?:it|this|that)"
    r"(?: is|'s| (?:must|should|has to) be)|(?:it|this) (?:must|has to) be)\b|(?:^|\n)\W{0,3}(?i:it(?:'s| is))\b"
    r"|(?:^|[.!?]\s|\n)(?i:so|hence|thus|therefore)\b[,:]?(?=\s\W{0,4}(?:[B-HJ-Z]\b|[AI](?:[.):]|\s*$)))"
)

_QUALITY = r"correct|right|best|accurate|appropriate|suitable|true|proper|valid|plausible|probable|likely|logical|sensible"
_MOST = (
    r"most\s(?:likely|appropriate|accurate|suitable|plausible|correct|relevant|fitting|probable|reasonable|logical"
    r"|comprehensive|direct|precise|specific|aligned|consistent|sensible|complete|helpful)"
)
_FULL_PRAISE = (
    r"(?i:(?:the |our |your |my |indeed |clearly |therefore |thus |still |actually |also )*"
    rf"(?:(?:only|single|one|overall|final)\s)?(?:(?:most|single|only|very)\s\w+|{_QUALITY}|closest|intended|final)"
    r"(?:(?:,| and|, and| or)\s(?:most\s)?\w+)?(?:\s\w+)?\s(?:answer|option|choice|one|fit|match|response|statement|description"
    r"|explanation|conclusion|representation|definition|candidate|reason|cause|selection|example)\b"
    rf"|(?:the|our)\s(?:overall\s)?(?:answer|best|closest|{_MOST}|(?:correct|right)\sone)\b)"
)
_BARE_PRAISE = (
    r"(?i:(?:also |indeed |clearly |therefore |thus |still |actually |the )*"
    rf"(?:{_MOST}|correct|right|best|the answer)\b)"
)
_FITS = (
    r"(?i:(?:would |seems to |appears to )?(?:best (?:fits?|match(?:es)?|aligns?|answers?|describes?|represents?|suits?|captures?"
    r"|explains?|satisf(?:y|ies)|reflects?)|(?:fits?|match(?:es)?|aligns?|suits?)\s(?:[a-z]+\s){0,3}?best)\b)"
)
_IS_PRAISED = re.compile(
    r"\s(?:(?i:is|are|was|must be|would be|has to be|appears to be|seems to be|seems|remains|stands out as|emerges as)\s"
    rf"(?:(?P<full>{_FULL_PRAISE})|(?P<bare>{_BARE_PRAISE}))|(?P<fits>{_FITS}))"
)
HEDGED_VERDICT = re.compile(
    rf"(?m)\b(?i:option|choice)\s{OPEN}{TOKEN}[^.!?\n]{{0,120}}?\s(?i:might|may|could|can)\s(?i:also )?be\s(?i:considered )?{_FULL_PRAISE}"
)
_LABELLED = re.compile(rf"(?m)(?:\b(?i:option|choice|answer|statement)\s)?{OPEN}{TOKEN}")
_NEXT_PRAISE = re.compile(
    rf"(?:{CLOSE}[.:)]?\s?[\"']?[{MARK}]?[\"']?)?[.,:;\s–—-]{{0,4}}\n?[-\s•]{{0,4}}(?i:this|it)"
    rf"(?i:\s(?:option|statement|answer|choice|one))?\s(?i:is|would be)\s{_ADVERBS}(?:(?P<full>{_FULL_PRAISE})|(?P<bare>{_BARE_PRAISE}))"
)
# “making option C the best answer”, “0.4, which corresponds to option B”
_MAKING = re.compile(rf"\b(?i:mak(?:ing|es)|leaving|leaves)\s(?i:us with )?(?:only )?{LABEL}{OPEN}{TOKEN}{CLOSE}[.:)]?\s?[\"']?[{MARK}]?[\"')]?,?\s(?i:the|as|our)\b")
_IS_OPTION = re.compile(
    rf"\b(?i:is|are|be|was)(?:,? (?i:therefore|thus|likely|probably|clearly|most likely|actually|then),?)?\s"
    rf"(?:(?i:therefore|thus)\s)?(?i:option|choice)\s{OPEN}{TOKEN}"
    rf"|\b(?:is|are|be|was|as|to|called|by|for|from|through|say|suggest)[:,]?\s[(\"']?(?P<labelled>[A-Z])[.):]{{1,2}}\s[\"']?(?P<text>[{MARK}])"
)
_THIS = re.compile(r"(?i)\W*(?:this|that|it|which)\s")
_IS_NAMED = re.compile(
    rf"\b(?i:is|are|be)\s(?P<words>(?=(?i:an?|the|in|at|on|to|their|one's|his|her|its|likely|probably)\s|[A-Z\"'{MARK}])[^.!?\n;:()\[\]{MARK}]{{0,80}}[{MARK}]?[^.!?\n;:()\[\]{MARK}]{{0,30}}?)\s"
    r"[(\[](?i:option|choice|answer)?:?\s?(?P<token>[A-Z])[)\]]"
)
_CORRESPONDS = re.compile(
    r"\b(?i:corresponds?(?: most closely)? to|match(?:es)?(?: with)?|closest to|aligns? (?:best )?with|which is)"
    rf"\s(?i:the )?(?i:option|choice|answer)\s{OPEN}{TOKEN}"
)
_ANY_OPTION = re.compile(rf"[{MARK}]|\b(?i:options?|choices?)\s\(?[A-Z]\b|\([A-Z]\)|\b[B-HJ-Z]\b")
_OTHER_OPTION = re.compile(r"\b(?i:option|choice)\s\(?[A-Z]\b|\([A-Z]\)")
_TAKEN_BACK = re.compile(
    r"(?i)[^.!?\n]{0,50}?(?:\bbut\b|\bhowever\b|\balthough\b|\bthough\b|\bexcept\b|\bonly (?:if|when|in)\b|\bas well\b|\btoo\b"
    r"|\bin (?:a|some|one|part|theory|general|that|isolation|this regard)\b|\bto (?:some|an|a certain) extent\b|\bif\b"
    r"|\byet\b|\bpartially\b|\blacks?\b|\bon its own\b|\binsofar\b|\babout\b|\bunder\b|\bassuming\b|\bprovided\b)"
)
_CONCESSION = re.compile(
    r"(?i)^[\W\d]*(?:(?:and|but|so|now|also|however|therefore),?\s)?(?:while|although|though|even though|even if|despite|whereas"
    r"|granted|if|unless|at first|admittedly|to say|some|many|one might|people|you might|it (?:may|might|could))\b"
)

# “The answer cannot be B”. But the “not” of “the option that does not fit is B” is the question's.
_DENIAL = re.compile(
    r"(?i)\b(?:not|neither|nor|never|cannot|also|incorrect|wrong|except|eliminate\w*|rule[sd]? out"
    r"|unlikely|least|isn|partially"
    r"|(?:option|choice)\s\(?[A-Z])\b|n't\b"
)
_ANOTHER = re.compile(r"(?i)\b(?:other|another|possible|potential|alternative|wrong|incorrect|second|next)\s\W?$")
_ARE = re.compile(r"\b(?:are|were|would be|could be)\b")
_PLURAL = re.compile(r"(?i)\b(?:options|choices)\b")
_OF_THE_QUESTION = re.compile(r"(?i:\b(?:that|which|who|when|because|since)\b.{0,200})|\".{0,300}\"", re.S)
_PRONOUN = re.compile(r",\s(?:so\s)?(?:it|this|that)$")
_LAST_SUBJECT = re.compile(r"\b(?:answer|option|choice)\b(?=\s?[a-z,]|$)")
_NOT = re.compile(r"(?i)\b(?:not|n't|never)\s*$")
_CONDITION = re.compile(r"(?i)(?:.*[,;]\s|.*\b(?:but|and|so)\s)?\W*(?:but |and |so )?(?:even )?(?:if|had|were|whether)\b", re.S)
_IF = re.compile(r"(?i)\bif\s(?:you|we|one|the (?:user|question|goal|context|focus))\b")
_MUST_CHOOSE = re.compile(
    r"(?i)\b(?:(?:had|have|has|need|forced|were|are|required) to|must|can only|could only)\s(?:\w+\s)?(?:be )?"
    r"(?:choose|chosen|pick|select|selected|answer|guess|make|give|decide)\b|\bfrom the (?:\w+\s)?options\b"
)
_WOULD = re.compile(
    r"(?i)^\W*(?:but |and |so |however, )?(?:(?:even )?if\b.*\b(?:were|had|was|did|considered|wanted|asked)\b|had\b|were\b)"
    r".*\b(?:would|could)\b",
    re.S,
)
_CLOSED = re.compile(r"[\"')\]]{0,2}(?:[.!;:(]|\s[(–—-]|\s?\n|\s?$|,?\s(?i:because|since|as)\b)")
_AFTER_DENIAL = re.compile(
    rf"{CLOSE}[.:)]?\s?[\"']?[{MARK}]?[\"')]{{0,2}},?\s(?i:is|was|are|seems|can|could|does|did)(?:n't|\s(?i:not|also|incorrect|wrong|unlikely))\b"
)


def statements(reading: Reading) -> list[Statement]:
    """All statements and verdicts of a response, in the order of the text."""
    candidates = [*_said(reading), *_praised(reading), *_implied(reading)]
    outright = {statement.end for statement in candidates if not statement.is_verdict}
    unique = [item for item in candidates if not (item.is_verdict and item.end in outright)]
    return sorted(unique, key=lambda item: (item.end, item.start))


def sentence_start(text: str, position: int) -> int:
    """Where the sentence around a position starts; at most 300 characters before it."""
    start = max(0, position - 300)
    ends = [match.end() for match in SENTENCE_END.finditer(text, start, position)]
    return ends[-1] if ends else start


def _said(reading: Reading) -> Iterator[Statement]:
    text, consumed = reading.plain, 0
    heads = sorted(
        [
            *((match, "subject") for match in _SUBJECT.finditer(text)),
            *((match, "colon") for match in _COLON.finditer(text)),
            *((match, "choice") for match in _CHOICE.finditer(text)),
            *((match, "choice") for match in _IT_IS.finditer(text)),
        ],
        key=lambda pair: pair[0].start(),
    )
    for head, kind in heads:
        if head.start() < consumed:
            continue
        statement = _of_subject(reading, head) if kind == "subject" else _chosen(reading, head, head.end(), kind)
        if statement is not None:
            consumed = statement.end
            if statement.start >= 0:
                yield statement


def _of_subject(reading: Reading, head: re.Match[str]) -> Statement | None:
    """The statement of “the best answer … is …”, whose verb may come up to 200 characters later."""
    text, limit = reading.plain, head.end() + 200
    end = SENTENCE_END.search(text, head.end(), limit)
    stop = limit if end is None else end.start() + 1
    for copula in _COPULA.finditer(text, head.end(), stop):
        statement = _chosen(reading, head, copula.end(), "subject", text[head.end() : copula.start()])
        if statement is not None:
            return statement
    return None


def _chosen(reading: Reading, head: re.Match[str], position: int, kind: str, gap: str = "") -> Statement | None:
    """The statement whose option is named at a position. Where it is denied, one that starts at -1, to be left out."""
    text = reading.plain
    if kind == "colon":
        gap = head["gap"]
    several = _EITHER.match(text, position)
    match = _CHOSEN.match(text, several.end() if several else position)
    group = "token"
    if match is None and kind == "subject" and _BRACKET_SUBJECT.match(head[0]) and not _BROKEN.search(gap):
        match = _bracketed(text, position)
        group = "named" if match is not None and match["token"] is None else "token"
    if match is None:
        return None
    start, end = match.span(group)
    gap = _OF_THE_QUESTION.sub("", _LAST_SUBJECT.split(gap)[-1])
    first = sentence_start(text, head.start())
    lead = text[first : head.start()]
    whole = text[first:end]
    if (
        _DENIAL.search(gap)
        or _ANOTHER.search(lead[-30:])
        or (kind == "colon" and _PLURAL.search(gap))
        or (kind == "choice" and (_CONDITION.match(lead) and not _past_condition(lead) or _NOT.search(lead)))
        or _WOULD.match(whole) and not _past_condition(lead)
        or _AFTER_DENIAL.match(text, end)
    ):
        return Statement(-1, end, None)
    letter = letter_of(reading, match[group])
    if letter is None and "\n" in text[head.start() : start]:
        return None
    if kind == "choice" and _PLURAL.search(text[head.end() : start]):
        return Statement(-1, end, None)
    is_plural = head[0].lower().endswith(("answers", "options", "choices")) and _ARE.search(text, head.end(), start)
    if is_plural or is_one_of_several(text, start, end):
        letter = None
    elif is_listed(reading, start):
        letter = None
        if _is_whole_list(reading, start):
            return Statement(-1, end, None)
    return Statement(
        head.start(),
        end,
        letter,
        concludes=bool(CONCLUDES.search(whole)),
        is_last="\n" not in text[end:],
        is_loose=text[start] > "Z" and _CLOSED.match(text, end) is None and not re.search(r"[A-Z]\W{1,3}$", text[start - 4 : start]),
    )


def _bracketed(text: str, position: int) -> re.Match[str] | None:
    match = _IN_BRACKETS.match(text, position)
    if match is None or _OTHER_BRACKETS.match(text, match.end()) or _DENIAL.search(match["words"]) or _SUBORDINATE.search(match["words"]):
        return None
    return match


def _past_condition(lead: str) -> bool:
    """“If I had to choose, I would say”: the condition is that an answer is needed at all."""
    return _MUST_CHOOSE.search(lead) is not None


def _is_whole_list(reading: Reading, position: int) -> bool:
    """Whether the list that starts here starts with option A: it repeats the options rather than choosing several."""
    return letter_of(reading, reading.plain[position]) == "A"


def _praised(reading: Reading) -> Iterator[Statement]:
    text, consumed = reading.plain, 0
    for match in _LABELLED.finditer(text):
        start, end = match.start("token"), match.end("token")
        if start < consumed:
            continue
        letter = letter_of(reading, match["token"])
        if letter is None or is_one_of_several(text, start, end):
            continue
        first = sentence_start(text, start)
        lead = text[first:start]
        is_mark = text[start] > "Z"
        # An option's word in running text says little: only where it stands at the head of its clause.
        if is_mark and not re.fullmatch(r"(?s)(?:.*(?:[,;:]|\bthat\b|\bso\b))?[\W\d]*(?i:the |an? )?(?i:option )?[\W]*", lead):
            continue
        praise = _praise_after(reading, letter, end, 40 if is_mark else 160)
        concession = _CONCESSION.match(lead)
        if praise is None or (concession is not None and "," not in lead[concession.end() :]):
            continue
        if _IF.search(lead) and not _past_condition(lead):
            continue
        consumed = praise.end()
        # “Since option B does not fit, it is the answer”: the “not” is the question's.
        gap = _PRONOUN.split(text[end : praise.start()])[-1]
        if _DENIAL.search(_OF_THE_QUESTION.sub("", gap)) or _TAKEN_BACK.match(text, praise.end()) and praise["bare"]:
            continue
        concludes = not praise["bare"] and bool(CONCLUDES.search(text[first : praise.end()]))
        # “option A (…) and option D (…) are the best answers”
        is_alone = not (praise[0].lstrip().lower().startswith("are") and _ANY_OPTION.search(lead))
        yield Statement(start, end, letter if is_alone else None, True, concludes, "\n" not in text[end:])


def _implied(reading: Reading) -> Iterator[Statement]:
    text = reading.plain
    for pattern in (_MAKING, _CORRESPONDS, _IS_OPTION, _IS_NAMED):
        for match in pattern.finditer(text):
            group = "token" if match["token"] else "labelled"
            start, end = match.span(group)
            first = sentence_start(text, match.start())
            lead = text[first : match.start()]
            if group == "labelled" and match[0].startswith(("by", "for", "from")) and not CONCLUDES.search(lead):
                continue
            concludes, is_last = bool(CONCLUDES.search(lead)), "\n" not in text[end:]
            is_pointed = concludes or is_last or first == 0 or group == "labelled" or _THIS.fullmatch(lead) is not None
            if pattern is not _MAKING and (not is_pointed or _DENIAL.search(lead)):
                continue
            letter = letter_of(reading, match[group])
            if letter is None or is_one_of_several(text, start, end) or _CONCESSION.match(lead):
                continue
            if pattern is _IS_NAMED and (
                _DENIAL.search(match["words"]) or _SUBORDINATE.search(match["words"]) or _OTHER_BRACKETS.match(text, match.end())
            ):
                continue
            if group == "labelled" and letter != letter_of(reading, match["text"]):
                continue
            yield Statement(match.start(), end, letter, True, concludes, is_last)


def _praise_after(reading: Reading, letter: str, end: int, length: int) -> re.Match[str] | None:
    text = reading.plain
    following = _NEXT_PRAISE.match(text, end)
    if following is not None:
        return following
    limit = end + length
    stop = SENTENCE_END.search(text, end, limit)
    if stop is not None and stop.start() - end < 3:
        # “B. Its text is the best answer”: the stop after the letter ends no sentence.
        stop = SENTENCE_END.search(text, stop.end(), limit)
    praise = _IS_PRAISED.search(text, end, (limit if stop is None else stop.start()) + 60)
    if praise is None or praise.start() > (limit if stop is None else stop.start()):
        return None
    between = text[end : praise.start()]
    marks = {letter_of(reading, mark) for mark in re.findall(f"[{MARK}]", between)} - {letter}
    return None if marks or _OTHER_OPTION.search(between) else praise
