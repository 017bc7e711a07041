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


_Commitment = tuple[str | None, bool, bool]
"""A letter said to be the answer (None: no option's); whether as a conclusion; whether in the last paragraph."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """A response made ready: spellings unified and option texts marked, without and with its emphasis."""

    plain: str
    emphasised: str
    letters: str
    commitments: tuple[_Commitment, ...] = ()


# --- Reading ---

_LIMIT = 30_000  # longer responses are read at their two ends, where answers stand: the work stays bounded
_FIRST_MARK = 0xE000
_PRIVATE = re.compile("[\ue000-\uf8ff]")
_SPELLINGS = str.maketrans("’‘“”\u00a0（）：", "''\"\" ():")
_LATEX_FONT = re.compile(r"\\(?:text|textbf|mathbf|mathrm|mathit|textit)\s?\{([^{}]{0,300})\}")
_EMPHASIS = re.compile(r"\*{1,3}|(?<!\w)_{1,3}|_{1,3}(?!\w)|`{1,3}|</?(?:b|strong|em|i|code)>")
# A question's words would come between “the best answer to the question” and “is B”.
_QUOTED_QUESTION = re.compile(r"question:?\s\"[^\"\n]{10,800}\"")


def _normal(text: str) -> str:
    text = _LATEX_FONT.sub(r"\1", _PRIVATE.sub(" ", text.translate(_SPELLINGS)))
    return _QUOTED_QUESTION.sub("question", text)


def _key(text: str) -> str:
    """Case, spaces, hyphens and the closing stop do not tell options' texts apart."""
    return " ".join(re.sub(r"(?<=\w)-(?=\w)", " ", text).split()).rstrip(" .;,").lower()


def _with_marks(text: str, options: Sequence[str]) -> str:
    """Mark the options' texts where they stand whole; not texts that two options share, nor single letters."""
    texts = [_key(_EMPHASIS.sub("", _normal(option))) for option in options]
    marks = {
        option: chr(_FIRST_MARK + position)
        for position, option in enumerate(texts)
        if option and texts.count(option) == 1 and not (len(option) == 1 and option.isalpha())
    }
    by_length = sorted(marks, key=len, reverse=True) or [chr(0)]
    words = "|".join(re.escape(option).replace(r"\ ", r"(?:\s{1,4}|-)") for option in by_length)
    # Whole: no part of a longer word or number (“5” in “0.5”, “-5”, “5%”).
    whole = re.compile(rf"(?<![\w\-−/^])(?<!\d[.,])(?:{words})(?!\w|[.,]\d|'\w|[\-/^]\w|\s?[%^])", re.I)
    return whole.sub(lambda match: marks.get(_key(match[0]), match[0]), text)


def _letter(reading: _Reading, token: str) -> str | None:
    """The option letter that a token, a letter or an option's mark, stands for."""
    position = ord(token) - _FIRST_MARK
    letter = ascii_uppercase[position] if 0 <= position < len(ascii_uppercase) else token.upper()
    return letter if letter in reading.letters else None


def _letters(reading: _Reading, matches: Iterable[re.Match[str]]) -> list[str]:
    return [letter for match in matches if (letter := _letter(reading, match["token"]))]


def _agreed(letters: Sequence[str]) -> str | None:
    return letters[0] if len(set(letters)) == 1 else None


# --- Tokens: an option's letter or mark, as it stands in running text ---

