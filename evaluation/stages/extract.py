"""Answer extraction: the option letter that a free-form response to a multiple-choice question commits to.

Everything is rules on the text, the strongest first; the first that speaks decides and is named in the result. Where
no rule speaks, or two letters are committed to with equal weight, the rules abstain: they do not guess.

The option texts are replaced by one private character each before anything else. So “the answer is Paris” reads like
“the answer is B”, and an option such as “Vitamin A” or “B. subtilis” cannot pass for a letter.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from string import ascii_uppercase


@dataclass(frozen=True, slots=True)
class Extraction:
    """The letter, and the name of the rule that found it; None and an empty name where the rules abstain."""

    letter: str | None
    rule: str = ""


@dataclass(frozen=True, slots=True)
class _Commitment:
    """A place where a letter is said to be the answer. `letter` is None for a letter that is no option's."""

    end: int
    letter: str | None
    concludes: bool


@dataclass(frozen=True, slots=True)
class _Reading:
    """A response made ready: spellings unified and option texts marked, without and with its emphasis."""

    plain: str
    emphasised: str
    letters: str
    commitments: tuple[_Commitment, ...] = ()


# --- Reading ---

_LIMIT = 30_000
"""Longer responses are read at their two ends, where answers stand: the work stays bounded."""

_FIRST_MARK = 0xE000
_PRIVATE = re.compile("[\ue000-\uf8ff]")
_SPELLINGS = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "\u00a0": " ", "（": "(", "）": ")", "：": ":"})
_LATEX_FONT = re.compile(r"\\(?:text|textbf|mathbf|mathrm|mathit|textit)\s?\{([^{}]{0,300})\}")
# A question's words would come between “the best answer to the question” and “is B”.
_QUOTED_QUESTION = re.compile(r"question:?\s\"[^\"\n]{10,800}\"")
_HYPHEN = re.compile(r"(?<=\w)-(?=\w)")
_EMPHASIS = re.compile(r"\*{1,3}|(?<!\w)_{1,3}|_{1,3}(?!\w)|`{1,3}|</?(?:b|strong|em|i|code)>")


def _normal(text: str) -> str:
    return _QUOTED_QUESTION.sub("question", _LATEX_FONT.sub(r"\1", _PRIVATE.sub(" ", text.translate(_SPELLINGS))))


def _key(text: str) -> str:
    """Case, spaces, hyphens and the closing stop do not tell options' texts apart."""
    return " ".join(_HYPHEN.sub(" ", text).split()).rstrip(" .;,").lower()


def _with_marks(text: str, options: Sequence[str]) -> str:
    """Mark the options' texts where they stand whole; not texts that two options share, nor single letters."""
    texts = [_key(_EMPHASIS.sub("", _normal(option))) for option in options]
    marks = {
        option: chr(_FIRST_MARK + position)
        for position, option in enumerate(texts)
        if option and texts.count(option) == 1 and not (len(option) == 1 and option.isalpha())
    }
    if not marks:
        return text
    longest_first = sorted(marks, key=len, reverse=True)
    words = "|".join(re.escape(option).replace(r"\ ", r"(?:\s{1,4}|-)") for option in longest_first)
    # Whole: no part of a longer word or number (“5” in “0.5”, “-5”, “5%”).
    whole = re.compile(rf"(?<![\w\-−/^])(?<!\d[.,])(?:{words})(?!\w|[.,]\d|'\w|[\-/^]\w|\s?[%^])", re.I)
    return whole.sub(lambda match: marks.get(_key(match[0]), match[0]), text)


def _letter(reading: _Reading, token: str) -> str | None:
    """The option letter that a token, a letter or an option's mark, stands for."""
    position = ord(token) - _FIRST_MARK
    letter = ascii_uppercase[position] if 0 <= position < len(ascii_uppercase) else token.upper()
    return letter if letter in reading.letters else None


def _letters(reading: _Reading, matches: Iterable[re.Match[str]]) -> list[str]:
    found = (_letter(reading, match["token"]) for match in matches)
    return [letter for letter in found if letter]


