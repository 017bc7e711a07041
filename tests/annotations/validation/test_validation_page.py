"""A report as a page, as one file and as figures, from its JSON document."""

import json
import re
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from django.utils.html import escape

from annotations.validation.figures.distributions import MOST_LEVELS, distributions
from annotations.validation.figures.heatmap import heatmap
from annotations.validation.figures.validation import skill_forest
from annotations.validation.page import validation_page
from annotations.validation.rendering import as_html, as_svg, figure_names
from core.figures.drawing import Box, Figure, Line, Point, Words
from core.figures.forest import GAP, PLOT, ForestRow, forest
from core.figures.text_width import shortened, text_width
from core.templatetags.estimates import estimate, number, warning_sign
from perg.stats.base.estimate import Estimate
from perg.stats.base.number_text import number_text
from perg.stats.base.result import dump, load
from perg.stats.base.terms import FOLLOWING
from perg.stats.base.undefined import Undefined
from perg.stats.correction.corrected_runs import CorrectedRuns
from perg.stats.correction.run_rates import Rate
from perg.stats.files.rating_set import RatingSet
from perg.stats.files.ratings_files import Scale
from perg.stats.items.validation_input import ValidationInput, ValidationSettings
from perg.stats.judges.leave_one_out import SkillBesidePeople
from perg.stats.raters.rater_agreement import Rater
from perg.stats.ratings.ratings import SCALE, RatingTable
from perg.stats.report.validation import ValidationReport, validation_report
from tests.pages import one_line

QUICK = ValidationSettings(resamples=100)


def document_of(
    people: int = 3,
    judges: int = 2,
    *,
    scale: Scale = "ordinal",
    items: int = 120,
    unscored: int = 0,
    **more: Any,
) -> ValidationReport:
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
    ratings = RatingSet(
        scale, RatingTable(tuple(range(items)), sum(names, ()), values, categories), labels, *names, 0
    )
    more = {"terms": FOLLOWING} | more
    report_input = ValidationInput(ratings, 3 if scale == "ordinal" else None, np.arange(items), **more)
    stored = json.loads(json.dumps(dump(validation_report(report_input, settings=QUICK))))
    return load(ValidationReport, stored)


@pytest.fixture(scope="module")
def document() -> ValidationReport:
    return document_of(
        answer_correct=np.ones(120, dtype=bool),
        facets={"source": ["mmlu", "arc"] * 60, "preference category": ["tone", "brevity"] * 60},
        run=["direct"] * 60 + ["pref_aligner"] * 60,
    )


def test_cards_come_first_by_trust_with_the_verdict_in_words(document: ValidationReport) -> None:
    page = validation_page(document)
    assert [(card.judge.name, card.sign) for card in page.cards] == [("<j0>", "✓"), ("<j1>", "✗")]
    assert [group.verdict for group in page.groups] == [
        "can replace a human annotator",
        "not trustworthy here",
    ]
    shown = as_html(document, title="Report")
    assert (
        shown.index("Can replace a human annotator") < shown.index('id="rates"') < shown.index('id="matrix"')
    )
    verdict = page.cards[0].judge.verdict
    assert verdict is not None
    for reason in verdict.reasons:
        assert reason.replace("<", "&lt;") in shown


def test_undefined_differences_between_runs_are_told_once_for_each_reason(
    document: ValidationReport,
) -> None:
    shown = one_line(as_html(document, title="Report"))
    page = validation_page(document)
    assert isinstance(document.rates, CorrectedRuns)
    differences = document.rates.differences
    reasons = {row.difference.undefined for row in differences if isinstance(row.difference, Undefined)}
    assert reasons == {row.reason for row in page.differences_undefined}
    assert page.differences == ()
    (row,) = page.differences_undefined
    assert (row.pairs, row.comparisons) == (1, len(differences))
    assert shown.count(row.reason) == 1
    assert f"Undefined for 1 pair of runs ({row.comparisons} comparisons" in shown


