"""Files of recorded runs, made in memory."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:  # pytest loads this file before Django is set up
    from evaluation.importers.report import ImportReport

OPTIONS = "['one', 'two', 'three', 'four']"
Row = dict[str, str]
MakeRow = Callable[..., Row]
MakeFile = Callable[[Sequence[Row]], io.BytesIO]


@pytest.fixture
def row() -> MakeRow:
    """A row of the usual dialect: question `number`, gold B, baseline right, personalised wrong, unless told."""

    def make(number: int = 1, **cells: str) -> Row:
        return {
            "question": f"Question {number}?",
            "options": OPTIONS,
            "gold_option": "B",
            "preference": "Be brief.",
            "no_pref_res": f"baseline {number}",
            "no_pref_ans": "B",
            "pref_res": f"personalised {number}",
            "pref_ans": "C",
        } | cells

    return make


@pytest.fixture
def csv_file() -> MakeFile:
    """The rows as a CSV file, its header the first row's columns."""

    def make(rows: Sequence[Row]) -> io.BytesIO:
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
        return io.BytesIO(text.getvalue().encode())

    return make


@pytest.fixture
def import_rows(csv_file: MakeFile) -> Callable[..., ImportReport]:
    """Imports rows, or the bytes of a file, as model m, method direct, setting relevant, unless told."""

    def run(rows: Sequence[Row] | bytes, **arguments: Any) -> ImportReport:
        from evaluation.importers.recorded_run import import_recorded_run

        file = io.BytesIO(rows) if isinstance(rows, bytes) else csv_file(rows)
        given = {
            "file_name": "runs.csv",
            "model": "m",
            "method": "direct",
            "setting": "relevant",
            "actor": None,
        }
        return import_recorded_run(file=file, **(given | arguments))

    return run
