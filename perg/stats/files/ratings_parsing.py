"""Annotations made elsewhere, from files: long or wide CSV and JSONL, and JSON of raters' labels by instance.

Formats
-------
long
    CSV or JSONL with `item, rater, score` and, where one file holds both, `kind` (human or judge).
    Columns are separated by commas, tabs, semicolons or bars; with semicolons, numbers may have a decimal comma.
wide
    CSV or JSONL with `item` and one column a rater; a cell left empty (JSON: null, NaN, or no such key) is missing.
pairs
    JSON `{rater: {item: label}}`, as the authors of the alternative annotator test (arXiv 2501.10970) publish.
"""

import io
import json
from collections.abc import Collection, Iterator
from typing import Literal, TextIO

from perg.formats.label_forms import clean_text
from perg.stats.files.ratings_files import (
    FileRatings,
    Kind,
    Label,
    RatingsFileError,
    RatingsReader,
    Scale,
    TooMuch,
)
from perg.stats.files.ratings_rows import (
    ITEM_NAMES,
    LONGEST_LINE,
    SCORE_NAMES,
    SEPARATOR_LINE,
    Row,
    csv_rows,
    delimiter_of,
    is_named,
    json_value,
    jsonl_rows,
    lines_of,
)

FileFormat = Literal["csv", "jsonl", "pairs"]


def parse_ratings(
    text: str | TextIO,
    *,
    file_format: FileFormat,
    scale: Scale,
    kind: Kind | None = None,
    categories: Collection[Label] | None = None,
    names: Collection[str] = (),
    most: int | None = None,
) -> FileRatings:
    """The ratings in a text, which is read as it comes; `kind` is that of all raters where the file does not say.

    `categories` are those of a stated scale, if one is stated; `names` are further labels of a nominal scale. A cell
    that holds one of either is a label, even if the word would mean a missing rating. `most` is how many ratings,
    missing ones included, the file may have.

    Raises:
        RatingsFileError: with every line that cannot be read: a column missing, an unknown kind, a score that
            is not a number on an ordinal or interval scale or not on the stated scale, two different ratings of
            one item by one rater, no ratings at all.
    """
    reader = RatingsReader(scale, kind, categories, names, most)
    stream = io.StringIO(text.lstrip("\ufeff"), newline="") if isinstance(text, str) else text
    try:
        if file_format == "pairs":
            _read_pairs(stream.read(), reader)
        elif file_format == "jsonl":
            _read_rows(jsonl_rows(lines_of(stream), reader.fail), reader)
        else:
            _read_csv(stream, reader)
    except TooMuch as error:
        reader.stop(error.args[0])
    return reader.result()


def format_of(name: str, text: str) -> FileFormat:
    """The format by the file's name (.csv, .jsonl, .json) or, failing that, by how its text, or its beginning, begins.

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
    raise RatingsFileError.of_whole("the file is empty")


def _read_rows(rows: Iterator[Row], reader: RatingsReader) -> None:
    """Long rows have a rater and a score; all others are wide, one column a rater."""
    for line, row in rows:
        columns = {clean_text(name).lower(): name for name in row}
        item = next((columns[name] for name in ITEM_NAMES if name in columns), None)
        if item is None:
            reader.fail_row(line, "no column named item", row)
            continue
        if "rater" in columns:
            score = next((columns[name] for name in SCORE_NAMES if name in columns), None)
            if score is None:
                reader.fail_row(line, "no column named score", row)
                continue
            kind = row[columns["kind"]] if "kind" in columns else None
            reader.add(line, row[item], row[columns["rater"]], row[score], kind)
            continue
        stray = next((name for name in (*SCORE_NAMES, "kind") if name in columns), None)
        if stray is not None:
            reader.fail_row(line, f"a column named {stray} and none named rater", row)
            continue
        others = [name for name in row if name != item]
        raters = [name for name in others if is_named(name) and clean_text(name).lower() not in ITEM_NAMES]
        reader.unread.update(dict.fromkeys(name for name in others if name not in raters))
        if not raters:
            reader.fail_row(line, "no rater: neither a column named rater nor a column for each", row)
        for rater in raters:
            reader.add(line, row[item], rater, row[rater])


def _read_csv(stream: TextIO, reader: RatingsReader) -> None:
    head = stream.read(LONGEST_LINE)
    stream.seek(0)
    stated = SEPARATOR_LINE.match(head)
    if stated is not None:
        head = "\n" + head[stated.end() :]
    delimiter = delimiter_of(head) if stated is None else stated.group(1)
    reader.decimal_comma = delimiter == ";"  # as spreadsheets write it where the comma is taken
    _read_rows(
        csv_rows(_lines(stream, 0 if stated is None else stated.end()), delimiter, reader.fail), reader
    )


def _lines(stream: TextIO, passed_over: int) -> Iterator[str]:
    """The lines, without the characters at the beginning that name the delimiter."""
    for line in lines_of(stream):
        yield line[passed_over:] or "\n"
        passed_over = 0


def _read_pairs(text: str, reader: RatingsReader) -> None:
    try:
        document = json_value(text)
    except json.JSONDecodeError as error:
        reader.fail(error.lineno, f"not JSON: {error.msg}")
        return
    except (ValueError, RecursionError) as error:
        reader.fail(None, f"not JSON: {error}")
        return
    if not isinstance(document, dict):
        reader.fail(None, "not a JSON object of raters")
        return
    for rater, labels in document.items():
        if not isinstance(labels, dict):
            reader.fail(None, f"the ratings of {rater} are not an object of labels by item")
            continue
        for item, label in labels.items():
            reader.add(None, item, rater, label)
