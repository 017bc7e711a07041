"""CSV whose cells no spreadsheet runs. Every CSV file that the platform writes comes from `csv_line`.

A spreadsheet takes a cell for a formula that begins with `=`, `+`, `-` or `@`, also as full-width signs and behind
blanks or invisible characters. One that splits lines at semicolons or tabs, as in many countries, or that loses the
quotes, finds further cells inside a text. So an apostrophe is written (OWASP, CSV injection)

- in front of a text that begins so, or with a tab or line break, unless the text is a plain number, and
- behind each semicolon, tab and line break inside a text that such a sign follows; `- ` and `+ ` at the beginning of a
  line are a list.

Apostrophes that are there already get one more, so `as_written` restores the original. Texts are in quotes;
numbers are not, and stay numbers.
"""

import re
from collections.abc import Iterable

SIGNS = "=+\\-@＝＋－＠﹢﹣﹦﹫−"
_INVISIBLE = (
    r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u180e"
    r"\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
)
_BLANKS = rf" \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000{_INVISIBLE}"
_BREAKS = r"\t\r\n"
_BEGINNING = re.compile(rf"'*[{_BREAKS}]|[{_BLANKS}{_BREAKS}'\"]*+[{SIGNS}]")
_INSIDE = re.compile(rf"([;{_BREAKS}])(?=[{_BLANKS}'\"]*+[{SIGNS}])(?!(?<=[\r\n]) {{0,12}}[+-] )")
_INSIDE_DEFUSED = re.compile(rf"([;{_BREAKS}])'(?=[{_BLANKS}'\"]*+[{SIGNS}])")
PLAIN_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")


class Bare(str):
    """A cell that is made here and needs no quotes, so that readers find its type: `true`, a time."""

    __slots__ = ()


def csv_line(cells: Iterable[object]) -> str:
    """A line of CSV. What is None is empty."""
    line = ",".join([_written(cell) for cell in cells])
    return f"{line}\r\n" if line else '""\r\n'


def defused(cell: object) -> object:
    """The cell, with apostrophes where a spreadsheet would treat it, or part of it, as a formula."""
    if not isinstance(cell, str) or PLAIN_NUMBER.fullmatch(cell):
        return cell
    inside = _INSIDE.sub(r"\1'", cell)
    return f"'{inside}" if _BEGINNING.match(inside) else inside


def as_written(cell: str) -> str:
    """The text that `defused` made this cell of."""
    inside = cell[1:] if cell.startswith("'") and _BEGINNING.match(cell, 1) else cell
    return _INSIDE_DEFUSED.sub(r"\1", inside)


def _written(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str) and not isinstance(cell, Bare):
        return '"{}"'.format(str(defused(cell)).replace('"', '""'))
    return repr(cell) if isinstance(cell, float) else str(cell)
