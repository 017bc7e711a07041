"""Which row names the columns, and how."""

import io
from dataclasses import replace

from perg.formats.tables.headings import letters
from perg.formats.tables.opening import open_table, recognised
from tests.perg.formats.tables.reading import cells_of, table_of


def test_titles_above_the_table_are_not_the_heading() -> None:
    table = table_of(b"Ratings of July,,,\nsee wiki,,,\n,,,\nid,prompt,anna,ben\n1,hi,3,4\n2,yo,3,4\n")

    assert table.layout.header_row == 4
    assert table.columns == ("id", "prompt", "anna", "ben")
    assert cells_of(table)[0] == ["1", "hi", "3", "4"]


def test_headings_lose_blanks_line_breaks_and_invisible_characters() -> None:
    assert table_of('"  The\n  Prompt ",\u200bScore\n1,2\n'.encode()).columns == ("The Prompt", "Score")


def test_repeated_headings_get_a_number_and_a_note() -> None:
    table = table_of(b"rating,rating,rating (2),rating\n1,2,3,4\n")

    assert len(set(table.columns)) == 4
    assert table.columns[0] == "rating"
    assert table.notes == ("The heading “rating” occurs 3 times; the later columns have a number behind it.",)
    assert cells_of(table) == [["1", "2", "3", "4"]]


def test_a_column_without_a_heading_is_called_by_its_letter() -> None:
    assert table_of(b"id,,note\n1,2,3\n").columns == ("id", "Column B", "note")


def test_letters_go_on_after_z() -> None:
    assert [letters(position) for position in (0, 25, 26, 51, 52, 701, 702)] == [
        "A", "Z", "AA", "AZ", "BA", "ZZ", "AAA",
    ]  # fmt: skip


def test_a_heading_of_numbers_is_noted_and_can_be_read_as_data() -> None:
    stream = io.BytesIO(b"1,2,3\n4,5,6\n")
    layout = recognised(stream, "x.csv")
    assert "may hold data" in open_table(stream, layout).notes[0]

    table = open_table(stream, replace(layout, header_row=0))

    assert table.columns == ("Column A", "Column B", "Column C")
    assert cells_of(table) == [["1", "2", "3"], ["4", "5", "6"]]
