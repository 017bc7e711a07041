"""Normal forms of names, numbers and labels, however a file writes them; and names that look alike.

Text is in Unicode's form NFC, without invisible characters. Numbers are read strictly: ASCII digits, a decimal point,
an exponent; `1_0`, `1,000`, `0x10`, `inf` and digits of other scripts are not numbers.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from decimal import Context, Decimal

MISSING = frozenset(
    {
        *(
            "",
            "-",
            "–",
            "—",
            ".",
            "NaN",
            "nan",
            "NAN",
            "-nan",
            "-NaN",
            "NaT",
            "<NA>",
            "NA",
            "N/A",
            "n/a",
            "#N/A",
        ),
        *("#NA", "#N/A N/A", "None", "null", "NULL", "Null", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"),
    }
)
"""Cells that mean a missing rating: as spreadsheets, pandas, R and Python write it, or a single dash or dot."""

LONGEST_SHOWN = 60
MOST_SHOWN = 8
MISSING_IN_ANY_CASE = frozenset(name.casefold() for name in MISSING)

NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
PADDED = re.compile(r"[+-]?0[0-9]")
DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+")
WHOLE_AS_DECIMAL = re.compile(r"(-?(?:0|[1-9][0-9]*))\.0+")
BOOLEANS = {"True": "true", "TRUE": "true", "False": "false", "FALSE": "false"}

JOINERS = "\u200c\u200d"
"""Invisible, but inside a word part of its spelling in some scripts."""

MINUS = dict.fromkeys(map(ord, "‐‑‒–—―−﹣－"), "-")
QUOTES = dict.fromkeys(map(ord, "‘’‛′`´"), "'") | dict.fromkeys(map(ord, "“”„‟″"), '"')

LARGEST_EXPONENT = 30
FIFTEEN_DIGITS = Context(prec=15)
"""The precision that a 64-bit float always has: 0.1 + 0.2 is written 0.30000000000000004."""


def clean_text(text: str) -> str:
    """The text in form NFC, without invisible characters, with plain spaces and none at its ends."""
    if text.isascii():
        return text.strip()
    visible = (
        " " if unicodedata.category(letter) == "Zs" else letter
        for letter in unicodedata.normalize("NFC", text)
        if letter in JOINERS or unicodedata.category(letter) != "Cf"
    )
    return "".join(visible).strip().strip(JOINERS).strip()


def clean_name(name: object) -> str | None:
    """The name of an item or rater; None for an empty one. A whole number with decimals (`7.0`) is that number."""
    if name is None or isinstance(name, bool | dict | list):
        return None
    text = clean_text(str(name))
    whole = WHOLE_AS_DECIMAL.fullmatch(text)
    return (whole.group(1) if whole else text) or None


def number_of(text: str) -> Decimal | None:
    """The number that a text writes, to 15 digits where it has decimals; None if it is not a finite number."""
    if not NUMBER.fullmatch(text):
        return None
    number = Decimal(text)
    if number and abs(number.adjusted()) > LARGEST_EXPONENT:
        return None
    whole = number.to_integral_value()
    return whole if number == whole else FIFTEEN_DIGITS.plus(number)


def label_of(value: object) -> str:
    """A name on a nominal scale: `1`, `1.0`, `1.00`, `1e0` are one; `01` is another; the case of letters is kept.

    The booleans of JSON are `true` and `false`, as they are in the spelling of Python and of spreadsheets; neither is a
    number.
    """
    if isinstance(value, bool):
        return str(value).lower()
    text = clean_text(str(value))
    number = None if PADDED.match(text) else number_of(text)
    if number is None:
        return BOOLEANS.get(text, text)
    return written(number)


def written(number: Decimal) -> str:
    """A number the shortest way, without an exponent."""
    if number == number.to_integral_value():
        return str(int(number))
    return format(number.normalize(), "f")


def is_missing(value: object, *, nominal: bool) -> bool:
    """Whether a cell means a missing rating. On ordered scales, where no label is a word, case is ignored."""
    if value is None:
        return True
    if not isinstance(value, str):
        return False
    text = clean_text(value)
    return text in MISSING if nominal else text.casefold() in MISSING_IN_ANY_CASE


LONGEST_LOOK_ALIKE = 1_000
"""Characters. A longer text is no label that somebody has spelt in two ways."""


def look_alike_key(name: str) -> str:
    """Equal for names that differ only by case, white space, width of letters, shape of dashes and quotes, or zeros."""
    if len(name) > LONGEST_LOOK_ALIKE:
        return name
    folded = unicodedata.normalize("NFKC", name.translate(MINUS).translate(QUOTES)).casefold()
    text = "".join(letter for letter in folded if not letter.isspace() and letter not in JOINERS)
    if DECIMAL_COMMA.fullmatch(text):
        text = text.replace(",", ".")
    number = number_of(text)
    return text if number is None else written(number)


def look_alikes(names: Iterable[str]) -> list[tuple[str, ...]]:
    """Groups of different names with one `look_alike_key`, each in the order of its first name."""
    groups = defaultdict[str, dict[str, None]](dict)
    for name in names:
        groups[look_alike_key(name)][name] = None
    return [tuple(group) for group in groups.values() if len(group) > 1]


def shown(label: str | float) -> str:
    """A label, or a number as people write it."""
    if isinstance(label, str):
        return label
    number = number_of(repr(label))
    return repr(label) if number is None else written(number)


def listed(names: Iterable[str]) -> str:
    """Names in quotes; the first few of many, the beginnings of long ones."""
    quoted = [f"“{name if len(name) <= LONGEST_SHOWN else f'{name[:LONGEST_SHOWN]}…'}”" for name in names]
    if len(quoted) > MOST_SHOWN:
        return f"{', '.join(quoted[:MOST_SHOWN])} and {len(quoted) - MOST_SHOWN} more"
    return " and ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)