_MARK = "\ue000-\ue019"
_OPEN, _CLOSE = r"""[("'\[<{$\s]{0,4}""", r"""[)"'\]>}$]{0,3}"""
_LABEL = r"(?:(?i:(?:the |an )?(?:answer |correct )?(?:option|choice|letter|answer|alternative))[:#]?\s?)?"
# “A good example”, “I think”: no letters, unless what follows is a word that goes on after an answer.
_GOES_ON = (
    "because|since|as|and|or|is|in|for|due|with|but|which|where|when|if|based|given|while|from|only|would"
)
_NO_WORD = rf"(?!(?<=[AI])\s(?!(?:{_GOES_ON})\b)[a-z{_MARK}])"
# “B-cell”, “C++”, “A's”, “U.S.”
_ENDS = rf"(?![\w+#&=^]|'\w|[-–]\w|\.[A-Z]\b|\s[+=<>]){_NO_WORD}"
_LOWER = r"""(?<=[(\["'])[a-z](?=[)\]"'])|[b-z](?=[.)]?\s*$)"""
_TOKEN = rf"(?<![\w.-])(?<!\w')(?P<token>[A-Z{_MARK}]|{_LOWER}){_ENDS}"
# “A and B”, “B, C”: more than one. (“B, <its text>” is one.)
_NEXT = r"\W{0,3}(?:(?i:option|choice)\s)?\(?"
_ALONE = rf"(?!\W{{0,3}}(?:(?:,|&|/|\band\b|\bor\b){_NEXT}[A-Z](?![\w'])(?!\.\s[A-Z])|\b(?:and|or)\b{_NEXT}[{_MARK}]))"
_FIRST = r"(?<![A-Z] and )(?<![A-Z] or )(?<![A-Z], )(?<![A-Z], and )(?<![A-Z], or )"
_LOOSE = re.compile(rf"(?<![\w'.-])[A-Z](?![\w'+-]){_NO_WORD}")
_ANY_MARK = re.compile(f"(?P<token>[{_MARK}])")
_NAMED = re.compile(
    rf"(?m){_FIRST}(?:(?:\b(?i:option|choice|answer)\s|\bis\s(?=[A-Z](?:[.,:;]|$))|\(|^\W{{0,4}}(?![A-Z]\.\s[a-z]))"
    rf"{_OPEN}(?![{_MARK}])|(?=[A-Z][.:)]{{1,2}}\s?[\"']?[{_MARK}])){_TOKEN}{_ALONE}"
)
_LINE_LABEL = re.compile(rf"\s*(?:[-*•]\s?)?(?:(?i:option|choice)\s)?\(?([A-Z{_MARK}])[.):\s]")

# --- Commitments ---

