"""The table in a file that somebody hands in. What can unfold to more than it is gets a process of its own."""

from collections.abc import Iterator
from pathlib import PurePath
from typing import BinaryIO

from evaluation.importers.files.unfolded import Line, unfolded
from evaluation.importers.report import ImportRefused
from perg.formats.tables.delimited import recognised as recognised_text
from perg.formats.tables.encodings import encoding_of
from perg.formats.tables.layout import BrokenRow, Row, Table, TableLayout, TableUnreadable
from perg.formats.tables.opening import Family, family_of, open_table

JSON_LINES = {".jsonl", ".ndjson"}
LAYOUTS: dict[Family, TableLayout] = {
    "json": TableLayout("json"),
    "parquet": TableLayout("parquet"),
    "workbook": TableLayout("workbook"),
}


def uploaded_table(stream: BinaryIO, file_name: str) -> Table:
    """The table in a file. Its rows can be read once, as a process of its own may write them.

    Raises:
        ImportRefused: with the codes of `TableUnreadable`. Reading the rows raises it as well.
    """
    try:
        family = family_of(stream, file_name)
        if family == "delimited":
            table = open_table(stream, recognised_text(stream))
        elif PurePath(file_name).suffix.lower() in JSON_LINES:
            table = open_table(stream, TableLayout("json_lines", encoding_of(stream)))
        else:
            table = _unfolded_table(stream, family)
    except TableUnreadable as error:
        raise _refusal(error) from error
    return Table(table.layout, table.columns, table.notes, lambda: _refusing(table.rows()), table.length)


def _unfolded_table(stream: BinaryIO, family: Family) -> Table:
    lines = unfolded(stream, family)
    head = next(lines, None)
    if head is None:
        raise TableUnreadable("The file has no rows.", "empty_file")
    return Table(
        LAYOUTS[family],
        tuple(head["columns"]),
        tuple(head["notes"]),
        lambda: map(_row, lines),
        head["length"],
    )


def _row(line: Line) -> Row | BrokenRow:
    if "problem" in line:
        return BrokenRow(line["number"], line["place"], line["problem"])
    return Row(line["number"], line["place"], line["cells"])


def _refusing(rows: Iterator[Row | BrokenRow]) -> Iterator[Row | BrokenRow]:
    """The rows; what cannot be read becomes a refusal."""
    try:
        yield from rows
    except TableUnreadable as error:
        raise _refusal(error) from error


def _refusal(error: TableUnreadable) -> ImportRefused:
    return ImportRefused(str(error), code=error.code)
