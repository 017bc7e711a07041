"""Rows as Parquet: typed columns with their descriptions, in row groups of bounded size."""

import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from annotations.exports.tables.columns import Column, Kind, Row, Sink
from annotations.exports.writers.arrow_arrays import arrow_array

GROUP_ROWS = 20_000
GROUP_BYTES = 16 * 1024 * 1024

ARROW: dict[Kind, pa.DataType] = {
    Kind.INTEGER: pa.int64(),
    Kind.NUMBER: pa.float64(),
    Kind.FLAG: pa.bool_(),
    Kind.TEXT: pa.string(),
    Kind.TIME: pa.timestamp("us", tz="UTC"),
    Kind.TEXTS: pa.list_(pa.string()),
    Kind.PERSON: pa.string(),
    Kind.DOCUMENT: pa.string(),
    Kind.RATINGS: pa.list_(pa.struct([("rater", pa.string()), ("score", pa.int64())])),
}


class ParquetWriter:
    """Writes rows to a binary file."""

    def __init__(self, sink: Sink, columns: Sequence[Column]) -> None:
        self._columns = columns
        self.schema = pa.schema([_field(column) for column in columns])
        self._writer = pq.ParquetWriter(sink, self.schema, compression="zstd")
        self._batches: list[pa.RecordBatch] = []
        self._rows = self._bytes = 0

    def write(self, rows: Sequence[Row]) -> None:
        """Append rows; they are in the file once their row group is full, or the writer closed."""
        cells: Sequence[Sequence[Any]] = list(zip(*rows, strict=True)) or [()] * len(self._columns)
        arrays = [
            arrow_array(_values(column, values), field.type)
            for column, field, values in zip(self._columns, self.schema, cells, strict=True)
        ]
        batch = pa.RecordBatch.from_arrays(arrays, schema=self.schema)
        self._batches.append(batch)
        self._rows += batch.num_rows
        self._bytes += batch.nbytes
        if self._rows >= GROUP_ROWS or self._bytes >= GROUP_BYTES:
            self._flush()

    def close(self) -> None:
        """Write what is left, and the footer."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        if self._batches:
            table = pa.Table.from_batches(self._batches, schema=self.schema)
            self._writer.write_table(table, row_group_size=max(self._rows, 1))
        self._batches, self._rows, self._bytes = [], 0, 0


def _field(column: Column) -> pa.Field:
    """The column in Parquet; any cell may be empty."""
    return pa.field(column.name, ARROW[column.kind], metadata={"description": column.description})


def _values(column: Column, values: Sequence[Any]) -> Sequence[Any]:
    if column.kind == Kind.NUMBER:
        return [None if value is None else float(value) for value in values]
    if column.kind == Kind.DOCUMENT:
        return [None if value is None else json.dumps(value, ensure_ascii=False) for value in values]
    if column.kind == Kind.RATINGS:
        return [
            None
            if value is None
            else [{"rater": name, "score": score} for name, score in sorted(value.items())]
            for value in values
        ]
    return values
