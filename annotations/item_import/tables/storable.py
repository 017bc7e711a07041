"""Cells as PostgreSQL can store them: it refuses null characters, half characters, and numbers without bounds."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from perg.formats.tables.layout import BrokenRow, Row, Table

NOT_STORABLE = re.compile("[\0\ud800-\udfff]")
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
DEEPEST = 50
PLACES_SHOWN = 5


@dataclass
class Replacements:
    """The rows in which a character was replaced."""

    count: int = 0
    places: list[int] = field(default_factory=list)

    def notes(self) -> list[str]:
        """What was replaced, as a sentence; nothing: nothing was."""
        if not self.count:
            return []
        places = ", ".join(map(str, self.places))
        more = " and others" if self.count > len(self.places) else ""
        rows = "1 row has" if self.count == 1 else f"{self.count} rows have"
        return [
            f"{rows} characters that are no text (null characters, halves of characters); “{REPLACEMENT}” stands for "
            f"them. They are in line or row {places}{more}."
        ]


def storable_table(table: Table, replacements: Replacements) -> Table:
    """The table with every cell and name as it can be stored; counts what was replaced, once for each reading."""

    def rows() -> Iterator[Row | BrokenRow]:
        replacements.count = 0
        replacements.places.clear()
        for row in table.rows():
            if isinstance(row, BrokenRow):
                yield row
                continue
            cells = {storable_text(name): storable(value) for name, value in row.cells.items()}
            if any(cells[storable_text(name)] is not value for name, value in row.cells.items()):
                if _has_unstorable(row.cells):
                    replacements.count += 1
                    if len(replacements.places) < PLACES_SHOWN:
                        replacements.places.append(row.place or row.number)
                row = replace(row, cells=cells)
            yield row

    return replace(table, columns=tuple(dict.fromkeys(map(storable_text, table.columns))), rows=rows)


def storable_text(text: str) -> str:
    """The text without characters that cannot be stored; the same object where it has none."""
    return NOT_STORABLE.sub(REPLACEMENT, text) if NOT_STORABLE.search(text) else text


def storable(value: object, depth: int = 0) -> object:
    """A JSON value whose texts can be stored; the same object where nothing had to be replaced."""
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    if not isinstance(value, list | dict):
        return value
    if depth > DEEPEST:
        return f"{REPLACEMENT} nested too deeply"
    if isinstance(value, list):
        entries = [storable(entry, depth + 1) for entry in value]
        is_same = all(new is old for new, old in zip(entries, value, strict=True))
        return value if is_same else entries
    pairs = {storable_text(str(key)): storable(inner, depth + 1) for key, inner in value.items()}
    is_same = all(key in pairs and pairs[key] is inner for key, inner in value.items())
    return value if is_same else pairs


def _has_unstorable(cells: Mapping[str, object]) -> bool:
    texts = (
        cell if isinstance(cell, str) else json.dumps(cell, ensure_ascii=False, default=str)
        for cell in cells.values()
        if isinstance(cell, str | list | dict)
    )
    return any(NOT_STORABLE.search(text) or "\\u0000" in text for text in texts)
