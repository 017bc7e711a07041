"""A file's bytes → what is read of it."""

import io
from collections.abc import Callable

from openpyxl import Workbook

from perg.formats.tables.layout import BrokenRow, Row, Table
from perg.formats.tables.opening import open_table, recognised


def table_of(content: bytes, file_name: str = "file.csv") -> Table:
    stream = io.BytesIO(content)
    return open_table(stream, recognised(stream, file_name))


def cells_of(table: Table) -> list[list[object]]:
    """The cells of the rows that can be read, in the order of the columns."""
    return [
        [row.cells.get(column) for column in table.columns] for row in table.rows() if isinstance(row, Row)
    ]


def problems_of(table: Table) -> list[str]:
    return [f"{row.number}, {row.place}: {row.problem}" for row in table.rows() if isinstance(row, BrokenRow)]


def workbook_bytes(fill: Callable[[Workbook], None]) -> bytes:
    workbook = Workbook()
    fill(workbook)
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()
