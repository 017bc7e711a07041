"""One form for each name, number and label, in whatever way a file writes it."""

import pytest

from perg.formats.label_forms import (
    clean_name,
    clean_text,
    is_missing,
    label_of,
    look_alikes,
    number_of,
    shown,
)


@pytest.mark.parametrize(
    "text", ["1", "1.0", "1.00", " 1 ", "1e0", "+1", "1.", "10e-1", "\ufeff1", "1\u00a0"]
)
def test_however_it_is_written_one_number_is_one_label(text: str) -> None:
    assert label_of(text) == "1"


@pytest.mark.parametrize(
    ("value", "label"),
    [
        ("0.50", "0.5"),
        (".5", "0.5"),
        ("-0.0", "0"),
        ("-2.50", "-2.5"),
        ("01", "01"),
        ("1_0", "1_0"),
        ("0x10", "0x10"),
        ("inf", "inf"),
        ("1e400", "1e400"),
        ("12345678901234567891", "12345678901234567891"),
        ("2024-01-02", "2024-01-02"),
        ("Yes", "Yes"),
        ("not\u00a0followed", "not followed"),
        ("\u200bnot followed\u200e", "not followed"),
        ("Zoe\u0308", "Zo\u00eb"),
        (True, "true"),
        ("TRUE", "true"),
        (1, "1"),
    ],
)
def test_other_labels_stay_what_they_are(value: object, label: str) -> None:
    assert label_of(value) == label
    assert label_of(label) == label


@pytest.mark.parametrize(
    "text",
    ["1_0", "１", "٣", "0x10", "inf", "nan", "1,000", "4,5", "1 000", "−1", "½", "1e400", "", "1e", "."],
)
def test_what_only_looks_like_a_number_is_none(text: str) -> None:
    assert number_of(text) is None


def test_noise_behind_the_fifteenth_digit_makes_no_second_number() -> None:
    assert number_of(repr(0.1 + 0.2)) == number_of("0.3")
    assert number_of(repr(sum([0.1] * 10))) == number_of("1")
    assert number_of("0.333333333333333") != number_of("0.333333333333334")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("7.0", "7"),
        (7, "7"),
        ("007", "007"),
        ("1.10", "1.10"),
        ("-3.00", "-3"),
        ("\u200b", None),
        (None, None),
    ],
)
def test_a_whole_number_names_the_same_item_with_and_without_decimals(
    name: object, expected: str | None
) -> None:
    assert clean_name(name) == expected


def test_a_joiner_inside_a_word_is_part_of_its_spelling() -> None:
    persian = "می\u200cخواهم"
    assert clean_text(f"\u200f{persian}\u200d") == persian


@pytest.mark.parametrize(
    "cell", [None, "", "  ", "NaN", "nan", "NA", "N/A", "None", "null", "<NA>", "-", "—", "."]
)
def test_a_cell_that_says_there_is_no_rating_is_missing_on_every_scale(cell: object) -> None:
    assert is_missing(cell, nominal=True)
    assert is_missing(cell, nominal=False)


@pytest.mark.parametrize("cell", ["none", "na", "Nan"])
def test_a_word_that_may_be_a_name_is_missing_only_among_numbers(cell: str) -> None:
    assert not is_missing(cell, nominal=True)
    assert is_missing(cell, nominal=False)


@pytest.mark.parametrize("cell", [0, False, "0", "no", "missing", "--"])
def test_what_is_a_rating_is_not_missing(cell: object) -> None:
    assert not is_missing(cell, nominal=True)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Yes", "yes"),
        ("not  followed", "not followed"),
        ("non-binary", "non‐binary"),
        ("-1", "−1"),
        ("１", "1"),
        ("01", "1"),
        ("4,5", "4.5"),
        ("don't", "don’t"),
        ("Straße", "STRASSE"),
    ],
)
def test_names_that_are_easily_taken_for_each_other_look_alike(a: str, b: str) -> None:
    assert look_alikes([a, "other", b]) == [(a, b)]


def test_names_that_differ_look_unlike() -> None:
    assert look_alikes(["yes", "no", "1", "10", "-1", "+", "-"]) == []


def test_a_number_is_shown_the_shortest_way() -> None:
    assert [shown(number) for number in (1.0, 0.1, 0.30000000000000004, -2.5, 1e300)] == [
        *("1", "0.1", "0.3", "-2.5"),
        "1e+300",
    ]
