"""The rules in the order of their strength, and what they decide together."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from string import ascii_uppercase

from evaluation.stages.extract.lists import LINE_LABEL, is_listed, without_echo, without_tables
from evaluation.stages.extract.sentences import (
    CONCLUDES,
    CORRECTS,
    NOT_BEFORE,
    SENTENCE_END,
    Statement,
    is_cut_off,
)
from evaluation.stages.extract.several import first_of_several
from evaluation.stages.extract.spelling import EMPHASIS, MARK, unified, with_marks
from evaluation.stages.extract.statements import statements
from evaluation.stages.extract.tokens import (
    ANY_MARK,
    CLOSE,
    LABEL,
    LOOSE,
    NAMED,
    OPEN,
    TOKEN,
    Reading,
    agreed,
    is_one_of_several,
    letter_of,
    letters_of,
)
from evaluation.stages.extract.verdicts import HEDGED_VERDICT, verdicts


@dataclass(frozen=True, slots=True)
class Extraction:
    """The letter, and the name of the rule that found it; None and an empty name where the rules abstain."""

    letter: str | None
    rule: str = ""


_LIMIT = 30_000  # longer responses are read at their two ends, where answers stand: the work stays bounded
_NEITHER = Extraction(None)
_Rule = Callable[[Reading], str | None]

_STRUCTURED = re.compile(
    r"(?:\\boxed\s?\{|<(?:final_?)?(?:answer|choice)>|[\"']\w{0,20}(?i:answer|choice|option"
    r"|letter)\w{0,20}[\"']\s?:)\s{0,3}"
    rf"{OPEN}{LABEL}{OPEN}{TOKEN}"
)
_OPENING = re.compile(
    rf"(?m)[^\w{MARK}]{{0,6}}{LABEL}{OPEN}{TOKEN}"
    rf"(?={CLOSE}(?:\s?[.,;:)–—-]|\s?[{MARK}]|\s*$)|\s(?i:because|since|as|here)\b)"
)
_DENIED = re.compile(
    rf"(?i)(?!,?\s(?:not|rather than|instead of)\s\W?(?:option\s)?(?:[A-Z]\b"
    rf"|[{MARK}]))[^\w{MARK}]*[{MARK}]?\W*(?:(?:this|that|it|which|the|option|statement|answer|choice)\s){{0,3}}"
    r"(?:(?:is|was|are|can|could|does|did|do|would|will|may|might|has|seems|also)\s?){0,2}"
    r"(?:n't|not|never|neither|cannot|incorrect|wrong|false|unlikely|eliminated|out\b|the (?:wrong|least"
    r"|only one that))"
)
_NEGATED = re.compile(
    r"(?i)\b(?:not|neither|nor|never|cannot|incorrect|wrong|false|except|unlike|unlikely|less likely|least|than"
    r"|could|might)\b|n't\b"
)
_REASON = re.compile(r"(?i)\W*(?:since|as|because)\s")
_FAINT = re.compile(
    rf"(?i)(?:\b(?:option|choice)\s[(\"]?[A-Z]|\([A-Z]\)|[{MARK}])\W{{0,3}}(?:[{MARK}]\W{{0,3}})?"
    r"\s(?:(?:could|might|may) (?:also )?be|is (?:also )?(?:partially|partly|possible"
    r"|(?:correct|right|true|accurate) (?:in|to) (?:some|a|one|part)))\b"
)
# “In conclusion, while the Thames is long, …”, “Additionally, …”: not what the sentence or the response comes to.
_ASIDE = re.compile(
    r"(?i)\W*(?:(?:in (?:conclusion|summary)|so|overall|however)\W{1,2})?(?:while|although|though|despite|additionally"
    r"|moreover|furthermore|also|in addition)\b[^,]*\Z"
    r"|\W*(?:additionally|moreover|furthermore|also|in addition),"
)
_HEDGED = re.compile(r"(?i)\b(?:could|might|less|while|although|though|cannot|can't|eliminated?|also)\b")
_DENIES = re.compile(r"(?i)\b(?:is|are|was|do|does|can|will|would)(?:n't|\s?not)\b")
_CONTRAST = re.compile(
    rf"(?i)(?:,\s(?:not|unlike)|,?\s(?:rather than|instead of|as opposed to"
    rf"|over))\s(?:\w+\s){{0,3}}?\W?(?:[A-Z]\b|[{MARK}]).*"
)
_WRONG = re.compile(
    r"(?i)\b(?:incorrect|wrong|unlikely|(?:not|isn't|can't be|cannot be) (?:the |a |necessarily |likely )?"
    r"(?:correct|right|answer|best|true))\b"
)
_NONE = re.compile(
    r"(?i)\bnone of (?:the|these|those)\b|\bno (?:correct|suitable|right) (?:answer|option|choice)"
    r"|\bnot (?:\w+ ){0,3}(?:of|in|among) (?:the )?(?:\w+ ){0,2}(?:options|choices)"
    r"|\bnot match (?:\w+ ){0,4}(?:options|choices)|\ball (?:of )?(?:the|these|those) (?:\w+ )?(?:options|answers)\b"
)
_OWN_LINE = re.compile(
    rf"(?m)^[^\w{MARK}]{{0,6}}{LABEL}{OPEN}{TOKEN}[^\w\n{MARK}]{{0,4}}[{MARK}]?[^\w\n]{{0,4}}$"
)
_EMPHASISED = re.compile(
    rf"(?:\*\*|__|`|<b>|<strong>){OPEN}{LABEL}{OPEN}{TOKEN}"
    rf"(?={CLOSE}(?:[.:,]|\s?[{MARK}]|\s?(?:\*\*|__|`|</)))"
)
_CHECKED = re.compile(
    rf"(?m)^[^\w{MARK}]{{0,4}}{LABEL}{OPEN}{TOKEN}[^\w\n{MARK}]{{0,4}}(?:(?:[{MARK}][^\w\n]{{0,4}})?"
    rf"(?:(?i:correct|right)\b(?!,? but)|[^\w\n]{{0,3}}[✓✔✅☑])|[{MARK}][^\w\n]{{1,4}}(?i:yes|true)\b(?!,))"
)
# “Preference: …\n\nResponse: …”: the prompt's own labels, before the answer proper.
_PROMPT_ECHO = re.compile(
    r"(?i)\A\W{0,4}(?:(?:user(?:'s)? )?preference\W{0,3}:[^\n]{0,600}\n\s{0,4}(?:\W{0,4}response\W{0,3}:\W{0,4})?"
    r"|response\W{0,3}:\s{0,4})"
)
_QUESTION = re.compile(r"(?m)^\W{0,6}(?i:question|user|human|Q)\s?\d{0,2}\s?[:.]")


def _structured(reading: Reading) -> str | None:
    r"""`\boxed{C}`, `{"answer": "C"}`, `<answer>C</answer>`: the last one, as for any final answer."""
    letters = letters_of(reading, _STRUCTURED.finditer(reading.plain))
    return letters[-1] if letters else None


def _opening(reading: Reading) -> Statement | None:
    """“C. Because …”, “(C)”, “Option C: …”; not “B. subtilis is …”, “A is wrong”, nor the head of a list."""
    match = _OPENING.match(reading.plain)
    if match is None:
        return None
    start, end = match.start("token"), match.end("token")
    letter: str | None = letter_of(reading, match["token"])
    if letter is None or _DENIED.match(reading.plain, end) or _is_abbreviation(reading, letter, end):
        return None
    if is_listed(reading, start):
        if letter == "A":
            return None
        letter = None
    elif is_one_of_several(reading.plain, start, end):
        letter = None
    return Statement(0, end, letter, is_last=False)


def _is_abbreviation(reading: Reading, letter: str, end: int) -> bool:
    """“B. subtilis …”: a stop and a small letter follow, but not the words that the option begins with."""
    match = re.match(r"\.\s(?=[a-z])(?:(?:the|an?|to|in|at)\s)?(\w*)", reading.plain[end : end + 60])
    if match is None or not match[1]:
        return False
    return match[1] not in re.findall(r"\w+", reading.texts[ord(letter) - ord("A")][:60])[:3]


def _outcome(reading: Reading, said: Sequence[Statement]) -> str | None:
    """The letter of statements in their order; empty where they name several; None where there are none.

    The last one counts where it concludes or corrects, where all agree, or where it stands alone in the last paragraph.
    """
    if not said:
        return None
    last = said[-1]
    closing = {statement.letter for statement in said if statement.is_last}
    if (
        len({statement.letter for statement in said}) == 1
        or last.concludes
        or _is_corrected(reading, said)
        or (last.is_last and len(closing) == 1 and not said[0].is_last)
    ):
        return last.letter or ""
    return ""


def _is_corrected(reading: Reading, said: Sequence[Statement]) -> bool:
    """Whether a “wait”, “however” … stands between the last statement and the last one with another letter."""
    last = said[-1]
    others = [statement for statement in said if statement.letter != last.letter]
    return CORRECTS.search(reading.plain, others[-1].end, last.end) is not None


def _committed(reading: Reading) -> Extraction | None:
    """What opening, statements and verdicts come to; None where there are none."""
    opening = _opening(reading)
    said = statements(reading)
    if opening is not None and any(statement.end == opening.end for statement in said):
        opening = None  # “Answer: B” is a statement.
    outright = {statement.end for statement in said}
    praised = sorted(
        (verdict for verdict in verdicts(reading) if verdict.end not in outright),
        key=lambda verdict: (verdict.end, verdict.start),
    )
    if opening is not None:
        said = [statement for statement in said if statement.end > opening.end]
    # What names an option by its text alone, perhaps by chance, takes nothing back that names a letter.
    firm = [statement for statement in said if not statement.is_loose]
    said = ([opening] if opening else []) + (firm if opening or firm else said)
    letter = _outcome(reading, said)
    if letter:
        last = said[-1]
        if last is opening or (opening is not None and last.letter == opening.letter and not _closes(last)):
            return Extraction(letter, "opening letter")
        return Extraction(letter, "final answer" if _closes(last) else "answer statement")
    if letter == "":
        # “The answer is B or C. However, option C is the best one.”
        praised = [
            statement for statement in praised if statement.start > said[-1].end and said[-1].letter is None
        ]
    verdict = _outcome(reading, praised) or ("" if praised else None)
    if verdict is None and letter is None:
        verdict = agreed(letters_of(reading, _CHECKED.finditer(reading.plain)))
    if verdict:
        return Extraction(verdict, "verdict")
    return None if verdict is None and letter is None else _NEITHER


def _closes(statement: Statement) -> bool:
    return statement.concludes or statement.is_last


def _one_of(reading: Reading, sentence: str) -> str | None:
    """The one letter, or else the one option text, of a sentence, less its “…, not A”."""
    sentence = _CONTRAST.sub("", sentence)
    if len(set(LOOSE.findall(sentence))) > 1:
        return None
    return agreed(
        letters_of(reading, NAMED.finditer(sentence)) or letters_of(reading, ANY_MARK.finditer(sentence))
    )


def _at_an_end(reading: Reading, pattern: re.Pattern[str], sentence: str) -> str | None:
    """The same in a first or last sentence, where a line of a list says nothing."""
    match = pattern.search(sentence)
    # A “not” well before the letter may be the question's; just before or after it, it refers to the option.
    if match is None or _NEGATED.search(sentence, max(0, match.start() - 12)) or _FAINT.search(sentence):
        return None
    if _ASIDE.match(sentence[: match.start()]):
        return None
    if LINE_LABEL.match(sentence) and not sentence.lstrip().lower().startswith(("option", "choice")):
        return None
    return _one_of(reading, sentence)


def _conclusion(reading: Reading, pattern: re.Pattern[str]) -> str | None:
    """“In summary, the curve is parallel (option D).”: one letter in the last sentence that concludes."""
    sentences = [part for part in SENTENCE_END.split(reading.plain[-1500:]) if part.strip()][-5:]
    concluding = [sentence for sentence in sentences if CONCLUDES.search(sentence[:40])]
    naming = [sentence for sentence in concluding if pattern.search(sentence)]
    if not naming:
        return None
    match = pattern.search(naming[-1])
    assert match is not None
    around = naming[-1][: match.end() + 60]
    if _WRONG.search(around) or _HEDGED.search(around) or NOT_BEFORE.search(naming[-1][: match.start()]):
        return None
    # “Therefore, option D is not an advantage.” as the last word answers a question for what is not.
    if _DENIES.search(around, match.end()) and naming[-1] != sentences[-1]:
        return None
    return _one_of(reading, naming[-1])


def _first_sentence(reading: Reading, pattern: re.Pattern[str]) -> str | None:
    return _at_an_end(reading, pattern, SENTENCE_END.split(reading.plain, maxsplit=1)[0])


def _last_sentence(reading: Reading, pattern: re.Pattern[str]) -> str | None:
    sentences = [part for part in SENTENCE_END.split(reading.plain[-1500:]) if part.strip()]
    return (
        _at_an_end(reading, pattern, sentences[-1]) if sentences and not is_cut_off(reading.plain) else None
    )


def _last_reason(reading: Reading) -> str | None:
    """“Since the wall stood there, it is the eastern part (option D).”: a last sentence that gives a reason first."""
    sentences = [part for part in SENTENCE_END.split(reading.plain[-1500:]) if part.strip()]
    return _last_sentence(reading, NAMED) if sentences and _REASON.match(sentences[-1]) else None


def _short(reading: Reading) -> str | None:
    """The option's text and little else. A longer text mentions an option's words by chance."""
    if len(reading.plain) >= 300 or _WRONG.search(reading.plain) or _is_denied(reading, ANY_MARK):
        return None
    # Longer than a phrase, and without an end: reasoning that was cut off.
    if len(reading.plain) > 40 and is_cut_off(reading.plain):
        return None
    return agreed(letters_of(reading, ANY_MARK.finditer(reading.plain)))


def _is_denied(reading: Reading, pattern: re.Pattern[str]) -> bool:
    """Whether a “not” or “nor” stands right before one of the options that the pattern finds."""
    starts = (match.start() for match in pattern.finditer(reading.plain))
    return any(NOT_BEFORE.search(reading.plain, max(0, start - 30), start) for start in starts)


def _only_named(reading: Reading) -> str | None:
    """Next to letters of no option, a letter is more likely a symbol, as in “carbon (C) and oxygen (O)”."""
    symbols = set(re.findall(r"\(([A-Z])\)", reading.plain)) - set(reading.letters)
    if (
        symbols
        or _WRONG.search(reading.plain)
        or _FAINT.search(reading.plain)
        or (is_cut_off(reading.plain) and len(reading.plain) > 200)
    ):
        return None
    if _is_denied(reading, NAMED):
        return None
    letter = agreed(letters_of(reading, NAMED.finditer(reading.plain)))
    return letter if set(LOOSE.findall(reading.plain)) <= {letter} else None


def _unrivalled(reading: Reading, letter: str | None) -> str | None:
    """A letter, unless the response names other options, too."""
    named = [
        *letters_of(reading, NAMED.finditer(reading.plain)),
        *letters_of(reading, ANY_MARK.finditer(reading.plain)),
    ]
    if letter is None or is_cut_off(reading.plain):
        return None
    if set(named) <= {letter}:
        return letter
    # A phrase is hardly there by chance, as a word such as “fitness” may be.
    return letter if len(reading.texts[ord(letter) - ord("A")].split()) > 2 else None


def _agreeing(pattern: re.Pattern[str]) -> _Rule:
    """A rule that speaks where all that the pattern finds is one and the same letter."""
    return lambda reading: agreed(letters_of(reading, pattern.finditer(reading.plain)))


_WEAKER: tuple[tuple[str, _Rule], ...] = (
    ("letter on its own line", _agreeing(_OWN_LINE)),
    ("emphasised letter", lambda it: agreed(letters_of(it, _EMPHASISED.finditer(it.emphasised)))),
    ("table", lambda it: it.table_letter),
    ("conclusion", lambda it: _conclusion(it, NAMED)),
    ("first sentence", lambda it: _first_sentence(it, NAMED)),
    ("conclusion", _last_reason),
    ("conclusion", lambda it: _unrivalled(it, _last_sentence(it, NAMED))),
    ("conclusion", lambda it: _unrivalled(it, _conclusion(it, ANY_MARK))),
    ("first sentence", lambda it: _unrivalled(it, _first_sentence(it, ANY_MARK))),
    ("conclusion", lambda it: _unrivalled(it, _last_sentence(it, ANY_MARK))),
    ("only letter named", _only_named),
    ("hedged verdict", _agreeing(HEDGED_VERDICT)),
    ("only option text", _short),
)


def _of_reading(reading: Reading) -> Extraction:
    structured = _structured(reading)
    if structured is not None:
        return Extraction(structured, "structured answer")
    committed = _committed(reading)
    if committed is not None and committed.letter is not None:
        return committed
    if committed is None and _NONE.search(reading.plain) is None:
        for name, rule in _WEAKER:
            letter = rule(reading)
            if letter is not None:
                return Extraction(letter, name)
    first = first_of_several(reading)
    return _NEITHER if first is None else Extraction(first, "first of several")


def _of_text(text: str, letters: str, texts: tuple[str, ...]) -> Extraction:
    whole, table_letter = without_tables(text, letters)
    text = without_echo(whole, len(letters))
    plain, whole = EMPHASIS.sub("", text).strip(), EMPHASIS.sub("", whole).strip()
    ambiguous = "".join(
        letter for own, letter in enumerate(letters) if letter.lower() in (*texts[:own], *texts[own + 1 :])
    )
    return _of_reading(Reading(plain, text, letters, texts, table_letter, whole, ambiguous))


def extract_answer(response: str, options: Sequence[str]) -> Extraction:
    """The option letter that a response commits to, and the rule that says so. Letters go by position: A, B, …"""
    if len(response) > _LIMIT:
        response = response[: _LIMIT // 2] + "\n\n" + response[-_LIMIT // 2 :]
    letters = ascii_uppercase[: len(options)]
    texts = tuple(unified(option).lower() for option in options)
    text = with_marks(_PROMPT_ECHO.sub("", unified(response), count=1), options)
    starts = [match.start() for match in _QUESTION.finditer(text)]
    if len(starts) < 2:
        return _of_text(text, letters, texts)
    # The response goes on with questions of its own, or repeats examples: only those with this item's options count.
    bounds = zip([0, *starts], [*starts, len(text)], strict=True)
    parts = [text[start:end] for start, end in bounds if ANY_MARK.search(text, start, end)]
    answers = [
        extraction for part in parts if (extraction := _of_text(part, letters, texts)).letter is not None
    ]
    return answers[-1] if len({answer.letter for answer in answers}) == 1 else _NEITHER