def rates_of(document: ValidationReport) -> list[Rate]:
    """Both rates of every run, which are defined."""
    assert isinstance(document.rates, CorrectedRuns)
    rates = [rate for run in document.rates.runs for rate in (run.alignment_failure, run.robustness_error)]
    return [rate for rate in rates if isinstance(rate, Rate)]


def test_one_rate_of_each_run_is_marked_as_the_one_to_report(document: ValidationReport) -> None:
    shown = as_html(document, title="Report")
    chosen = [rate.to_report for rate in rates_of(document)]
    assert [rate is not None and rate.method is not None for rate in chosen] == [True] * 4
    assert shown.count("Report this one") == 4
    assert shown.count("◀ report") == 4
    assert shown.count("To report: ") == 4


def test_each_rate_says_what_it_is_over(document: ValidationReport) -> None:
    shown = as_html(document, title="Report")
    rate = rates_of(document)[0]
    over = rate.judges[0].over
    assert over == (
        "Over 60 of the run's 60 items: all of them, as it is not known which baseline answers are correct, as far as "
        "scored by <j0>. People's labels are on 60 of them."
    )
    assert escape(over) in shown
    assert rate.differing_items is None


def test_rates_of_one_run_over_different_items_say_so() -> None:
    """The second judge has scored only 80 of the 120 items."""
    document = document_of(unscored=40)
    sentence = rates_of(document)[0].differing_items or ""
    assert "(n = 120) on the items of <j0>" in sentence
    assert "(n = 80) on the items of <j1>" in sentence
    assert escape(sentence) in as_html(document, title="Report")


def test_a_report_of_an_earlier_version_is_shown_without_marks(document: ValidationReport) -> None:
    earlier = dump(document)
    for run in earlier["rates"]["runs"]:
        for rate in (run["alignment_failure"], run["robustness_error"]):
            del rate["to_report"], rate["differing_items"], rate["stacked"]["over"]
            for judge in rate["judges"]:
                del judge["over"], judge["rates"]["recommended"], judge["rates"]["recommended_reason"]
    shown = as_html(load(ValidationReport, earlier), title="Report")
    assert "Report this one" not in shown
    assert "PPI++" in shown


def test_the_file_runs_nothing_fetches_nothing_and_escapes_names(document: ValidationReport) -> None:
    shown = as_html(document, title="A <b>report</b>")
    assert "<script" not in shown
    assert not re.search(r"""(src|href)=["'](?!#)""", shown)
    assert "url(" not in shown
    assert "<j0>" not in shown
    assert "&lt;j0&gt;" in shown
    assert "<b>" not in shown


def boxes(figure: Figure) -> list[Box]:
    return [mark for mark in figure.marks if isinstance(mark, Box)]


def texts(figure: Figure) -> list[Words]:
    return [mark for mark in figure.marks if isinstance(mark, Words)]


def words(figure: Figure, text: str) -> Words:
    (mark,) = (mark for mark in texts(figure) if mark.text == text)
    return mark


def test_every_figure_is_an_svg_file_with_its_own_style(document: ValidationReport) -> None:
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
@pytest.mark.one_in(3)
def test_what_is_undefined_says_why_on_the_page(shape: dict[str, Any]) -> None:
    document = document_of(**shape)
    shown = as_html(document, title="Report")
    rates: Any = document.rates
    why = rates.undefined if isinstance(rates, Undefined) else rates.runs[0].robustness_error.undefined
    assert why in shown
    for name in figure_names(document):
        ElementTree.fromstring(as_svg(document, name))


def test_the_heatmap_says_interval_and_n_of_each_pair(document: ValidationReport) -> None:
    matrix: Any = document.matrix
    drawn = heatmap(matrix)
    cells = boxes(drawn)
    assert len(cells) == 2 * len(matrix.pairs)
    pair = matrix.pairs[0]
    alpha = pair.scale["alpha"]
    assert cells[0].words is not None
    assert cells[0].words.text == f"{alpha.value:.2f}"
    interval = f"[{alpha.low:.2f}, {alpha.high:.2f}]"
    assert cells[0].title == f"<p0> and <p1>: α {alpha.value:.2f} {interval}, n = {pair.n}"
    assert cells[0].fill == str(round(10 * alpha.value))
    assert cells[1].title.startswith("<p0> and <p1>: κ on followed")


