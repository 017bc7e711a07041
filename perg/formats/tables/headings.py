"""Which row names the columns, and how."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import zip_longest
from statistics import median

from perg.formats.label_forms import is_missing

ROWS_LOOKED_AT = 50
FILLED_ENOUGH = 0.6
"""A row with this share of the usual number of filled cells is no title,"""
CELLS_OF_A_TITLE = 2
"""and none that fills more cells than this."""
LONGEST_HEADING = 60
FEWEST_NUMBERS = 2
_NUMBER = re.compile(r"[-+]?[0-9]+([.,][0-9]+)?%?")


def header_row_of(rows: Sequence[Sequence[object]]) -> int:
    """The number of the row that names the columns, from 1, of the first rows of a file; blank rows count.

    It is the first one with about as many filled cells as the rows below it: titles and notes above a table fill
    one or two. A row below it names the columns instead if it has words above numbers, and its cells are all filled and
    different: then the first is a title as wide as the table.
    """
    first = _first_wide_row(rows)
    return (
        first + 1
        if _is_heading_below(rows[first : first + 1 + ROWS_LOOKED_AT], rows[first - 1 : first])
        else first
    )


def _first_wide_row(rows: Sequence[Sequence[object]]) -> int:
    filled = [sum(not is_blank(cell) for cell in row) for row in rows[:ROWS_LOOKED_AT]]
    usual = median([count for count in filled if count] or [0])
    for number, count in enumerate(filled, start=1):
        if count and (count > CELLS_OF_A_TITLE or count >= FILLED_ENOUGH * usual):
            return number
    return 1


def _is_heading_below(rows: Sequence[Sequence[object]], above: Sequence[Sequence[object]]) -> bool:
    """Whether the first of these rows names the columns, though the row above it could."""
    if not rows or not above:
        return False
    heading, below = [clean(cell) for cell in rows[0]], rows[1:]
    while heading and not heading[-1]:
        heading.pop()
    above_width = sum(not is_blank(cell) for cell in above[0])
    if not all(heading) or len(set(heading)) < len(heading) or len(heading) < above_width:
        return False
    if any(len(name) > LONGEST_HEADING or _NUMBER.fullmatch(name) for name in heading):
        return False
    columns = zip(heading, zip_longest(*(row[: len(heading)] for row in below)), strict=False)
    return any(_holds_numbers(cells) and not is_missing(name, nominal=False) for name, cells in columns)


def _holds_numbers(cells: Sequence[object]) -> bool:
    """Whether a column has numbers in two cells or more, and nothing else."""
    filled = [clean(cell) for cell in cells if not is_blank(cell)]
    return len(filled) >= FEWEST_NUMBERS and all(_NUMBER.fullmatch(cell) for cell in filled)


def column_names(heading: Sequence[object], width: int) -> tuple[list[str], list[str]]:
    """The names of `width` columns, each once, and notes on those that are not as the file has them.

    A column without a name is called by its letter in a spreadsheet; a repeated name gets a number.
    """
    headings = [
        (clean(heading[position]) if position < len(heading) else "") or f"Column {letters(position)}"
        for position in range(width)
    ]
    taken = set(headings)
    counts: Counter[str] = Counter()
    names: list[str] = []
    for name in headings:
        counts[name] += 1
        if counts[name] > 1:
            number = counts[name]
            while f"{name} ({number})" in taken:
                number += 1
            names.append(f"{name} ({number})")
            taken.add(names[-1])
        else:
            names.append(name)
    notes = [
        f"The heading “{name}” occurs {count} times; the later columns have a number behind it."
        for name, count in counts.items()
        if count > 1
    ]
    return names, notes


def looks_like_data(heading: Sequence[object]) -> bool:
    """Whether most cells of the heading are numbers, so that it may be the first row of the data."""
    filled = [clean(cell) for cell in heading if not is_blank(cell)]
    return 2 * sum(_NUMBER.fullmatch(name) is not None for name in filled) > len(filled)


def letters(position: int) -> str:
    """The column's letters in a spreadsheet; the first position is 0: A, B, …, Z, AA."""
    name = ""
    position += 1
    while position:
        position, letter = divmod(position - 1, 26)
        name = chr(ord("A") + letter) + name
    return name


def clean(cell: object) -> str:
    """A heading on one line, without blanks around it or characters that cannot be seen."""
    text = "" if cell is None else str(cell)
    return " ".join(text.translate(_INVISIBLE).split())


def is_blank(cell: object) -> bool:
    """Whether there is nothing to see in a cell."""
    if isinstance(cell, str):
        # Most texts begin with something to see, and then the rest need not be looked at.
        return not (cell[:1].isalnum() or clean(cell))
    return cell is None


_INVISIBLE = dict.fromkeys(map(ord, "\0\u200b\u200c\u200d\u2060\ufeff\u00ad"))