_SUBJECT = r"(?:answers?|(?:option|choice)(?!\s?\(?[A-Z]\b)|solution|conclusion|correct|best|closest|(?:mo|lea)st \w+)"
_GAP = r"(?:[^.!?\n]|[.!?](?!\s))"
_ADVERB = "most|still|therefore|thus|indeed|clearly|likely|probably|often|usually|typically|actually|given by"
_ADVERBS = rf"(?i:(?:(?:{_ADVERB})\b[,:]?\s){{0,2}})"
_IS = r"(?i:\s(?:is|are|be|was|being)\b|'s\b|\s(?:appears|seems) to be\b)"
_CHOSEN = rf"{_ADVERBS}(?i:not\s\(?[a-z]\)?,?\s(?:but|rather)\s)?{_OPEN}{_LABEL}{_OPEN}{_TOKEN}{_ALONE}"
_PRAISE = (
    r"(?i:(?:the |our |your )?(?:only |single |one |most |closest |least )?"
    r"(?:correct|right|best|accurate|appropriate|suitable|plausible|likely|(?:final )?answer)\b)"
)
_STATEMENTS: tuple[re.Pattern[str], ...] = (
    # “The best answer to the question, in this case, is (B)”
    re.compile(rf"(?m)\b(?i:{_SUBJECT})\b(?P<gap>{_GAP}{{0,200}}?){_IS}[\s:]{{0,3}}{_CHOSEN}"),
    # “Answer: B”, “Correct choice → B”, “## Answer” over “B”; not “answer options: A. …”
    re.compile(
        r"(?m)\b(?i:answer|solution|conclusion|(?:correct|best|right|final) (?:option|choice|letter))\b"
        r"(?P<gap>[^.!?:\n]{0,60}?)(?<!\s[A-Z])(?:\s?(?:[:=]|->|→|⇒)\s{0,3}|(?<=[Aa]nswer)\n\s?)"
        rf"{_CHOSEN}"
    ),
    # “Option C, which …, is the most appropriate”
    re.compile(
        rf"(?m){_FIRST}{_TOKEN}{_ALONE}(?P<gap>{_GAP}{{0,160}}?)"
        rf"\s(?i:is|are|was|seems|appears to be|must be|would be)\s{_ADVERBS}{_PRAISE}"
    ),
    # “I would choose B”, “which corresponds to option B”, “wait, it is B”
    re.compile(
        r"(?m)\b(?i:making|choose|chose|select|pick|recommend|go(?:ing)? with|opt for|settle on|corresponds? to"
        r"|match(?:es)?|points? to|answer with|which is(?=\s(?:option|choice|answer))|in favou?r of"
        r"|(?:so|no|wait|actually|thus|hence|therefore|think|believe|means)\W{1,3}(?:that )?(?:it|this)"
        rf"(?: is|'s| (?:must|should) be))(?P<gap>)\s(?i:the\s)?{_CHOSEN}"
    ),
)
# “The answer cannot be B”. But the “not” of “the option that does not fit is B” is the question's.
_DENIAL = re.compile(
    r"(?i)\b(?:not|neither|nor|never|cannot|also|incorrect|wrong|except|options|choices|eliminate\w*|rule[sd]? out"
    r"|(?:option|choice)\s\(?[A-Z])\b|n't\b"
)
_OF_THE_QUESTION = re.compile(r"(?i:\b(?:that|which|who|when|because|since)\b.{0,200})|\".{0,300}\"", re.S)
_LAST_SUBJECT = re.compile(r"\b(?:answer|option|choice)\b(?=\s?[a-z,]|$)")
_PRONOUN = re.compile(r",\s(?:so\s)?(?:it|this|that)$")
_CONDITION = re.compile(r"(?i)\s*(?:but |and |so )?(?:even )?(?:if|had|were)\b[^.]*\bwould\b[^.]*")
_CONCLUDES = re.compile(
    r"(?i)\b(?:therefore|thus|hence|so|consequently|final|finally|ultimately|conclu\w+|in summary|in short|overall"
    r"|to sum up|to summari[sz]e|as a result|correction|actually|wait|based on)\b"
)
_SENTENCE_END = re.compile(r"(?<!\b[A-Z])[.!?][\")]?\s|:\n|\n")


def _commitments(reading: _Reading) -> tuple[_Commitment, ...]:
    text, found = reading.plain, []
    for match in (match for pattern in _STATEMENTS for match in pattern.finditer(text)):
        start, end = match.start(), match.end("token")
        sentence = _SENTENCE_END.split(text[max(0, start - 200) : start])[-1] + match[0]
        split = _LAST_SUBJECT if match.start("gap") < match.start("token") else _PRONOUN
        gap = _OF_THE_QUESTION.sub("", split.split(match["gap"])[-1])
        if _DENIAL.search(gap) or _CONDITION.fullmatch(sentence) or _is_listed(reading, match.start("token")):
            continue
        concludes, is_last = bool(_CONCLUDES.search(sentence)), "\n" not in text[end:]
        found.append((end, (_letter(reading, match["token"]), concludes, is_last)))
    return tuple(commitment for _, commitment in sorted(found, key=lambda item: item[0]))


