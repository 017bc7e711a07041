"""Others' annotations out of files: long or wide CSV and JSONL, and JSON of raters' labels by instance.

Text in, frozen dataclasses out. What cannot be read is an error with its line, all errors of a file at once;
nothing is dropped in silence: missing ratings are counted.

Formats
-------
long
    CSV or JSONL with `item, rater, score` and, where one file holds both, `kind` (human or judge).
    Columns are parted by commas, tabs or semicolons; with semicolons, numbers may have a decimal comma.
wide
    CSV or JSONL with `item` and one column a rater; a cell left empty (JSON: null, or no such key) is missing.
pairs
    JSON `{rater: {item: label}}`, as the authors of the alternative annotator test (arXiv 2501.10970) publish.
"""

import csv
import io
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["human", "judge"]
Scale = Literal["nominal", "ordinal", "interval"]
FileFormat = Literal["csv", "jsonl", "pairs"]
Label = str | float

ITEM_NAMES = ("item", "instance", "unit", "id")
SCORE_NAMES = ("score", "label", "rating")
KIND_NAMES = {"human": "human", "person": "human", "people": "human", "judge": "judge", "llm": "judge"}
ERRORS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class LineError:
    """What is wrong, and on which line (from 1; None where the file as a whole is meant)."""

    line: int | None
    message: str

    def __str__(self) -> str:
        return self.message if self.line is None else f"line {self.line}: {self.message}"


class RatingsFileError(ValueError):
    """A file of ratings that cannot be read whole; `errors` has everything found."""

    def __init__(self, errors: Sequence[LineError]) -> None:
        self.errors = tuple(errors)
        shown = [str(error) for error in self.errors[:ERRORS_SHOWN]]
        if len(self.errors) > ERRORS_SHOWN:
            shown.append(f"and {len(self.errors) - ERRORS_SHOWN} more")
        super().__init__("; ".join(shown))


@dataclass(frozen=True, slots=True)
class FileRating:
    """One rating: a name on the nominal scale, else a finite number. `line` is None in JSON pairs."""

    item: str
    rater: str
    kind: Kind
    label: Label
    line: int | None


@dataclass(frozen=True, slots=True)
class FileRatings:
    """The ratings of one file in its order, and how many cells or entries it left empty."""

    ratings: tuple[FileRating, ...]
    missing: int


def parse_ratings(
    text: str, *, file_format: FileFormat, scale: Scale, kind: Kind | None = None
) -> FileRatings:
    """The ratings in a file's text; `kind` is that of all raters where the file does not say.

    Raises:
        RatingsFileError: with every line that cannot be read: a column missing, an unknown kind, a score that
            is not a number on an ordinal or interval scale, one rater twice on an item, no ratings at all.
    """
    reader = _Reader(scale, kind)
    if file_format == "pairs":
        _read_pairs(text, reader)
    else:
        rows = _csv_rows(text, reader) if file_format == "csv" else _jsonl_rows(text, reader)
        _read_rows(rows, reader)
    if not reader.ratings and not reader.errors:
        reader.fail(None, "the file holds no ratings")
    if reader.errors:
        raise RatingsFileError(reader.errors)
    return FileRatings(tuple(reader.ratings), reader.missing)


def format_of(name: str, text: str) -> FileFormat:
    """The format by the file's name (.csv, .jsonl, .json) or, failing that, by how its text begins.

    Raises:
        RatingsFileError: none of them.
    """
    suffix = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    known: dict[str, FileFormat] = {
        "csv": "csv",
        "tsv": "csv",
        "jsonl": "jsonl",
        "ndjson": "jsonl",
        "json": "pairs",
    }
    if suffix in known:
        return known[suffix]
    start = text.lstrip("\ufeff \t\r\n")
    if start.startswith("{"):
        first = start.splitlines()[0]
        return "jsonl" if first.rstrip().endswith("}") and "\n" in start.strip() else "pairs"
    if start:
        return "csv"
    raise RatingsFileError([LineError(None, "the file is empty")])


class _Reader:
    """Collects ratings and errors, so that one pass reports everything wrong with a file."""

    def __init__(self, scale: Scale, kind: Kind | None) -> None:
        self.scale, self.kind = scale, kind
        self.ratings: list[FileRating] = []
        self.errors: list[LineError] = []
        self.missing = 0
        self.decimal_comma = False
        self._seen: dict[tuple[str, str], int | None] = {}
        self._kinds: dict[str, Kind] = {}

    def fail(self, line: int | None, message: str) -> None:
        self.errors.append(LineError(line, message))

    def add(self, line: int | None, item: object, rater: object, score: object, kind: object = None) -> None:
        """One rating as the file has it; an empty score is missing."""
        item_name, rater_name = _name(item), _name(rater)
        if item_name is None or rater_name is None:
            self.fail(line, "no item" if item_name is None else "no rater")
            return
        of_kind = self._kind(line, rater_name, kind)
        if of_kind is None:
            return
        where = f"{rater_name} on {item_name}"
        if (item_name, rater_name) in self._seen:
            before = self._seen[item_name, rater_name]
            self.fail(line, f"{where} twice" + ("" if before is None else f", first on line {before}"))
            return
        self._seen[item_name, rater_name] = line
        if score is None or (isinstance(score, str) and not score.strip()):
            self.missing += 1
            return
        if self.decimal_comma and self.scale != "nominal" and isinstance(score, str):
            score = score.replace(",", ".")
        label = _label(score, self.scale)
        if label is None:
            expected = "a label" if self.scale == "nominal" else "a finite number"
            self.fail(line, f"{where}: {score!r} is not {expected}")
            return
        self.ratings.append(FileRating(item_name, rater_name, of_kind, label, line))

    def _kind(self, line: int | None, rater: str, given: object) -> Kind | None:
        kind = self.kind
        if given is not None and str(given).strip():
            named = KIND_NAMES.get(str(given).strip().lower())
            if named is None:
                self.fail(line, f"the kind {given!r} is neither human nor judge")
                return None
            kind = "human" if named == "human" else "judge"
        if kind is None:
            self.fail(line, f"nothing says whether {rater} is human or judge")
            return None
        if self._kinds.setdefault(rater, kind) != kind:
            self.fail(line, f"{rater} is both human and judge")
            return None
        return kind