def test_a_forest_places_estimates_and_cuts_whiskers_at_the_axis() -> None:
    rows = [
        ForestRow("heading"),
        ForestRow("half", Estimate.of(0.5, 10, (0.25, 1.5))),
        ForestRow("none", Estimate.of_nothing("no items")),
    ]
    drawn = forest("t", "d", rows, marks=[("middle", 0.5)])
    value, undefined = (words(drawn, text) for text in ("0.50 [0.25, 1.50] n = 10", "undefined: no items"))
    start = value.x - GAP - PLOT
    assert words(drawn, "heading").kind == "heading"
    (point,) = (mark for mark in drawn.marks if isinstance(mark, Point))
    (whisker,) = (mark for mark in drawn.marks if isinstance(mark, Line) and mark.kind == "whisker")
    places = (point.x, whisker.x1, whisker.x2)
    assert places == pytest.approx((start + PLOT / 2, start + PLOT / 4, start + PLOT), abs=1)
    assert (undefined.kind, undefined.title) == ("none", "no items")


def test_bars_of_a_distribution_add_up_to_the_same_length() -> None:
    rater = Rater("a", "person", 4, (1, 0, 3))
    nobody = Rater("b", "person", 0, (0, 0, 0))
    drawn = distributions([rater, nobody], ["1", "2", "3"])
    first, second = (box for box in boxes(drawn) if box.title)  # those of the key have none
    assert second.width == 3 * first.width
    assert (first.fill, second.fill) == ("0", "10")
    assert second.title == "a: 3 in 3 of 4 (75%)"


def test_what_is_needed_next_is_said_in_sentences() -> None:
    few = validation_page(document_of(items=12))
    assert any("more labels" in sentence for sentence in few.todo)
    assert validation_page(document_of(people=0)).todo == (
        "People have to label some of the responses: without them nothing can be said of any judge.",
    )


def with_a_floor(**more: Any) -> ValidationReport:
    """The first judge is as good as people, the last is a floor that guesses."""
    return document_of(judge_kinds={"<j1>": "floor"}, **more)


def test_a_floor_gets_a_neutral_card_without_verdict_sign_or_colour() -> None:
    document = with_a_floor()
    judge = next(judge for judge in document.judges if judge.kind == "floor")
    assert judge.verdict is None
    assert judge.no_verdict == "a rule-based floor is a yardstick for judges, and gets no verdict"
    page = validation_page(document)
    card = page.cards[-1]
    assert (card.judge.name, card.tone, card.sign, card.says) == ("<j1>", "none", "", "")
    assert all(card not in group.cards for group in page.groups)
    assert not any("<j1>" in sentence and "verdict" in sentence for sentence in page.todo)
    shown = as_html(document, title="Report")
    part = shown[
        shown.index(f'id="{card.anchor}"') : shown.index("</li>", shown.index(f'id="{card.anchor}"'))
    ]
    assert "verdict-sign" not in part
    assert "No verdict: a rule-based floor is a yardstick" in part
    for name in figure_names(document):
        ElementTree.fromstring(as_svg(document, name))


def test_floors_do_not_count_among_the_judges_that_are_tried_at_once() -> None:
    for document, tried in ((with_a_floor(), 1), (document_of(), 2)):
        as_good = [judge.non_inferiority for judge in document.judges]
        assert [test.judges for test in as_good if test is not None] == [tried, tried]


