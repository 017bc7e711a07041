"""Files without baseline responses, or with only some: what needs a baseline is undefined, never 0."""

from collections.abc import Callable
from fractions import Fraction

import pytest
from django.test import Client
from django.urls import reverse

from evaluation.endpoints.services.recorded_replies import recorded_replies
from evaluation.importers.report import ImportReport
from evaluation.llm.recorded import RecordedAsk
from evaluation.models import Response, Run
from evaluation.results.metrics.aligner_failures import aligner_failures
from evaluation.results.metrics.comparison import compare_anew
from evaluation.results.metrics.run_metrics import RunOutcomes
from evaluation.results.selectors.run_items import ItemFilter, run_items
from evaluation.results.services.results import refresh_result
from perg.stats.runs.perg_metrics import NO_BASELINE

Row = dict[str, str]
MakeRow = Callable[..., Row]
Import = Callable[..., ImportReport]

pytestmark = pytest.mark.django_db

EMPTY = {"no_pref_res": "", "no_pref_ans": ""}


@pytest.fixture
def raw(import_rows: Import, row: MakeRow) -> ImportReport:
    """A raw file of chain of thought: no baselines; two of four personalised answers right, one never delivered."""
    answers = ["B", "B", "C", "-1"]
    rows = [
        row(number, pref_ans=answer, pref_eval_rating="4", **EMPTY) for number, answer in enumerate(answers)
    ]
    return import_rows(rows, method="cot", judge="gpt-x")


def test_without_baselines_only_what_needs_none_is_defined(raw: ImportReport) -> None:
    metrics = RunOutcomes(raw.run).metrics()
    undefined = [
        metrics.baseline_accuracy,
        metrics.breakage_rate,
        metrics.performance_variation,
        metrics.delivery_failure.baseline,
        metrics.alignment_failure["imported: gpt-x"],
        metrics.robustness_error["imported: gpt-x"],
    ]
    assert [(estimate.value, estimate.undefined) for estimate in undefined] == [(None, NO_BASELINE)] * 6
    assert metrics.personalised_accuracy.value == Fraction(2, 4)
    assert metrics.delivery_failure.personalised.value == Fraction(1, 4)
    assert raw.as_dict()["delivery_failures"] == {"baseline": 0, "personalised": 1}
    assert raw.as_dict()["missing_baselines"] == 4
    assert raw.warnings == (
        "The file has no baseline responses, so baseline accuracy and all that needs a correct baseline answer "
        "(breakage rate, alignment failure, robustness error, performance variation) are undefined.",
    )


@pytest.mark.parametrize("code", ["-1", "X", "nan", " "])
def test_a_code_for_no_answer_beside_no_response_is_no_baseline(
    import_rows: Import, row: MakeRow, code: str
) -> None:
    report = import_rows([row(number, no_pref_res="", no_pref_ans=code) for number in range(3)])
    assert RunOutcomes(report.run).metrics().baseline_accuracy.undefined == NO_BASELINE
    assert report.missing_baselines == 3


def test_answers_without_their_responses_are_baselines(import_rows: Import, row: MakeRow) -> None:
    report = import_rows([row(number, no_pref_res="", no_pref_ans="BA"[number]) for number in range(2)])
    assert RunOutcomes(report.run).metrics().baseline_accuracy.value == Fraction(1, 2)


def test_rates_of_baselines_are_over_the_items_that_have_one(import_rows: Import, row: MakeRow) -> None:
    """Baselines: right, wrong, not delivered, none, none; personalised: right, right, wrong, right, wrong."""
    rows = [
        row(1, no_pref_ans="B", pref_ans="B"),
        row(2, no_pref_ans="A", pref_ans="B"),
        row(3, no_pref_ans="-1", pref_ans="A"),
        row(4, pref_ans="B", **EMPTY),
        row(5, pref_ans="A", **EMPTY),
    ]
    report = import_rows(rows)
    metrics = RunOutcomes(report.run).metrics()
    assert (metrics.baseline_accuracy.value, metrics.baseline_accuracy.n) == (pytest.approx(1 / 3), 3)
    assert (metrics.delivery_failure.baseline.value, metrics.delivery_failure.baseline.n) == (
        pytest.approx(1 / 3), 3
    )  # fmt: skip
    assert metrics.personalised_accuracy.value == 3 / 5
    assert (metrics.breakage_rate.value, metrics.breakage_rate.n) == (0, 1)
    assert (metrics.performance_variation.value, metrics.performance_variation.n) == (Fraction(1, 2), 2)
    assert report.warnings == (
        "2 of 5 rows have no baseline response. Baseline accuracy is over the others, and so is all that needs a "
        "baseline answer.",
    )


