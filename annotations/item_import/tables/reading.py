"""A file → what it is, what its columns hold, and what each is probably for."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

from annotations.item_import.tables.documents import ColumnFacts, RowProblem, TableReading
from annotations.item_import.tables.storable import Replacements, storable_table, storable_text
from evaluation.importers.files.source_file import opened
from evaluation.importers.files.uploaded_table import uploaded_table
from evaluation.importers.report import ImportRefused
from perg.formats.mapping.guess import guessed_mapping
from perg.formats.mapping.ids import with_whole_ids
from perg.formats.tables.layout import BrokenRow, Row, StatedLayout, Table
from perg.formats.tables.summary import ColumnSummary, is_missing, summarised

EXAMPLES = 3
LONGEST_EXAMPLE = 160
EVERY = 500
"""Rows between two reports of progress."""

RowsDone = Callable[[int], None]


def nobody(rows: int) -> None:
    """Report progress to nobody."""


@contextmanager
def stored_table(
    path: Path, file_name: str, stated: StatedLayout, rows_done: RowsDone = nobody
) -> Iterator[tuple[Table, Replacements]]:
    """The table in a file, its cells as they can be stored; reading its rows says how many are done.

    Raises ImportRefused: no table, or not as it is stated.
    """
    replacements = Replacements()
    with opened(path) as stream:
        table = storable_table(uploaded_table(stream, file_name, stated), replacements)
        yield replace(table, rows=lambda: _counted(table.rows(), rows_done)), replacements


def read_table(
    path: Path, file_name: str, stated: StatedLayout, rows_done: RowsDone = nobody
) -> TableReading:
    """Read a whole file and summarise its columns. Raises ImportRefused."""
    with stored_table(path, file_name, stated, rows_done) as (table, replacements):
        examples: dict[str, dict[str, None]] = {}
        summary = summarised(replace(table, rows=lambda: _with_examples(table.rows(), examples)))
        if not summary.rows:
            problem = f" The first one {summary.broken[0].problem}." if summary.broken else ""
            raise ImportRefused(f"The table has no rows that can be read.{problem}", code="empty_file")
        notes = (*table.notes, *replacements.notes())
        guess = with_whole_ids(table, guessed_mapping(summary))
    return TableReading(
        layout=table.layout,
        rows=summary.rows,
        broken_rows=summary.broken_rows,
        broken=tuple(map(row_problem, summary.broken)),
        columns=tuple(_facts(column, tuple(examples.get(column.name, ()))) for column in summary.columns),
        notes=notes,
        guess=guess,
    )


def row_problem(row: BrokenRow) -> RowProblem:
    """A row that cannot be read, as it is stored."""
    return RowProblem(row=row.number, line=row.place, column="", reason=row.problem)


def stated_layout(stored: object) -> StatedLayout:
    """What was stated of a layout, from what is stored of it."""
    return StatedLayout(**stored) if isinstance(stored, dict) else StatedLayout()


def dumped_layout(stated: StatedLayout) -> dict[str, object]:
    """What is stored of a layout."""
    return {name: value for name, value in asdict(stated).items() if value is not None}


def shortened(value: object, longest: int = LONGEST_EXAMPLE) -> str:
    """A cell on one line, cut where it is long."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    line = " ".join(text[: 4 * longest].split())
    return line if len(line) <= longest and len(text) <= 4 * longest else f"{line[: longest - 1]}…"


def _counted(rows: Iterator[Row | BrokenRow], rows_done: RowsDone) -> Iterator[Row | BrokenRow]:
    for number, row in enumerate(rows, start=1):
        if number % EVERY == 0:
            rows_done(number)
        yield row


def _with_examples(
    rows: Iterator[Row | BrokenRow], examples: dict[str, dict[str, None]]
) -> Iterator[Row | BrokenRow]:
    """The rows; the first different values of each column are noted on the way."""
    for row in rows:
        if isinstance(row, Row):
            for name, value in row.cells.items():
                values = examples.setdefault(name, {})
                if len(values) < EXAMPLES and not is_missing(value):
                    values[shortened(value)] = None
        yield row


def _facts(column: ColumnSummary, examples: tuple[str, ...]) -> ColumnFacts:
    are_numbers = column.numbers == column.filled
    return ColumnFacts(
        name=storable_text(column.name),
        filled=column.filled,
        missing=column.missing,
        distinct=None if column.values is None else len(column.values),
        smallest=column.smallest if are_numbers else None,
        largest=column.largest if are_numbers else None,
        longest=column.longest,
        examples=examples,
    )
