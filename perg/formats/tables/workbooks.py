"""Spreadsheets (XLSX, XLS, ODS): one sheet as a table. Read by calamine, whole."""

import datetime
import io
import zipfile
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from perg.formats.tables.headings import (
    ROWS_LOOKED_AT,
    column_names,
    header_row_of,
    is_blank,
    looks_like_data,
)
from perg.formats.tables.layout import (
    NOTHING_STATED,
    BrokenRow,
    Row,
    StatedLayout,
    Table,
    TableLayout,
    TableUnreadable,
)

MOST_UNPACKED = 1 << 30
"""Bytes to which the parts of an XLSX or ODS file may unpack, by its own directory."""


def recognised(stream: BinaryIO, stated: StatedLayout = NOTHING_STATED) -> TableLayout:
    """The layout of a workbook: by default the first visible sheet with a table. Raises TableUnreadable."""
    workbook = _opened(stream)
    visible = [
        metadata.name
        for metadata in workbook.sheets_metadata
        if metadata.visible == SheetVisibleEnum.Visible and metadata.typ == SheetTypeEnum.WorkSheet
    ]
    sheets = tuple(visible or workbook.sheet_names)
    beginnings = {name: list(islice(_cells(workbook, name), ROWS_LOOKED_AT)) for name in sheets}
    filled = [name for name in sheets if any(map(_filled_width, beginnings[name]))]
    if not filled:
        raise TableUnreadable("The spreadsheet has no sheet with cells.", "empty_file")
    sheet = stated.sheet or next((name for name in filled if _is_table(beginnings[name])), filled[0])
    if sheet not in beginnings:
        beginnings[sheet] = list(islice(_cells(workbook, sheet), ROWS_LOOKED_AT))  # a hidden one, or none
    header_row = header_row_of(beginnings[sheet]) if stated.header_row is None else stated.header_row
    return TableLayout("workbook", sheet=sheet, sheets=sheets, header_row=header_row)


def workbook_table(stream: BinaryIO, layout: TableLayout) -> Table:
    """The table on the layout's sheet. Raises TableUnreadable."""
    rows = list(_cells(_opened(stream), layout.sheet))
    heading = rows[layout.header_row - 1] if 0 < layout.header_row <= len(rows) else []
    below = rows[layout.header_row :]
    width = max(map(_filled_width, [heading, *below]), default=0)
    if not width:
        raise TableUnreadable(f"Row {layout.header_row} of the sheet “{layout.sheet}” names no columns.")
    names, notes = column_names(heading, width)
    # A column without a name and without a cell is the margin beside the table.
    filled = [
        position
        for position in range(width)
        if any(len(row) > position and not is_blank(row[position]) for row in [heading, *below])
    ]
    columns = {names[position]: position for position in filled}
    if heading and looks_like_data(heading):
        notes.append(
            f"Most headings are numbers ({', '.join(list(columns)[:5])}), so the first row may hold data."
        )

    def data_rows() -> Iterator[Row | BrokenRow]:
        number = 0
        for place, cells in enumerate(below, start=layout.header_row + 1):
            if _filled_width(cells):
                number += 1
                yield Row(
                    number,
                    place,
                    {name: cells[at] if at < len(cells) else "" for name, at in columns.items()},
                )

    return Table(layout, tuple(columns), tuple(notes), data_rows, sum(map(bool, map(_filled_width, below))))


def _is_table(rows: list[list[object]]) -> bool:
    """Whether two rows or more have at least two cells."""
    return sum(sum(not is_blank(cell) for cell in row) > 1 for row in rows) > 1


def _opened(stream: BinaryIO) -> CalamineWorkbook:
    stream.seek(0)
    if zipfile.is_zipfile(stream):
        try:
            with zipfile.ZipFile(stream) as parts:
                unpacked = sum(part.file_size for part in parts.infolist())
        except (zipfile.BadZipFile, NotImplementedError) as error:
            raise TableUnreadable(f"The spreadsheet is broken: {error}.") from error
        if unpacked > MOST_UNPACKED:
            raise TableUnreadable(
                f"The spreadsheet unpacks to {unpacked // 1_000_000:,} MB; at most {MOST_UNPACKED // 1_000_000:,} MB "
                "can be read.",
                "too_large",
            )
    stream.seek(0)
    try:
        return CalamineWorkbook.from_filelike(io.BytesIO(stream.read()))
    except CalamineError as error:
        raise TableUnreadable(f"The file cannot be read as a spreadsheet: {error}.") from error


def _cells(workbook: CalamineWorkbook, sheet: str) -> Iterator[list[object]]:
    """The rows of a sheet from its first one, each with the cells from column A."""
    try:
        rows = workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    except CalamineError as error:
        names = ", ".join(workbook.sheet_names)
        raise TableUnreadable(
            f"There is no sheet “{sheet}”; there are {names}."
            if sheet not in workbook.sheet_names
            else str(error),
            "no_such_sheet",
        ) from error
    for row in rows:
        yield [_plain(cell) for cell in row]


def _plain(cell: object) -> object:
    """The cell as text, number or truth value. Spreadsheets have one kind of number, so 7.0 is 7."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return int(cell)
    if isinstance(cell, datetime.datetime) and cell.time() == datetime.time():
        return cell.date().isoformat()
    if isinstance(cell, datetime.date | datetime.time):
        return cell.isoformat(sep=" ") if isinstance(cell, datetime.datetime) else cell.isoformat()
    if isinstance(cell, datetime.timedelta):
        return str(cell)
    return cell


def _filled_width(cells: list[object]) -> int:
    width = len(cells)
    while width and is_blank(cells[width - 1]):
        width -= 1
    return width