def test_an_empty_response_that_the_study_failed_to_read_stays_a_delivery_failure(
    import_rows: Import, row: MakeRow
) -> None:
    report = import_rows([row(1), row(2, no_pref_res="", no_pref_ans="-1"), row(3, pref_res="", pref_ans="")])
    metrics = RunOutcomes(report.run).metrics()
    assert (metrics.delivery_failure.baseline.value, metrics.delivery_failure.personalised.value) == (
        pytest.approx(1 / 3), pytest.approx(1 / 3)
    )  # fmt: skip
    assert report.warnings == (
        "1 baseline response is empty in the file, without an answer, and counts as a delivery failure.",
        "1 personalised response is empty in the file, without an answer, and counts as a delivery failure.",
    )


def test_the_items_behind_a_number_are_those_that_it_counts(import_rows: Import, row: MakeRow) -> None:
    rows = [row(1), row(2, no_pref_ans="-1", pref_ans="B"), row(3, pref_ans="B", **EMPTY)]
    run = import_rows(rows).run

    def positions(show: str) -> list[int]:
        return list(run_items(run, ItemFilter(show=show)).values_list("position", flat=True))

    assert positions("answered") == [1, 2, 3]
    assert positions("with_baseline") == [1, 2]
    assert positions("without_baseline") == [3]
    assert positions("baseline_wrong") == positions("no_baseline_letter") == positions("mended") == [2]
    assert positions("changed") == positions("right_somewhere") == [1, 2]


def test_pages_say_why_a_number_is_missing_and_show_no_zero(raw: ImportReport, staff: Client) -> None:
    refresh_result(run=raw.run)
    page = staff.get(reverse("run_detail", args=[raw.run.pk])).content.decode()
    assert NO_BASELINE in page
    assert "0.000" not in page
    table = staff.get(reverse("results"))
    cells = {cell.column.key: cell.estimate for cell in table.context["lines"][0].cells}
    assert [cells[key].value for key in ("breakage_rate", "performance_variation")] == [None, None]
    figures = staff.get(reverse("results_figures"))
    assert figures.status_code == 200


def test_a_comparison_with_a_run_without_baselines_is_undefined_where_it_needs_them(
    raw: ImportReport, import_rows: Import, row: MakeRow
) -> None:
    direct = import_rows([row(number) for number in range(4)]).run
    compared = {measure.key: measure for measure in compare_anew(direct, raw.run).measures}
    for key in ("breakage_rate", "performance_variation"):
        assert compared[key].difference.value is None
        assert compared[key].difference.undefined == f"{NO_BASELINE} in one of the runs"
    assert compared["delivery_failure"].difference.value == Fraction(1, 4)


def test_the_stages_of_an_aligner_are_undefined_without_its_input(import_rows: Import, row: MakeRow) -> None:
    cells = {"aligner_res": "aligned", "aligner_answer": "A"}
    run = import_rows([row(number, **cells, **EMPTY) for number in range(2)], method="pref_aligner").run
    stages = aligner_failures(RunOutcomes(run))
    assert stages is not None
    assert {(stage.items, stage.of_all.undefined) for stage in stages.judges[""]} == {(None, NO_BASELINE)}


def test_the_stages_of_an_aligner_are_over_the_items_that_have_a_baseline(
    import_rows: Import, row: MakeRow
) -> None:
    cells = {"aligner_res": "aligned", "aligner_answer": "B"}
    rows = [row(1, **cells), row(2, no_pref_ans="A") | cells, row(3, **cells, **EMPTY)]
    stages = aligner_failures(RunOutcomes(import_rows(rows, method="pref_aligner").run))
    assert stages is not None
    counted = {str(stage.stage): (stage.items, stage.of_all.n) for stage in stages.judges[""]}
    assert counted["baseline_wrong"] == (1, 2)
    assert counted["none"] == (1, 2)


def test_a_missing_baseline_is_never_replayed(raw: ImportReport, import_rows: Import, row: MakeRow) -> None:
    options = ("one", "two", "three", "four")
    ask = RecordedAsk("baseline", "direct", "relevant", "Question 1?", options, ())
    replies = recorded_replies(raw.run.endpoint)
    assert replies([ask]) == [None]
    import_rows([row(1)])
    assert replies([ask]) == ["baseline 1"]


def test_the_same_file_again_tells_the_same(raw: ImportReport, import_rows: Import, row: MakeRow) -> None:
    answers = ["B", "B", "C", "-1"]
    rows = [
        row(number, pref_ans=answer, pref_eval_rating="4", **EMPTY) for number, answer in enumerate(answers)
    ]
    again = import_rows(rows, method="cot")
    assert (again.status, again.missing_baselines, again.delivery_failures) == (
        "unchanged", 4, raw.delivery_failures
    )  # fmt: skip
    assert Run.objects.count() == 1
    assert Response.objects.filter(extraction="missing").count() == 4
