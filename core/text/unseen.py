"""Characters that cannot be seen, made visible: a text as it was written hides nothing."""

import re
import unicodedata
from html import escape

UNSEEN = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls, but for tab and line feed
    "\u00ad\u034f\u061c\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"  # fillers and blanks
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff"  # tags and variation selectors that carry text unseen
    "]"
)
_RUN = re.compile(f"({UNSEEN.pattern})\\1*")
_JOINERS = {"\u200c", "\u200d"}
SHORT = {
    "\x0b": "VT",
    "\x0c": "FF",
    "\r": "CR",
    "\x1b": "ESC",
    "\x7f": "DEL",
    "\u00ad": "SHY",
    "\u061c": "ALM",
    "\u200b": "ZWSP",
    "\u200c": "ZWNJ",
    "\u200d": "ZWJ",
    "\u200e": "LRM",
    "\u200f": "RLM",
    "\u2028": "LS",
    "\u2029": "PS",
    "\u202a": "LRE",
    "\u202b": "RLE",
    "\u202c": "PDF",
    "\u202d": "LRO",
    "\u202e": "RLO",
    "\u2060": "WJ",
    "\u2066": "LRI",
    "\u2067": "RLI",
    "\u2068": "FSI",
    "\u2069": "PDI",
    "\ufeff": "BOM",
}
MOST_MARKED = 2000
"""Runs of unseen characters with a mark of their own; more get plain text, or a hostile text would grow too large."""


def is_seen(text: str) -> bool:
    """Whether there is anything to see in a text."""
    return bool(UNSEEN.sub("", text).strip())


def with_marks(text: str) -> str:
    """The text as HTML, with a mark in the place of every character that cannot be seen.

    Joiners inside a word or an emoji stay as they are: there they shape what is seen. So do line ends of any system.
    """
    text = text.replace("\r\n", "\n")
    parts: list[str] = []
    end = marked = 0
    for run in _RUN.finditer(text):
        if run[1] in _JOINERS and _shapes(text, run.start(), run.end()):
            continue
        parts.append(escape(text[end : run.start()]))
        parts.append(_mark(run[1], run.end() - run.start(), is_plain=marked >= MOST_MARKED))
        end = run.end()
        marked += 1
    parts.append(escape(text[end:]))
    return "".join(parts)


def _shapes(text: str, start: int, end: int) -> bool:
    """Whether the joiner here stands between two letters or signs of a script that uses it."""
    around = text[start - 1 : start], text[end : end + 1]
    return end - start == 1 and all(
        char and not char.isascii() and not char.isspace() and not UNSEEN.match(char) for char in around
    )


def _mark(character: str, length: int, *, is_plain: bool) -> str:
    code = f"U+{ord(character):04X}"
    short = SHORT.get(character, code) + (f" ×{length}" if length > 1 else "")
    if is_plain:
        return f"[{short}]"
    name = unicodedata.name(character, "control character")
    return f'<span class="unseen" title="{escape(name.lower())}, {code}">{short}</span>'
