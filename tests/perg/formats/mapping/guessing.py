"""A file's bytes → the mapping that is guessed, and the items that come of it."""

import csv
import io
import json
from collections.abc import Sequence

from perg.formats.mapping.guess import guessed_mapping
from perg.formats.mapping.ids import with_whole_ids
from perg.formats.mapping.reading import MappedItems, mapped_items
from perg.formats.mapping.uses import TableMapping
from perg.formats.tables.opening import open_table, recognised
from perg.formats.tables.summary import summarised


def guess(content: bytes, file_name: str = "file.csv") -> tuple[TableMapping, MappedItems]:
    stream = io.BytesIO(content)
    table = open_table(stream, recognised(stream, file_name))
    mapping = with_whole_ids(table, guessed_mapping(summarised(table)))
    return mapping, mapped_items(table, mapping)


def roles(mapping: TableMapping) -> dict[str, str]:
    return {name: use.role for name, use in mapping.columns.items()}


def csv_bytes(rows: Sequence[Sequence[object]], delimiter: str = ",") -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue().encode()


def json_lines(rows: Sequence[object]) -> bytes:
    return "\n".join(map(json.dumps, rows)).encode()


def ratings_of(items: MappedItems, place: int = 0) -> list[tuple[str, str, str, object]]:
    return [
        (rating.rater, rating.kind, rating.criterion, rating.answer) for rating in items.items[place].ratings
    ]
