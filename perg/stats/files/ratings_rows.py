"""The rows of a file of ratings, as the file has them: bytes to text, text to rows of named cells.

What cannot be read goes to `fail(line, message)`, so that one pass reports every problem of a file.
"""

import codecs
import csv
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import BinaryIO, TextIO

from perg.formats.label_forms import clean_text, listed
from perg.formats.spreadsheet import as_written

ITEM_NAMES = ("item", "instance", "unit", "id")
SCORE_NAMES = ("score", "label", "rating")

DELIMITERS = (",", "\t", ";", "|")
QUOTED = re.compile(r'"[^"]*+(?:""[^"]*+)*+"')
SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\r?\n?', re.IGNORECASE)
"""A line that spreadsheets put above the header to name the delimiter."""
UNNAMED = re.compile(r"unnamed: [0-9]+")
"""The name that pandas gives a column without one, such as its own row numbers."""

BLOCK = 1 << 18
LONGEST_LINE = 1 << 20
"""In characters: a line is read whole."""
CELLS_IN_A_ROW = 20_000

WITHOUT_MARK = "not UTF-8, but UTF-16 without a byte order mark: save it as UTF-8"

Fail = Callable[[int | None, str], None]
Row = tuple[int, Mapping[str, object]]


def encoding_of(stream: BinaryIO) -> str:
    """The encoding of a file: UTF-8, or UTF-16 with a byte order mark, as spreadsheets save "Unicode text".

    It is read through, but not held in memory.

    Raises:
        ValueError: another encoding; the message says where, and completes "the file is …".
    """
    stream.seek(0)
    head = stream.read(BLOCK)
    is_utf16 = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    encoding, name = ("utf-16", "UTF-16") if is_utf16 else ("utf-8-sig", "UTF-8")
    if not is_utf16 and head.count(0) > len(head) // 4:
        raise ValueError(WITHOUT_MARK)
    decoder, place = codecs.getincrementaldecoder(encoding)(), 0
    stream.seek(0)
    while True:
        block = stream.read(BLOCK)
        start = place - len(decoder.getstate()[0])
        try:
            decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            raise ValueError(f"not {name} (at byte {start + error.start}): save it as UTF-8") from error
        if not block:
            return encoding
        place += len(block)


def lines_of(text: TextIO) -> Iterator[str]:
    """The lines of a text. Raises ValueError for one that is too long."""
    number = 0
    while line := text.readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE and not line.endswith(("\n", "\r")):
            raise ValueError(f"line {number} is longer than {LONGEST_LINE:,} characters")
        yield line


def delimiter_of(text: str) -> str:
    """The delimiter of a CSV file: one that gives the header an item column, else the most frequent one.

    `text` is the beginning of the file. Delimiters inside quotes are part of a name.
    """
    header = next((line for line in text[:LONGEST_LINE].splitlines() if line.strip()), "")
    bare = QUOTED.sub('""', header)
    by_count = sorted(DELIMITERS, key=bare.count, reverse=True)
    return next((delimiter for delimiter in by_count if _has_item(header, delimiter)), by_count[0])


def _has_item(header: str, delimiter: str) -> bool:
    return any(clean_text(name).lower() in ITEM_NAMES for name in _header_names(header, delimiter))


def _header_names(header: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([header], delimiter=delimiter), [])
    except csv.Error:
        return []


def _records(lines: Iterable[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The cells of each record, and the line on which it ends. Raises ValueError, and csv.Error."""
    size = 0

    def counted() -> Iterator[str]:
        nonlocal size
        for line in lines:
            size += line.count(delimiter)
            if size > CELLS_IN_A_ROW:
                raise ValueError(f"a row has more than {CELLS_IN_A_ROW:,} cells")
            yield line

    reader = csv.reader(counted(), delimiter=delimiter, strict=True)
    for cells in reader:
        size = 0
        yield reader.line_num, cells


def csv_rows(lines: Iterable[str], delimiter: str, fail: Fail) -> Iterator[Row]:
    """Rows by the names in the header. Empty rows, and empty cells without a column name, are ignored."""
    line = 0
    header: list[str] | None = None
    are_named: list[bool] = []
    try:
        for line, cells in _records(lines, delimiter):
            if not any(map(clean_text, cells)):
                continue
            if header is None:
                header = [clean_text(as_written(cell)) for cell in cells]
                named = [name for name in header if is_named(name)]
                if len(set(named)) < len(named):
                    fail(line, "the columns must have distinct names")
                    return
                are_named = [is_named(name) for name in header]
            elif len(cells) < len(header) or any(map(clean_text, cells[len(header) :])):
                fail(line, f"{len(cells)} cells under {len(header)} columns")
            else:
                row = zip(header, map(as_written, cells), are_named, strict=False)
                yield line, {name: cell for name, cell, always in row if always or clean_text(cell)}
    except (csv.Error, ValueError) as error:
        fail(line + 1, f"not CSV: {error}")


def column_names(row: Mapping[str, object]) -> str:
    """The columns of a row and the names that are understood, for the message about one that is missing."""
    item, score = "/".join(ITEM_NAMES), "/".join(SCORE_NAMES)
    return (
        f"the columns are {listed(row) if row else 'none'}, but a long file has {item}, rater, {score} and maybe kind, "
        f"a wide one {item} and a column for each rater"
    )


def is_named(column: str) -> bool:
    """Whether a column has a name of its own."""
    return column != "" and not UNNAMED.fullmatch(column.lower())


def jsonl_rows(lines: Iterable[str], fail: Fail) -> Iterator[Row]:
    """One object a line."""
    number = 0
    try:
        for number, line in enumerate(lines, start=1):
            if not clean_text(line):
                continue
            try:
                row = json_value(line)
            except (ValueError, RecursionError) as error:
                fail(number, f"not JSON: {error}")
                continue
            if isinstance(row, dict):
                yield number, row
            else:
                fail(number, "not a JSON object")
    except ValueError as error:
        fail(number + 1, f"not JSON: {error}")


def json_value(text: str) -> object:
    """A JSON value. Numbers keep their digits as written, NaN becomes None, a duplicate key is an error.

    Raises:
        ValueError: not JSON (`json.JSONDecodeError`), a duplicate key, an infinite number.
    """
    return json.loads(text, object_pairs_hook=_without_repeats, parse_float=Decimal, parse_constant=_constant)


def _without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """A JSON object; Python would keep the last of two entries of one name and say nothing."""
    entries = dict(pairs)
    if len(entries) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        raise ValueError(f"{next(name for name, count in counts.items() if count > 1)[:60]!r} appears twice")
    return entries


def _constant(name: str) -> None:
    if name != "NaN":
        raise ValueError(f"{name} is not a finite number")
