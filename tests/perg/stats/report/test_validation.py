"""The whole report, from simulated campaigns whose truth is known and from small ones counted by hand."""

import json

import numpy as np
import pytest

from perg.stats.base.result import dump
from perg.stats.base.undefined import Undefined
from perg.stats.correction.corrected_runs import CorrectedRuns, corrected_runs
from perg.stats.correction.run_rates import Rate
from perg.stats.items.labelled_items import labelled_items
from perg.stats.items.validation_input import ValidationInput, ValidationSettings
from perg.stats.ratings.ratings import Ratings
from perg.stats.report.validation import ValidationReport, validation_report
from tests.rating_inputs import QUICK, given, judge_of

NAN = np.nan


@pytest.fixture(scope="module")
def campaign() -> tuple[ValidationInput, Ratings]:
    """Two runs of 1,500 items on the same questions, 400 labelled by three people; who failed is known."""
    rng = np.random.default_rng(5)
    n = 1500
    run = np.repeat(["direct", "pref_aligner"], n)
    failed = (rng.random(2 * n) < np.where(run == "direct", 0.35, 0.15)).astype(float)

    def scores(error: float, miss: float) -> Ratings:
        """Above the threshold for followed, below it for failures, but for errors; `miss` of failures overlooked."""
        wrong = rng.random(2 * n) < np.where(failed == 1, miss, error)
        says = np.where(wrong, 1 - failed, failed)
        return np.where(says == 1, rng.integers(1, 3, 2 * n), rng.integers(3, 6, 2 * n)).astype(float)

    labelled = np.zeros(2 * n, dtype=bool)
    labelled[rng.permutation(2 * n)[:400]] = True
    people = {f"p{i}": np.where(labelled, scores(0.06, 0.06), NAN) for i in range(3)}
    judges = {
        "good": scores(0.05, 0.05),
        "lenient": scores(0.02, 0.5),
        "coin": rng.integers(1, 6, 2 * n).astype(float),
        "constant": np.full(2 * n, 5.0),
    }
    return (
        given(
            people,
            judges,
            clusters=np.tile(np.arange(n), 2),
            run=run.tolist(),
            facets={"method": run.tolist()},
            inclusion=np.where(labelled, 400 / (2 * n), NAN),
            answer_correct=np.ones(2 * n, dtype=bool),
        ),
        failed,
    )


@pytest.fixture(scope="module")
def report(campaign: tuple[ValidationInput, Ratings]) -> ValidationReport:
    return validation_report(campaign[0], settings=QUICK)


def test_good_judges_pass_lenient_ones_are_corrected_and_baselines_are_rejected(
    report: ValidationReport,
) -> None:
    kinds = {judge.name: judge.verdict.kind for judge in report.judges if judge.verdict is not None}
    assert kinds == {
        "good": "can replace a human annotator",
        "lenient": "can be used with correction",
        "coin": "not trustworthy here",
        "constant": "not trustworthy here",
    }
    lenient = judge_of(report, "lenient").bias
    assert not isinstance(lenient, Undefined)
    assert lenient.direction == "lenient"


def test_corrected_rates_hold_the_truth_that_the_naive_rate_misses(
    campaign: tuple[ValidationInput, Ratings],
) -> None:
    # At 99.9%, since one campaign's eight 95% intervals miss somewhere too often to be a test of anything.
    sure = ValidationSettings(resamples=10, confidence=0.999)
    found = corrected_runs(campaign[0], labelled_items(campaign[0]), sure)
    assert isinstance(found, CorrectedRuns)
    for run, truth in zip(found.runs, (campaign[1][:1500].mean(), campaign[1][1500:].mean()), strict=True):
        assert isinstance(run.alignment_failure, Rate)
        lenient = next(row for row in run.alignment_failure.judges if row.judge == "lenient").rates
        assert lenient.naive.estimate.high is not None
        assert lenient.naive.estimate.high < truth
        assert not isinstance(run.alignment_failure.stacked, Undefined)
        stacked = run.alignment_failure.stacked.rate
        for method in (lenient.powered, lenient.rogan_gladen, lenient.human, stacked):
            assert method.estimate.low is not None
            assert method.estimate.high is not None
            assert method.estimate.low < truth < method.estimate.high


