"""Delimited text (CSV, TSV and their relatives), record by record: memory does not grow with the file."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import BinaryIO

from perg.formats.tables.dialects import DELIMITER_NAMES, Dialect, dialect_of, reader, stated_delimiter
from perg.formats.tables.encodings import checked_encoding, encoding_notes, encoding_of, text_of
from perg.formats.tables.headings import (
    ROWS_LOOKED_AT,
    column_names,
    header_row_of,
    is_blank,
    looks_like_data,
)
from perg.formats.tables.layout import (
    NOTHING_STATED,
    BrokenRow,
    Row,
    StatedLayout,
    Table,
    TableLayout,
    TableUnreadable,
)

LONGEST_CELL = 10 * 1024 * 1024
LONGEST_RECORD = 8 * LONGEST_CELL
"""In characters, also of a record over several lines."""
MOST_CELLS = 1_000_000
"""In a record: a list of cells takes far more memory than its line."""
MOST_COLUMNS = 5_000
SAMPLE = 1 << 18
# The limit is the csv module's own, for the whole process; its default of 128 KiB is less than a long answer.
csv.field_size_limit(LONGEST_CELL)


def recognised(stream: BinaryIO, stated: StatedLayout = NOTHING_STATED) -> TableLayout:
    """The layout of a delimited text, where it is not stated. Raises TableUnreadable."""
    encoding = encoding_of(stream) if stated.encoding is None else checked_encoding(stream, stated.encoding)
    lines = _sample(stream, encoding)
    if not any(line.strip() for line in lines):
        raise TableUnreadable("The file is empty: it has only blank lines.", "empty_file")
    delimiter = stated.delimiter or stated_delimiter(lines[0])
    if delimiter is not None:
        with_backslash = Dialect(delimiter, backslash=True)
        dialect = with_backslash if dialect_of(lines[1:]) == with_backslash else Dialect(delimiter)
    else:
        dialect = dialect_of(lines)
    layout = TableLayout("delimited", encoding, dialect.delimiter, dialect.backslash)
    if stated.header_row is not None:
        return replace(layout, header_row=stated.header_row)
    first = [
        [] if isinstance(cells, str) else cells
        for _, cells in islice(_records(stream, layout), ROWS_LOOKED_AT)
    ]
    return replace(layout, header_row=header_row_of(first))


def delimited_table(stream: BinaryIO, layout: TableLayout) -> Table:
    """The table in a delimited text with this layout. Raises TableUnreadable: it has no columns, or too many."""
    heading, width = _heading(stream, layout)
    if width > MOST_COLUMNS:
        raise TableUnreadable(
            f"The file has {width:,} columns; at most {MOST_COLUMNS:,} can be read.", "too_large"
        )
    columns, notes = column_names(heading, width)
    notes += encoding_notes(layout.encoding)
    if heading and looks_like_data(heading):
        notes.append(f"Most headings are numbers ({', '.join(columns[:5])}), so the first row may hold data.")
    return Table(layout, tuple(columns), tuple(notes), lambda: _rows(stream, layout, columns))


def _heading(stream: BinaryIO, layout: TableLayout) -> tuple[list[str], int]:
    """The cells that name the columns, and the number of columns."""
    records = ([] if isinstance(cells, str) else cells for _, cells in _records(stream, layout))
    heading = next(islice(records, layout.header_row - 1, None), []) if layout.header_row else []
    below = [_filled_width(cells) for cells in islice(records, ROWS_LOOKED_AT)]
    widest = max(below, default=0)
    # The heading decides: a row with more cells than it is broken, however many such rows there are.
    width = max(_filled_width(heading), min(len(heading), widest)) if layout.header_row else widest
    if not width:
        raise TableUnreadable(f"Row {layout.header_row} names no columns.")
    return heading, width


def _filled_width(cells: list[str]) -> int:
    """The number of cells without the blank ones at the end."""
    width = len(cells)
    while width and is_blank(cells[width - 1]):
        width -= 1
    return width


def _rows(stream: BinaryIO, layout: TableLayout, columns: list[str]) -> Iterator[Row | BrokenRow]:
    number = 0
    for place, cells in islice(_records(stream, layout), layout.header_row, None):
        if isinstance(cells, str):
            number += 1
            yield BrokenRow(number, place, cells)
            continue
        if all(map(is_blank, cells)):
            continue
        number += 1
        width = _filled_width(cells)
        if width > len(columns):
            yield BrokenRow(number, place, f"has {width} cells under {len(columns)} columns")
        elif len(cells) < len(columns):
            yield BrokenRow(number, place, f"has only {len(cells)} cells under {len(columns)} columns")
        else:
            yield Row(number, place, dict(zip(columns, cells, strict=False)))


def _records(stream: BinaryIO, layout: TableLayout) -> Iterator[tuple[int, list[str] | str]]:
    """The line on which each record ends, and its cells, or what is wrong with it. Blank records have no cells."""
    lines = _Lines(stream, layout)
    records = reader(lines, Dialect(layout.delimiter, layout.backslash))
    while True:
        begins = lines.number + 1
        try:
            cells = next(records)
        except StopIteration:
            return
        except csv.Error as error:
            yield lines.number, _what_is_wrong(error, begins, lines.number)
            continue
        finally:
            lines.begin_record()
        yield lines.number, cells


def _what_is_wrong(error: csv.Error, begins: int, ends: int) -> str:
    where = f"line {begins}" if begins >= ends else f"lines {begins} to {ends}"
    if "unexpected end of data" in str(error):
        return f"has a quote that is never closed ({where})"
    if "expected after" in str(error):
        return f"has text behind a closing quote ({where}); quotes inside a cell must be doubled"
    return f"cannot be read ({where}): {error}"


class _Lines(Iterator[str]):
    """The lines of a text, counted, and limited by record."""

    def __init__(self, stream: BinaryIO, layout: TableLayout) -> None:
        self._text = text_of(stream, layout.encoding or "utf-8")
        self._delimiter = layout.delimiter
        self._characters = self._cells = 0
        self.number = 0

    def begin_record(self) -> None:
        self._characters = self._cells = 0

    def __next__(self) -> str:
        try:
            line = self._text.readline(LONGEST_RECORD)
        except UnicodeDecodeError as error:
            raise TableUnreadable(
                f"The file is not {self._text.encoding}: it is broken after line {self.number}.",
                "wrong_encoding",
            ) from error
        if not line:
            raise StopIteration
        self.number += 1
        if self.number == 1 and stated_delimiter(line) is not None:
            line = "\n"
        self._characters += len(line)
        self._cells += line.count(self._delimiter)
        if self._characters >= LONGEST_RECORD or self._cells > MOST_CELLS:
            too_much = (
                f"{LONGEST_RECORD:,} characters"
                if self._characters >= LONGEST_RECORD
                else f"{MOST_CELLS:,} cells"
            )
            raise TableUnreadable(
                f"The record that goes on in line {self.number} has more than {too_much}, when cells are separated "
                f"by {DELIMITER_NAMES.get(self._delimiter, 'nothing')}.",
                "too_large",
            )
        return line


def _sample(stream: BinaryIO, encoding: str) -> list[str]:
    """The first lines, up to `SAMPLE` characters; the last one may be cut off only if it is the only one."""
    beginning = text_of(stream, encoding).read(SAMPLE)
    lines = io.StringIO(beginning, newline="").readlines()
    return lines[:-1] if len(beginning) == SAMPLE and len(lines) > 1 else lines