@pytest.mark.parametrize("scale", ["ordinal", "nominal"])
def test_judge_and_people_are_shown_against_the_same_reference(scale: Scale) -> None:
    """No sentence says that no judge can agree better, beside a judge that is held against something steadier."""
    document = document_of(scale=scale)
    shown = one_line(as_html(document, title="Report"))
    assert "No judge can be asked" not in shown
    assert "people with one another: 0" not in shown
    beside = document.judges[0].beside_people
    assert isinstance(beside, SkillBesidePeople)
    assert beside.statistic == ("informedness" if scale == "ordinal" else "cohen_kappa")
    judge, people = beside.judge.value, beside.people.value
    assert judge is not None
    assert people is not None
    assert f"judge {judge:.2f}, a person {people:.2f}: each against the other people" in shown
    drawn = skill_forest(document.judges)
    assert [mark.title for mark in drawn.marks if isinstance(mark, Point)][:2] == ["a person", "<j0>"]
    values = [mark.text for mark in texts(drawn) if " n = " in mark.text]
    assert values[0].startswith(f"{people:.2f}")
    assert values[1].startswith(f"{judge:.2f}")


def test_a_verdict_points_at_corrected_rates_only_where_there_are_some() -> None:
    scales: tuple[Scale, ...] = ("ordinal", "nominal")
    for scale in scales:
        document = document_of(scale=scale, items=60)
        for card in validation_page(document).cards:
            verdict = card.judge.verdict
            assert verdict is not None
            assert card.is_corrected == (verdict.code == "use_with_correction")
            assert not (card.is_corrected and isinstance(document.rates, Undefined))


def test_a_report_stored_by_an_earlier_version_is_still_shown() -> None:
    """Its verdicts have no code and no stability, and without a cut it has no comparison with people."""
    earlier = dump(document_of(scale="nominal"))
    for judge in earlier["judges"]:
        del (
            judge["no_verdict"],
            judge["non_inferiority"],
            judge["alternative_annotator_test"]["passing_share"],
        )
        judge["verdict"] = {
            key: judge["verdict"][key] for key in ("kind", "sentence", "reasons", "labels_needed")
        }
        judge["beside_people"] = {"undefined": "the ratings are not cut into followed and not followed"}
    document = load(ValidationReport, earlier)
    shown = as_html(document, title="Report")
    assert earlier["judges"][0]["verdict"]["sentence"].capitalize()[:20] in shown
    for name in figure_names(document):
        ElementTree.fromstring(as_svg(document, name))


def test_a_figure_is_as_wide_as_its_texts_and_says_long_reasons_below(document: ValidationReport) -> None:
    reason = (
        "sensitivity 0.39 + specificity 0.55 is not above 1: the judge finds failures no better than chance"
    )
    long = Estimate.of(-0.25, 12_345, (-0.5, 0.25), warnings=["Few labels."])
    rows = [
        ForestRow("judge", note="passes, would pass in 65% of resamples"),
        ForestRow("PPI++", long, "worse", "◀ report"),
        ForestRow("Rogan–Gladen", Estimate.of_nothing(reason)),
    ]
    drawn = forest("t", "d", rows)
    assert words(drawn, "passes, would pass in 65% of resamples").kind == "heading"
    assert words(drawn, "−0.25 [−0.50, 0.25] n = 12345 ⚠ ◀ report").kind == "worse"
    assert next(mark for mark in texts(drawn) if mark.kind == "none").text.endswith("…")
    for mark in texts(drawn):
        if mark.anchor == "start":
            assert mark.x + text_width(mark.text, bold=mark.kind != "none") <= drawn.width
        elif mark.anchor == "end":
            assert text_width(mark.text) <= mark.x
    assert [(note.rows, note.reason) for note in drawn.notes] == [
        ("judge: PPI++", "Few labels."),
        ("judge: Rogan–Gladen", reason),
    ]
    few = document_of(items=12)
    shown, svg = as_html(few, title="Report"), as_svg(few, "alternative-annotator-test")
    notes = validation_page(few).figures.winning.notes
    assert notes
    for note in notes:
        assert escape(note.reason) in shown
        assert escape(note.reason) in svg


