"""Recorded runs: answers in other spellings, rows of empty cells, texts as they were written."""

import csv
from typing import Any

from evaluation.metrics import RunOutcomes
from evaluation.models import Response, Run
from evaluation.models.item import Condition
from tests.fault_inputs.case import FAULTS, FaultCase, Figures, rounded, run_json


def _import(file: str) -> dict[str, Any]:
    options = ("--model", "m", "--method", "direct", "--setting", "relevant")
    return run_json("import_recorded_run", FAULTS / file, *options)


def _rows(file: str) -> list[dict[str, str]]:
    with (FAULTS / file).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _answers(file: str) -> Figures:
    _import(file)
    responses = Response.objects.filter(condition=Condition.PERSONALISED)
    return {
        "answers": sorted(set(responses.values_list("answer", flat=True))),
        "as recorded": sorted(set(responses.values_list("recorded_answer", flat=True))),
        "accuracy": rounded(RunOutcomes(Run.objects.get()).metrics().personalised_accuracy.value, 12),
    }


def answers_in_lower_case() -> Figures:
    return _answers("run_answers_lower_case.csv")


def answers_in_brackets() -> Figures:
    return _answers("run_answers_in_brackets.csv")


def rows_of_empty_cells() -> Figures:
    imported = _import("run_excel_trailing_rows.csv")
    return {"imported": imported.get("rows_imported"), "problems": len(imported["problems"])}


def _texts(file: str) -> Figures:
    """How many responses of the file are stored letter by letter as they stand in it."""
    _import(file)
    cells = {row["id"]: row["pref_res"] for row in _rows(file)}
    responses = Response.objects.filter(condition=Condition.PERSONALISED)
    stored = dict(responses.values_list("item__question__external_id", "text"))
    return {"as written": sum(stored.get(row) == text for row, text in cells.items()), "rows": len(cells)}


def markdown_and_empty_responses() -> Figures:
    return _texts("responses_markdown.csv")


def chinese_responses() -> Figures:
    return _texts("responses_chinese_pair.csv")


CASES = (
    FaultCase(
        "run_answers_lower_case",
        {"answers": ["B"], "as recorded": ["b"], "accuracy": 1.0},
        answers_in_lower_case,
    ),
    FaultCase(
        "run_answers_in_brackets",
        {"answers": ["B"], "as recorded": ["(B)"], "accuracy": 1.0},
        answers_in_brackets,
    ),
    FaultCase("run_excel_trailing_rows", {"imported": 6, "problems": 0}, rows_of_empty_cells),
    FaultCase("responses_markdown", {"as written": 4, "rows": 4}, markdown_and_empty_responses),
    FaultCase("responses_chinese_pair", {"as written": 1, "rows": 1}, chinese_responses),
)
