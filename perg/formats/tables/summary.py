"""What the columns of a table hold: enough to guess what each is for, in memory that does not grow with the rows."""

import json
import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from perg.formats import label_forms
from perg.formats.tables.headings import clean, is_blank
from perg.formats.tables.layout import BrokenRow, Table

MOST_VALUES = 200
"""Distinct values of a column that are counted."""
LONGEST_VALUE = 200
"""Characters of a value that can be one of a few."""
BROKEN_SHOWN = 100
MOST_IDENTITIES = 1_000_000
"""Rows up to which it is known whether all values of a column differ."""

LONGEST_WORD = 100
"""Characters of a cell that can be a number, or say that there is no value."""


def is_missing(value: object) -> bool:
    """Whether a cell says that there is no value, as spreadsheets and data frames write it."""
    if isinstance(value, str) and len(value) <= LONGEST_WORD:
        return is_blank(value) or label_forms.is_missing(value, nominal=False)
    return is_blank(value) or (isinstance(value, float) and math.isnan(value))


def number_in(value: object, *, decimal_comma: bool = False) -> float | None:
    """The number that a cell is, or writes with ASCII digits; None: it is no finite number."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value) if math.isfinite(value) else None
    if not isinstance(value, str) or len(value) > LONGEST_WORD:
        return None
    text = clean(value)
    if decimal_comma and label_forms.DECIMAL_COMMA.fullmatch(text):
        text = text.replace(",", ".")
    number = label_forms.number_of(text)
    return None if number is None else float(number)


@dataclass
class ColumnSummary:
    """One column. Missing cells are counted in nothing but `missing`.

    Attributes:
        filled, missing: cells.
        texts, numbers, truths, lists, objects: cells by what they are; a text that writes a number is a number.
        whole: numbers without decimals. commas, points: numbers written with a decimal comma, or point.
        smallest, largest: of the numbers.
        longest: characters of the longest text. lines: texts of several lines. sentences: texts of more than two words.
        values: how often each value occurs; None if there are more than `MOST_VALUES`, or long ones.
        differ: whether no value occurs twice; None if there are too many rows to know.
        example: the first value.
    """

    name: str
    filled: int = 0
    missing: int = 0
    texts: int = 0
    numbers: int = 0
    truths: int = 0
    lists: int = 0
    objects: int = 0
    whole: int = 0
    commas: int = 0
    points: int = 0
    smallest: float | None = None
    largest: float | None = None
    longest: int = 0
    lines: int = 0
    sentences: int = 0
    values: Counter[str] | None = field(default_factory=Counter)
    differ: bool | None = True
    example: object = None
    _identities: set[int] = field(default_factory=set, repr=False)

    @property
    def decimal_comma(self) -> bool:
        """Whether numbers are written with a decimal comma: some are, and none with a point."""
        return self.commas > 0 and self.points == 0

    def add(self, value: object) -> None:
        """Count one cell."""
        if is_missing(value):
            self.missing += 1
            return
        if self.filled == 0:
            self.example = value
        self.filled += 1
        self._add_kind(value)
        self._add_value(value)

    def _add_kind(self, value: object) -> None:
        number = number_in(value, decimal_comma=True)
        if number is not None:
            self.numbers += 1
            self.whole += number.is_integer()
            written = clean(value)
            self.commas += "," in written
            self.points += isinstance(value, float) or "." in written
            self.smallest = number if self.smallest is None else min(self.smallest, number)
            self.largest = number if self.largest is None else max(self.largest, number)
        elif isinstance(value, bool):
            self.truths += 1
        elif isinstance(value, list | tuple):
            self.lists += 1
        elif isinstance(value, dict):
            self.objects += 1
        else:
            self.texts += 1
            self.longest = max(self.longest, len(str(value)))
            self.lines += "\n" in str(value).strip()
            self.sentences += len(str(value).split(maxsplit=3)) > 2

    def _add_value(self, value: object) -> None:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
        if self.differ and len(self._identities) < MOST_IDENTITIES:
            identity = hash(text)
            self.differ = identity not in self._identities
            self._identities.add(identity)
        elif self.differ:
            self.differ = None
        if not self.differ:
            self._identities.clear()
        if self.values is not None:
            self.values[text] += 1
            if len(text) > LONGEST_VALUE or len(self.values) > MOST_VALUES:
                self.values = None


@dataclass(frozen=True)
class TableSummary:
    """What a whole table holds.

    Attributes:
        rows: those that can be read. broken: the first of those that cannot. broken_rows: how many they are.
        columns: in the order of the table; columns that appear in later rows of JSON lines come last.
    """

    rows: int
    broken_rows: int
    broken: tuple[BrokenRow, ...]
    columns: tuple[ColumnSummary, ...]


def summarised(table: Table) -> TableSummary:
    """Read all rows of a table and count what its columns hold. Raises TableUnreadable."""
    columns = {name: ColumnSummary(name) for name in table.columns}
    rows, broken_rows, broken = 0, 0, list[BrokenRow]()
    for row in table.rows():
        if isinstance(row, BrokenRow):
            broken_rows += 1
            if len(broken) < BROKEN_SHOWN:
                broken.append(row)
            continue
        rows += 1
        _add_late_columns(columns, row.cells, rows - 1)
        for name, column in columns.items():
            column.add(row.cells.get(name))
    return TableSummary(rows, broken_rows, tuple(broken), tuple(columns.values()))


def _add_late_columns(columns: dict[str, ColumnSummary], names: Iterable[str], missing: int) -> None:
    """Columns that no earlier row has."""
    for name in names:
        if name not in columns:
            columns[name] = ColumnSummary(name, missing=missing)
