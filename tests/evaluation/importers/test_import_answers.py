"""Recorded answer cells: which option each names, what is reported of them, and what stays a delivery failure."""

from collections.abc import Callable
from pathlib import Path

import pytest

from evaluation.importers.cells.answer_cell import read_answer
from evaluation.importers.recorded_run import import_recorded_run
from evaluation.importers.report import ImportReport
from evaluation.models import Response
from evaluation.results.metrics.run_metrics import RunOutcomes

Row = dict[str, str]
MakeRow = Callable[..., Row]
Import = Callable[..., ImportReport]

FAULTS = Path(__file__).resolve().parents[4] / "shared" / "data" / "faults"
METALS = ["Iron", "Mercury", "Gold"]


@pytest.mark.parametrize(
    "cell",
    [
        "b", "(B)", "(b)", "B.", "B)", "[B]", " B ", "\u00a0B\u200b", "Ｂ", "（Ｂ）", "Ⓑ", "**B**", "*b*",
        "`B`", '"B"', "$B$", "Option B", "option b.", "answer: B", "Answer: (B)", "**Answer:** B",
        "The correct answer is **B**.", "Option **B**", r"\boxed{B}", r"$\boxed{B}$", r"\(B\)",
        r"Final answer: \boxed{B}", "['B']", '{"answer": "B"}', "<answer>B</answer>", "答案：B", "答案是B",
        "选B。", "Antwort: B", "I choose B", "Mercury", "mercury.", "“Mercury”", "**Mercury**", "B. Mercury",
        "(B) Mercury", "b) mercury", "B: Mercury", "B (Mercury)", "Mercury (B)",
        "The answer is B: Mercury", "The answer is Mercury.",
    ],
)  # fmt: skip
def test_every_writing_of_one_option_is_read(cell: str) -> None:
    reading = read_answer(cell, METALS)
    assert reading.letter == "B"
    assert reading.is_interpreted == (cell.strip() != "B")


@pytest.mark.parametrize(
    "cell",
    [
        "", " ", "-1", "X", "E", "l", "R", "e", "(E)", "None", "nan", "?", "2", "A or B", "A, B", "A/B",
        "A & B", "A and B", "AB", "B?", "not B", "The answer is not B", "Neither A nor B", "['A', 'B']",
        "B. Gold", "Gold (B)", "B because it is liquid",
        "None of the above options are correct, but the closest is B", "Option", "Mercury or Gold",
        "\u0412",
    ],
)  # fmt: skip
def test_what_names_no_option_or_two_is_a_delivery_failure(cell: str) -> None:
    assert read_answer(cell, METALS).letter == ""


@pytest.mark.parametrize(
    ("cell", "options", "letter"),
    [
        ("Cafe\u0301", ["Café", "Tea"], "A"),
        ("Café", ["Cafe\u0301", "Tea"], "A"),
        ("Earth’s  core", ["Earth's core", "Sun"], "A"),
        ("Tea", ["Tea", "Tea"], ""),  # two options with the same text
        ("-1", ["-1", "0"], ""),  # the study's code for no answer
        ("Answer: -1", ["1", "-1"], ""),
        ("None", ["1", "None"], ""),
        ("None of the above", ["1", "None of the above."], "B"),
        ("X", ["X", "Y"], ""),  # a stray letter, as the study counts it
        ("x", ["x", "y"], "A"),
        ("b", ["b", "a"], ""),  # the letter B, or the option “b”
        ("c", ["Java", "C++", "C#", "C"], ""),
        ("C", ["Java", "C++", "C#", "C"], "C"),
        ("C++", ["Java", "C++", "C#", "C"], "B"),
        ("mg", ["Mg", "mg"], "B"),
        ("Na", ["Na", "K"], "A"),
        ("5 MW", ["5 mW", "6 W"], ""),  # the case of a unit counts
        ("5.", ["3", "5"], "B"),
        (".5", ["5", "0.5"], ""),
        ("[0, 1)", ["(0,1)", "[0, 1)", "[0,1]"], "B"),
        ("[0,1)", ["(0,1)", "[0,1]"], ""),
        ("Mercury", ["A. Iron", "B. Mercury"], "B"),
        ("B. Mercury", ["A. Iron", "B. Mercury"], "B"),
        ("i", [str(number) for number in range(9)], "I"),
        ("option i", [str(number) for number in range(9)], "I"),
    ],
)
def test_hard_cells(cell: str, options: list[str], letter: str) -> None:
    assert read_answer(cell, options).letter == letter


