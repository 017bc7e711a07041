"""Which columns a file may have, and what they are taken for. No database."""

import pytest

from evaluation.importers.report import ImportRefused
from evaluation.importers.rows.dialect import Twin, recognise

FIXED = ("question", "options", "gold_option", "preference")


def profile_header(*numbers: int) -> tuple[str, ...]:
    parts = [f"profile_{number}_{part}" for number in (0, *numbers) for part in ("res", "answer")]
    return ("question", "options", "gold_option", *parts)


@pytest.mark.parametrize("baseline", ["no_pref_res", "nopref_res", "profile_0_res"])
@pytest.mark.parametrize(
    "answer", ["no_pref_ans", "nopref_answer", "nopref_ans", "no_pref_answer", "profile_0_answer"]
)
@pytest.mark.parametrize("personalised", ["pref_ans", "pref_answer"])
def test_every_spelling_is_the_same_column(baseline: str, answer: str, personalised: str) -> None:
    dialect = recognise(
        (*FIXED, baseline, answer, "pref_res", personalised), method="direct", setting="relevant"
    )
    assert (dialect.baseline.response, dialect.baseline.answer) == (4, 5)
    assert [(columns.response, columns.answer) for columns in dialect.personalised] == [(6, 7)]
    assert not dialect.unknown


def test_missing_columns_are_named_with_their_spellings_and_the_unknown_ones() -> None:
    with pytest.raises(ImportRefused) as refusal:
        recognise(
            (*FIXED, "no_pref_res", "pref_res", "reply", "pref_ans"), method="direct", setting="relevant"
        )
    assert refusal.value.code == "missing_columns"
    assert "no_pref_ans or nopref_answer or nopref_ans" in refusal.value.message
    assert "Unknown columns in the file: reply" in refusal.value.message


def test_a_gold_column_is_needed_and_either_will_do() -> None:
    rest = ("question", "options", "preference", "no_pref_res", "no_pref_ans", "pref_res", "pref_ans")
    recognise((*rest, "gold_answer"), method="direct", setting="relevant")
    with pytest.raises(ImportRefused, match="gold_option or gold_answer"):
        recognise(rest, method="direct", setting="relevant")


@pytest.mark.parametrize(
    ("setting", "is_needed"), [("relevant", True), ("mixed", True), ("irrelevant", False)]
)
def test_the_preference_is_needed_unless_it_is_irrelevant(setting: str, is_needed: bool) -> None:
    header = ("question", "options", "gold_option", "no_pref_res", "no_pref_ans", "pref_res", "pref_ans")
    if is_needed:
        with pytest.raises(ImportRefused, match="missing: preference"):
            recognise(header, method="direct", setting=setting)
    else:
        assert recognise(header, method="direct", setting=setting).personalised[0].preference is None


def test_the_index_columns_of_pandas_are_known() -> None:
    header = ("", "Unnamed: 0", "Unnamed: 0.1", *FIXED, "no_pref_res", "no_pref_ans", "pref_res", "pref_ans")
    assert recognise(header, method="direct", setting="relevant").unknown == ()


def test_two_spellings_of_one_column_are_twins_and_the_first_is_read() -> None:
    header = (*FIXED, "no_pref_res", "nopref_res", "no_pref_ans", "pref_res", "pref_ans", "pref_answer")
    dialect = recognise(header, method="direct", setting="irrelevant")
    assert (dialect.baseline.response, dialect.personalised[0].answer) == (4, 8)
    assert dialect.twins == (Twin(4, 5, is_answer=False), Twin(8, 9, is_answer=True))
    assert dialect.unknown == ()


def test_twins_that_the_method_does_not_read_need_not_agree() -> None:
    header = (
        *FIXED,
        "no_pref_res",
        "no_pref_ans",
        "pref_answer",
        "pref_ans",
        "aligner_res",
        "aligner_answer",
    )
    assert recognise(header, method="pref_aligner", setting="irrelevant").twins == ()


def test_profiles_are_read_in_the_order_of_their_numbers() -> None:
    header = profile_header(10, 2)
    dialect = recognise(header, method="direct", setting="relevant")
    assert [(columns.profile, columns.response) for columns in dialect.personalised] == [(2, 7), (10, 5)]


def test_a_profile_without_answers_is_refused() -> None:
    header = ("question", "options", "gold_option", "profile_0_res", "profile_0_answer", "profile_1_res")
    with pytest.raises(ImportRefused, match="profile_1_answer or profile_1_ans"):
        recognise(header, method="direct", setting="relevant")


def test_several_profiles_cannot_be_one_irrelevant_run() -> None:
    header = profile_header(1, 2)
    with pytest.raises(ImportRefused) as refusal:
        recognise(header, method="direct", setting="irrelevant")
    assert refusal.value.code == "profiles_not_possible"


def test_an_aligner_without_answers_is_refused_for_its_own_method_only() -> None:
    header = (*FIXED, "no_pref_res", "no_pref_ans", "pref_res", "pref_ans", "aligner_res")
    recognise(header, method="direct", setting="relevant")
    with pytest.raises(ImportRefused, match="aligner_answer or aligner_ans"):
        recognise(header, method="pref_aligner", setting="relevant")
