"""JSON in the shapes that tools write, JSON lines with broken lines, Parquet with nested values."""

import io
import json

import pytest

from perg.formats.tables.layout import TableUnreadable
from tests.perg.formats.tables.reading import cells_of, problems_of, table_of

TWO = [{"a": 1, "b": [1]}, {"a": 2, "b": []}]


@pytest.mark.parametrize(
    "document",
    [
        TWO,
        {"data": TWO, "version": 3},
        {"a": [1, 2], "b": [[1], []]},
        {"a": {"0": 1, "1": 2}, "b": {"0": [1], "1": []}},
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_every_shape_of_json_gives_the_same_rows(document: object, indent: int | None) -> None:
    table = table_of(json.dumps(document, indent=indent).encode(), "x.json")

    assert table.columns == ("a", "b")
    assert cells_of(table) == [[1, [1]], [2, []]]


def test_an_object_of_records_keeps_its_keys() -> None:
    table = table_of(b'{"x1": {"score": 1}, "x2": {"score": 2}}', "x.json")

    assert table.columns == ("key", "score")
    assert cells_of(table) == [["x1", 1], ["x2", 2]]


def test_json_lines_are_recognised_whatever_the_file_is_called() -> None:
    for name in ("x.json", "x.jsonl", "x.txt", "x"):
        assert cells_of(table_of(b'{"a": 1}\n{"a": 2}\n', name)) == [[1], [2]]


def test_broken_lines_are_named_and_the_others_read() -> None:
    table = table_of(
        b'{"a": 1}\n{"a": 2,\n\n{"a": 3, "a": 4}\n[1]\n{"a": Infinity}\n{"a": NaN, "late": 5}\n', "x.jsonl"
    )

    assert cells_of(table) == [[1, None], [None, 5]]
    assert [problem.split(":")[0] for problem in problems_of(table)] == ["2, 2", "3, 4", "4, 5", "5, 6"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'[{"a": 1},\n{"a": 2}', "line 2"),
        (b"[]", "no rows"),
        (b"[1, 2]", "no JSON objects"),
        (b"3", "one JSON value"),
        (b'{"a": [{"x": 1}], "b": [{"y": 1}]}', "several lists"),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_json_without_a_table_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(TableUnreadable, match=message):
        table_of(content, "x.json")


def test_parquet_keeps_lists_and_structs() -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    content = io.BytesIO()
    rows = [
        {"id": 1, "chat": [{"role": "user", "text": "hi"}], "s": {"x": 1.5}},
        {"id": 2, "chat": [], "s": None},
    ]
    parquet.write_table(pyarrow.Table.from_pylist(rows), content)

    table = table_of(content.getvalue(), "x.parquet")

    assert table.columns == ("id", "chat", "s")
    assert cells_of(table) == [[1, [{"role": "user", "text": "hi"}], {"x": 1.5}], [2, [], None]]


def test_broken_parquet_is_refused() -> None:
    pytest.importorskip("pyarrow")
    with pytest.raises(TableUnreadable, match="cannot be read as Parquet"):
        table_of(b"PAR1 not really", "x.parquet")