def _is_listed(reading: _Reading, position: int) -> bool:
    """Whether the letter heads a line of a list of the options, with the next letter on the next line."""
    text, letter = reading.plain, _letter(reading, reading.plain[position])
    before = text[max(0, position - 20) : position].rpartition("\n")[2].strip(" ([-\t*#•").lower()
    label = _LINE_LABEL.match(text[position : position + 1500].partition("\n")[2])
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
    rf"(?m)\W{{0,6}}{_LABEL}{_OPEN}{_TOKEN}{_ALONE}"
    rf"(?!\.\s[a-z])(?={_CLOSE}(?:\s?[.,;:)–—-]|\s?[{_MARK}]|\s*$)|(?<=ption .)\s)"
)
_NEGATED = re.compile(
    r"(?i)\b(?:not|neither|nor|never|cannot|incorrect|wrong|false|except|unlike|than)\b|n't\b"
)
_CONTRAST = re.compile(r"(?i),\s(?:not|unlike|rather than|instead of|as opposed to)\b.*")
_WRONG = re.compile(
    r"(?i)\b(?:incorrect|wrong|not (?:the |a |necessarily |likely )?(?:correct|right|answer|best|true))\b"
)
_NONE = re.compile(
    r"(?i)\bnone of (?:the|these|those)\b|\bno (?:correct|suitable|right) (?:answer|option|choice)"
    r"|\bnot (?:\w+ ){0,3}(?:of|in|among) (?:the )?(?:\w+ ){0,2}(?:options|choices)"
    r"|\bnot match (?:\w+ ){0,4}(?:options|choices)"
)
_OWN_LINE = re.compile(
    rf"(?m)^\W{{0,6}}{_LABEL}{_OPEN}{_TOKEN}[^\w\n{_MARK}]{{0,4}}[{_MARK}]?[^\w\n]{{0,4}}$"
)
_EMPHASISED = re.compile(
    rf"(?:\*\*|__|`|<b>|<strong>){_OPEN}{_LABEL}{_OPEN}{_TOKEN}"
    rf"(?={_CLOSE}(?:[.:,]|\s?[{_MARK}]|\s?(?:\*\*|__|`|</)))"
)
_VERDICT = re.compile(
    rf"(?m)^\W{{0,4}}{_LABEL}{_OPEN}{_TOKEN}[^\w\n]{{0,4}}(?:[{_MARK}][^\w\n]{{0,4}})?\n?[^\w\n]{{0,4}}"
    rf"(?:(?i:this(?: option| statement| answer| choice)? is |it is ){_ADVERBS}{_PRAISE}|(?i:correct|right)\b)"
)


def _structured(reading: _Reading) -> str | None:
    r"""`\boxed{C}`, `{"answer": "C"}`, `<answer>C</answer>`: the last one, as for any final answer."""
    found = _letters(reading, _STRUCTURED.finditer(reading.plain))
    return found[-1] if found else None


def _final_answer(reading: _Reading) -> str | None:
    """The last statement, when it draws a conclusion or stands in the last paragraph, overrides earlier ones."""
    letter, concludes, _ = reading.commitments[-1] if reading.commitments else (None, False, False)
    return letter if concludes else _agreed([each for each, _, last in reading.commitments if each and last])


def _opening(reading: _Reading) -> str | None:
    """“C. Because …”, “(C)”, “Option C: …”; not “B. subtilis is …”, “A is wrong”, nor the head of a list."""
    match = _OPENING.match(reading.plain)
    if match is None or _is_listed(reading, match.start("token")):
        return None
    rest = _SENTENCE_END.split(reading.plain[match.end() :].lstrip(" .)"), maxsplit=1)[0][:90]
    return None if _NEGATED.search(rest) else _letter(reading, match["token"])


def _statement(reading: _Reading) -> str | None:
    found = {letter for letter, *_ in reading.commitments if letter}
    return None if not found else found.pop() if len(found) == 1 else _NEITHER


def _no_option(reading: _Reading) -> str | None:
    """“None of the options”, or a letter beyond them: weaker signs than a statement are then no answer."""
    strays = any(not letter for letter, *_ in reading.commitments)
    return _NEITHER if strays or _NONE.search(reading.plain) else None