def test_a_long_cell_does_not_hold_up_the_import() -> None:
    for cell in ("it is the option " * 12 + "-" * 30, "*" * 230, '{"' * 110, "B" + "*" * 200 + "x"):
        assert read_answer(cell, METALS).letter == ""


@pytest.mark.django_db
def test_the_cell_is_kept_and_answers_in_another_writing_are_counted(
    import_rows: Import, row: MakeRow
) -> None:
    cells = ["B", "b", "(B)", "two", "A or B"]
    report = import_rows([row(number, pref_ans=cell) for number, cell in enumerate(cells)])
    stored = Response.objects.filter(condition="personalised").order_by("item__position")
    assert list(stored.values_list("recorded_answer", "answer")) == list(
        zip(cells, ["B", "B", "B", "B", ""], strict=True)
    )
    assert report.delivery_failures.personalised == 1
    assert report.warnings == (
        "3 personalised answers were read from another writing than the bare letter, such as “b”, “(B)”, “two”; the "
        "original is kept.",
    )


@pytest.mark.django_db
def test_a_file_whose_answers_mostly_name_no_option_is_warned_about(
    import_rows: Import, row: MakeRow
) -> None:
    report = import_rows([row(number, pref_ans="I think so.", no_pref_ans="B") for number in range(5)])
    assert report.warnings == (
        "5 of 5 personalised answers name no option of their item and count as delivery failures. Are the columns "
        "mixed up, or the answers not extracted yet?",
    )


@pytest.mark.django_db
@pytest.mark.skipif(not FAULTS.is_dir(), reason="the inputs that went wrong are not part of the project")
@pytest.mark.parametrize(
    ("name", "is_told"),
    [
        ("run_answers_lower_case.csv", True),
        ("run_answers_in_brackets.csv", True),
        ("run_excel_trailing_rows.csv", False),
    ],
)
def test_a_run_that_went_wrong_is_read(name: str, is_told: bool) -> None:
    report = import_recorded_run(
        file=FAULTS / name,
        file_name=name,
        model="m",
        method="direct",
        setting="relevant",
        strict=True,
        actor=None,
    )
    metrics = RunOutcomes(report.run).metrics()
    assert (report.rows_read, report.rows_imported) == (6, 6)
    assert (metrics.baseline_accuracy.value, metrics.personalised_accuracy.value) == (1, 1)
    assert metrics.breakage_rate.value == metrics.performance_variation.value == 0
    assert ["6 baseline answers were read" in warning for warning in report.warnings[:1]] == [True] * is_told


@pytest.mark.django_db
@pytest.mark.parametrize(
    "blank", [",,,,,,,", " ,\t,,,,,,", "\u00a0,\u200b,,\u3000,,,,", '"","",,,,,,', ",,", ",,,,,,,,,,"]
)
def test_rows_of_empty_cells_are_blank(import_rows: Import, blank: str) -> None:
    header = "question,options,gold_option,preference,no_pref_res,no_pref_ans,pref_res,pref_ans"
    line = "Q?,\"['x', 'y']\",A,Be brief.,r,A,r,B"
    report = import_rows("\n".join([blank, header, blank, line, blank, blank]).encode(), strict=True)
    assert (report.rows_read, report.rows_imported, report.problems) == (1, 1, ())


@pytest.mark.django_db
def test_a_number_in_the_index_of_a_data_frame_alone_is_no_row(import_rows: Import, row: MakeRow) -> None:
    empty = dict.fromkeys(row(), "")
    report = import_rows([{"": "0"} | row(), {"": "1"} | empty], strict=True)
    assert report.rows_read == 1
