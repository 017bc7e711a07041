"""From a source to a file or a stream, a chunk of rows at a time: memory does not grow with the number of rows."""

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol

from annotations.exports.tables.columns import Row, Sink, Source
from annotations.exports.writers import csv, jsonl
from annotations.models.export import ExportFormat

CHUNK_ROWS = 2000
CHUNK_CHARACTERS = 4 * 1024 * 1024
"""Of text in a chunk: a chunk of long responses has fewer rows."""

CONTENT_TYPES = {
    ExportFormat.CSV: csv.CONTENT_TYPE,
    ExportFormat.JSONL: jsonl.CONTENT_TYPE,
    ExportFormat.PARQUET: "application/vnd.apache.parquet",
    ExportFormat.DATASET: "application/zip",
}
EXTENSIONS = {
    ExportFormat.CSV: "csv",
    ExportFormat.JSONL: "jsonl",
    ExportFormat.PARQUET: "parquet",
    ExportFormat.DATASET: "zip",
}

Told = Callable[[int], None]
"""Called after each chunk with the number of rows written."""


class RowWriter(Protocol):
    """Takes rows, a chunk at a time; what it has written is whole once it is closed."""

    def write(self, rows: Sequence[Row]) -> None: ...

    def close(self) -> None: ...


def writer_for(source: Source, format: ExportFormat, sink: Sink) -> RowWriter:
    """A writer of plain rows in one of the formats that are one file."""
    if format == ExportFormat.CSV:
        return csv.CsvWriter(sink, source.columns, source.raters())
    if format == ExportFormat.JSONL:
        return jsonl.JsonLinesWriter(sink, source.columns)
    from annotations.exports.writers import parquet  # brings pyarrow, which most processes do without

    return parquet.ParquetWriter(sink, source.columns)


def write(source: Source, format: ExportFormat, sink: Sink) -> Iterator[int]:
    """Write the source to the sink; after each chunk gives the number of rows so far."""
    writer = writer_for(source, format, sink)
    written = 0
    if source.lines is not None and isinstance(writer, jsonl.JsonLinesWriter):
        for records in chunks(source.lines()):
            writer.write_records(records)
            written += len(records)
            yield written
    else:
        for rows in chunks(source.rows()):
            writer.write(rows)
            written += len(rows)
            yield written
    writer.close()


def stream(source: Source, format: ExportFormat) -> Iterator[bytes]:
    """The same as bytes, as they are made."""
    drain = Drain()
    for _ in write(source, format, drain):
        yield drain.take()
    yield drain.take()


def chunks(rows: Iterable[Any]) -> Iterator[list[Any]]:
    """Rows in lists that are small whatever the rows hold."""
    chunk: list[Any] = []
    characters = 0
    for row in rows:
        chunk.append(row)
        characters += _characters(row)
        if len(chunk) >= CHUNK_ROWS or characters >= CHUNK_CHARACTERS:
            yield chunk
            chunk, characters = [], 0
    if chunk:
        yield chunk


def _characters(row: Any) -> int:
    cells = row.values() if isinstance(row, dict) else row
    return sum(len(cell) for cell in cells if isinstance(cell, str))


class Drain(io.RawIOBase):
    """A file that only goes forward; what was written can be taken out once."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []
        self._place = 0

    def writable(self) -> bool:
        return True

    def write(self, part: Any) -> int:
        data = bytes(part)
        self._parts.append(data)
        self._place += len(data)
        return len(data)

    def tell(self) -> int:
        return self._place

    def take(self) -> bytes:
        """What was written since the last time."""
        parts, self._parts = self._parts, []
        return b"".join(parts)
