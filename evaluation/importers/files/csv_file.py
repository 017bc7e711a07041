"""A CSV file, checked and read record by record: memory does not grow with the file."""

import codecs
import csv
import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, TextIO

from evaluation.importers.files.source_file import text_of
from evaluation.importers.report import ImportRefused, RowRejected

MAX_CELL = 10 * 1024 * 1024
MAX_LINE = 8 * MAX_CELL
"""Of a line, and of a record over several lines."""
MAX_COLUMNS = 5_000
MAX_COMMAS = 1_000_000
"""In a record. Each may part two cells, and a list of cells takes far more memory than its line."""
_BLOCK = 1 << 18
# The limit is the csv module's own, for the whole process; its default of 128 KiB is less than a long answer.
csv.field_size_limit(MAX_CELL)

_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
_MAGIC = ((b"PAR1", "Parquet"), (b"PK\x03\x04", "ZIP or Excel"), (b"\x1f\x8b", "gzip"), (b"%PDF", "PDF"))
_INDEX_COLUMN = re.compile(r"(Unnamed: \d+(_level_\d+)?(\.\d+)?)?")
_OTHER_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}


@dataclass(frozen=True)
class Fingerprint:
    """What a file is, by its bytes."""

    sha256: str
    size: int


@dataclass(frozen=True)
class CsvRecord:
    """One record: its number among the data rows, from 1, the line on which it ends, and its cells."""

    row: int
    line: int
    cells: tuple[str, ...]


_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"


def bounded_lines(text: TextIO, *, kind: str, code: str) -> Iterator[str]:
    """The lines of a text. Raises `ImportRefused` with the code for one that is too long to hold in memory."""
    number = 0
    while line := text.readline(MAX_LINE):
        number += 1
        if len(line) == MAX_LINE and not line.endswith(("\n", "\r")):
            raise ImportRefused(
                f"The file is not a {kind} file: line {number} is longer than {MAX_LINE:,} characters.",
                code=code,
            )
        yield line


def is_blank(cell: str) -> bool:
    """Whether there is nothing to see in a cell: white space of any kind, or characters without width."""
    stripped = cell.strip()
    return not stripped or all(character.isspace() or character in _INVISIBLE for character in stripped)


def is_index_column(name: str) -> bool:
    """Whether this is the nameless column that pandas writes for its index."""
    return _INDEX_COLUMN.fullmatch(name) is not None


def check_text(stream: BinaryIO, kind: str = "CSV") -> Fingerprint:
    """Read the file once: its hash and size, and whether it is text at all. `kind` is what it should be.

    Raises `ImportRefused`: `empty_file`, `wrong_encoding` (no UTF-8; says where), `not_csv` (binary; named after
    the kind).
    """
    stream.seek(0)
    digest, size, has_nul = hashlib.sha256(), 0, False
    decoder = codecs.getincrementaldecoder("utf-8")()
    while block := stream.read(_BLOCK):
        if size == 0:
            _refuse_by_beginning(block, kind)
        digest.update(block)
        has_nul = has_nul or b"\0" in block
        start = size - len(decoder.getstate()[0])
        try:
            decoder.decode(block)
        except UnicodeDecodeError as error:
            raise _not_utf8(start + error.start, has_nul, kind) from error
        size += len(block)
    if size == 0:
        raise ImportRefused("The file is empty: it has 0 bytes.", code="empty_file")
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise _not_utf8(size - len(error.object) + error.start, has_nul, kind) from error
    return Fingerprint(digest.hexdigest(), size)


def _refuse_by_beginning(block: bytes, kind: str) -> None:
    for mark, encoding in _MARKS:
        if block.startswith(mark):
            raise _wrong_encoding(f"it begins with the byte order mark of {encoding}", 0)
    for magic, other in _MAGIC:
        if block.startswith(magic):
            raise _binary(f"it is a {other} file", kind)
    first_line = block.split(b"\n", 1)[0]
    if b"\0" in first_line:
        if len(first_line) >= 8 and not (first_line[1:20:2].strip(b"\0") and first_line[0:20:2].strip(b"\0")):
            raise _wrong_encoding("every second byte is zero, as in UTF-16", first_line.index(b"\0"))
        raise _binary("its first line has zero bytes", kind)


def _not_utf8(offset: int, has_nul: bool, kind: str) -> ImportRefused:
    if has_nul:
        return _binary("it is binary", kind)
    return _wrong_encoding("it may be Latin-1 or Windows-1252", offset)