def _one_of(reading: _Reading, sentence: str) -> str | None:
    """The one letter, or else the one option text, of a sentence, less its “…, not A”."""
    sentence = _CONTRAST.sub("", sentence)
    if len(set(_LOOSE.findall(sentence))) > 1:
        return None
    return _agreed(
        _letters(reading, _NAMED.finditer(sentence)) or _letters(reading, _ANY_MARK.finditer(sentence))
    )


def _at_an_end(reading: _Reading, sentence: str) -> str | None:
    """The same in a first or last sentence, where a line of a list says nothing."""
    match = _NAMED.search(sentence) or _ANY_MARK.search(sentence)
    # A “not” well before the letter may be the question's; just before it or after, it is said of the option.
    if match is None or _LINE_LABEL.match(sentence) or _NEGATED.search(sentence, max(0, match.start() - 12)):
        return None
    return _one_of(reading, sentence)


def _conclusion(reading: _Reading) -> str | None:
    """“In summary, the curve is parallel (option D).”: one letter in the last sentence that concludes or ends."""
    sentences = [part for part in _SENTENCE_END.split(reading.plain[-1500:]) if part.strip()]
    cut_off = not reading.plain.endswith((".", "!", "?", ")", '"', "]"))
    if sentences and not cut_off and (letter := _at_an_end(reading, sentences[-1])):
        return letter
    concluding = [sentence for sentence in sentences if _CONCLUDES.search(sentence)]
    naming = [sentence for sentence in concluding if _NAMED.search(sentence) or _ANY_MARK.search(sentence)]
    return None if not naming or _WRONG.search(naming[-1]) else _one_of(reading, naming[-1])


def _short(reading: _Reading) -> str | None:
    """The option's text and little else. A longer text mentions an option's words by chance."""
    return _agreed(_letters(reading, _ANY_MARK.finditer(reading.plain))) if len(reading.plain) < 300 else None


def _only_named(reading: _Reading) -> str | None:
    """Next to letters of no option, a letter is more likely a symbol, as in “carbon (C) and oxygen (O)”."""
    symbols = set(re.findall(r"\(([A-Z])\)", reading.plain)) - set(reading.letters)
    return (
        None
        if symbols or _WRONG.search(reading.plain)
        else _agreed(_letters(reading, _NAMED.finditer(reading.plain)))
    )


def _agreeing(pattern: re.Pattern[str]) -> Callable[[_Reading], str | None]:
    """A rule that speaks where all that the pattern finds is one and the same letter."""
    return lambda reading: _agreed(_letters(reading, pattern.finditer(reading.plain)))


_RULES: tuple[tuple[str, Callable[[_Reading], str | None]], ...] = (
    ("structured answer", _structured),
    ("final answer", _final_answer),
    ("opening letter", _opening),
    ("answer statement", _statement),
    ("no option", _no_option),
    ("letter on its own line", _agreeing(_OWN_LINE)),
    ("emphasised letter", lambda it: _agreed(_letters(it, _EMPHASISED.finditer(it.emphasised)))),
    ("conclusion", _conclusion),
    ("first sentence", lambda it: _at_an_end(it, _SENTENCE_END.split(it.plain, maxsplit=1)[0])),
    ("verdict", _agreeing(_VERDICT)),
    ("only letter named", _only_named),
    ("only option text", _short),
)


def extract_answer(response: str, options: Sequence[str]) -> Extraction:
    """The option letter that a response commits to, and the rule that says so. Letters go by position: A, B, …"""
    if len(response) > _LIMIT:
        response = response[: _LIMIT // 2] + "\n\n" + response[-_LIMIT // 2 :]
    emphasised = _with_marks(_normal(response), options)
    plain = _EMPHASIS.sub("", emphasised).strip()
    reading = _Reading(plain, emphasised, ascii_uppercase[: len(options)])
    reading = replace(reading, commitments=_commitments(reading))
    for name, rule in _RULES:
        letter = rule(reading)
        if letter is not None:
            return Extraction(letter, name) if letter else Extraction(None)
    return Extraction(None)
