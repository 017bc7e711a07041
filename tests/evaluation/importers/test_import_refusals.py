"""Files that are refused as a whole: each with its own code and words for a person, and nothing written."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.errors import DomainError
from evaluation.importers.recorded_run import import_recorded_run
from evaluation.importers.report import ImportRefused, ImportReport
from evaluation.models import Catalogue, Dataset, Endpoint, Preference, Question, Run

Row = dict[str, str]
MakeRow = Callable[..., Row]
Import = Callable[..., ImportReport]

HEADER = b"question,options,gold_option,preference,no_pref_res,no_pref_ans,pref_res,pref_ans\n"
LINE = b"Q?,\"['x', 'y']\",A,Be brief.,r,A,r,B\n"

pytestmark = pytest.mark.django_db


def assert_nothing_written() -> None:
    for model in (Run, Dataset, Question, Catalogue, Preference):
        assert not model._default_manager.exists(), model
    assert not Endpoint.objects.exclude(provider="heuristic").exists()


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (b"", "empty_file", "0 bytes"),
        (b"\n\r\n\n", "empty_file", "only blank lines"),
        (b"\xef\xbb\xbf", "empty_file", "only blank lines"),
        (HEADER, "no_rows", "a header but no rows"),
        (HEADER + b"\n\n", "no_rows", "a header but no rows"),
        (HEADER + LINE.replace(b"brief", b"bri\xe9f"), "wrong_encoding", f"at byte {len(HEADER) + 24}; it may be"),
        (HEADER + LINE + b"\xe2\x82", "wrong_encoding", f"at byte {len(HEADER + LINE)}"),
        ((HEADER + LINE).decode().encode("utf-16"), "wrong_encoding", "UTF-16"),
        ((HEADER + LINE).decode().encode("utf-16-le"), "wrong_encoding", "UTF-16"),
        (b"PAR1\x15\x04\x15", "not_csv", "Parquet"),
        (b"PK\x03\x04\x14\x00", "not_csv", "ZIP or Excel"),
        (b"\x89QNG\r\n\x1a\n\x00\x00\x00\rIHDR", "not_csv", "binary"),
        (b"abc\x00def\n1\n", "not_csv", "zero bytes"),
        (HEADER + b"\x00\x01\xff\xfe\x00", "not_csv", "binary"),
        (json.dumps([{"question": "Q?"}]).encode(), "not_csv", "JSON"),
        (b"The quick brown fox\njumps\n", "not_csv", "first line is “The quick brown fox”"),
        (HEADER.replace(b",", b";") + LINE, "not_csv", "semicolons"),
        (HEADER.replace(b",", b"\t") + LINE, "not_csv", "tabs"),
        (HEADER.replace(b"pref_ans\n", b"pref_ans,question\n") + LINE, "duplicate_columns", "question"),
        (HEADER.replace(b"pref_ans\n", b"pref_ans,x,x\n") + LINE, "duplicate_columns", "once: x"),
        (HEADER.replace(b"options,", b"choices,") + LINE, "missing_columns", "options. Unknown columns in"),
        (HEADER + LINE + b'Q2?,"unclosed', "not_csv", "line 3: unexpected end of data"),
        (HEADER + LINE + b'"a"b,c,d,e,f,g,h,i\n', "not_csv", "line 3"),
        (HEADER + b"Q?,none,A,P,r,A,r,B\n", "no_rows_accepted", "None of the 1 rows"),
    ],
)  # fmt: skip
def test_a_file_without_a_recorded_run_is_refused(
    import_rows: Import, content: bytes, code: str, words: str
) -> None:
    with pytest.raises(ImportRefused) as refusal:
        import_rows(content)
    assert refusal.value.code == code
    assert words in refusal.value.message
    assert_nothing_written()


@pytest.mark.parametrize("block", [1, 7, 8])
def test_the_place_of_a_wrong_byte_is_right_wherever_the_blocks_of_reading_end(
    import_rows: Import, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr("evaluation.importers.files.csv_file._BLOCK", block)
    right = HEADER + "Ä€😀".encode() * 5
    with pytest.raises(ImportRefused, match=f"at byte {len(right)};"):
        import_rows(right + "😀".encode()[:3] + b"x\n")


def test_a_cell_above_10_megabytes_is_refused_and_a_large_one_is_taken(import_rows: Import) -> None:
    def file(size: int) -> bytes:
        return HEADER + LINE.replace(b",r,A,", b"," + b"r" * size + b",A,")

    assert import_rows(file(9_000_000)).rows_imported == 1
    with pytest.raises(ImportRefused, match="line 2: field larger than field limit"):
        import_rows(file(11_000_000), model="other")


def test_a_byte_order_mark_of_utf_8_is_fine(import_rows: Import) -> None:
    assert import_rows(b"\xef\xbb\xbf" + HEADER + LINE).rows_imported == 1


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ({"method": "magic"}, "unknown_method", "direct, cot, icl, self_critic, pref_aligner"),
        ({"setting": "none"}, "unknown_setting", "relevant, mixed, irrelevant"),
        ({"name": " "}, "invalid_name", "1 to 300"),
        ({"name": "n" * 301}, "invalid_name", "1 to 300"),
        ({"model": ""}, "invalid_name", "model"),
        ({"model": "m" * 200}, "invalid_name", "model"),
        ({"dataset": "d" * 201}, "invalid_name", "dataset"),
        ({"is_demonstration": True}, "not_a_demonstration", "of its own"),
    ],
)
def test_an_argument_that_cannot_be_is_refused(
    import_rows: Import, arguments: dict[str, Any], code: str, words: str
) -> None:
    with pytest.raises(ImportRefused) as refusal:
        import_rows(HEADER + LINE, **arguments)
    assert refusal.value.code == code
    assert words in refusal.value.message
    assert_nothing_written()


def test_a_demonstration_is_kept_out_of_real_data(import_rows: Import) -> None:
    Dataset.objects.create(name="Real")
    with pytest.raises(ImportRefused, match="no demonstration"):
        import_rows(HEADER + LINE, is_demonstration=True, dataset="Real")
    report = import_rows(HEADER + LINE, is_demonstration=True, dataset="Demonstration")
    assert report.run.is_demonstration
    assert report.run.dataset.is_demonstration


def test_an_endpoint_that_stands_for_something_else_is_not_used(import_rows: Import) -> None:
    Endpoint.objects.create(name="m (recorded)", provider="openai", model="m")
    with pytest.raises(ImportRefused, match="something else") as refusal:
        import_rows(HEADER + LINE)
    assert refusal.value.code == "name_taken"


@pytest.mark.parametrize(("name", "code"), [("nowhere.csv", "file_not_found"), (".", "not_a_file")])
def test_a_path_that_is_not_a_file_is_refused(tmp_path: Path, name: str, code: str) -> None:
    with pytest.raises(DomainError) as refusal:
        import_recorded_run(
            file=tmp_path / name, file_name=name, model="m", method="direct", setting="relevant", actor=None
        )
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("cells", "column", "reason"),
    [
        ({"question": " "}, "question", "has no text"),
        ({"options": "none"}, "options", "is not a list"),
        ({"options": "['one']"}, "options", "1 option"),
        ({"gold_option": "E"}, "gold_option", "none of the options A to D"),
        ({"gold_option": ""}, "gold_option", "has no gold option"),
        ({"preference": " "}, "preference", "has no preference"),
        ({"pref_res": "a\0b"}, "pref_res", "zero (NUL) character"),
        ({"question": "a\0b"}, "question", "zero (NUL) character"),
        ({"no_pref_ans": "\0"}, "no_pref_ans", "zero (NUL) character"),
        ({"options": r"['a\x00', 'b']"}, "options", "zero (NUL) character"),
    ],
)
def test_a_bad_row_is_rejected_with_its_place_and_the_others_imported(
    import_rows: Import, row: MakeRow, cells: Row, column: str, reason: str
) -> None:
    report = import_rows([row(1, pref_res="two\nlines"), row(2, **cells), row(3)])
    (problem,) = report.problems
    assert (problem.row, problem.line, problem.column) == (2, 4, column)
    assert reason in problem.reason
    assert (report.rows_read, report.rows_imported) == (3, 2)
    assert report.run.imported_from.problems == [report.as_dict()["problems"][0]]


def test_a_row_with_too_few_or_too_many_cells_is_rejected(import_rows: Import) -> None:
    report = import_rows(HEADER + b"a,b\n" + LINE + LINE.replace(b"Q?", b"Q2?,Q"))
    assert [(problem.row, problem.reason) for problem in report.problems] == [
        (1, "has 2 cells; the header has 8"),
        (3, "has 9 cells; the header has 8"),
    ]


def test_strict_refuses_unknown_columns_which_are_otherwise_ignored_with_a_warning(
    import_rows: Import, row: MakeRow
) -> None:
    with pytest.raises(ImportRefused, match="mood") as refusal:
        import_rows([row(mood="fine")], strict=True)
    assert refusal.value.code == "unknown_columns"
    assert import_rows([row(mood="fine")]).warnings == ("Unknown columns were ignored: mood.",)