def _binary(why: str, kind: str) -> ImportRefused:
    return ImportRefused(f"The file is not a {kind} file: {why}.", code=f"not_{kind.lower()}")


def _wrong_encoding(hint: str, offset: int) -> ImportRefused:
    message = f"The file is not UTF-8 (at byte {offset}; {hint}). Save it as UTF-8 and import it again."
    return ImportRefused(message, code="wrong_encoding")


class CsvFile:
    """The header and the records of a CSV file whose text was checked by `check_text`."""

    def __init__(self, stream: BinaryIO) -> None:
        """Read the header. Raises `ImportRefused`: `empty_file` (only blank lines), `not_csv`."""
        self._text, self._counted = text_of(stream)
        self._reader = csv.reader(self._lines(), strict=True)
        self._commas = self._characters = 0
        self.rows_read = 0
        first = next(self._records(), None)
        if first is None:
            raise ImportRefused("The file is empty: it has only blank lines.", code="empty_file")
        if len(first) > MAX_COLUMNS:
            raise ImportRefused(
                f"The file has {len(first):,} columns; at most {MAX_COLUMNS:,} can be read.", code="not_csv"
            )
        self.header = tuple(name.strip() for name in first)
        self._index = {position for position, name in enumerate(self.header) if is_index_column(name)}

    @property
    def bytes_done(self) -> int:
        return self._counted.bytes_done

    def refuse_unless_known(self, known: Collection[str], names_known: Sequence[str]) -> None:
        """Raise `not_csv` if the header has no known column; `duplicate_columns` if a column occurs twice.

        `known` are the names in the header that the importer knows, `names_known` examples for the message.
        """
        if not known:
            raise ImportRefused(self._why_unknown(names_known), code="not_csv")
        named = [name for name in self.header if not is_index_column(name)]
        twice = sorted(name for name, count in Counter(named).items() if count > 1)
        if twice:
            raise ImportRefused(
                f"The header has the same column more than once: {', '.join(twice)}.",
                code="duplicate_columns",
            )

    def _why_unknown(self, names_known: Sequence[str]) -> str:
        joined = ",".join(self.header)
        if joined.lstrip().startswith(("{", "[")):
            return "The file is not a CSV file: it looks like JSON."
        for delimiter, words in _OTHER_DELIMITERS.items():
            if set(joined.replace('"', "").split(delimiter)) & set(names_known):
                return f"The columns of the file are separated by {words}; separate them by commas."
        shown = f"{joined[:80]}…" if len(joined) > 80 else joined
        expected = ", ".join(names_known)
        return (
            f"This is no such CSV file: its first line is “{shown}”; expected are columns such as {expected}."
        )

    def _lines(self) -> Iterator[str]:
        for line in bounded_lines(self._text, kind="CSV", code="not_csv"):
            self._commas += line.count(",")
            self._characters += len(line)
            if self._commas > MAX_COMMAS or self._characters > MAX_LINE:
                what = f"{MAX_COMMAS:,} commas" if self._commas > MAX_COMMAS else f"{MAX_LINE:,} characters"
                raise ImportRefused(
                    f"The file cannot be read as CSV: the record that ends after line {self._reader.line_num} has more "
                    f"than {what}.",
                    code="not_csv",
                )
            yield line

    def _records(self) -> Iterator[list[str]]:
        try:
            for cells in self._reader:
                self._commas = self._characters = 0
                if not all(map(is_blank, cells)):
                    yield cells
        except csv.Error as error:
            raise ImportRefused(
                f"The file cannot be read as CSV: line {self._reader.line_num}: {error}.", code="not_csv"
            ) from error

    def __iter__(self) -> Iterator[CsvRecord]:
        """The data records, less blank ones: a number in the index of pandas alone is no data.

        Raises `ImportRefused` (`not_csv`, with the line).
        """
        for cells in self._records():
            if all(is_blank(cell) for position, cell in enumerate(cells) if position not in self._index):
                continue
            self.rows_read += 1
            yield CsvRecord(self.rows_read, self._reader.line_num, tuple(cells))

    def check_cells(self, record: CsvRecord) -> None:
        """Raise `RowRejected` if the record has more or fewer cells than the header."""
        if len(record.cells) != len(self.header):
            raise RowRejected("", f"has {len(record.cells)} cells; the header has {len(self.header)}")