def _name(value: object) -> str | None:
    """An item's or rater's name; numbers are taken as written, nothing and blanks are none."""
    if value is None or isinstance(value, bool | dict | list):
        return None
    return str(value).strip() or None


def _label(score: object, scale: Scale) -> Label | None:
    """A score as the scale has it; None where it cannot be one."""
    if isinstance(score, dict | list):
        return None
    if scale == "nominal":
        whole = isinstance(score, float) and score.is_integer()
        return str(int(score)) if whole and isinstance(score, float) else str(score).strip()
    if isinstance(score, bool) or not isinstance(score, int | float | str):
        return None
    try:
        number = float(score)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


Row = tuple[int, Mapping[str, object]]


def _csv_rows(text: str, reader: _Reader) -> Iterator[Row]:
    first = text.lstrip("\ufeff").split("\n", 1)[0]
    delimiter = max((",", "\t", ";"), key=first.count)
    reader.decimal_comma = delimiter == ";"  # as spreadsheets write it where the comma is taken
    lines = csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""), delimiter=delimiter, strict=True)
    header: list[str] | None = None
    try:
        for cells in lines:
            if not any(cell.strip() for cell in cells):
                continue
            if header is None:
                header = [cell.strip() for cell in cells]
                if len(set(header)) < len(header) or "" in header:
                    reader.fail(lines.line_num, "the columns must have distinct names")
                    return
            elif len(cells) != len(header):
                reader.fail(lines.line_num, f"{len(cells)} cells under {len(header)} columns")
            else:
                yield lines.line_num, dict(zip(header, cells, strict=True))
    except csv.Error as error:
        reader.fail(lines.line_num, f"not CSV: {error}")


def _jsonl_rows(text: str, reader: _Reader) -> Iterator[Row]:
    for number, line in enumerate(text.lstrip("\ufeff").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line, object_pairs_hook=_without_repeats)
        except (ValueError, RecursionError) as error:
            reader.fail(number, f"not JSON: {error}")
            continue
        if isinstance(row, dict):
            yield number, row
        else:
            reader.fail(number, "not a JSON object")


def _without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """A JSON object; Python would keep the last of two entries of one name and say nothing."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)!r} appears twice")
    return found


def _read_rows(rows: Iterator[Row], reader: _Reader) -> None:
    """Long rows have a rater and a score; all others are wide, one column a rater."""
    for line, row in rows:
        columns = {name.strip().lower(): name for name in row}
        item = next((columns[name] for name in ITEM_NAMES if name in columns), None)
        if item is None:
            reader.fail(line, "no column named item")
            continue
        if "rater" in columns:
            score = next((columns[name] for name in SCORE_NAMES if name in columns), None)
            if score is None:
                reader.fail(line, "no column named score")
                continue
            kind = row[columns["kind"]] if "kind" in columns else None
            reader.add(line, row[item], row[columns["rater"]], row[score], kind)
            continue
        stray = next((name for name in (*SCORE_NAMES, "kind") if name in columns), None)
        if stray is not None:
            reader.fail(line, f"a column named {stray} and none named rater")
            continue
        raters = [name for name in row if name != item]
        if not raters:
            reader.fail(line, "no rater: neither a column named rater nor a column for each")
        for rater in raters:
            reader.add(line, row[item], rater, row[rater])


def _read_pairs(text: str, reader: _Reader) -> None:
    try:
        found = json.loads(text.lstrip("\ufeff"), object_pairs_hook=_without_repeats)
    except json.JSONDecodeError as error:
        reader.fail(error.lineno, f"not JSON: {error.msg}")
        return
    except (ValueError, RecursionError) as error:
        reader.fail(None, f"not JSON: {error}")
        return
    if not isinstance(found, dict):
        reader.fail(None, "not a JSON object of raters")
        return
    for rater, labels in found.items():
        if not isinstance(labels, dict):
            reader.fail(None, f"the ratings of {rater} are not an object of labels by item")
            continue
        for item, label in labels.items():
            reader.add(None, item, rater, label)
