"""CSV cells: nothing that a spreadsheet runs, whatever stands before it, and every text comes back."""

import csv
import io
import random
import re

import pandas as pd
import polars as pl
import pytest

from perg.formats.spreadsheet import Bare, as_written, csv_line, defused

SIGNS = "=+-@＝＋－＠"
BEFORE = ["", " ", "   ", "\t", "\r", "\n", "\ufeff", "\x0b", "\x0c", "\xa0", "\u3000", "\u200b", "\x00", '"']
BEFORE += [" \ufeff\xa0"]
INSIDE = ["a;", "a; ", "a;\xa0", "a\t", "a\n", "a\r\n", 'a;"', "a;b;\ufeff", "a;\t"]


def cells_seen(text: str) -> list[str]:
    """The cells that a spreadsheet may see in a text which it splits at semicolons, tabs and line breaks."""
    cells = re.split(r"[;\t\r\n]", text)
    return [re.sub(r'^[\s\ufeff\u200b\x00-\x1f"]+', "", cell) for cell in cells]


@pytest.mark.parametrize("before", BEFORE + INSIDE)
def test_no_cell_is_a_formula_whatever_stands_before_the_sign(before: str) -> None:
    for sign in SIGNS:
        text = f"{before}{sign}1+1"
        cell = defused(text)
        assert isinstance(cell, str)
        assert not any(seen.startswith(tuple(SIGNS)) for seen in cells_seen(cell)), repr(cell)
        assert as_written(cell) == text


def test_every_text_comes_back() -> None:
    draw = random.Random(7)
    for _ in range(50_000):
        text = "".join(draw.choices("=+-@'; \t\r\na5\ufeff\xa0\"＝", k=draw.randint(0, 9)))
        assert as_written(str(defused(text))) == text


@pytest.mark.parametrize(
    "text", ["a list:\n- one\n- two", "plain", "a; b", "5 = 5", "-1.5", "+3e8", "it's", ""]
)
def test_ordinary_texts_and_numbers_stay_as_they_are(text: str) -> None:
    assert defused(text) == text


def test_a_line_quotes_texts_and_leaves_numbers_times_and_gaps_for_readers_to_recognise() -> None:
    lines = csv_line(["a", "n", "x", "flag", "none"]) + csv_line(["a;=1+1", -5, -1.5, Bare("true"), None])
    assert lines.splitlines()[1] == '"a;\'=1+1",-5,-1.5,true,'
    (row,) = csv.DictReader(io.StringIO(lines, newline=""))
    assert as_written(row["a"]) == "a;=1+1"
    for frame in (pl.read_csv(lines.encode()), pd.read_csv(io.StringIO(lines))):
        assert (frame["n"][0], frame["x"][0], bool(frame["flag"][0])) == (-5, -1.5, True)


def test_a_row_of_one_gap_is_no_blank_line() -> None:
    assert list(csv.reader(io.StringIO(csv_line([None])))) == [[""]]
