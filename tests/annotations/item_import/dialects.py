"""Ordinary tables of items with ratings, in the dialects in which people have them."""

import io
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from openpyxl import Workbook

QUESTIONS = [f"How do I reset the password of account {number}?" for number in range(12)]
ANSWERS = [f"Open the settings, choose security, then “reset” ({number})." for number in range(12)]


@dataclass(frozen=True)
class Dialect:
    """A file, and what becomes of it by the guess alone.

    Attributes:
        items, ratings: how many can be stored. problems: rows or cells that cannot, each named.
        refused: words of the refusal, where the file holds no table.
    """

    name: str
    content: bytes
    items: int = 0
    ratings: int = 0
    problems: int = 0
    refused: str = ""


def scores(rows: int = 12, seed: int = 1) -> list[list[int]]:
    """Ratings from 1 to 5 by three raters, row by row."""
    rng = random.Random(seed)
    return [
        [max(1, min(5, 1 + index % 5 + rng.choice((-1, 0, 0, 1)))) for _ in range(3)] for index in range(rows)
    ]


def delimited(rows: Sequence[Sequence[object]], delimiter: str = ",", end: str = "\n") -> str:
    """The rows as text, with quotes where they are needed."""
    return "".join(delimiter.join(_quoted(cell, delimiter) for cell in row) + end for row in rows)


def _quoted(cell: object, delimiter: str) -> str:
    text = str(cell)
    return f'"{text.replace(chr(34), chr(34) * 2)}"' if set(text) & {delimiter, '"', "\n", "\r"} else text


def workbook(**sheets: Sequence[Sequence[object]]) -> bytes:
    """A spreadsheet with these sheets."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name.replace("_", " "))
        for row in rows:
            sheet.append(list(row))
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def wide(
    head: Sequence[str] = ("id", "question", "answer", "anna", "ben", "gpt4"),
    value: Callable[[int], object] = int,
) -> list[list[object]]:
    """A heading, and a row an item: id, question, answer and three ratings."""
    return [
        list(head),
        *[
            [f"q{row}", QUESTIONS[row], ANSWERS[row], *map(value, ratings)]
            for row, ratings in enumerate(scores())
        ],
    ]


def long_rows() -> list[list[object]]:
    """A row a rating: item, rater, kind and score."""
    raters = [("anna", "human"), ("ben", "human"), ("gpt-4o", "judge")]
    return [
        ["item", "rater", "kind", "rating"],
        *[
            [f"q{row}", rater, kind, ratings[place]]
            for row, ratings in enumerate(scores())
            for place, (rater, kind) in enumerate(raters)
        ],
    ]


def json_lines(records: Sequence[Any]) -> str:
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def records() -> list[dict[str, Any]]:
    head, *rows = wide()
    return [dict(zip(map(str, head), row, strict=True)) for row in rows]


def parquet(rows: Sequence[dict[str, Any]]) -> bytes:
    """Needs pyarrow."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    stream = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(rows)), stream)
    return stream.getvalue()


def german_excel() -> bytes:
    """Semicolons, decimal commas, a byte order mark, Windows line ends."""
    rows = [["Nr", "Frage", "Antwort", "Müller", "GPT-4 Bewertung"]]
    for row in range(12):
        rows.append(
            [
                str(row),
                f"Wie ändere ich Größe {row}; schnell?",
                f"So: {ANSWERS[row]}",
                f"{row % 5},5",
                f"{row % 4},0",
            ]
        )
    return b"\xef\xbb\xbf" + delimited(rows, ";", "\r\n").encode()


