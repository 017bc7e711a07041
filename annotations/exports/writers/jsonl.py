"""Rows as JSON lines: sorted keys, UTF-8. Those of a gold release are its records; their SHA-256 is its checksum."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from annotations.exports.tables.columns import Column, Row, Sink

CONTENT_TYPE = "application/x-ndjson"


class JsonLinesWriter:
    """Writes rows to a binary file; a column is a key of every line."""

    def __init__(self, sink: Sink, columns: Sequence[Column]) -> None:
        self._sink = sink
        self._names = [column.name for column in columns]

    def write(self, rows: Sequence[Row]) -> None:
        """Append rows."""
        self.write_records([dict(zip(self._names, row, strict=True)) for row in rows])

    def write_records(self, records: Sequence[dict[str, Any]]) -> None:
        """Append rows that are stored as what a line says."""
        self._sink.write(b"".join(_line(record) for record in records))

    def close(self) -> None:
        """Nothing is left to write."""


def _line(record: dict[str, Any]) -> bytes:
    return json.dumps(record, ensure_ascii=False, sort_keys=True, default=_plain).encode() + b"\n"


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{type(value).__name__} is no cell")
