"""A report as a page, as one file and as figures, from its JSON document."""

import json
import re
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from django.utils.html import escape

from annotations.agreement.rating_set import RatingSet
from annotations.agreement.ratings import SCALE, RatingTable
from annotations.agreement.ratings_files import Scale
from annotations.agreement.run_rates import RateDict
from annotations.agreement.validation import ValidationReportDict, validation_report
from annotations.agreement.validation_input import ValidationInput, ValidationSettings
from annotations.exporters.validation import as_html, as_svg, figure_names
from annotations.figures.distributions import distributions
from annotations.figures.forest import LABELS, PLOT, Line, forest
from annotations.figures.heatmap import heatmap
from annotations.validation_page import validation_page
from evaluation.statistics.estimate import Estimate

QUICK = ValidationSettings(resamples=100)


def document_of(
    people: int = 3,
    judges: int = 2,
    *,
    scale: Scale = "ordinal",
    items: int = 120,
    unscored: int = 0,
    **more: Any,
) -> ValidationReportDict:
    """A stored document: the first judge sees what people see, the others guess and leave some items `unscored`."""
    rng = np.random.default_rng(0)
    categories: tuple[float, ...] = SCALE if scale == "ordinal" else (0, 1, 2)
    truth = rng.choice(categories, items)
    near = np.where(rng.random((items, people + 1)) < 0.1, rng.choice(categories, (items, 1)), truth[:, None])
    guesses = rng.choice(categories, (items, max(judges - 1, 0)))
    names = tuple(f"<p{i}>" for i in range(people)), tuple(f"<j{i}>" for i in range(judges))
    values = np.column_stack([near[:, : people + min(judges, 1)], guesses]).astype(float)
    values[:unscored, people + 1 :] = np.nan
    labels = () if scale == "ordinal" else ("cause", "goal", "part")
    found = RatingSet(
        scale, RatingTable(tuple(range(items)), sum(names, ()), values, categories), labels, *names, 0
    )
    given = ValidationInput(found, 3 if scale == "ordinal" else None, np.arange(items), **more)
    stored: ValidationReportDict = json.loads(json.dumps(validation_report(given, settings=QUICK).as_dict()))
    return stored


@pytest.fixture(scope="module")
def document() -> ValidationReportDict:
    return document_of(
        answer_correct=np.ones(120, dtype=bool),
        facets={"source": ["mmlu", "arc"] * 60, "preference category": ["tone", "brevity"] * 60},
        run=["direct"] * 60 + ["pref_aligner"] * 60,
    )


def test_cards_come_first_by_trust_with_the_verdict_in_words(document: ValidationReportDict) -> None:
    page = validation_page(document)
    assert [(card.judge["name"], card.sign) for card in page.cards] == [("<j0>", "✓"), ("<j1>", "✗")]
    assert [group.verdict for group in page.groups] == [
        "may replace a human annotator",
        "not trustworthy here",
    ]
    shown = as_html(document, title="Report")
    assert (
        shown.index("May replace a human annotator") < shown.index('id="rates"') < shown.index('id="matrix"')
    )
    for reason in page.cards[0].judge["verdict"]["reasons"]:
        assert reason.replace("<", "&lt;") in shown


def test_undefined_differences_between_runs_are_told_once_for_each_reason(
    document: ValidationReportDict,
) -> None:
    shown = as_html(document, title="Report")
    page = validation_page(document)
    assert {row["difference"]["undefined"] for row in document["rates"]["differences"]} == {  # type: ignore[typeddict-item]
        row.reason for row in page.differences_undefined
    }
    assert page.differences == ()
    (row,) = page.differences_undefined
    assert (row.pairs, row.comparisons) == (1, len(document["rates"]["differences"]))  # type: ignore[typeddict-item]
    assert shown.count(row.reason) == 1
    assert f"Undefined for 1 pair of runs ({row.comparisons} comparisons" in shown


def rates_of(document: ValidationReportDict) -> list[RateDict]:
    """Both rates of every run, which are defined."""
    assert "runs" in document["rates"]
    rates = [
        rate
        for run in document["rates"]["runs"]
        for rate in (run["alignment_failure"], run["robustness_error"])
    ]
    return [rate for rate in rates if "judges" in rate]


def test_one_rate_of_each_run_is_marked_as_the_one_to_report(document: ValidationReportDict) -> None:
    shown = as_html(document, title="Report")
    assert [rate["to_report"]["method"] is not None for rate in rates_of(document)] == [True] * 4
    assert shown.count("Report this one") == 4
    assert shown.count("◀ report") == 4
    assert shown.count("To report: ") == 4


def test_each_rate_says_what_it_is_over(document: ValidationReportDict) -> None:
    shown = as_html(document, title="Report")
    rate = rates_of(document)[0]
    over = rate["judges"][0]["over"]
    assert over == (
        "Over 60 of the run's 60 items: all of them, as it is not known which baseline answers are correct, as far as "
        "scored by <j0>. People's labels are on 60 of them."
    )
    assert escape(over) in shown
    assert rate["differing_items"] is None


