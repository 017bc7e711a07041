"""Spreadsheets as people save them."""

import datetime
import io
import zipfile
from dataclasses import replace

import pytest
from openpyxl import Workbook

from perg.formats.tables.layout import TableUnreadable
from perg.formats.tables.opening import open_table, recognised
from tests.perg.formats.tables.reading import cells_of, table_of, workbook_bytes


def _two_sheets(workbook: Workbook) -> None:
    workbook.active.title = "Read me"
    workbook.active["A1"] = "How we rated"
    sheet = workbook.create_sheet("Data")
    sheet.merge_cells("A1:D1")
    sheet["A1"] = "Ratings of July"
    for row in (
        ["ID", "Prompt ", "When", "Score"],
        [1, "hi", datetime.date(2026, 7, 1), 3.5],
        [2.0, "yo\nyou", datetime.datetime(2026, 7, 1, 12, 3), None],
        [None, None, None, None],
        ["x", True, None, "n/a"],
    ):
        sheet.append(row)
    workbook.create_sheet("Hidden").sheet_state = "hidden"


def test_the_sheet_with_the_table_is_read_below_its_merged_title() -> None:
    table = table_of(workbook_bytes(_two_sheets), "ratings.xlsx")

    assert (table.layout.sheet, table.layout.sheets) == ("Data", ("Read me", "Data"))
    assert table.columns == ("ID", "Prompt", "When", "Score")
    assert cells_of(table) == [
        [1, "hi", "2026-07-01", 3.5],
        [2, "yo\nyou", "2026-07-01 12:03:00", ""],
        ["x", True, "", "n/a"],
    ]


def test_another_sheet_can_be_chosen_and_one_that_is_not_there_is_named() -> None:
    stream = io.BytesIO(workbook_bytes(_two_sheets))
    layout = recognised(stream, "ratings.xlsx")

    assert open_table(stream, replace(layout, sheet="Read me", header_row=1)).columns == ("How we rated",)
    with pytest.raises(TableUnreadable, match="no sheet “data”; there are Read me, Data"):
        open_table(stream, replace(layout, sheet="data"))


def test_a_table_may_stand_away_from_the_corner() -> None:
    def fill(workbook: Workbook) -> None:
        for cell, value in {"C4": "id", "D4": "score", "C5": "a", "D5": 2, "C7": "b", "D7": 3}.items():
            workbook.active[cell] = value

    table = table_of(workbook_bytes(fill), "x.xlsx")

    assert table.columns == ("id", "score")
    assert [row.place for row in table.rows()] == [5, 7]
    assert cells_of(table) == [["a", 2], ["b", 3]]


def test_numbers_of_spreadsheets_are_whole_where_they_are() -> None:
    def fill(workbook: Workbook) -> None:
        for row in (["id", "n"], [1234567890123, 0.1], [12.0, 1e300]):
            workbook.active.append(row)

    assert cells_of(table_of(workbook_bytes(fill), "x.xlsx")) == [[1234567890123, 0.1], [12, 1e300]]


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04 broken", workbook_bytes(_two_sheets)[:900], b"\xd0\xcf\x11\xe0" + b"\0" * 600]
)
def test_a_broken_spreadsheet_is_refused(content: bytes) -> None:
    with pytest.raises(TableUnreadable):
        table_of(content, "x.xlsx")


def test_an_empty_spreadsheet_is_refused() -> None:
    with pytest.raises(TableUnreadable, match="no sheet with cells"):
        table_of(workbook_bytes(lambda _: None), "x.xlsx")


def test_a_spreadsheet_that_unpacks_to_too_much_is_refused_before_it_is_unpacked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("perg.formats.tables.workbooks.MOST_UNPACKED", 10_000_000)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/worksheets/a.xml", bytes(11_000_000))

    with pytest.raises(TableUnreadable, match="unpacks to 11 MB; at most 10 MB") as refusal:
        table_of(content.getvalue(), "bomb.xlsx")
    assert refusal.value.code == "too_large"