def _agreed(letters: Sequence[str]) -> str | None:
    return letters[0] if len(set(letters)) == 1 else None


# --- Tokens: an option's letter or mark, as it stands in running text ---

_MARK = "\ue000-\ue019"
_OPEN = r"""[("'\[<{$\s]{0,4}"""
_CLOSE = r"""[)"'\]>}$]{0,3}"""
_LABEL = r"(?:(?i:(?:the |an )?(?:answer |correct )?(?:option|choice|letter|answer|alternative)(?: is)?)[:#]?\s?)?"
# “A good example”, “I think”: no letters, unless what follows is a word that goes on after an answer.
_GOES_ON = (
    "because|since|as|and|or|is|in|for|due|with|but|which|where|when|if|based|given|although|while|from|only|would"
)
_NO_WORD = rf"(?!(?<=[AI])\s(?!(?:{_GOES_ON})\b)[a-z])"
# “B-cell”, “C++”, “A's”, “U.S.”
_ENDS = rf"(?![\w+#&=^]|'\w|[-–]\w|\.[A-Z]\b|\s[+=<>]){_NO_WORD}"
_LOWER = r"""(?<=[(\["'])[a-z](?=[)\]"'])|[b-z](?=[.)]?\s*$)"""
_TOKEN = rf"(?<![\w.'-])(?P<token>[A-Z{_MARK}]|{_LOWER}){_ENDS}"
# “A and B”, “B, C”: more than one. (“B, <its text>” is one.)
_NEXT = rf"\W{{0,3}}(?:(?i:option|choice)\s)?\(?"
_ALONE = rf"(?!\W{{0,3}}(?:(?:,|&|/|\band\b|\bor\b){_NEXT}[A-Z](?![\w'])(?!\.\s[A-Z])|(?:\band\b|\bor\b){_NEXT}[{_MARK}]))"
_FIRST = r"(?<![A-Z] and )(?<![A-Z] or )(?<![A-Z], )"

# --- Commitments ---

