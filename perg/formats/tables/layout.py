"""What a table's file is, and what comes out of it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["delimited", "workbook", "json", "json_lines", "parquet"]

KIND_NAMES: Mapping[Kind, str] = {
    "delimited": "CSV",
    "workbook": "spreadsheet",
    "json": "JSON",
    "json_lines": "JSON lines",
    "parquet": "Parquet",
}


class TableUnreadable(ValueError):
    """A file that holds no table, with the reason in words, as a sentence.

    `code` is one of `empty_file`, `wrong_encoding`, `not_a_table`, `too_large`, `no_reader`, `no_such_sheet`.
    """

    def __init__(self, message: str, code: str = "not_a_table") -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class TableLayout:
    """How a file is laid out. Each field can be set by hand, as `recognised` may guess wrong.

    Attributes:
        kind: how the file is read.
        encoding: of a text file, as Python names it; None in other files.
        delimiter: what separates the cells of a delimited file. A character that no cell has: one column.
        backslash: whether quotes inside a quoted cell are written `\\"`, not `""`.
        sheet: the sheet that is read, of all `sheets` of a spreadsheet.
        header_row: the number of the row that names the columns, from 1; blank rows count. 0: no row does.
    """

    kind: Kind
    encoding: str | None = None
    delimiter: str = ","
    backslash: bool = False
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    header_row: int = 1


@dataclass(frozen=True, slots=True)
class StatedLayout:
    """What a person says of a file; the rest is recognised. None: nothing is said.

    Attributes: as those of `TableLayout`. What a file of its kind does not have, such as the sheet of a text, is of no
    consequence.
    """

    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    header_row: int | None = None


NOTHING_STATED = StatedLayout()


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its number among the data rows, from 1, where it stands in the file, and its cells by column.

    `place` is the line on which it ends (text), or the row of the sheet, from 1; None in a file without lines.
    """

    number: int
    place: int | None
    cells: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """A row that cannot be read, and why; completes "row 5 …"."""

    number: int
    place: int | None
    problem: str


@dataclass(frozen=True)
class Table:
    """The columns of a table, and its rows, which can be read again and again.

    Attributes:
        layout: how the file was read.
        columns: the names, each once. In JSON lines those of the first rows; later rows may have more.
        notes: what was read differently from how it is written, as sentences.
        rows: reads the rows, which come one by one. Raises TableUnreadable.
        length: how many rows there are, if the file says so.
    """

    layout: TableLayout
    columns: tuple[str, ...]
    notes: tuple[str, ...]
    rows: Callable[[], Iterator[Row | BrokenRow]]
    length: int | None = None
