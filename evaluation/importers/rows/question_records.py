"""Records of questions out of CSV, JSON, JSON lines and Parquet files, all as column → value."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from core.text.json_text import DoubledKey, read_json
from evaluation.importers.files.csv_file import CsvFile, bounded_lines, check_text
from evaluation.importers.files.source_file import size_of, text_of
from evaluation.importers.files.unfolded import Line, TooLarge, Unreadable, unfolded
from evaluation.importers.report import ImportRefused, RowRejected

BATCH = 500
_CSV, _LINES, _JSON, _PARQUET = "CSV", "JSON lines", "JSON", "Parquet"
KINDS = {".csv": _CSV, ".jsonl": _LINES, ".ndjson": _LINES, ".json": _JSON, ".parquet": _PARQUET}

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

    def __init__(self, stream: BinaryIO, file_name: str, known: Collection[str]) -> None:
        """Open the file by the ending of its name; `known` are the columns that some layout knows.

        Raises `ImportRefused`: `unknown_file_kind`, `empty_file`, `no_rows`, `wrong_encoding`, `not_csv`,
        `not_json`, `not_parquet`, `duplicate_columns`.
        """
        kind = KINDS.get(Path(file_name).suffix.lower())
        if kind is None:
            raise ImportRefused(
                f"“{file_name}” is of no known kind; there are {', '.join(KINDS)}.", code="unknown_file_kind"
            )
        self.size = size_of(stream)
        if self.size == 0:
            raise ImportRefused("The file is empty: it has 0 bytes.", code="empty_file")
        self._stream = stream
        self._known = known
        self.bytes_done = 0
        openers = {_CSV: self._csv, _LINES: self._lines, _JSON: self._json, _PARQUET: self._parquet}
        self.columns, self._records = openers[kind]()

    def __iter__(self) -> Iterator[QuestionRecord]:
        return self._records

    def _csv(self) -> tuple[set[str], Iterator[QuestionRecord]]:
        check_text(self._stream)
        file = CsvFile(self._stream)
        file.refuse_unless_known(set(file.header) & set(self._known), sorted(self._known))
        return set(file.header), self._csv_records(file)

    def _csv_records(self, file: CsvFile) -> Iterator[QuestionRecord]:
        for record in file:
            self.bytes_done = file.bytes_done
            try:
                file.check_cells(record)
            except RowRejected as rejection:
                yield QuestionRecord(record.row, record.line, {}, rejection)
            else:
                yield QuestionRecord(
                    record.row, record.line, dict(zip(file.header, record.cells, strict=True))
                )

    def _lines(self) -> tuple[set[str], Iterator[QuestionRecord]]:
        check_text(self._stream, "JSON")
        first = list(islice(self._line_records(), BATCH))
        if not first:
            raise ImportRefused("The file has only blank lines.", code="no_rows")
        columns = set().union(*(record.values.keys() for record in first))
        if not columns:
            raise ImportRefused(
                f"The file has no readable line: line {first[0].line}: {first[0].rejection}.", code="not_json"
            )
        return columns, self._line_records()

    def _line_records(self) -> Iterator[QuestionRecord]:
        text, counted = text_of(self._stream)
        row = 0
        for number, line in enumerate(bounded_lines(text, kind="JSON lines", code="not_json"), start=1):
            if not line.strip():
                continue
            row += 1
            self.bytes_done = counted.bytes_done
            try:
                values = read_json(line)
            except DoubledKey as error:
                yield QuestionRecord(row, number, {}, RowRejected("", str(error)))
                continue
            except (ValueError, RecursionError):
                yield QuestionRecord(row, number, {}, RowRejected("", "is not JSON"))
                continue
            yield _of_object(row, number, values)

    def _json(self) -> tuple[set[str], Iterator[QuestionRecord]]:
        """JSON holds all its rows at once; a file too large for that had better be JSON lines."""
        check_text(self._stream, "JSON")
        return self._unfolded("json", "JSON", "not_json")

    def _parquet(self) -> tuple[set[str], Iterator[QuestionRecord]]:
        return self._unfolded("parquet", "Parquet", "not_parquet")

    def _unfolded(self, kind: str, name: str, code: str) -> tuple[set[str], Iterator[QuestionRecord]]:
        """Columns and records of a file whose size says little about what it holds."""
        lines = _refusing(unfolded(self._stream, kind), name, code)
        head: Line = next(lines, {"columns": [], "rows": 0})
        if kind == "json" and not head["rows"]:
            raise ImportRefused("The list in the file is empty.", code="no_rows")
        return set(map(str, head["columns"])), self._unfolded_records(lines, max(head["rows"], 1))

    def _unfolded_records(self, lines: Iterator[Line], rows: int) -> Iterator[QuestionRecord]:
        for row, line in enumerate(lines, start=1):
            self.bytes_done = min(self.size * row // rows, self.size)
            yield _of_object(row, None, line["row"])


def _refusing(lines: Iterator[Line], name: str, code: str) -> Iterator[Line]:
    """The lines; their errors become refusals."""
    try:
        yield from lines
    except TooLarge as error:
        raise ImportRefused(f"The file is too large to import: {error}.", code="too_large") from error
    except Unreadable as error:
        raise ImportRefused(f"The file cannot be read as {name}: {error}.", code=code) from error


def _of_object(row: int, line: int | None, values: object) -> QuestionRecord:
    if isinstance(values, dict):
        return QuestionRecord(row, line, values)
    return QuestionRecord(row, line, {}, RowRejected("", "is not a JSON object"))
