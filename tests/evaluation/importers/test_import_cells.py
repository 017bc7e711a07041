"""Single cells: options, gold options, answers, ratings. No database."""

from decimal import Decimal

import pytest

from evaluation.importers.cells.question_draft import gold_letter, label, parse_options, preference_text
from evaluation.importers.files.csv_file import CsvRecord
from evaluation.importers.report import RowRejected
from evaluation.importers.rows.dialect import recognise
from evaluation.importers.rows.rating import parse_cost, parse_rating, parse_score, parse_tokens
from evaluation.importers.rows.recorded_row import RecordedRow, disputed_claims, parse_row

HEADER = (
    "question",
    "options",
    "gold_option",
    "preference",
    "no_pref_res",
    "no_pref_ans",
    "pref_res",
    "pref_ans",
)


def parsed(header: tuple[str, ...], cells: tuple[str, ...], setting: str = "relevant") -> RecordedRow:
    dialect = recognise(header, method="direct", setting=setting)
    return parse_row(CsvRecord(1, 2, cells), dialect, setting=setting)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("['only']", "has 1 option; 2 to 26 are needed"),
        ("[]", "has 0 options; 2 to 26 are needed"),
        (str([str(number) for number in range(27)]), "has 27 options; 2 to 26 are needed"),
        ("yes or no", "is not a list: “yes or no”"),
        ("('a', 'b')", "is not a list"),
        ("{'a': 'b'}", "is not a list"),
        ("['a', None]", "is not a list of texts"),
    ],
)
def test_options_that_are_no_options_are_rejected_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(RowRejected) as rejection:
        parse_options(text)
    assert reason in rejection.value.reason
    assert rejection.value.column == "options"


def test_26_options_and_repeated_options_are_accepted() -> None:
    assert len(parse_options(str([str(number) for number in range(26)]))) == 26
    assert parse_options("['same', 'same']") == ("same", "same")
    assert all(type(option) is str for option in parse_options("[1, 2.0]"))


def test_the_gold_option_is_found_by_its_text() -> None:
    assert gold_letter(["x", "y"], letter=None, answer="y") == "B"
    assert gold_letter(["x", "y"], letter="", answer=" y ") == "B"
    assert gold_letter(["x", "y"], letter="B", answer="y") == "B"


@pytest.mark.parametrize(
    ("options", "letter", "answer", "reason"),
    [
        (["x", "y"], "C", None, "none of the options A to B"),
        (["x", "y"], "b", None, "none of the options"),
        (["x", "y"], "AB", None, "none of the options"),
        (["x", "y"], None, "z", "none of the options"),
        (["x", "y"], "A", "y", "not the text of the gold option A"),
        (["x", "x"], None, "x", "options A and B; gold_option must say which"),
        (["x", "y"], " ", None, "has no gold option"),
    ],
)
def test_a_gold_option_that_is_wrong_or_missing_is_rejected(
    options: list[str], letter: str | None, answer: str | None, reason: str
) -> None:
    with pytest.raises(RowRejected, match=reason):
        gold_letter(options, letter=letter, answer=answer)


@pytest.mark.parametrize(
    ("cell", "answer"),
    [
        ("A", "A"),
        (" B\n", "B"),
        ("C", ""),
        ("b", "B"),
        ("-1", ""),
        ("", ""),
        ("X", ""),
        ("B.", "B"),
        ("AB", ""),
    ],
)
def test_an_answer_names_an_option_of_its_item_and_the_cell_is_kept(cell: str, answer: str) -> None:
    row = parsed(HEADER, ("Q?", "['x', 'y']", "A", "P.", "r", cell, "r", "A"))
    assert row.baseline.answer == answer
    assert row.baseline.recorded_answer == cell


@pytest.mark.parametrize(
    ("flag", "is_second"), [("1", True), ("1.0", True), ("True", True), ("0", False), ("", False)]
)
def test_the_invalid_flag_says_that_a_second_extractor_was_asked(flag: str, is_second: bool) -> None:
    row = parsed((*HEADER, "nopref_invalid"), ("Q?", "['x', 'y']", "A", "P.", "r", "A", "r", "A", flag))
    assert row.baseline.is_second_extraction is is_second
    assert row.items[0].personalised.is_second_extraction is False


def test_a_row_whose_escapes_make_half_a_character_is_rejected() -> None:
    with pytest.raises(RowRejected, match="surrogate"):
        parsed(HEADER, ("Q?", r"['\ud83d', 'y']", "A", "P.", "r", "A", "r", "A"))


def test_a_preference_too_long_for_the_index_is_rejected() -> None:
    assert preference_text("preference", f" {'é' * 1_250} ") == "é" * 1_250
    with pytest.raises(RowRejected, match="2,502 bytes"):
        preference_text("preference", "é" * 1_251)


def test_a_label_too_long_for_its_column_is_rejected() -> None:
    assert label("source", "s" * 200) == "s" * 200
    with pytest.raises(RowRejected, match="201 characters"):
        label("source", "s" * 201)


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("1", 1),
        ("5", 5),
        ("4.0", 4),
        (" 3 ", 3),
        ("0", None),
        ("6", None),
        ("3.5", None),
        ("", None),
        ("nan", None),
    ],
)
def test_a_score_is_a_whole_number_from_1_to_5(text: str, score: int | None) -> None:
    assert parse_score(text) == score


def test_tokens_and_cost_are_read_leniently() -> None:
    assert [parse_tokens(text) for text in ("512", "512.0", "-1", "1.5", "many", "1e30", "inf")] == [
        512, 512, None, None, None, None, None
    ]  # fmt: skip
    assert parse_cost("3.4e-05") == Decimal("0.000034")
    assert parse_cost("$0.5") == Decimal("0.5")
    assert [parse_cost(text) for text in ("", "-1", "nan", "1e9", "1e999999", "free")] == [None] * 6


@pytest.mark.parametrize(
    ("cell", "reason"),
    [("", "no rating in the file"), ("often", "the rating is “often”"), ("7", "the rating is “7”")],
)
def test_a_rating_without_a_score_says_why(cell: str, reason: str) -> None:
    dialect = recognise((*HEADER, "pref_eval_rating"), method="direct", setting="relevant")
    rating = parse_rating(("",) * len(HEADER) + (cell,), dialect)
    assert rating.score is None
    assert rating.unscored_reason == reason


@pytest.mark.parametrize(
    ("rating", "claim", "disputed"),
    [
        ("3", ("1", "True", "1.0", "True"), []),
        ("2", ("1", "True", "1.0", "True"), ["followed_pref", "is_robust"]),
        ("", ("1", "True", "1.0", "True"), []),
        ("3", ("0", "False", "0.0", "0"), ["pref_correct", "nopref_correct", "followed_pref", "is_robust"]),
        ("3", ("", "?", "", ""), []),
    ],
)
def test_derived_columns_are_compared_with_what_the_row_says(
    rating: str, claim: tuple[str, ...], disputed: list[str]
) -> None:
    header = (*HEADER, "pref_eval_rating", "pref_correct", "nopref_correct", "followed_pref", "is_robust")
    row = parsed(header, ("Q?", "['x', 'y']", "A", "P.", "r", "A", "r", "A", rating, *claim))
    assert disputed_claims(row, setting="relevant", threshold=3) == disputed
