"""Which option a recorded answer cell names: a letter in whatever writing, or the option's own text.

The study counts a cell only where it is exactly the letter of an option. What it counts as a delivery failure by a code
(`-1`, a stray `X`, `None`) stays one here, even where an option has that very text.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from evaluation.importers.cells.question_draft import is_option_letter
from evaluation.models.dataset import LETTERS

NO_ANSWER = frozenset({"", "-1", "-1.0", "None", "none", "null", "NULL", "nan", "NaN", "<NA>", "N/A", "n/a"})
"""What extractors and data frames write where there is no answer."""

LONGEST_CELL = 2_000
"""A longer cell names an option only where it is exactly the option's text."""
LONGEST_LEAD = 200
"""A cell that is longer than every option by more than this is prose, not an answer."""


@dataclass(frozen=True)
class AnswerReading:
    """The letter of an option, or empty; `is_interpreted`: the cell is not just that letter."""

    letter: str
    is_interpreted: bool = False


def read_answer(cell: str, options: Sequence[str]) -> AnswerReading:
    """Read an answer cell. A cell that may name two options, or none, has no letter."""
    text = cell.strip()
    if is_option_letter(text, options):
        return AnswerReading(text)
    if len(text) > LONGEST_CELL:
        return AnswerReading(_letter_with_text(text, options), is_interpreted=options.count(text) == 1)
    is_stray_letter = len(text) == 1 and text in LETTERS
    if text in NO_ANSWER or is_stray_letter or len(text) > max(map(len, options)) + LONGEST_LEAD:
        return AnswerReading("")
    bare = _unwrapped(text)
    letters = _named_by_text(bare, options) | _named_by_letter(bare, options)
    return AnswerReading(letters.pop(), is_interpreted=True) if len(letters) == 1 else AnswerReading("")


def _letter_with_text(text: str, options: Sequence[str]) -> str:
    """The letter of the one option with exactly this text, or empty."""
    return LETTERS[options.index(text)] if options.count(text) == 1 else ""


_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"))
_WRAPPERS = (
    re.compile(r"(\*{1,3}|_{1,3}|`+|\$+)(.+?)\1"),
    re.compile(r"\\(?:boxed|fbox|text|textbf|mathrm|mathbf)\s*(\{)(.+)\}"),
    re.compile(r"(\\)\((.+)\\\)|(\\)\[(.+)\\\]"),
    re.compile(r"<(\w+)>(.+)</\1>"),
    re.compile(r"(\[)\s*(\"[^\"]*\"|'[^']*')\s*\]"),
    re.compile(r"([\"'])(.+)\1|(“)(.+)”|(‘)(.+)’|(«)(.+)»|(「)(.+)」"),
)


def _unwrapped(text: str) -> str:
    """The text without invisible characters, and without the emphasis or quotation marks around all of it."""
    text, before = text.translate(_INVISIBLE).strip(), ""
    while text != before:
        before = text
        for wrapper in _WRAPPERS:
            match = wrapper.fullmatch(text)
            if match is not None:
                text = next(filter(None, match.groups()[1::2])).strip() or text
    return text


