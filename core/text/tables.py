"""A table as CSV or JSON, written as it is read. Cells that a spreadsheet would run as formulas are defused."""

import json
from collections.abc import Iterable, Iterator, Mapping

from perg.formats.spreadsheet import csv_line

CONTENT_TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json"}


def as_csv(columns: Iterable[str], records: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """A header, then a line for each record; what a record lacks is empty."""
    columns = list(columns)
    yield csv_line(columns)
    for record in records:
        yield csv_line(record.get(column) for column in columns)


def as_json(records: Iterable[Mapping[str, object]], **facts: object) -> Iterator[str]:
    """One object: the facts, then `rows`."""
    head = json.dumps(facts, ensure_ascii=False)
    yield head[:-1] + (", " if facts else "") + '"rows": ['
    for number, record in enumerate(records):
        yield (",\n" if number else "\n") + json.dumps(record, ensure_ascii=False, allow_nan=False)
    yield "\n]}\n"
