"""Parquet files as tables, batch by batch. Needs pyarrow, which the library does not install."""

import datetime
from collections.abc import Iterator
from typing import Any, BinaryIO

from perg.formats.tables.layout import BrokenRow, Row, Table, TableLayout, TableUnreadable

BATCH = 500


def parquet_table(stream: BinaryIO, layout: TableLayout) -> Table:
    """The table in a Parquet file; lists and structs become lists and objects. Raises TableUnreadable."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise TableUnreadable("Parquet files need pyarrow: pip install pyarrow.", "no_reader") from error
    try:
        file = pyarrow.parquet.ParquetFile(stream)
        columns = tuple(file.schema_arrow.names)
    except (pyarrow.ArrowException, OSError) as error:
        raise TableUnreadable(f"The file cannot be read as Parquet: {error}.") from error

    def rows() -> Iterator[Row | BrokenRow]:
        number = 0
        try:
            for batch in file.iter_batches(batch_size=BATCH):
                for record in batch.to_pylist():
                    number += 1
                    yield Row(number, None, {key: _plain(value) for key, value in record.items()})
        except (pyarrow.ArrowException, OSError) as error:
            raise TableUnreadable(f"The file is broken after row {number}: {error}.") from error

    return Table(layout, columns, (), rows, file.metadata.num_rows)


def _plain(value: Any) -> Any:  # Any: whatever Parquet may nest
    """The value as JSON has it."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)
