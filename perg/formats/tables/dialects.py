"""How the cells of a delimited text are separated, from its first lines."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

DELIMITERS = (",", ";", "\t", "|")
DELIMITER_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
ONE_COLUMN = "\x1f"
"""The delimiter of a text that has one column: a character that no text has."""
RECORDS_LOOKED_AT = 200
CONSISTENT = 0.6
"""A text is separated by a delimiter if this share of its records has the same number of cells,"""
SEPARATED = 0.3
"""or this share has as many cells as the heading."""
SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*\Z', re.IGNORECASE)
"""A line that Excel writes above the heading to name the delimiter."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """A delimiter, and whether a quote inside a quoted cell is written `\\"` instead of `""`."""

    delimiter: str
    backslash: bool = False


class Records(Protocol):
    """What `csv.reader` returns."""

    line_num: int

    def __iter__(self) -> Iterator[list[str]]: ...

    def __next__(self) -> list[str]: ...


def reader(lines: Iterable[str], dialect: Dialect) -> Records:
    """The csv module's reader for this dialect."""
    if dialect.backslash:
        return csv.reader(lines, delimiter=dialect.delimiter, doublequote=False, escapechar="\\", strict=True)
    return csv.reader(lines, delimiter=dialect.delimiter, strict=True)


def stated_delimiter(line: str) -> str | None:
    """The delimiter that a line such as `sep=;` states; None: it is another line."""
    match = SEPARATOR_LINE.match(line)
    return None if match is None else match.group(1)


def dialect_of(lines: list[str]) -> Dialect:
    """The dialect under which the most records have the same number of cells, of the first lines of a text."""
    backslashes = (False, True) if any('\\"' in line for line in lines) else (False,)
    fits = {
        dialect: _fit(lines, dialect)
        for backslash in backslashes
        for dialect in (Dialect(delimiter, backslash) for delimiter in DELIMITERS)
    }
    best = max(fits, key=lambda dialect: fits[dialect])  # the first of equal ones
    share, in_heading, width = fits[best]
    is_separated = width > 1 and (share >= CONSISTENT or (in_heading and share >= SEPARATED))
    return best if is_separated else Dialect(ONE_COLUMN)


def _fit(lines: list[str], dialect: Dialect) -> tuple[float, bool, int]:
    """How well a dialect fits: the share of records with the usual number of cells, whether the first record has it,
    and that number."""
    records = list(islice(_records(lines, dialect), RECORDS_LOOKED_AT))
    # Records without the delimiter say little: titles, texts that a wrong quote has cut.
    widths = Counter(len(cells) for cells in records if len(cells) > 1)
    if not widths:
        return (0.0, False, 1)
    usual, first = max(widths, key=lambda width: (widths[width], width)), len(records[0])
    matches = {width: sum(_has_width(cells, width) for cells in records) for width in {usual, first}}
    width = first if first > 1 and matches[first] >= SEPARATED * matches[usual] else usual
    return (round(matches[width] / len(records), 2), width == first, width)


def _has_width(cells: list[str], width: int) -> bool:
    """Whether a record has this many cells, without blank ones at its end."""
    return len(cells) >= width and not any(map(str.strip, cells[width:]))


def _records(lines: list[str], dialect: Dialect) -> Iterator[list[str]]:
    """The records that are not blank; a broken one has no cells. The last one may be cut off and is then left out."""
    records = reader(lines, dialect)
    while True:
        try:
            cells = next(records)
        except StopIteration:
            return
        except csv.Error:
            if records.line_num < len(lines):
                yield []
            continue
        if any(cell.strip() for cell in cells):
            yield cells
