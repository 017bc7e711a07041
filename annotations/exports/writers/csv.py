"""Rows as CSV, cells that a spreadsheet would run as formulas defused.

Absent cells are empty, `true` and `false` are lower-case, times are ISO 8601 in UTC, lists are JSON: pandas and polars
find the types by themselves. A column of ratings becomes a column for each rater.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from annotations.exports.tables.columns import Column, Kind, Row, Sink
from perg.formats.spreadsheet import Bare, csv_line

CONTENT_TYPE = "text/csv; charset=utf-8"


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
                header += [column.prefix + name for name in raters[column.name]]
            else:
                header.append(column.name)
        self._sink.write(csv_line(header).encode())

    def write(self, rows: Sequence[Row]) -> None:
        """Append rows."""
        lines = [
            csv_line([part for cell, value in zip(self._cells, row, strict=True) for part in cell(value)])
            for row in rows
        ]
        self._sink.write("".join(lines).encode())

    def close(self) -> None:
        """Nothing is left to write."""


def _plain(value: Any) -> tuple[Any, ...]:
    return (value,)


def _flag(value: Any) -> tuple[Any, ...]:
    return (None if value is None else Bare("true" if value else "false"),)


def _time(value: datetime | None) -> tuple[Any, ...]:
    return (None if value is None else Bare(value.astimezone(UTC).isoformat(timespec="microseconds")),)


def _document(value: Any) -> tuple[Any, ...]:
    return (None if value is None else json.dumps(value, ensure_ascii=False),)


def _number(value: Any) -> tuple[Any, ...]:
    """With a point, so that a column of whole numbers is read as what it is."""
    return (None if value is None else float(value),)


def _ratings_of(names: Sequence[str]) -> Any:
    def cells(value: Any) -> tuple[Any, ...]:
        scores = value or {}
        return tuple(scores.get(name) for name in names)

    return cells


CELLS: dict[Kind, Any] = {
    Kind.INTEGER: _plain,
    Kind.NUMBER: _number,
    Kind.FLAG: _flag,
    Kind.TEXT: _plain,
    Kind.PERSON: _plain,
    Kind.TIME: _time,
    Kind.TEXTS: _document,
    Kind.DOCUMENT: _document,
}
