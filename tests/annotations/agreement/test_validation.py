"""The whole report, from simulated campaigns whose truth is known and from small ones counted by hand."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import krippendorff
import numpy as np
import pytest

from annotations.agreement.corrected_runs import CorrectedRuns, Rate, RunRates, corrected_runs
from annotations.agreement.judge_validation import LENGTH, REST, JudgeValidation, labelled_facets
from annotations.agreement.labelled_items import labelled_items
from annotations.agreement.rating_set import RatingSet
from annotations.agreement.ratings import SCALE, Ratings, RatingTable
from annotations.agreement.ratings_files import Scale
from annotations.agreement.undefined import Undefined
from annotations.agreement.validation import ValidationReport, validation_report
from annotations.agreement.validation_input import ValidationInput, ValidationSettings

NAN = np.nan
QUICK = ValidationSettings(resamples=200)


def ratings(
    people: Mapping[str, Sequence[float]],
    judges: Mapping[str, Sequence[float]],
    *,
    scale: Scale = "ordinal",
    categories: tuple[float, ...] = SCALE,
    labels: tuple[str, ...] = (),
) -> RatingSet:
    columns = [*people.values(), *judges.values()]
    values = np.array(columns, dtype=float).T if columns else np.empty((0, 0))
    table = RatingTable(tuple(range(values.shape[0])), (*people, *judges), values, categories)
    return RatingSet(scale, table, labels, tuple(people), tuple(judges), 0)


def given(people: Mapping[str, Any], judges: Mapping[str, Any], **more: Any) -> ValidationInput:
    found = ratings(people, judges)
    return ValidationInput(
        found, more.pop("threshold", 3), more.pop("clusters", np.arange(len(found.table.units))), **more
    )


def judge_of(report: ValidationReport, name: str) -> JudgeValidation:
    return next(judge for judge in report.judges if judge.name == name)


def run_of(report: ValidationReport, name: str) -> RunRates:
    assert isinstance(report.rates, CorrectedRuns)
    return next(run for run in report.rates.runs if run.run == name)


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
    kinds = {judge.name: judge.assessment.verdict.kind for judge in report.judges}
    assert kinds == {
        "good": "may replace a human annotator",
        "lenient": "may be used with correction",
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
    document = json.dumps(report.as_dict(), allow_nan=False)
    assert json.dumps(validation_report(campaign[0], settings=QUICK).as_dict(), allow_nan=False) == document
    contract = {"settings", "summary", "judges", "people", "matrix", "thresholds", "comparisons", "rates"}
    contract |= {"aggregation", "planning", "errors_between_judges", "definitions"}
    assert contract <= json.loads(document).keys()


def test_every_estimate_is_a_number_or_says_why_it_is_none(report: ValidationReport) -> None:
    seen = 0

    def look(value: object) -> None:
        nonlocal seen
        if isinstance(value, dict):
            if value.keys() == {"value", "n", "low", "high", "undefined"}:
                seen += 1
                assert (value["value"] is None) == bool(value["undefined"])
            for inner in value.values():
                look(inner)
        elif isinstance(value, list):
            for inner in value:
                look(inner)

    look(report.as_dict())
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


# --- Counted by hand ----------------------------------------------------------------------------------------

PEOPLE = {"a": [1, 1, 5, 5, 2, NAN, NAN, NAN], "b": [2, 1, 4, 5, 4, NAN, NAN, NAN]}
JUDGES = {"j": [1, 4, 5, 2, 5, 1, 5, NAN], "k": [1, 2, 4, 4, 5, 2, 4, 4]}


def test_alpha_with_humans_is_krippendorffs_of_the_median_and_the_judge() -> None:
    report = validation_report(given(PEOPLE, JUDGES), settings=QUICK)
    median = np.array([1.5, 1, 4.5, 5, 3, NAN, NAN, NAN])
    expected = krippendorff.alpha(
        reliability_data=np.array([median, JUDGES["j"]]), level_of_measurement="ordinal"
    )
    found = judge_of(report, "j").alpha_with_humans
    assert found.value == pytest.approx(expected, abs=1e-9)
    assert found.n == 5
    everybody = krippendorff.alpha(
        reliability_data=np.array([*PEOPLE.values(), JUDGES["j"]]), level_of_measurement="ordinal"
    )
    assert judge_of(report, "j").alpha_humans_and_judge.value == pytest.approx(everybody, abs=1e-9)
    others = krippendorff.alpha(
        reliability_data=np.array(list(PEOPLE.values())), level_of_measurement="ordinal"
    )
    assert [person.alpha_with_others.value for person in report.people.people] == pytest.approx(
        [others, others], abs=1e-9
    )


def test_the_confusion_is_with_the_majority_and_what_was_adjudicated_is_apart() -> None:
    # People: failed, failed, followed, followed, tied. The judge: failed, followed, followed, failed, followed.
    gold = np.array([NAN, NAN, NAN, 1, 5, NAN, NAN, NAN])
    judge = judge_of(validation_report(given(PEOPLE, JUDGES, gold=gold), settings=QUICK), "j")
    found = judge.assessment.confusion
    assert found is not None
    assert (found.true_positive, found.false_negative) == (1, 1)
    assert (found.false_positive, found.true_negative) == (1, 1)
    assert not isinstance(judge.confusion_with_gold, Undefined)
    # Adjudicated: the fourth failed after all, the tied one followed: the judge is right on both.
    assert (judge.confusion_with_gold.n, judge.confusion_with_gold.accuracy.value) == (2, 1.0)
    # Decisions: failed, failed, followed, failed, followed; the judge overlooks the second.
    assert not isinstance(judge.bias, Undefined)
    assert judge.bias.rate_difference.value == pytest.approx(1 / 5)


def test_rates_are_over_items_whose_baseline_answer_is_correct() -> None:
    baseline = np.array([True, True, True, False, False, True, True, True])
    correct = np.array([True, True, False, True, True, True, True, True])
    found = validation_report(
        given(PEOPLE, JUDGES, baseline_correct=baseline, answer_correct=correct), settings=QUICK
    )
    run = run_of(found, "all items")
    assert (run.items, run.counted) == (8, 6)
    assert isinstance(run.alignment_failure, Rate)
    assert isinstance(run.robustness_error, Rate)
    failure = run.alignment_failure.judges[0]
    assert failure.unscored == 1  # the eighth
    # People: two of the first three failed. The judge: the first and the sixth of five.
    assert failure.rates.human.estimate.value == pytest.approx(2 / 3)
    assert failure.rates.naive.estimate.value == pytest.approx(2 / 5)
    # The third is wrong, and followed: a robustness error all the same.
    error = run.robustness_error.judges[0]
    assert error.rates.human.estimate.value == pytest.approx(3 / 3)
    assert error.rates.naive.estimate.value == pytest.approx(3 / 5)


def test_without_answers_and_where_nothing_is_to_follow_rates_say_why_they_are_undefined() -> None:
    report = validation_report(
        given(
            PEOPLE,
            JUDGES,
            run=["x"] * 4 + ["y"] * 4,
            facets={"setting": ["relevant"] * 4 + ["irrelevant"] * 4},
        ),
        settings=QUICK,
    )
    x, y = run_of(report, "x"), run_of(report, "y")
    assert isinstance(x.robustness_error, Undefined)
    assert "not known which personalised answers" in x.robustness_error.reason
    assert isinstance(y.alignment_failure, Undefined)
    assert "nothing to follow" in y.alignment_failure.reason
    assert "not known which baseline answers" in x.population


def test_runs_that_ask_the_same_twice_are_not_paired() -> None:
    report = validation_report(
        given(PEOPLE, JUDGES, run=["x"] * 4 + ["y"] * 4, clusters=np.array([0, 0, 1, 2, 0, 1, 2, 3])),
        settings=QUICK,
    )
    assert isinstance(report.rates, CorrectedRuns)
    assert {isinstance(row.difference, Undefined) for row in report.rates.differences} == {True}
    paired = validation_report(
        given(
            PEOPLE,
            JUDGES,
            run=["x"] * 4 + ["y"] * 4,
            clusters=np.array([0, 0, 1, 2, 0, 1, 2, 3]),
            pairing=np.array([10, 11, 12, 13, 10, 11, 12, 13]),
        ),
        settings=QUICK,
    )
    assert isinstance(paired.rates, CorrectedRuns)
    of_k = next(row for row in paired.rates.differences if row.judge == "k")
    assert not isinstance(of_k.difference, Undefined)
    # k: failures 1, 1, 0, 0 in x and 0, 1, 0, 0 in y.
    assert (of_k.difference.pairs, of_k.difference.naive) == (4, -1 / 4)


def test_small_slices_are_put_together_and_items_without_one_are_left_out() -> None:
    source = ["big"] * 6 + ["rare"] * 2 + ["rarer"] + [None]
    found = labelled_facets(
        given(
            {"a": [1.0] * 10},
            {"j": [1.0] * 10},
            facets={"source": source, "method": ["direct"] * 10},
            response_length=np.arange(10.0),
        ),
        np.arange(10),
    )
    assert found["source"].tolist() == ["big"] * 6 + [REST] * 3 + [""]
    assert found.keys() == {"source", LENGTH}  # all of one method: nothing to compare


def test_self_consistency_is_the_share_of_equal_pairs_of_replicates() -> None:
    table = RatingTable(
        tuple(range(8)),
        ("1", "2", "3"),
        np.array([[1, 1, 1], [4, 4, 5], [2, 2, NAN], *[[5, NAN, NAN]] * 5], dtype=float),
    )
    found = judge_of(
        validation_report(given(PEOPLE, JUDGES, replicates={"j": table}), settings=QUICK), "j"
    ).self_consistency
    assert not isinstance(found, Undefined)
    assert found.equal_ratings.value == pytest.approx((3 + 1 + 1) / (3 + 3 + 1))
    assert (found.n, found.replicates) == (3, 3)
    assert found.alpha_followed.value == 1


def test_adjudication_is_counted_against_the_majority() -> None:
    gold = np.array([NAN, 5, 4, NAN, 5, NAN, NAN, NAN])
    found = validation_report(given(PEOPLE, JUDGES, gold=gold), settings=QUICK).aggregation
    assert not isinstance(found, Undefined)
    assert not isinstance(found.adjudicated, Undefined)
    adjudicated = found.adjudicated
    assert (adjudicated.n, adjudicated.against_majority, adjudicated.ties_decided) == (3, 1, 1)


# --- Other scales, and too little of everything --------------------------------------------------------------


def test_a_nominal_scale_has_agreement_and_verdicts_and_says_what_it_has_not() -> None:
    rng = np.random.default_rng(2)
    truth = rng.integers(0, 4, 120).astype(float)

    def seen(error: float) -> list[float]:
        return list(np.where(rng.random(120) < error, rng.integers(0, 4, 120), truth))

    found = ratings(
        {"a": seen(0.2), "b": seen(0.2), "c": seen(0.2)},
        {"j": seen(0.1), "k": rng.integers(0, 4, 120).tolist()},
        scale="nominal",
        categories=(0, 1, 2, 3),
        labels=("cause", "goal", "manner", "part"),
    )
    report = validation_report(ValidationInput(found, None, np.arange(120)), settings=QUICK)
    assert judge_of(report, "j").assessment.verdict.kind == "may replace a human annotator"
    assert judge_of(report, "k").assessment.verdict.kind == "not trustworthy here"
    document: Any = report.as_dict()  # sections of which each may be undefined
    judge = document["judges"][0]
    for section in ("confusion", "bias", "calibration", "slices"):
        assert "not cut" in judge[section]["undefined"]
    assert "nominal" in document["thresholds"]["undefined"]
    assert "not cut" in document["rates"]["undefined"]
    assert {row["statistic"] for row in document["comparisons"]} == {"cohen_kappa"}
    assert judge["alternative_annotator_test"]["scoring"] == "accuracy"


def test_of_two_nominal_labels_the_first_is_the_failure() -> None:
    found = ratings(
        {"a": [0, 0, 1, 1], "b": [0, 0, 1, 1]},
        {"j": [0, 1, 1, 1]},
        scale="nominal",
        categories=(0, 1),
        labels=("no", "yes"),
    )
    report = validation_report(ValidationInput(found, None, np.arange(4)), settings=QUICK)
    assert report.summary.failure == "label 'no'"
    confusion = judge_of(report, "j").assessment.confusion
    assert confusion is not None
    assert (confusion.true_positive, confusion.false_negative) == (1, 1)


@pytest.mark.parametrize(
    ("people", "judges"),
    [
        ({}, JUDGES),
        (PEOPLE, {}),
        ({"a": [NAN] * 8}, JUDGES),
        (PEOPLE, {"j": [NAN] * 8}),
        ({"a": [4.0]}, {"j": [4.0]}),
        ({"a": [4.0] * 8, "b": [4.0] * 8}, {"j": [4.0] * 8}),
        ({}, {}),
    ],
)
def test_too_little_gives_a_report_that_says_so(people: Mapping[str, Any], judges: Mapping[str, Any]) -> None:
    report = validation_report(given(people, judges), settings=QUICK)
    json.dumps(report.as_dict(), allow_nan=False)
    assert {judge.assessment.verdict.kind for judge in report.judges} <= {"not enough labels yet"}
    if not people:
        assert report.people.alpha.undefined == "no person has rated anything"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"run": ["x"]}, "run has 1 entries for 8 items"),
        ({"facets": {"source": ["x"]}}, "facet source"),
        ({"gold": np.full(8, 1.5)}, "gold is not one of the categories"),
        ({"inclusion": np.full(8, NAN)}, "people rate tasks only"),
    ],
)
def test_input_that_does_not_fit_is_refused(more: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        given(PEOPLE, JUDGES, **more)


def test_a_nominal_scale_has_no_threshold() -> None:
    found = ratings({"a": [0, 1]}, {"j": [0, 1]}, scale="nominal", categories=(0, 1), labels=("n", "y"))
    with pytest.raises(ValueError, match="no threshold"):
        ValidationInput(found, 1, np.arange(2))


@pytest.mark.parametrize("more", [{"epsilon": 1.0}, {"confidence": 1.0}, {"resamples": 0}, {"seed": -1}])
def test_settings_outside_their_range_are_refused(more: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"lies? in"):
        ValidationSettings(**more)
