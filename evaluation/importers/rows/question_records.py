"""Records of questions out of a table of any kind, as column → value."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from evaluation.importers.files.source_file import size_of
from evaluation.importers.files.uploaded_table import uploaded_table
from evaluation.importers.report import ImportRefused, RowRejected
from perg.formats.tables.layout import BrokenRow

Values = Mapping[str, Any]  # Any: whatever JSON or Parquet may nest; the layouts check what they take


@dataclass(frozen=True)
class QuestionRecord:
    """A record: its number from 1, its line if the file has lines, its values, or why it has none."""

    row: int
    line: int | None
    values: Values
    rejection: RowRejected | None = None


class QuestionFile:
    """The columns and the records of a file of questions, and how far it was read."""

    def __init__(
        self, stream: BinaryIO, file_name: str, known: Collection[str], known_column: Callable[[str], str]
    ) -> None:
        """Open the file; `known` are the columns that some layout knows, `known_column` finds the one that is meant.

        Raises `ImportRefused`: what `uploaded_table` raises; `unknown_columns` if no column is known,
        `duplicate_columns` if a known one occurs twice.
        """
        self.size = size_of(stream)
        self.bytes_done = 0
        self._stream = stream
        self._table = uploaded_table(stream, file_name)
        self._names = {heading: known_column(heading) for heading in self._table.columns}
        self.columns = set(self._names.values())
        if not self.columns & set(known):
            raise ImportRefused(
                f"The file has none of the columns of a question. It has: {', '.join(self._table.columns[:30])}; "
                f"expected are columns such as {', '.join(sorted(known))}.",
                code="unknown_columns",
            )
        # The reader has given a second column of one name a number.
        first = [name.removesuffix(" (2)") for name in self._names]
        counts = Counter(known_column(heading) for heading in first)
        twice = sorted(name for name, count in counts.items() if count > 1 and name in known)
        if twice:
            raise ImportRefused(
                f"The header has the same column more than once: {', '.join(twice)}.",
                code="duplicate_columns",
            )

    @property
    def notes(self) -> tuple[str, ...]:
        """What was read differently from how the file has it."""
        return self._table.notes

    def __iter__(self) -> Iterator[QuestionRecord]:
        for row in self._table.rows():
            self.bytes_done = self._bytes_read(row.number)
            if isinstance(row, BrokenRow):
                yield QuestionRecord(row.number, row.place, {}, RowRejected("", row.problem))
            else:
                cells = {self._names.get(heading, heading): cell for heading, cell in row.cells.items()}
                yield QuestionRecord(row.number, row.place, cells)

    def _bytes_read(self, number: int) -> int:
        """How far the file is read; by rows where it is read by a process of its own."""
        if self._table.length is not None:
            return min(self.size * number // max(self._table.length, 1), self.size)
        return min(self._stream.tell(), self.size)