_SUBJECT = (
    r"(?:answers?|(?:option|choice|alternative)(?!\s?\(?[A-Z]\b)|solution|conclusion|correct|best|closest|most \w+|least \w+)"
)
_GAP = r"(?:[^.!?\n]|[.!?](?!\s))"
_ADVERBS = (
    r"(?i:(?:(?:most|still|therefore|thus|indeed|clearly|likely|probably|often|usually|typically|actually|now"
    r"|given by|as follows)\b[,:]?\s){0,2})"
)
_IS = r"(?i:\s(?:is|are|be|was|being)\b|'s\b|\s(?:appears|seems) to be\b)"
_NOT_BUT = r"(?i:not\s\(?[a-z]\)?,?\s(?:but|rather)\s)?"
_CHOSEN = rf"{_ADVERBS}{_NOT_BUT}{_OPEN}{_LABEL}{_OPEN}{_TOKEN}{_ALONE}"
_PRAISE = (
    r"(?i:(?:the |our |your |an? )?(?:only |single |one |most |closest |least )?"
    r"(?:correct|right|best|accurate|appropriate|suitable|plausible|likely|(?:final )?answer)\b)"
)
_STATEMENTS: tuple[re.Pattern[str], ...] = (
    # “The best answer to the question, in this case, is (B)”
    re.compile(rf"\b(?i:{_SUBJECT})\b(?P<gap>{_GAP}{{0,200}}?){_IS}[\s:]{{0,3}}{_CHOSEN}", re.M),
    # “Answer: B”, “Correct choice → B”, “## Answer” over “B”; not “answer options: A. …”
    re.compile(
        r"\b(?i:answer|solution|conclusion|(?:correct|best|right|final) (?:option|choice|letter))\b"
        rf"(?P<gap>[^.!?:\n]{{0,60}}?)(?<!\s[A-Z])(?:\s?(?:[:=]|->|→|⇒)\s{{0,3}}|(?<=[Aa]nswer)\n\s?){_CHOSEN}",
        re.M,
    ),
    # “Option C, which …, is the most appropriate”
    re.compile(rf"{_FIRST}{_TOKEN}{_ALONE}(?P<gap>{_GAP}{{0,160}}?)(?:{_IS}|\s(?i:must|would) be)\s{_ADVERBS}{_PRAISE}", re.M),
    # “I would choose B”, “which corresponds to option B”, “wait, it is B”
    re.compile(
        r"\b(?i:choose|chose|select|pick|recommend|go(?:ing)? with|opt for|settle on|corresponds? to|match(?:es)?"
        r"|points? to|answer with|which is(?=\s(?:option|choice|answer))|in favou?r of"
        r"|(?:so|no|wait|actually|thus|hence|therefore|think|believe|means)\W{1,3}(?:that )?(?:it|this)(?: is|'s| (?:must|should) be))"
        rf"(?P<gap>)\s(?i:the\s)?{_CHOSEN}",
        re.M,
    ),
)
# “cannot be B”, “A, unlike B, is the best”; the “not” of “the option that does not fit is B” denies nothing.
_OF_THE_QUESTION = re.compile(r"(?i:\b(?:that|which|who|when|because|since)\b.{0,200})|\".{0,300}\"", re.S)
_DENIAL = re.compile(
    r"\b(?:not|neither|nor|never|cannot|incorrect|wrong|except|options|choices|eliminate\w*|rule[sd]? out)\b|n't\b",
    re.I,
)
_OTHER_LABEL = re.compile(r"\b(?:option|choice)\s\(?[A-Z]\b", re.I)
_LAST_SUBJECT = re.compile(r"\b(?:answer|option|choice)\b(?=\s?[a-z,]|$)")
_CONDITION = re.compile(r"\s*(?:but |and |so )?(?:even )?(?:if|had|were)\b.*\bwould\b", re.I | re.S)
_CONCLUDES = re.compile(
    r"\b(?:therefore|thus|hence|so|consequently|final|finally|ultimately|conclu\w+|in summary|in short|overall"
    r"|to sum up|to summari[sz]e|as a result|correction|actually|wait|based on)\b",
    re.I,
)
_SENTENCE_END = re.compile(r"(?<!\b[A-Z])[.!?]\s|:\n|\n")
_LINE_LABEL = re.compile(rf"\s*(?:[-*•]\s?)?(?:(?i:option|choice)\s)?\(?([A-Z{_MARK}])[.):\s]")


def _commitments(reading: _Reading) -> tuple[_Commitment, ...]:
    text, found = reading.plain, []
    for pattern in _STATEMENTS:
        for match in pattern.finditer(text):
            start, token, end = match.start(), match.start("token"), match.end("token")
            sentence = _SENTENCE_END.split(text[max(0, start - 200) : start])[-1] + match[0]
            gap = _OF_THE_QUESTION.sub("", _LAST_SUBJECT.split(match["gap"])[-1])
            denied = _DENIAL.search(gap) or _OTHER_LABEL.search(gap)
            if denied or _CONDITION.match(sentence) or _is_listed(reading, token):
                continue
            concludes = "\n" not in text[end:] or bool(_CONCLUDES.search(sentence))
            found.append(_Commitment(end, _letter(reading, match["token"]), concludes))
    return tuple(sorted(found, key=lambda commitment: commitment.end))


def _is_listed(reading: _Reading, position: int) -> bool:
    """Whether the letter heads a line of a list of the options, with the next letter on the next line."""
    text, letter = reading.plain, _letter(reading, reading.plain[position])
    line_start = text.rfind("\n", max(0, position - 20), position) + 1
    before = text[line_start:position].strip(" ([-\t*#•").lower()
    own, _, following = text[position : position + 1500].partition("\n")
    label = _LINE_LABEL.match(following)
    if letter is None or label is None or before not in ("", "option", "choice"):
        return False
    return _letter(reading, label[1]) == chr(ord(letter) + 1)


# --- Rules: a letter, None to pass on to the next rule, or _NEITHER to end with no letter ---

_NEITHER = ""