def titled_workbook() -> bytes:
    """A second sheet, a merged title, a blank row, dates, numbers as floats."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Ratings 2026"
    sheet.append(["Results of the spring study"])
    sheet.merge_cells("A1:F1")
    sheet.append([])
    sheet.append(["ID", "Date", "Prompt", "Response", "Rater Anna", "GPT-4 judge"])
    for row in range(12):
        sheet.append(
            [
                float(row),
                date(2026, 3, row + 1),
                QUESTIONS[row],
                ANSWERS[row],
                float(row % 5 + 1),
                row % 5 + 1,
            ]
        )
    notes = book.create_sheet("Notes")
    notes.append(["Anything", "else"])
    notes.append([datetime(2026, 1, 1, 12), "x"])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def title_as_wide_as_the_table() -> str:
    rows = wide(head=("ID", "Prompt", "Answer", "Anna", "Ben", "Judge"))
    return delimited(
        [["Study 12", "What users asked", "What we said", "person 1", "person 2", "model"], *rows]
    )


def hostile_cells() -> str:
    """Newlines, emoji, right-to-left text, a null character, formulas, markup and 200,000 characters."""
    rows = wide()
    rows[1][1] = "two\nlines\r\nand 👩‍👩‍👧 🎉"
    rows[2][1] = "مرحبا\u202eabc"
    rows[3][1] = "null\0character"
    rows[4][2] = '=HYPERLINK("http://x")'
    rows[5][2] = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    rows[6][2] = "long " * 40_000
    return delimited(rows)


def broken_json_lines() -> str:
    lines = json_lines(records()).splitlines(keepends=True)
    lines[4] = '{"id": "q4", "question": "cut off\n'
    return "".join(lines)


def nested_parquet() -> bytes:
    return parquet(
        [
            {
                "id": row,
                "messages": [
                    {"role": "user", "content": QUESTIONS[row]},
                    {"role": "assistant", "content": ANSWERS[row]},
                ],
                "response": ANSWERS[row],
                "meta": {"source": "web", "length": row},
                "human_score": float(row % 5 + 1),
                "judge_score": float((row + 1) % 5 + 1),
            }
            for row in range(12)
        ]
    )


def lone_surrogate() -> str:
    lines = json_lines(records()).splitlines(keepends=True)
    lines[0] = lines[0].replace("How do I", "How \\ud83d do \\u0000 I")
    return "".join(lines)


def too_long_names() -> str:
    rows = wide()
    rows[1][0] = "i" * 401
    return delimited(rows)


def multilabel() -> str:
    labels = ["toxic", "insult", "threat"]
    rows: list[list[object]] = [["id", "comment text", "anna labels", "gpt4 labels"]]
    for row in range(12):
        chosen = [label for place, label in enumerate(labels) if row >> place & 1] or ["none of these"]
        rows.append([row, f"You are number {row} of the commenters here.", "|".join(chosen), chosen[0]])
    return delimited(rows)


def dialects() -> list[Dialect]:
    """All of them; each is imported, or says what is wrong and where."""
    text, records_of = delimited(wide()), records()
    columns = {
        name: {str(row): record[name] for row, record in enumerate(records_of)} for name in records_of[0]
    }
    pairs = {
        rater: {f"q{row}": ratings[place] for row, ratings in enumerate(scores())}
        for place, rater in enumerate(("anna", "ben", "gpt-4"))
    }
    repeated = delimited(
        [["id", "text", "score", "score", "score"], *[[r[0], r[2], *r[3:]] for r in wide()[1:]]]
    )
    empty_columns = delimited([[*row[:3], "", *row[3:], "", ""] for row in wide()])
    spaced = wide(head=("Item ID", "The Question", "MODEL ANSWER", " Rater A ", "Rater B", "LLM Judge Score"))
    contradiction = delimited([*long_rows(), ["q0", "anna", "human", 9], ["q1", "", "human", 3]])
    named = wide(value=lambda score: ["very bad", "bad", "fair", "good", "very good"][score - 1])
    return [
        Dialect("plain.csv", text.encode(), 12, 36),
        Dialect("german_excel.csv", german_excel(), 12, 24),
        Dialect(
            "windows_1252.csv", delimited(wide(), ";").replace("reset", "änder“").encode("cp1252"), 12, 36
        ),
        Dialect("utf16.csv", text.encode("utf-16"), 12, 36),
        Dialect("tabs.tsv", delimited(wide(), "\t").encode(), 12, 36),
        Dialect("tabs_called.txt", delimited(wide(), "\t").encode(), 12, 36),
        Dialect("sep_line.csv", ("sep=|\r\n" + delimited(wide(), "|")).encode(), 12, 36),
        Dialect("titled.xlsx", titled_workbook(), 12, 24),
        Dialect("second_sheet.xlsx", workbook(About=[["Made by us"]], Data=wide()), 12, 36),
        Dialect("wide_title.csv", title_as_wide_as_the_table().encode(), 12, 36),
        Dialect("capitals_and_spaces.csv", delimited(spaced).encode(), 12, 36),
        Dialect("empty_columns.csv", empty_columns.encode(), 12, 36),
        Dialect("repeated_headings.csv", repeated.encode(), 12, 36),
        Dialect(
            "float_ids.csv",
            delimited([[f"{r}.0" if r else "id", *row[1:]] for r, row in enumerate(wide())]).encode(),
            12,
            36,
        ),
        Dialect("hostile_cells.csv", hostile_cells().encode(), 12, 36),
        Dialect("broken_line.jsonl", broken_json_lines().encode(), 11, 33, problems=1),
        Dialect("surrogate.jsonl", lone_surrogate().encode(), 12, 36),
        Dialect("records.json", json.dumps(records_of).encode(), 12, 36),
        Dialect("in_an_object.json", json.dumps({"version": 1, "data": records_of}).encode(), 12, 36),
        Dialect("by_column.json", json.dumps(columns).encode(), 12, 36),
        Dialect("pairs.json", json.dumps(pairs).encode(), 12, 36),
        Dialect("nested.parquet", nested_parquet(), 12, 24),
        Dialect("long.csv", delimited(long_rows()).encode(), 12, 36),
        Dialect("long_with_contradictions.csv", contradiction.encode(), 12, 36, problems=2),
        Dialect("named_levels.csv", delimited(named).encode(), 12, 36),
        Dialect("multilabel.csv", multilabel().encode(), 12, 24),
        Dialect("too_long_id.csv", too_long_names().encode(), 11, 33, problems=1),
        Dialect("uneven.csv", (text + "q99,only two\n").encode(), 12, 36, problems=1),
        Dialect("open_quote.csv", (text + 'q99,"never closed,1,2,3\n').encode(), 12, 36, problems=1),
        Dialect("empty.csv", b"", refused="empty"),
        Dialect("headings_only.csv", b"id,question,answer\n", refused="no rows"),
        Dialect("picture.png", b"\x89PNG\r\n\x1a\n" + bytes(200), refused="picture"),
        Dialect("packed.csv.gz", b"\x1f\x8b" + bytes(200), refused="gzip"),
        Dialect(
            "broken_utf8.csv",
            text.encode()[:300] + "ä".encode()[:1] + text.encode()[300:] + "äöü".encode() * 50,
            refused="broken in line",
        ),
        Dialect("not_really.xlsx", b"PK\x03\x04" + bytes(100), refused="spreadsheet"),
    ]