def test_the_difference_between_runs_is_found_on_the_questions_that_both_asked(
    report: ValidationReport, campaign: tuple[ValidationInput, Ratings]
) -> None:
    failed = campaign[1]
    truth = failed[1500:].mean() - failed[:1500].mean()
    assert isinstance(report.rates, CorrectedRuns)
    found = next(
        row for row in report.rates.differences if row.judge == "good" and row.rate == "alignment_failure"
    )
    assert (found.a, found.b) == ("direct", "pref_aligner")
    assert not isinstance(found.difference, Undefined)
    assert found.difference.pairs == 1500
    assert found.difference.corrected.low is not None
    assert found.difference.corrected.high is not None
    assert found.difference.corrected.low < truth < found.difference.corrected.high


def test_the_same_input_gives_the_same_document_ready_for_json(
    campaign: tuple[ValidationInput, Ratings], report: ValidationReport
) -> None:
    document = json.dumps(dump(report), allow_nan=False)
    assert json.dumps(dump(validation_report(campaign[0], settings=QUICK)), allow_nan=False) == document
    contract = {"settings", "summary", "judges", "people", "matrix", "thresholds", "comparisons", "rates"}
    contract |= {"aggregation", "planning", "errors_between_judges", "definitions"}
    assert contract <= json.loads(document).keys()


def test_every_estimate_is_a_number_or_says_why_it_is_none(report: ValidationReport) -> None:
    seen = 0

    def look(value: object) -> None:
        nonlocal seen
        if isinstance(value, dict):
            if value.keys() == {"value", "n", "low", "high", "undefined", "warnings"}:
                seen += 1
                assert (value["value"] is None) == bool(value["undefined"])
            for inner in value.values():
                look(inner)
        elif isinstance(value, list):
            for inner in value:
                look(inner)

    look(dump(report))
    assert seen > 1000


def test_the_matrix_has_people_judges_aggregates_and_both_baselines(report: ValidationReport) -> None:
    assert not isinstance(report.matrix, Undefined)
    assert report.matrix.raters == (
        *("p0", "p1", "p2", "good", "lenient", "coin", "constant"),
        *("people (median)", "judges (median)", "constant judge", "random judge"),
    )
    n = len(report.matrix.raters)
    assert len(report.matrix.pairs) == n * (n - 1) // 2
    random = report.matrix.pair("people (median)", "random judge")
    assert random.n == 400
    assert abs(random.scale["alpha"].value or 0) < 0.2


def test_judges_are_compared_on_the_scale_and_on_decisions(report: ValidationReport) -> None:
    assert {row.statistic for row in report.comparisons} == {"alpha", "informedness"}
    best = next(
        row
        for row in report.comparisons
        if (row.a, row.b, row.statistic) == ("good", "lenient", "informedness")
    )
    assert best.difference.value is not None
    assert best.difference.value > 0.2
    assert best.p_holm is not None
    assert best.p_holm < 0.001


def test_the_next_labels_are_items_without_one(
    report: ValidationReport, campaign: tuple[ValidationInput, Ratings]
) -> None:
    wanted = report.planning.label_next
    assert not isinstance(wanted, Undefined)
    assert len(wanted.items) == 100
    people = campaign[0].people.values
    assert np.isnan(people[[int(str(item)) for item in wanted.items]]).all()


def test_progress_rises_from_nothing_to_all() -> None:
    told: list[float] = []
    few = given({"a": [1, 5, 4], "b": [1, 4, 4]}, {"j": [2, 5, 1]})
    validation_report(few, settings=QUICK, progress=lambda part, share: told.append(share))
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0, 1)
