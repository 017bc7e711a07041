"""A response made ready for the rules: spellings unified, and the options' texts marked by one character each.

So “the answer is Paris” reads like “the answer is B”, and an option such as “Vitamin A” or “B. subtilis” cannot pass
for a letter.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

FIRST_MARK = 0xE000
MARK = "\ue000-\ue019"
"""The marks of 26 options, as they stand in a character class."""

LONGEST_OPTION = 2_000
"""In characters: a longer one is not looked for, as nobody repeats it word by word."""

_PRIVATE = re.compile("[\ue000-\uf8ff]")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
# Full-width, circled, bracketed, bold and double-struck letters.
_VARIANTS = re.compile("[\u249c-\u24e9\uff01-\uff5e\U0001d400-\U0001d7ff\U0001f110-\U0001f149]")
_SPELLINGS = str.maketrans(
    {
        **dict.fromkeys("’‘‛´", "'"),
        **dict.fromkeys("“”„‟«»「」『』", '"'),
        **dict.fromkeys("\u00a0\u2007\u202f\u3000\t\r", " "),
        **dict.fromkeys("\u2010\u2011", "-"),
        **dict.fromkeys("【〔〖", "["),
        **dict.fromkeys("】〕〗", "]"),
        "。": ". ",
        "、": ", ",
    }
)
_LATEX_FONT = re.compile(
    r"\\(?:text|textbf|mathbf|mathrm|mathit|textit|mathsf|boldsymbol)\s?\{([^{}]{0,300})\}"
)
EMPHASIS = re.compile(r"\*{1,3}|(?<!\w)_{1,3}|_{1,3}(?!\w)|`{1,3}|</?(?:b|strong|em|i|u|code|mark)>")
# A question's words would come between “the best answer to the question” and “is B”.
_QUOTED_QUESTION = re.compile(r"question[:,]?\s\"[^\"\n]{10,800}\"")


# Options such as the chemical elements As and In: the same words in small letters are other words.
_COMMON_WORDS = frozenset(
    ("am", "an", "as", "at", "be", "do", "he", "if", "in", "is", "it", "of", "or", "so", "to", "us")
)


def unified(text: str) -> str:
    """The text with one spelling of quotes, spaces, brackets and letters, and without invisible characters."""
    text = _INVISIBLE.sub("", _PRIVATE.sub(" ", text))
    text = _VARIANTS.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text)
    return _QUOTED_QUESTION.sub("question", _LATEX_FONT.sub(r"\1", text.translate(_SPELLINGS)))


def _key(text: str) -> str:
    """Case, spaces, hyphens and the closing stop do not tell options' texts apart."""
    return " ".join(re.sub(r"(?<=\w)-(?=\w)", " ", text).split()).rstrip(" .;,").lower()


def with_marks(text: str, options: Sequence[str]) -> str:
    """Mark the options' texts where they stand whole; not texts that two options share, nor single letters."""
    texts = [_key(EMPHASIS.sub("", unified(option))) for option in options]
    counts = Counter(texts)
    marks = {
        option: chr(FIRST_MARK + position)
        for position, option in enumerate(texts)
        if 0 < len(option) <= LONGEST_OPTION
        and counts[option] == 1
        and not (len(option) == 1 and option.isalpha())
    }
    by_length = sorted(marks, key=len, reverse=True) or [chr(0)]
    words = "|".join(re.escape(option).replace(r"\ ", r"(?:\s{1,4}|-)") for option in by_length)
    # Whole: no part of a longer word or number (“5” in “0.5”, “-5”, “5%”).
    whole = re.compile(rf"(?<![\w\-−/^])(?<!\d[.,])(?:{words})(?!\w|[.,]\d|'\w|[\-/^]\w|\s?[%^])", re.I)
    capitals = {option.strip() for option in options}

    def mark(match: re.Match[str]) -> str:
        key = _key(match[0])
        return match[0] if key in _COMMON_WORDS and match[0] not in capitals else marks.get(key, match[0])

    return whole.sub(mark, text)
