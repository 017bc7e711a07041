"""Rows as CSV, cells that a spreadsheet would run as formulas defused.

Absent cells are empty, `true` and `false` are lower-case, times are ISO 8601 in UTC, lists are JSON: pandas and polars
find the types by themselves. A column of ratings becomes a column for each rater.

A text that begins with a sign which spreadsheets take for a formula's gets an apostrophe in front (OWASP, CSV
injection), unless it is a plain number; so does one that begins with apostrophes before such a sign, so that taking
one apostrophe away again from every cell that matches `DEFUSED` gives back what was there.
"""

import csv
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from annotations.exporters.columns import Column, Kind, Row, Sink

CONTENT_TYPE = "text/csv; charset=utf-8"
SIGNS = "=+\\-@\t\r\n＝＋－＠"
DANGEROUS = re.compile(f"'*[{SIGNS}]")
DEFUSED = re.compile(f"'+[{SIGNS}]")
PLAIN_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")


class Echo:
    """A file whose write gives the text back, so that csv.writer can feed a stream."""

    def write(self, text: str) -> str:
        return text


def defused(cell: object) -> object:
    """The cell, with an apostrophe in front where a spreadsheet would take it for a formula."""
    if isinstance(cell, str) and DANGEROUS.match(cell) and not PLAIN_NUMBER.fullmatch(cell):
        return "'" + cell
    return cell


def armed(cell: str) -> str:
    """What `defused` was given."""
    return cell[1:] if DEFUSED.match(cell) else cell


class CsvWriter:
    """Writes a header and rows to a binary file."""

    def __init__(self, sink: Sink, columns: Sequence[Column], raters: Mapping[str, Sequence[str]]) -> None:
        self._sink = sink
        self._cells = [
            _ratings_of(raters[column.name]) if column.kind == Kind.RATINGS else CELLS[column.kind]
            for column in columns
        ]
        header: list[object] = []
        for column in columns:
            if column.kind == Kind.RATINGS:
                header += [defused(column.prefix + name) for name in raters[column.name]]
            else:
                header.append(column.name)
        self._writer = csv.writer(Echo())
        self._sink.write(self._writer.writerow(header).encode())

    def write(self, rows: Sequence[Row]) -> None:
        """Append rows."""
        lines = [
            self._writer.writerow(
                [each for cell, value in zip(self._cells, row, strict=True) for each in cell(value)]
            )
            for row in rows
        ]
        self._sink.write("".join(lines).encode())

    def close(self) -> None:
        """Nothing is left to write."""


def _plain(value: Any) -> tuple[Any, ...]:
    return (value,)


def _text(value: Any) -> tuple[Any, ...]:
    return (defused(value),)


def _flag(value: Any) -> tuple[Any, ...]:
    return (None if value is None else "true" if value else "false",)


def _time(value: datetime | None) -> tuple[Any, ...]:
    return (None if value is None else value.astimezone(UTC).isoformat(timespec="microseconds"),)


def _document(value: Any) -> tuple[Any, ...]:
    return (None if value is None else json.dumps(value, ensure_ascii=False),)


def _number(value: Any) -> tuple[Any, ...]:
    """With a point, so that a column of whole numbers is read as what it is."""
    return (None if value is None else float(value),)


def _ratings_of(names: Sequence[str]) -> Any:
    def cells(value: Any) -> tuple[Any, ...]:
        given = value or {}
        return tuple(given.get(name) for name in names)

    return cells


CELLS: dict[Kind, Any] = {
    Kind.INTEGER: _plain,
    Kind.NUMBER: _number,
    Kind.FLAG: _flag,
    Kind.TEXT: _text,
    Kind.PERSON: _text,
    Kind.TIME: _time,
    Kind.TEXTS: _document,
    Kind.DOCUMENT: _document,
}
