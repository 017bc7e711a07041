"""Files of ratings that name too much, and one of many ratings that fits."""

from pathlib import Path
from typing import Any

import pytest

from annotations.models import Campaign, ImportedRating
from annotations.validation.services.ratings_import import (
    RatingsFile,
    RatingsRefused,
    RatingsSpec,
    import_ratings,
)
from perg.stats.files.ratings_files import ERRORS_AT_MOST

pytestmark = pytest.mark.django_db


def _imported(path: Path, text: str, **options: Any) -> Any:
    path.write_text(text)
    return import_ratings(
        spec=RatingsSpec(
            name="ours", files=[RatingsFile(path.name, path, "human")], scale="ordinal", **options
        )
    )


def test_ratings_beyond_the_limit_are_refused_before_they_are_held(tmp_path: Path, settings: Any) -> None:
    settings.IMPORT_MAX_RATINGS = 1_000
    rows = "".join(f"q{n},{n % 5}\n" for n in range(1_001))
    with pytest.raises(RatingsRefused) as refused:
        _imported(tmp_path / "r.csv", "item,ann\n" + rows)
    assert refused.value.problems == ("r.csv: there are more than 1,000 ratings",)


@pytest.mark.parametrize("name", ["r.json", "r.jsonl", "r.csv"])
def test_a_file_that_names_more_items_and_raters_than_a_table_holds_is_refused(
    tmp_path: Path, name: str
) -> None:
    number = range(6_000)
    texts = {
        "r.json": "{" + ",".join(f'"r{n}": {{"q{n}": 1}}' for n in number) + "}",
        "r.jsonl": "".join(f'{{"item": "q{n}", "rater": "r{n}", "score": 1}}\n' for n in number),
        "r.csv": "item,rater,score\n" + "".join(f"q{n},r{n},1\n" for n in number),
    }
    with pytest.raises(RatingsRefused, match="problem") as refused:
        _imported(tmp_path / name, texts[name])
    assert "6,000 items by 6,000 raters" in refused.value.problems[0]
    assert not Campaign.objects.exists()


@pytest.mark.slow
def test_a_file_full_of_problems_is_not_read_to_its_end(tmp_path: Path) -> None:
    rows = "".join(f"q{n},{n} points\n" for n in range(ERRORS_AT_MOST + 1_000))
    with pytest.raises(RatingsRefused) as refused:
        _imported(tmp_path / "r.csv", "item,ann\n" + rows)
    assert any("reading stopped" in problem for problem in refused.value.problems)


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("r.csv", "item," + "," * 200_000 + "\nq1\n", "line 1: not CSV: a row has more than 20,000 cells"),
        (
            "r.csv",
            "item,ann\n" + "q" * 2_000_000,
            "line 2: not CSV: line 2 is longer than 1,048,576 characters",
        ),
        (
            "r.jsonl",
            '{"item": "' + "q" * 2_000_000,
            "line 1: not JSON: line 1 is longer than 1,048,576 characters",
        ),
        ("r.json", "[" * 500_000, "not JSON: maximum recursion depth exceeded"),
    ],
)
def test_rows_that_are_made_to_fill_the_memory_are_refused_with_their_line(
    tmp_path: Path, name: str, text: str, problem: str
) -> None:
    with pytest.raises(RatingsRefused) as refused:
        _imported(tmp_path / name, text)
    assert problem in refused.value.problems[0]


def test_utf_16_and_a_stated_delimiter_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_bytes("sep=;\r\nitem;ann;bob\r\nq1;1,5;2\r\nq2;3;4\r\n".encode("utf-16"))
    report = import_ratings(
        spec=RatingsSpec(name="ours", files=[RatingsFile("r.csv", path, "human")], scale="interval")
    )
    assert (report.items, report.ratings) == (2, 4)
    assert set(ImportedRating.objects.values_list("value", flat=True)) == {"1.5", "2", "3", "4"}


def test_our_own_csv_gives_the_same_names_back(tmp_path: Path) -> None:
    from perg.formats.spreadsheet import csv_line

    items = ["=1+1", "-5", "a;=1", "'=x", "plain"]
    text = csv_line(["item", "@ann"]) + "".join(csv_line([item, 1 + n % 2]) for n, item in enumerate(items))
    _imported(tmp_path / "r.csv", text, is_cut=False)
    assert set(ImportedRating.objects.values_list("item__external_id", flat=True)) == set(items)
    assert set(ImportedRating.objects.values_list("rater", flat=True)) == {"@ann"}
