"""Questions, and answers taken from responses by rules."""

import json

from evaluation.models import Question
from evaluation.stages.extract import extract_answer
from tests.fault_inputs.case import FAULTS, FaultCase, Figures, run_json

ACCEPTED: dict[str, list[str | None]] = {"B": ["B"], "B, or none; never A": ["B", None]}


def _import(file: str) -> Figures:
    imported = run_json("import_questions", FAULTS / file, "--dataset", "faults")
    return {
        "status": imported["status"],
        "categories": sorted(Question.objects.values_list("category", flat=True)),
    }


def a_category_that_is_not_a_number() -> Figures:
    return _import("questions_nan_category.jsonl")


def a_key_that_stands_twice() -> Figures:
    return _import("questions_duplicate_key.jsonl")


def answers_by_rules() -> Figures:
    """Each line of the file that is not read as its field `right` says, with what it is read as."""
    wrong = {}
    for number, line in enumerate((FAULTS / "extraction.jsonl").read_text(encoding="utf-8").splitlines(), 1):
        fault = json.loads(line)
        answer = extract_answer(fault["response"], fault["options"]).letter
        right = ACCEPTED[fault["right"]]
        if answer not in right:
            wrong[f"line {number}"] = answer
    return {"wrong": wrong}


CASES = (
    FaultCase(
        "questions_nan_category",
        {"status": "imported", "categories": [""]},
        a_category_that_is_not_a_number,
    ),
    FaultCase("questions_duplicate_key", {"status": "refused", "categories": []}, a_key_that_stands_twice),
    FaultCase("extraction", {"wrong": {}}, answers_by_rules),
)
