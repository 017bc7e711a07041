"""Sentences: where they end, whether they conclude, deny or lay down a condition; and what they say of an option."""

import re
from dataclasses import dataclass

from evaluation.stages.extract.spelling import MARK


@dataclass(frozen=True, slots=True)
class Statement:
    """That an option is the answer. `letter` is None where it is no option's, or where several are named."""

    start: int
    end: int
    """After the option's letter or text."""
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
    r"|^\W*(?:(?:however|but|now),?\s)?(?:considering|taking|given|in (?:this|the given) (?:case|scenario"
    r"|situation|context))\b"
)
_ADVERB = (
    "most|still|therefore|thus|indeed|clearly|likely|probably|often|usually|typically|actually|given by|simply"
    "|only|then"
    "|definitely|certainly|obviously|again|in fact|of course|also known as|here|now"
)
ADVERBS = rf"(?i:(?:(?:{_ADVERB})\b[,:]?\s){{0,3}})"
CORRECTS = re.compile(
    r"(?i)\b(?:wait|no|actually|correction|however|but|on reflection|reconsider\w*|apolog\w+|sorry|mistaken?"
    r"|in fact|hmm"
    r"|instead|on second thought\w*|re-?check\w*|re-?evaluat\w+|strictly|though|wrong|incorrect|therefore|thus"
    r"|hence)\b"
)
# A noun phrase, with at most one option's text: “the Milky Way” before “(option B)”.
_PLAIN = rf"[^.!?\n;:,()\[\]{MARK}]"
NOUN_PHRASE = rf"(?P<words>{_PLAIN}{{0,80}}+(?:[{MARK}]{_PLAIN}{{0,30}}+)?)"
OTHER_BRACKETS = re.compile(r"[^.!?\n]{0,60}\b(?:or|and)\s[^.!?\n]{0,160}[(\[](?i:option\s)?[A-Z][)\]]")
SUBORDINATE = re.compile(r"(?i)\b(?:and|or|that|which|who|but|because|as|than)\b")
# “The answer cannot be B”. But the “not” of “the option that does not fit is B” is the question's.
DENIAL = re.compile(
    r"(?i)\b(?:not|neither|nor|never|cannot|also|incorrect|wrong|except|eliminate\w*|rule[sd]? out"
    r"|unlikely|least|isn|partially"
    r"|(?:option|choice)\s\(?[A-Z])\b|n't\b"
)
NOT_BEFORE = re.compile(
    r"(?i)\b(?:not|nor|neither|never)\s(?:(?:option|choice)\s)?[(\"']?(?:[A-Z][.):]{1,2}\s)?\Z"
)
OF_THE_QUESTION = re.compile(r"(?i:\b(?:that|which|who|when|because|since)\b.{0,200})|\".{0,300}\"", re.S)
PRONOUN = re.compile(r",\s(?:so\s)?(?:it|this|that)$")
_MUST_CHOOSE = re.compile(
    r"(?i)\b(?:(?:had|have|has|need|forced|were|are|required) to|must|can only|could only)\s(?:\w+\s)?(?:be )?"
    r"(?:choose|chosen|pick|select|selected|answer|guess|make|give|decide)\b|\bfrom the (?:\w+\s)?options\b"
)


def sentence_start(text: str, position: int) -> int:
    """Where the sentence around a position starts; at most 300 characters before it."""
    start = max(0, position - 300)
    ends = [match.end() for match in SENTENCE_END.finditer(text, start, position)]
    return ends[-1] if ends else start


def must_choose(lead: str) -> bool:
    """“If I had to choose, I would say”: the condition is that an answer is needed at all."""
    return _MUST_CHOOSE.search(lead) is not None


def is_cut_off(text: str) -> bool:
    """Whether a response ends in the middle of a sentence, as at a limit of tokens."""
    return not text.endswith((".", "!", "?", ")", '"', "]", "}", "'"))
