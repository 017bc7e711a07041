"""The rows of a file of ratings, as the file has them: bytes to text, text to rows of named cells.

What cannot be read goes to `fail(line, message)`, so that one pass reports every problem of a file.
"""

import codecs
import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from annotations.agreement.label_forms import clean_text, listed

ITEM_NAMES = ("item", "instance", "unit", "id")
SCORE_NAMES = ("score", "label", "rating")

DELIMITERS = (",", "\t", ";", "|")
QUOTED = re.compile(r'"(?:[^"]|"")*"')
SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\r?\n?', re.IGNORECASE)
"""A line that spreadsheets put above the header to name the delimiter."""
UNNAMED = re.compile(r"unnamed: [0-9]+")
"""The name that pandas gives a column without one, such as its own row numbers."""

Fail = Callable[[int | None, str], None]
Row = tuple[int, Mapping[str, object]]


def decoded(content: bytes) -> str:
    """A file's text: UTF-8, or UTF-16 with a byte order mark, as spreadsheets save "Unicode text".

    Raises:
        ValueError: another encoding; the message says where, and completes "the file is …".
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding, name = "utf-16", "UTF-16"
    else:
        encoding, name = "utf-8-sig", "UTF-8"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise ValueError(f"not {name} (at byte {error.start}): save it as UTF-8") from error
    if text.count("\0") > len(text) // 4:
        raise ValueError("not UTF-8, but UTF-16 without a byte order mark: save it as UTF-8")
    return text


def delimiter_of(text: str) -> str:
    """The delimiter of a CSV file: one that gives the header an item column, else the most frequent one.

    Delimiters inside quotes are part of a name.
    """
    records = (line for line in re.split(r"[\r\n]+", text) if line.strip())
    header = next(records, "")
    bare = QUOTED.sub('""', header)
    by_count = sorted(DELIMITERS, key=bare.count, reverse=True)
    return next((each for each in by_count if _has_item(header, each)), by_count[0])


def _has_item(header: str, delimiter: str) -> bool:
    names = next(csv.reader([header], delimiter=delimiter), [])
    return any(clean_text(name).lower() in ITEM_NAMES for name in names)


def csv_rows(text: str, delimiter: str, fail: Fail) -> Iterator[Row]:
    """Rows by the names in the header. Empty rows, and empty cells without a column name, are ignored."""
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: list[str] | None = None
    try:
        for cells in lines:
            if not any(map(clean_text, cells)):
                continue
            if header is None:
                header = [clean_text(cell) for cell in cells]
                named = [name for name in header if is_named(name)]
                if len(set(named)) < len(named):
                    fail(lines.line_num, "the columns must have distinct names")
                    return
            elif len(cells) < len(header) or any(map(clean_text, cells[len(header) :])):
                fail(lines.line_num, f"{len(cells)} cells under {len(header)} columns")
            else:
                row = zip(header, cells, strict=False)
                yield (
                    lines.line_num,
                    {name: cell for name, cell in row if is_named(name) or clean_text(cell)},
                )
    except csv.Error as error:
        fail(lines.line_num, f"not CSV: {error}")


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


def jsonl_rows(text: str, fail: Fail) -> Iterator[Row]:
    """One object a line."""
    for number, line in enumerate(text.split("\n"), start=1):
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
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)!r} appears twice")
    return entries


def _constant(name: str) -> None:
    if name != "NaN":
        raise ValueError(f"{name} is not a finite number")