_WORDS = (
    "so|therefore|thus|hence|the|my|i|final|correct|right|best|most|likely|answer|option|choice|letter|is|are|was|be|"
    "would|will|choose|chose|select|selected|pick|go|with|it|it's|antwort|réponse|respuesta|opción|risposta|opzione|"
    "resposta|ответ|вариант"
)
_WORDS_UNSPACED = "答案|答え|回答|正解|정답|正确|选项|选择|应选|故选|我选|选为|选|是|为|应|该"
_MARKS = r"[\s*_`$\"'“”‘’]*+"
_BETWEEN = r"(?:[\s*_`$\"'“”‘’,:=>]|[\-–—](?=\s))*+"
_LEAD = rf"(?:[{{\s\"'*_`]*+(?:(?:(?:{_WORDS})(?![A-Za-z0-9])|{_WORDS_UNSPACED}){_BETWEEN})+)"
_LABEL = re.compile(
    rf"{_LEAD}?{_MARKS}[(\[{{<]?{_MARKS}(?P<letter>[A-Za-z])(?![A-Za-z0-9])"
    rf"{_MARKS}[)\]}}>]?{_MARKS}[.:;,!。、\-–—]*{_MARKS}(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_LABEL_BEHIND = re.compile(r"(?P<rest>.+?)\s*[(\[](?P<letter>[A-Za-z])[)\]]\.?", re.DOTALL)
_AFTER_LEAD = re.compile(rf"{_LEAD}(?P<rest>.+)", re.IGNORECASE | re.DOTALL)


def _variants(text: str) -> list[str]:
    """The text, and what follows `The answer is` or the like; what says that there is no answer is left out."""
    lead = _AFTER_LEAD.fullmatch(text)
    variants = [text] if lead is None else [text, _unwrapped(lead["rest"])]
    return [variant for variant in variants if variant not in NO_ANSWER]


def _named_by_letter(text: str, options: Sequence[str]) -> set[str]:
    """The letter that the text gives, with all that it may say beside: the text of an option.

    `B`, `(b)`, `Option B.`, `The answer is **B**`, `B: Mercury`. Two letters where the text is another option's.
    """
    for variant in [unicodedata.normalize("NFKC", variant) for variant in _variants(text)]:
        for pattern in (_LABEL, _LABEL_BEHIND):
            match = pattern.fullmatch(variant)
            letter = match["letter"].upper() if match else ""
            if match is None or not is_option_letter(letter, options):
                continue
            if not match["rest"]:
                return {letter} | _with_the_text_of(letter, options)
            rest = _unwrapped(match["rest"])
            in_brackets = re.fullmatch(r"\((.+)\)\.?", rest, re.DOTALL)
            beside = _named_by_text(rest, options)
            if not beside and in_brackets:
                beside = _named_by_text(in_brackets[1], options)
            if beside:
                return beside | {letter}
    return set()


def _with_the_text_of(letter: str, options: Sequence[str]) -> set[str]:
    """Options whose text is a letter themselves: `c` may be option C, or the option `C`."""
    return {
        other
        for other, option in zip(LETTERS, options, strict=False)
        if option.strip().casefold() == letter.casefold()
    }


def _named_by_text(text: str, options: Sequence[str]) -> set[str]:
    """The letters of the options with this text, by the strictest comparison that any option passes."""
    for comparable in _COMPARISONS:
        for variant in _variants(text):
            text_to_match = comparable(variant)
            letters = {
                letter
                for letter, option in zip(LETTERS, options, strict=False)
                if text_to_match
                and text_to_match in {comparable(option), comparable(_without_label(option, letter))}
            }
            if letters:
                return letters
    return set()


def _without_label(option: str, letter: str) -> str:
    """An option without the label that some files write into its text: `B. Mercury`."""
    label = re.match(rf"\s*+[(\[]?{letter}[.):\]]\s++", option)
    return option[label.end() :] if label else option


def _composed(text: str) -> str:
    """One encoding for each character, and single spaces."""
    return " ".join(unicodedata.normalize("NFC", text).translate(_INVISIBLE).split())


_ALIKE = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "−": "-"})
SHORTEST_WORD = 4
"""Shorter texts, and those with digits, may be units (mW, MW) or symbols: their case counts."""


def _plain(text: str) -> str:
    """Without what a copy loses or adds: a full stop at the end, quotation marks, in words capitals."""
    text = _composed(_unwrapped(text)).translate(_ALIKE).rstrip(" .。")
    is_words = len(text) >= SHORTEST_WORD and not any(character.isdigit() for character in text)
    return text.casefold() if is_words else text


_COMPARISONS: tuple[Callable[[str], str], ...] = (_composed, _plain)
