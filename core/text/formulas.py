r"""LaTeX in what models and files wrote, found in a text and drawn as MathML: no script, nothing to fetch.

`latex2mathml` makes the tree and lets anything into it (`\style`, `\href`, unescaped text). So only elements and
attributes that are known here are written, and every text is escaped here. What it cannot read stays as it was written.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from html import escape, unescape
from xml.etree.ElementTree import Element

from latex2mathml.converter import convert_to_element

from core.text.unseen import UNSEEN

LONGEST = 2000
"""In characters of LaTeX; the cost grows in proportion."""
LONGEST_IN_LINE = 500
DEEPEST = 60
CACHED_FORMULAS = 5000
_OPENING = re.compile(r"\$\$?|\\[(\[]|\\begin\{(\w{1,20}\*?)\}")
_PROSE = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{2,},? [A-Za-z]{2,}")
_SAYING = re.compile(r"[^\W_]|\\|[=<>+]")
_COMMAND = re.compile(r"\\[A-Za-z]")
_LENGTH = re.compile(r"-?\d{0,2}(\.\d{1,6})?(em|ex|pt|px|mm|mu)?")
_WORD = re.compile(r"[a-z-]{1,20}( [a-z-]{1,20}){0,20}")
_FLAG = re.compile(r"true|false")

_CHILDREN = {
    "mfrac": 2,
    "mroot": 2,
    "msub": 2,
    "msup": 2,
    "munder": 2,
    "mover": 2,
    "msubsup": 3,
    "munderover": 3,
}
_LEAVES = {"mi", "mn", "mo", "mtext", "mspace"}
_GROUPS = {"mrow", "mstyle", "msqrt", "mtable", "mtr", "mtd", "menclose", "math"}
# Its text would not be seen, or not at its place: shown as any other.
_PLAIN_GROUPS = {"mphantom", "mpadded", "merror"}
_ATTRIBUTES = {
    "accent": _FLAG,
    "accentunder": _FLAG,
    "columnalign": _WORD,
    "displaystyle": _FLAG,
    "fence": _FLAG,
    "form": _WORD,
    "linethickness": _LENGTH,
    "mathvariant": _WORD,
    "notation": _WORD,
    "scriptlevel": re.compile(r"[0-3]"),
    "separator": _FLAG,
    "stretchy": _FLAG,
    "symmetric": _FLAG,
    "width": _LENGTH,
}


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula in a text: where it begins and ends with its signs, and what is between them."""

    start: int
    end: int
    latex: str
    is_block: bool


def formulas_in(text: str) -> Iterator[Formula]:
    r"""The formulas of a text: `$…$`, `$$…$$`, `\(…\)`, `\[…\]`, `\begin{…}…\end{…}`."""
    position = 0
    while opening := _OPENING.search(text, position):
        formula = formula_at(text, opening.start())
        if formula is not None:
            yield formula
        position = opening.end() if formula is None else formula.end


def formula_at(text: str, start: int, end: int | None = None) -> Formula | None:
    """The formula that begins here and ends before `end`, if one does. Prices and names of variables are none."""
    opening = _OPENING.match(text, start)
    end = len(text) if end is None else end
    if opening is None or _is_escaped(text, start):
        return None
    sign, after = opening.group(), opening.end()
    if sign == "$":
        return _in_dollars(text, start, min(end, after + LONGEST_IN_LINE))
    closing = {"$$": "$$", r"\(": r"\)", r"\[": r"\]"}.get(sign, rf"\end{{{opening[1]}}}")
    place = text.find(closing, after, min(end, after + LONGEST))
    if place < 0 or not _SAYING.search(text, after, place):
        return None
    whole = place + len(closing)
    latex = text[start:whole] if opening[1] else text[after:place]
    return Formula(start, whole, latex, is_block=sign != r"\(")


def _in_dollars(text: str, start: int, end: int) -> Formula | None:
    place = text.find("$", start + 1, end)
    while place >= 0 and _is_escaped(text, place):
        place = text.find("$", place + 1, end)
    latex = text[start + 1 : place]
    if place < 0 or not latex or latex != latex.strip() or "\n" in latex:
        return None
    around = text[start - 1 : start] + text[place + 1 : place + 2]
    if any(char.isalnum() or char == "$" for char in around):
        return None
    if "\\" not in latex and _PROSE.search(latex):
        return None
    return Formula(start, place + 1, latex, is_block=False)


def _is_escaped(text: str, place: int) -> bool:
    begin = place
    while begin > 0 and text[begin - 1] == "\\" and place - begin < 100:
        begin -= 1
    return (place - begin) % 2 == 1


@lru_cache(maxsize=CACHED_FORMULAS)
def mathml(latex: str, *, is_block: bool) -> str | None:
    """The formula as safe HTML; None where it cannot be drawn as it is meant."""
    if len(latex) > LONGEST or UNSEEN.search(latex):
        return None
    try:
        tree = convert_to_element(latex, display="block" if is_block else "inline")
    except (
        Exception
    ):  # its own errors share no base, and others come through: StopIteration, IndexError, KeyError
        return None
    parts: list[str] = []
    if not _write(tree, parts, DEEPEST):
        return None
    display = ' display="block"' if is_block else ""
    return f'<math dir="ltr"{display}>{"".join(parts)}</math>'


def _write(element: Element, parts: list[str], depth: int) -> bool:
    """Add the element as HTML; False where it is not whole, or nothing that is known."""
    tag, children, text = element.tag, list(element), unescape(element.text or "")
    is_plain = tag in _PLAIN_GROUPS
    if depth == 0 or len(children) != _CHILDREN.get(tag, len(children)):
        return False
    if tag in _LEAVES:
        if children or _COMMAND.search(text) or UNSEEN.sub("", text) != text.replace("\u2061", ""):
            return False
    elif text.strip() or not (is_plain or tag in _GROUPS or tag in _CHILDREN):
        return False
    is_root = tag == "math"
    if not is_root:
        parts.append("<mrow>" if is_plain else f"<{tag}{_attributes(element)}>")
    parts.append(escape(text))
    if not all(_write(child, parts, depth - 1) for child in children):
        return False
    if not is_root:
        parts.append("</mrow>" if is_plain else f"</{tag}>")
    return True


def _attributes(element: Element) -> str:
    return "".join(
        f' {name}="{value}"'
        for name, value in element.attrib.items()
        if name in _ATTRIBUTES and _ATTRIBUTES[name].fullmatch(value)
    )