def test_long_names_are_shortened_by_their_width() -> None:
    assert shortened("short", 100) == "short"
    for name in ("a judge with a very long name " * 3, "判断者" * 20, "MMWW" * 20):
        cut = shortened(name, 200)
        assert cut.endswith("…")
        assert text_width(cut) <= 200
    rater = Rater("判断者" * 20, "judge", 1, (1,))
    drawn = distributions([rater], ["1"])
    (label,) = (mark for mark in texts(drawn) if mark.anchor == "end")
    assert text_width(label.text) <= label.x


def test_a_scale_of_many_levels_is_drawn_as_bins_with_a_key_of_two_ends() -> None:
    names = [str(level) for level in range(101)]
    rater = Rater("a", "person", 202, (2,) * 101)
    drawn = distributions([rater], names)
    bars = [box for box in boxes(drawn) if box.title]  # those of the key have none
    assert len(boxes(drawn)) == 2 * len(bars) == 2 * MOST_LEVELS
    assert [mark.text for mark in texts(drawn) if mark.kind == "axis"] == ["0", "100", "n = 202"]
    assert bars[0].title == "a: 0–8 in 18 of 202 (9%)"
    assert sum(bar.width for bar in bars) == pytest.approx(420, abs=0.1)
    assert "101 levels are drawn as 11 bins" in drawn.description
    labels = distributions([rater], names, ordered=False)
    key = [mark for mark in texts(labels) if mark.kind == "axis"][:-1]
    assert [mark.text for mark in key] == names
    assert len([box for box in boxes(labels) if box.title]) == 101
    assert all(mark.x + text_width(mark.text) <= labels.width for mark in key)


def test_numbers_have_a_true_minus_and_zero_has_none() -> None:
    assert [number_text(value, 2) for value in (-0.004, 0.0, -0.005001, -1.5)] == [
        "0.00",
        "0.00",
        "−0.01",
        "−1.50",
    ]
    assert number_text(-0.0004, 1, percent=True) == "0.0%"
    assert number(None, 2) == "–"
    shown = str(estimate(Estimate.of(-0.001, 9, (-0.5, 0.001)), digits=2))
    assert ">0.00<" in shown
    assert "−0.50 to 0.00" in shown
    for scale in ("ordinal", "nominal"):
        page = as_html(document_of(scale=scale), title="Report")
        body = page[page.index("<body") :]
        assert not re.search(r"[>\s\[]-\d", re.sub(r"<svg.*?</svg>", "", body, flags=re.DOTALL))
        assert not re.search(r"<text[^>]*>[^<]*-\d", body)
        assert not re.search(r"−0\.0+(?!\d)", body)


def test_the_reason_of_a_warning_is_reached_by_keyboard_and_is_read_once() -> None:
    warned = Estimate.of(0.5, 3, (0.1, 0.9), warnings=["Few & far."])
    sign = str(warning_sign(warned))
    assert 'tabindex="0"' in sign
    assert 'role="note"' in sign
    assert "title=" not in sign
    assert sign.count("Few &amp; far.") == 1
    assert "tabindex" not in str(warning_sign(warned, in_link=True))
    assert str(warning_sign(Estimate.of(0.5, 3, (0.1, 0.9)))) == ""


def test_the_matrix_says_on_how_many_items_a_most_common_label_rests() -> None:
    document = document_of(scale="nominal")
    matrix: Any = document.matrix
    panel = "judges (most common label)"
    counts = {pair.n for pair in matrix.pairs if panel in (pair.a, pair.b) and pair.a[0] == "<"}
    assert len(counts) == 1
    assert max(counts) < 120
    drawn = heatmap(matrix)
    assert "Items on which judges are tied have no most common label and are left out" in drawn.description
    assert f"cells of “{panel}” rest on {min(counts)} items, cells of two raters on 120" in drawn.description
    assert escape(drawn.description) in as_html(document, title="Report")
    ordinal: Any = document_of().matrix
    assert "left out" not in heatmap(ordinal).description
