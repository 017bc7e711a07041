"""`manage.py import_items`."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from annotations.models import Campaign, ImportedItem, ImportedRating
from core.models import User
from tests.annotations.item_import.dialects import delimited, german_excel, titled_workbook, wide, workbook
from tests.annotations.item_import.known_shapes import health_bench, mt_bench, r_judge, summ_eval, toxicity
from tests.table_uploads import saved_mapping

pytestmark = pytest.mark.django_db
REAL = Path("/work/shared/data/tasks")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.csv"
    path.write_text(delimited(wide()))
    return path


def run(path: Path, *options: str) -> str:
    out = StringIO()
    call_command("import_items", str(path), "--campaign", "ours", *options, stdout=out)
    return out.getvalue()


def report(path: Path, *options: str) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(run(path, "--json", *options))
    return parsed


def test_a_table_is_imported_and_told_in_words(table: Path) -> None:
    said = run(table)
    assert said.startswith("Imported 12 items and 36 ratings; 0 items and 0 ratings were there already.")
    assert run(table).startswith("Nothing is new: 0 items and 0 ratings; 12 items and 36 ratings were there")


def test_columns_are_mapped_by_hand(table: Path) -> None:
    told = report(
        table, "--map", "gpt4=judge:GPT-4:helpful", "--map", "anna=person:Anna:helpful", "--map", "ben=ignore"
    )
    assert (told["people"], told["judges"], told["ignored_columns"]) == (1, 1, ["ben"])
    assert told["criteria"] == ["helpful"]
    assert {*ImportedRating.objects.values_list("rater", flat=True)} == {"GPT-4", "Anna"}


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("nope=id", "There is no column “nope”."),
        ("anna=nothing", "is not COLUMN=ROLE"),
        ("anna", "is not COLUMN=ROLE"),
        ("anna=id:x", "has more than 0 parts behind the role id"),
        ("question=context:Q:movie", "block:"),
        ("id=rater", "needs a column for the rater and one for the answer"),
    ],
)
def test_what_is_not_understood_is_said(table: Path, option: str, words: str) -> None:
    with pytest.raises(CommandError, match=words):
        run(table, "--map", option)
    assert not Campaign.objects.exists()


def test_two_answers_need_a_failure(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(delimited(wide(value=lambda score: "yes" if score > 2 else "no")))
    with pytest.raises(CommandError, match="--no-failure"):
        run(path)
    assert not Campaign.objects.exists()
    run(path, "--failure", "rating=no", "--question", "rating=Is it good?")
    criterion = Campaign.objects.get().criteria.get()
    assert (criterion.failure_labels, criterion.question) == (["no"], "Is it good?")


def test_levels_are_named_ordered_and_cut(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(delimited(wide(value=lambda score: ["bad", "ok", "ok", "good", "good"][score - 1])))
    run(path, "--kind", "ordinal", "--options", "bad,ok,good", "--below", "2")
    criterion = Campaign.objects.get().criteria.get()
    assert (criterion.categories, criterion.threshold) == (["bad", "ok", "good"], 2)


def test_where_low_numbers_are_good_the_levels_are_reversed(table: Path) -> None:
    run(table, "--options", "5,4,3,2,1", "--failure", "5,4")
    criterion = Campaign.objects.get().criteria.get()
    assert criterion.categories == ["level 5", "level 4", "level 3", "level 2", "level 1"]
    assert criterion.threshold == 3
    first = ImportedRating.objects.get(item__external_id="q0", rater="anna")
    assert float(first.value) == 6 - wide()[1][3]  # type: ignore[operator] # a number


def test_rows_that_cannot_be_used_are_listed_and_the_rest_is_imported(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(delimited(wide()) + "q77,only\n")
    with pytest.raises(CommandError, match=r"row 13 \(line 14\) has only 2 cells under 6 columns"):
        run(path)
    assert report(path, "--rest")["problems"] == [
        {"row": 13, "line": 14, "column": "", "reason": "has only 2 cells under 6 columns"}
    ]


def test_a_refusal_is_json_where_that_is_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"\x89PNG\r\n")
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("import_items", str(path), "--campaign", "ours", "--json", stdout=out)
    assert json.loads(out.getvalue())["code"] == "not_a_table"


def test_a_saved_mapping_is_used_by_its_name(tmp_path: Path, staff: User) -> None:
    path = tmp_path / "t.csv"
    path.write_text(
        delimited([["gpt", "id", "answer", "anna"], *[[4, f"q{n}", "An answer.", 3] for n in range(5)]])
    )
    saved_mapping(staff, "mine")
    told = report(path, "--mapping", "mine", "--owner", "staff")
    assert (told["people"], told["judges"]) == (1, 1)
    with pytest.raises(CommandError, match="There is no mapping “other”"):
        run(path, "--mapping", "other")


def test_sheet_encoding_delimiter_and_heading_are_stated(tmp_path: Path) -> None:
    book = tmp_path / "book.xlsx"
    book.write_bytes(workbook(Empty=[["x"]], Data=[["some", "notes", ""], *wide()]))
    assert report(book, "--sheet", "Data", "--header-row", "2")["items"]["new"] == 12
    text = tmp_path / "odd.csv"
    text.write_bytes(
        "id~text here~anna\nx1~größer und schöner~3\nx2~kleiner und schöner~4\n".encode("mac_roman")
    )
    run(text, "--encoding", "mac_roman", "--delimiter", "~")
    assert ImportedItem.objects.filter(exhibit__outputs__0__0__content="größer und schöner").exists()
    with pytest.raises(CommandError, match="There is no sheet “Nope”; there are"):
        run(book, "--sheet", "Nope")


def test_looking_imports_nothing(table: Path) -> None:
    looked = json.loads(run(table, "--look"))
    assert looked["columns"]["gpt4"] == {"role": "rating", "rater": "gpt4", "rater_kind": "judge"}
    assert looked["items"] == 12
    assert not Campaign.objects.exists()


@pytest.mark.parametrize(
    ("name", "content", "options", "kinds", "ratings"),
    [
        ("mt.jsonl", mt_bench, (), {"pairwise"}, 36),
        ("hb.jsonl", health_bench, ("--failure", "no"), {"binary"}, 24),
        ("se.jsonl", summ_eval, (), {"ordinal"}, 384),
        ("rj.json", r_judge, ("--failure", "yes", "--map", "label=person:experts"), {"binary"}, 12),
        ("tox.jsonl", toxicity, (), {"binary"}, 108),
        ("g.csv", german_excel, (), {"numeric"}, 24),
        ("t.xlsx", titled_workbook, (), {"ordinal"}, 24),
    ],
)
def test_published_shapes_are_imported(
    tmp_path: Path, name: str, content: Any, options: tuple[str, ...], kinds: set[str], ratings: int
) -> None:
    path = tmp_path / name
    path.write_bytes(content())
    run(path, *options)
    assert {*Campaign.objects.get().criteria.values_list("kind", flat=True)} == kinds
    assert ImportedRating.objects.count() == ratings


@pytest.mark.skipif(not REAL.exists(), reason="published data that is not part of the project")
def test_real_pairs_have_the_order_undone() -> None:
    run(REAL / "pairwise_judgebench.jsonl")
    judge = ImportedRating.objects.filter(kind="judge")
    decisive = judge.exclude(value="tie")
    assert decisive.count() == 335
    shown_first = decisive.filter(swapped=False, value="first") | decisive.filter(
        swapped=True, value="second"
    )
    assert shown_first.count() == 212


@pytest.mark.skipif(not REAL.exists(), reason="published data that is not part of the project")
def test_real_numbers_stay_what_they_are() -> None:
    run(REAL / "numeric_chat_answers.jsonl")
    for kind, count, mean in (("judge", 500, 0.8414), ("human", 248, 0.744516)):
        values = [
            float(value) for value in ImportedRating.objects.filter(kind=kind).values_list("value", flat=True)
        ]
        assert len(values) == count
        assert sum(values) / count == pytest.approx(mean, abs=1e-6)
