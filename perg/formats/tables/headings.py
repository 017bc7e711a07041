"""Which row names the columns, and how."""

import re
from collections import Counter
from collections.abc import Sequence
from statistics import median

ROWS_LOOKED_AT = 50
FILLED_ENOUGH = 0.6
"""A row with this share of the usual number of filled cells is no title,"""
CELLS_OF_A_TITLE = 2
"""and none that fills more cells than this."""
_NUMBER = re.compile(r"[-+]?[0-9]+([.,][0-9]+)?%?")


def header_row_of(rows: Sequence[Sequence[object]]) -> int:
    """The number of the row that names the columns, from 1, of the first rows of a file; blank rows count.

    It is the first one with about as many filled cells as the rows below it: titles and notes above a table fill
    one or two.
    """
    filled = [sum(not is_blank(cell) for cell in row) for row in rows[:ROWS_LOOKED_AT]]
    usual = median([count for count in filled if count] or [0])
    for number, count in enumerate(filled, start=1):
        if count and (count > CELLS_OF_A_TITLE or count >= FILLED_ENOUGH * usual):
            return number
    return 1


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
