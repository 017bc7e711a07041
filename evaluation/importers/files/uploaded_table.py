"""The table in a file that somebody hands in. What can unfold to more than it is gets a process of its own."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import PurePath
from typing import BinaryIO

from evaluation.importers.files.unfolded import Line, unfolded
from evaluation.importers.report import ImportRefused
from perg.formats.tables.delimited import recognised as recognised_text
from perg.formats.tables.encodings import checked_encoding, encoding_of
from perg.formats.tables.layout import (
    NOTHING_STATED,
    BrokenRow,
    Row,
    StatedLayout,
    Table,
    TableLayout,
    TableUnreadable,
)
from perg.formats.tables.opening import Family, family_of, open_table

JSON_LINES = {".jsonl", ".ndjson"}


def uploaded_table(stream: BinaryIO, file_name: str, stated: StatedLayout = NOTHING_STATED) -> Table:
    """The table in a file. Its rows can be read again and again, in a process of its own each time where they unfold.

    Raises:
        ImportRefused: with the codes of `TableUnreadable`. Reading the rows raises it as well.
    """
    try:
        family = family_of(stream, file_name)
        if family == "delimited":
            table = open_table(stream, recognised_text(stream, stated))
        elif PurePath(file_name).suffix.lower() in JSON_LINES:
            encoding = (
                encoding_of(stream) if stated.encoding is None else checked_encoding(stream, stated.encoding)
            )
            table = open_table(stream, TableLayout("json_lines", encoding))
        else:
            table = _unfolded_table(stream, family, stated)
    except TableUnreadable as error:
        raise _refusal(error) from error
    return replace(table, rows=lambda: _refusing(table.rows()))


def _unfolded_table(stream: BinaryIO, family: Family, stated: StatedLayout) -> Table:
    begun = [unfolded(stream, family, stated)]
    head = next(begun[0], None)
    if head is None:
        raise TableUnreadable("The file has no rows.", "empty_file")

    def rows() -> Iterator[Row | BrokenRow]:
        # The first reading goes on with the process that has written the head.
        lines = begun.pop() if begun else islice(unfolded(stream, family, stated), 1, None)
        return map(_row, lines)

    layout = TableLayout(**{**head["layout"], "sheets": tuple(head["layout"]["sheets"])})
    return Table(layout, tuple(head["columns"]), tuple(head["notes"]), rows, head["length"])


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
