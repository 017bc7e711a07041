"""Recorded runs: answers in other spellings, rows of empty cells, texts as they were written."""

import csv
import re
from html import unescape
from typing import Any

from django.test import Client
from django.urls import reverse

from annotations.labelling.differences import word_differences
from annotations.labelling.responses import rendered
from evaluation.models import Response, Run
from evaluation.models.item import Condition
from evaluation.results.metrics.run_metrics import RunOutcomes
from tests import build
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


def _shown(html: str) -> str:
    """The text that a reader of the HTML sees."""
    return unescape(re.sub(r"<[^>]*>", "", html)).strip()


def _panes(file: str) -> dict[str, tuple[str, str]]:
    """The personalised response on the page of each item, by the row's id: its direction, and its text."""
    _import(file)
    staff = Client()
    staff.force_login(build.person("staff", staff=True))
    panes = {}
    for item in Run.objects.get().items.select_related("question"):
        page = staff.get(reverse("item_story", args=[item.pk])).content.decode()
        pane = re.search(
            r"<div([^>]*)aria-label=\"Text of the personalised response\">(.*?)</div>", page, re.DOTALL
        )
        assert pane is not None
        direction = re.search(r'dir="(\w+)"', pane.group(1))
        panes[item.question.external_id] = (direction.group(1) if direction else "", _shown(pane.group(2)))
    return panes


def responses_are_shown_as_written() -> Figures:
    panes = _panes("responses_markdown.csv")
    cells = {row["id"]: row["pref_res"] for row in _rows("responses_markdown.csv")}
    return {
        "as written": [row for row in ("stars", "latex", "rtl") if panes[row][1] == cells[row]],
        "empty": panes["empty"][1],
        "direction": panes["rtl"][0],
    }


def differences_of_chinese_responses() -> Figures:
    _import("responses_chinese_pair.csv")
    texts = dict(Response.objects.values_list("condition", "text"))
    marked = word_differences(rendered(texts[Condition.BASELINE]), rendered(texts[Condition.PERSONALISED]))
    assert marked is not None
    return {
        "removed": re.findall("<del>(.*?)</del>", marked[0]),
        "added": re.findall("<ins>(.*?)</ins>", marked[1]),
    }


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
    FaultCase(
        "responses_markdown",
        {"as written": ["stars", "latex", "rtl"], "empty": "The response is empty.", "direction": "auto"},
        responses_are_shown_as_written,
    ),
    FaultCase(
        "responses_chinese_pair", {"removed": ["体"], "added": ["态"]}, differences_of_chinese_responses
    ),
)