def test_rates_of_one_run_over_different_items_say_so() -> None:
    """The second judge has scored only 80 of the 120 items."""
    document = document_of(unscored=40)
    sentence = rates_of(document)[0]["differing_items"] or ""
    assert "(n = 120) on the items of <j0>" in sentence
    assert "(n = 80) on the items of <j1>" in sentence
    assert escape(sentence) in as_html(document, title="Report")


def test_a_report_of_an_earlier_version_is_shown_without_marks(document: ValidationReportDict) -> None:
    earlier = json.loads(json.dumps(document))
    for run in earlier["rates"]["runs"]:
        for rate in (run["alignment_failure"], run["robustness_error"]):
            del rate["to_report"], rate["differing_items"], rate["stacked"]["over"]
            for judge in rate["judges"]:
                del judge["over"], judge["rates"]["recommended"], judge["rates"]["recommended_reason"]
    shown = as_html(earlier, title="Report")
    assert "Report this one" not in shown
    assert "PPI++" in shown


def test_the_file_runs_nothing_fetches_nothing_and_escapes_names(document: ValidationReportDict) -> None:
    shown = as_html(document, title="A <b>report</b>")
    assert "<script" not in shown
    assert not re.search(r"""(src|href)=["'](?!#)""", shown)
    assert "url(" not in shown
    assert "<j0>" not in shown
    assert "&lt;j0&gt;" in shown
    assert "<b>" not in shown


def test_every_figure_is_an_svg_file_with_its_own_style(document: ValidationReportDict) -> None:
    names = figure_names(document)
    assert {
        "skill",
        "matrix",
        "distributions",
        "slices-1",
        "alignment-failure-1",
        "robustness-error-2",
    } <= set(names)
    for name in names:
        root = ElementTree.fromstring(as_svg(document, name))
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert root.find("{http://www.w3.org/2000/svg}style") is not None
    with pytest.raises(KeyError):
        as_svg(document, "nothing")


@pytest.mark.parametrize(
    "shape",
    [
        {"people": 0},
        {"judges": 0},
        {"people": 1, "judges": 1},
        {"scale": "nominal"},
        {"facets": {"setting": ["irrelevant"] * 120}},
        {"items": 1},
    ],
)
def test_what_is_undefined_says_why_on_the_page(shape: dict[str, Any]) -> None:
    document = document_of(**shape)
    shown = as_html(document, title="Report")
    rates: Any = document["rates"]
    why = rates["undefined"] if "undefined" in rates else rates["runs"][0]["robustness_error"]["undefined"]
    assert why in shown
    for name in figure_names(document):
        ElementTree.fromstring(as_svg(document, name))


def test_the_heatmap_says_interval_and_n_of_each_pair(document: ValidationReportDict) -> None:
    matrix: Any = document["matrix"]
    drawn = heatmap(matrix)
    assert len(drawn.cells) == 2 * len(matrix["pairs"])
    pair = matrix["pairs"][0]
    alpha = pair["scale"]["alpha"]
    assert drawn.cells[0].value == f"{alpha['value']:.2f}"
    interval = f"[{alpha['low']:.2f}, {alpha['high']:.2f}]"
    assert drawn.cells[0].title == f"<p0> and <p1>: α {alpha['value']:.2f} {interval}, n = {pair['n']}"
    assert drawn.cells[0].shade == round(10 * alpha["value"])
    assert drawn.cells[1].title.startswith("<p0> and <p1>: κ on followed")


def test_a_forest_places_estimates_and_cuts_whiskers_at_the_axis() -> None:
    lines = [
        Line("heading"),
        Line("half", Estimate.of(0.5, 10, (0.25, 1.5)).as_dict()),
        Line("none", Estimate.of_nothing("no items").as_dict()),
    ]
    heading, half, none = forest("t", "d", lines, marks=[("middle", 0.5)]).rows
    assert heading.heading
    assert (half.x, half.x_low, half.x_high) == (LABELS + PLOT / 2, LABELS + PLOT / 4, LABELS + PLOT)
    assert half.text == "0.50 [0.25, 1.50] n = 10"
    assert (none.x, none.title) == (None, "no items")


def test_bars_of_a_distribution_add_up_to_the_same_length() -> None:
    rater: Any = {"name": "a", "kind": "person", "n": 4, "counts": [1, 0, 3]}
    nobody: Any = {"name": "b", "kind": "person", "n": 0, "counts": [0, 0, 0]}
    drawn = distributions([rater, nobody], ["1", "2", "3"])
    first, second = drawn.rows[0].bars
    assert second.width == 3 * first.width
    assert (first.shade, second.shade) == (0, 10)
    assert second.title == "a: 3 in 3 of 4 (75%)"
    assert drawn.rows[1].bars == ()


def test_what_is_needed_next_is_said_in_sentences() -> None:
    few = validation_page(document_of(items=12))
    assert any("more labels" in sentence for sentence in few.todo)
    assert validation_page(document_of(people=0)).todo == (
        "People have to label some of the responses: without them nothing can be said of any judge.",
    )
