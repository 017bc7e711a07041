"""JSON and JSON lines as tables."""

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, BinaryIO

from perg.formats.json_text import DoubledKey, read_json
from perg.formats.tables.encodings import checked_encoding, encoding_of, text_of
from perg.formats.tables.layout import (
    NOTHING_STATED,
    BrokenRow,
    Row,
    StatedLayout,
    Table,
    TableLayout,
    TableUnreadable,
)

ROWS_LOOKED_AT = 500
LONGEST_LINE = 80 * 1024 * 1024
LONGEST_ANSWER = 60
KEY = "key"
"""The column with the keys of an object of objects."""


def json_lines_table(stream: BinaryIO, layout: TableLayout) -> Table:
    """One object a line; a line that is none is a broken row. Raises TableUnreadable."""
    columns: dict[str, None] = {}
    broken = None
    for row in islice(_lines(stream, layout), ROWS_LOOKED_AT):
        if isinstance(row, Row):
            columns.update(dict.fromkeys(row.cells))
        else:
            broken = broken or row
    if not columns:
        reason = f"line {broken.place} {broken.problem}" if broken else "it has only blank lines"
        raise TableUnreadable(f"The file has no readable line: {reason}.")
    return Table(layout, tuple(columns), (), lambda: _lines(stream, layout))


def _lines(stream: BinaryIO, layout: TableLayout) -> Iterator[Row | BrokenRow]:
    text = text_of(stream, layout.encoding or "utf-8")
    number = 0
    for place, line in enumerate(iter(lambda: text.readline(LONGEST_LINE), ""), start=1):
        if not line.strip():
            continue
        number += 1
        yield _row(number, place, line)


def _row(number: int, place: int, line: str) -> Row | BrokenRow:
    try:
        value = read_json(line)
    except DoubledKey as error:
        return BrokenRow(number, place, f"cannot be read: {error}")
    except json.JSONDecodeError as error:
        return BrokenRow(number, place, f"is not JSON: {error.msg} at character {error.pos + 1}")
    except (ValueError, RecursionError) as error:
        return BrokenRow(number, place, f"is not JSON: {str(error) or 'it is nested too deeply'}")
    if not isinstance(value, dict):
        return BrokenRow(number, place, "is not a JSON object")
    return Row(number, place, value)


def json_table(stream: BinaryIO, layout: TableLayout) -> Table:
    """A list of objects; an object with one such list; or what data frames write, by column or by row.

    Raises TableUnreadable.
    """
    stream.seek(0)
    try:
        document = read_json(stream.read().decode(layout.encoding or "utf-8"))
    except json.JSONDecodeError as error:
        raise TableUnreadable(f"The file is not JSON: {error.msg} in line {error.lineno}.") from error
    except (ValueError, RecursionError) as error:
        raise TableUnreadable(f"The file is not JSON: {str(error) or 'it is nested too deeply'}.") from error
    records = _records(document)
    if not records:
        raise TableUnreadable("The file has no rows.", "empty_file")
    columns = dict.fromkeys(key for record in records if isinstance(record, dict) for key in record)
    if not columns:
        raise TableUnreadable("The list in the file has no JSON objects.")

    def rows() -> Iterator[Row | BrokenRow]:
        for number, record in enumerate(records, start=1):
            if isinstance(record, dict):
                yield Row(number, None, record)
            else:
                yield BrokenRow(number, None, "is not a JSON object")

    return Table(layout, tuple(columns), (), rows, len(records))


def _records(document: Any) -> list[Any]:  # Any: whatever JSON may nest
    if isinstance(document, list):
        return document
    if not isinstance(document, dict):
        raise TableUnreadable("The file is one JSON value, not a list of objects.")
    lists = [value for value in document.values() if isinstance(value, list)]
    tables = [value for value in lists if value and all(isinstance(entry, dict) for entry in value)]
    if len(tables) == 1:
        return tables[0]
    if len(tables) > 1:
        raise TableUnreadable("The file has several lists of objects; save one of them as a file of its own.")
    values = list(document.values())
    if values and len(lists) == len(values) and len({len(value) for value in lists}) == 1:
        return [dict(zip(document, cells, strict=True)) for cells in zip(*lists, strict=True)]
    if values and all(isinstance(value, dict) for value in values):
        return _of_objects(document)
    return [document]


def _of_objects(document: Mapping[str, Mapping[str, object]]) -> list[dict[str, object]]:
    """An object of objects: `{column: {index: cell}}`, as data frames write it, `{rater: {item: answer}}`, or
    `{key: record}`.
    """
    inner = dict.fromkeys(key for value in document.values() for key in value)
    if len(inner) > len(document) and _are_answers(document):
        name = KEY if KEY not in document else f"{KEY} (2)"
        return [
            {name: key, **{column: cells.get(key) for column, cells in document.items()}} for key in inner
        ]
    if inner and all(key.isascii() and key.isdigit() for key in inner):
        return [{column: cells.get(index) for column, cells in document.items()} for index in inner]
    name = KEY if KEY not in inner else f"{KEY} (2)"
    return [{name: key, **record} for key, record in document.items()]


def _are_answers(document: Mapping[str, Mapping[str, object]]) -> bool:
    """Whether all inner values are short and of one kind, as the answers of raters are, and the keys are no numbers."""
    values = [cell for cells in document.values() for cell in cells.values() if cell is not None]
    kinds = {"number" if isinstance(cell, int | float) else type(cell).__name__ for cell in values}
    is_short = all(len(str(cell)) <= LONGEST_ANSWER for cell in values)
    return len(kinds) == 1 and kinds <= {"number", "str"} and is_short


def recognised(stream: BinaryIO, stated: StatedLayout = NOTHING_STATED) -> TableLayout:
    """The layout of a JSON or JSON lines file, by whether its first line is a whole object. Raises TableUnreadable."""
    encoding = encoding_of(stream) if stated.encoding is None else checked_encoding(stream, stated.encoding)
    text = text_of(stream, encoding)
    filled = (line for line in iter(lambda: text.readline(LONGEST_LINE), "") if line.strip())
    first, second = next(filled, ""), next(filled, "")
    if second.lstrip().startswith("{") and _is_object(first):
        return TableLayout("json_lines", encoding)
    if not second and _is_object(first):
        value = read_json(first)
        return TableLayout("json" if _records(value) != [value] else "json_lines", encoding)
    return TableLayout("json", encoding)


def _is_object(text: str) -> bool:
    try:
        return isinstance(read_json(text), dict)
    except (ValueError, RecursionError):
        return False
