"""The door: a file → what it is → its table."""

from pathlib import PurePath
from typing import BinaryIO, Literal

from perg.formats.tables import delimited, json_files, workbooks
from perg.formats.tables.json_files import json_lines_table, json_table
from perg.formats.tables.layout import NOTHING_STATED, StatedLayout, Table, TableLayout, TableUnreadable
from perg.formats.tables.parquet import parquet_table

_PARQUET = b"PAR1"
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0"  # XLS, and every other file of old Office
_OTHERS = {b"\x1f\x8b": "a gzip file: unpack it", b"%PDF": "a PDF file", b"\x89PNG": "a picture"}
_JSON_ENDINGS = {".json", ".jsonl", ".ndjson"}


Family = Literal["delimited", "workbook", "json", "parquet"]
"""How a file is recognised and read; JSON lines are of the family of JSON."""


def family_of(stream: BinaryIO, file_name: str) -> Family:
    """The family of a file: by its first bytes, then by the ending of its name, then by its first character.

    Raises:
        TableUnreadable: a file of another kind.
    """
    stream.seek(0)
    head = stream.read(1 << 12)
    if head.startswith(_PARQUET):
        return "parquet"
    if head.startswith((_ZIP, _OLE)):
        return "workbook"
    for magic, name in _OTHERS.items():
        if head.startswith(magic):
            raise TableUnreadable(f"The file is no table: it is {name}.")
    text = head.decode("utf-8", "ignore").lstrip("\ufeff \t\r\n")
    is_json = PurePath(file_name).suffix.lower() in _JSON_ENDINGS or text.startswith(("{", "[{"))
    return "json" if is_json else "delimited"


def recognised(stream: BinaryIO, file_name: str, stated: StatedLayout = NOTHING_STATED) -> TableLayout:
    """What a file is, where it is not stated.

    Raises:
        TableUnreadable: an empty file; one of another kind; one that is not as it is stated to be.
    """
    family = family_of(stream, file_name)
    if family == "parquet":
        return TableLayout("parquet")
    if family == "workbook":
        return workbooks.recognised(stream, stated)
    if family == "json":
        return json_files.recognised(stream, stated)
    return delimited.recognised(stream, stated)


def open_table(stream: BinaryIO, layout: TableLayout) -> Table:
    """The table in a file of this layout. The stream must be seekable and stay open while rows are read.

    Raises:
        TableUnreadable: there is no table in it.
    """
    readers = {
        "delimited": delimited.delimited_table,
        "workbook": workbooks.workbook_table,
        "json": json_table,
        "json_lines": json_lines_table,
        "parquet": parquet_table,
    }
    return readers[layout.kind](stream, layout)