_STRUCTURED = re.compile(
    r"(?:\\boxed\s?\{|<(?:final_?)?answer>|[\"']\w{0,20}(?i:answer|choice|option|letter)\w{0,20}[\"']\s?:)\s{0,3}"
    rf"{_OPEN}{_LABEL}{_OPEN}{_TOKEN}"
)
_OPENING = re.compile(
    rf"\W{{0,6}}{_LABEL}{_OPEN}{_TOKEN}{_ALONE}(?={_CLOSE}(?:\s?[.,;:)–—-]|\s?[{_MARK}]|\s*$)|(?<=ption .)\s)", re.M
)
_REJECTED = re.compile(r"[^.\n]{0,12}[^\n.]{0,80}\b(?:incorrect|wrong|not|false)\b|[^.\n]{0,80}n't\b")
_NONE = re.compile(
    r"\bnone of (?:the|these|those)\b|\bno (?:correct|suitable|right) (?:answer|option|choice)"
    r"|\bnot (?:among|one of|listed|included|provided)\b",
    re.I,
)
_WRONG = re.compile(r"\bincorrect\b|\bwrong\b|\bnot (?:the |a |necessarily )?(?:correct|right|answer|best|true)\b|\belimin", re.I)
_NAMED = re.compile(
    rf"{_FIRST}(?:\b(?i:option|choice|answer)\s|\(|^\W{{0,4}}){_OPEN}{_TOKEN}{_ALONE}|(?P<labelled>[A-Z])[.:)]{{1,2}}\s?[\"']?(?=[{_MARK}])",
    re.M,
)
_OWN_LINE = re.compile(rf"^\W{{0,6}}{_LABEL}{_OPEN}{_TOKEN}[^\w\n{_MARK}]{{0,4}}[{_MARK}]?[^\w\n]{{0,4}}$", re.M)
_EMPHASISED = re.compile(
    rf"(?:\*\*|__|`|<b>|<strong>){_OPEN}{_LABEL}{_OPEN}{_TOKEN}(?={_CLOSE}(?:[.:,]|\s?[{_MARK}]|\s?(?:\*\*|__|`|</)))"
)
_VERDICT = re.compile(
    rf"^\W{{0,4}}{_LABEL}{_OPEN}{_TOKEN}[^\w\n]{{0,4}}(?:[{_MARK}][^\w\n]{{0,4}})?\n?"
    r"(?i:this (?:option|statement|answer|choice)? ?is |it is )?(?i:the )?(?i:correct|right)\b",
    re.M,
)
_LOOSE = re.compile(rf"(?<![\w'.-])(?P<token>[A-Z])(?![\w'+-]){_NO_WORD}")
_COMPLETE = re.compile(rf"[.!?)\"'\]{_MARK}]$")
_ANY_MARK = re.compile(f"(?P<token>[{_MARK}])")


def _structured(reading: _Reading) -> str | None:
    r"""`\boxed{C}`, `{"answer": "C"}`, `<answer>C</answer>`: the last one, as for any final answer."""
    found = _letters(reading, _STRUCTURED.finditer(reading.plain))
    return found[-1] if found else None


def _final_answer(reading: _Reading) -> str | None:
    """The last statement, when it draws a conclusion or stands in the last paragraph, overrides earlier ones."""
    last = reading.commitments[-1] if reading.commitments else None
    return last.letter if last and last.concludes else None


def _opening(reading: _Reading) -> str | None:
    match = _OPENING.match(reading.plain)
    if match is None or _is_listed(reading, match.start("token")) or _REJECTED.match(reading.plain, match.end()):
        return None
    return _letter(reading, match["token"])


def _statement(reading: _Reading) -> str | None:
    found = {commitment.letter for commitment in reading.commitments if commitment.letter}
    return None if not found else found.pop() if len(found) == 1 else _NEITHER


def _conclusion(reading: _Reading) -> str | None:
    """“In summary, the curve is parallel (option D).”: one letter in the last sentence that concludes or ends."""
    sentences = [part for part in _SENTENCE_END.split(reading.plain[-1500:]) if part.strip()]
    for back, sentence in enumerate(reversed(sentences)):
        if _CONCLUDES.search(sentence):
            return None if _WRONG.search(sentence) else _pointed_to(reading, sentence)
        if back == 0 and not _DENIAL.search(sentence) and (letter := _labelled(reading, sentence)):
            return letter
    return None


