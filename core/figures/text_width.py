"""How wide a text is in a figure: nothing can be measured where the geometry is made, so it is estimated."""

from unicodedata import combining, east_asian_width

CHARACTER = 8.3
"""SVG units of a usual character at 13 px: a digit of DejaVu Sans, a rather wide font."""
WIDE = {"m": 12.7, "w": 10.7, "W": 12.9, "%": 12.4, "—": 13.0, "⚠": 14.0, "◀": 13.0} | dict.fromkeys(
    "−=+<>±≥", 10.9
)
NARROW = dict.fromkeys("iljtfI.,:;|'()[] ", 5.1)
CAPITAL = 10.2
FULL = 13.5
BOLD = 1.08
ELLIPSIS = "…"


def text_width(text: str, *, bold: bool = False) -> float:
    """The width of a text of 13 px in SVG units, rather too much than too little."""
    return sum(map(_character_width, text)) * (BOLD if bold else 1)


def shortened(text: str, width: float, *, bold: bool = False) -> str:
    """The text, or as much of its beginning as fits into `width` with an ellipsis."""
    if text_width(text, bold=bold) <= width:
        return text
    end = len(text)
    while end and text_width(text[:end].rstrip() + ELLIPSIS, bold=bold) > width:
        end -= 1
    return text[:end].rstrip() + ELLIPSIS


def _character_width(character: str) -> float:
    if combining(character):
        return 0
    if east_asian_width(character) in "WF":
        return FULL
    if character in WIDE or character in NARROW:
        return WIDE.get(character) or NARROW[character]
    return CAPITAL if character.isupper() else CHARACTER