def _first_sentence(reading: _Reading) -> str | None:
    """“Of the options, D. Price guarantees aims at this most directly.”"""
    first = _SENTENCE_END.split(reading.plain, maxsplit=1)[0]
    return None if _DENIAL.search(first) else _labelled(reading, first)


def _labelled(reading: _Reading, sentence: str) -> str | None:
    """The one letter that a sentence names, if it is no line of a list."""
    if _LINE_LABEL.match(sentence) or len(set(_letters(reading, _LOOSE.finditer(sentence)))) > 1:
        return None
    return _agreed(_named(reading, sentence))


def _pointed_to(reading: _Reading, sentence: str) -> str | None:
    if len(set(_letters(reading, _LOOSE.finditer(sentence)))) > 1:
        return None
    return _agreed(_named(reading, sentence) or _letters(reading, _ANY_MARK.finditer(sentence)))


def _named(reading: _Reading, text: str) -> list[str]:
    found = (match["token"] or match["labelled"] for match in _NAMED.finditer(text))
    return [letter for token in found if (letter := _letter(reading, token))]


def _no_option(reading: _Reading) -> str | None:
    """“None of the options”, or a letter beyond them: weaker signs than a statement are then no answer."""
    strays = any(commitment.letter is None for commitment in reading.commitments)
    return _NEITHER if strays or _NONE.search(reading.plain) else None


def _option_text(reading: _Reading) -> str | None:
    """The option quoted in the first or last sentence; not in one that was cut off, nor in a line of a list."""
    sentences = [part for part in _SENTENCE_END.split(reading.plain.rstrip(" .!\n")) if part.strip()]
    ends = [*sentences[:1], *(sentences[-1:] if _COMPLETE.search(reading.plain) else [])]
    quoting = [part for part in ends if not _LINE_LABEL.match(part) and not _DENIAL.search(part)]
    return _agreed([letter for part in quoting for letter in _letters(reading, _ANY_MARK.finditer(part))])


def _short(reading: _Reading) -> str | None:
    """A longer text mentions an option's words by chance."""
    return _agreed(_letters(reading, _ANY_MARK.finditer(reading.plain))) if len(reading.plain) < 300 else None


def _agreeing(pattern: re.Pattern[str]) -> Callable[[_Reading], str | None]:
    """A rule that speaks where all that the pattern finds is one and the same letter."""
    return lambda reading: _agreed(_letters(reading, pattern.finditer(reading.plain)))


_RULES: tuple[tuple[str, Callable[[_Reading], str | None]], ...] = (
    ("structured answer", _structured),
    ("final answer", _final_answer),
    ("opening letter", _opening),
    ("answer statement", _statement),
    ("no option", _no_option),
    ("conclusion", _conclusion),
    ("first sentence", _first_sentence),
    ("letter on its own line", _agreeing(_OWN_LINE)),
    ("emphasised letter", lambda reading: _agreed(_letters(reading, _EMPHASISED.finditer(reading.emphasised)))),
    ("verdict", _agreeing(_VERDICT)),
    ("option text", _option_text),
    ("only letter named", lambda reading: _agreed(_named(reading, reading.plain))),
    ("only option text", _short),
)


def extract_answer(response: str, options: Sequence[str]) -> Extraction:
    """The option letter that the response commits to, and the rule that says so. Letters go by position: A, B, …"""
    if len(response) > _LIMIT:
        response = response[: _LIMIT // 2] + "\n\n" + response[-_LIMIT // 2 :]
    emphasised = _with_marks(_normal(response), options)
    reading = _Reading(_EMPHASIS.sub("", emphasised).strip(), emphasised, ascii_uppercase[: len(options)])
    reading = replace(reading, commitments=_commitments(reading))
    for name, rule in _RULES:
        letter = rule(reading)
        if letter is not None:
            return Extraction(letter, name) if letter else Extraction(None)
    return Extraction(None)
