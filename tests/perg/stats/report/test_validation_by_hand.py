"""The validation report of small inputs, counted by hand, and of inputs that hold too little."""

import json
from collections.abc import Mapping
from typing import Any

import krippendorff
import numpy as np
import pytest

from perg.stats.base.result import dump
from perg.stats.base.undefined import Undefined
from perg.stats.correction.corrected_runs import CorrectedRuns
from perg.stats.correction.run_rates import Rate
from perg.stats.items.validation_input import RESPONSE_LENGTH, ValidationInput, ValidationSettings
from perg.stats.judges.judge_validation import REST, labelled_facets
from perg.stats.ratings.ratings import RatingTable
from perg.stats.report.validation import validation_report
from tests.rating_inputs import QUICK, given, judge_of, ratings, run_of, verdict_of

NAN = np.nan

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
    found = judge.confusion
    assert not isinstance(found, Undefined)
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
    assert "not known which personalised answers" in x.robustness_error.undefined
    assert isinstance(y.alignment_failure, Undefined)
    assert "nothing to follow" in y.alignment_failure.undefined
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
    assert found.keys() == {"source", RESPONSE_LENGTH}  # all of one method: nothing to compare


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
    assert verdict_of(report, "j") == "can replace a human annotator"
    assert verdict_of(report, "k") == "not trustworthy here"
    document: Any = dump(report)  # sections of which each may be undefined
    judge = document["judges"][0]
    for section in ("confusion", "bias", "calibration", "slices"):
        assert judge[section]["undefined"] == "it is not stated which label is a failure"
    assert "nominal" in document["thresholds"]["undefined"]
    assert document["rates"]["undefined"] == "it is not stated which label is a failure"
    assert {row["statistic"] for row in document["comparisons"]} == {"cohen_kappa"}
    assert judge["alternative_annotator_test"]["scoring"] == "accuracy"


TWO_LABELS = ratings(
    {"a": [0, 0, 1, 1], "b": [0, 0, 1, 1]},
    {"j": [0, 1, 1, 1]},
    scale="nominal",
    categories=(0, 1),
    labels=("no", "yes"),
)


def test_the_labels_before_the_threshold_of_a_nominal_scale_are_the_failures() -> None:
    report = validation_report(ValidationInput(TWO_LABELS, 1, np.arange(4)), settings=QUICK)
    assert report.summary.failure == "the label “no”"
    assert report.summary.failures == ("no",)
    assert report.summary.threshold is None
    confusion = judge_of(report, "j").confusion
    assert not isinstance(confusion, Undefined)
    assert (confusion.true_positive, confusion.false_negative) == (1, 1)


def test_of_two_labels_neither_is_a_failure_unless_it_is_stated() -> None:
    report = validation_report(ValidationInput(TWO_LABELS, None, np.arange(4)), settings=QUICK)
    assert (report.summary.failure, report.summary.failures) == (None, ())
    assert isinstance(judge_of(report, "j").confusion, Undefined)
    assert judge_of(report, "j").baselines[0].statistic == "cohen_kappa"
    assert isinstance(report.rates, Undefined)


def test_several_labels_can_be_failures_and_give_rates_and_errors() -> None:
    """Codes 0 and 1 fail. Of 8 items people fail 4, the judge 3 of these and none beside: rate 1/2, sensitivity 3/4."""
    people = [0, 1, 0, 1, 2, 2, 3, 3]
    found = ratings(
        {"a": people, "b": people},
        {"j": [1, 0, 0, 2, 2, 3, 3, 3]},
        scale="nominal",
        categories=(0, 1, 2, 3),
        labels=("rude", "wrong", "fine", "good"),
    )
    report = validation_report(ValidationInput(found, 2, np.arange(8)), settings=QUICK)
    assert report.summary.failure == "the label “rude” or “wrong”"
    confusion = judge_of(report, "j").confusion
    assert not isinstance(confusion, Undefined)
    assert (confusion.true_positive, confusion.false_negative, confusion.false_positive) == (3, 1, 0)
    document: Any = dump(report)
    failure = document["rates"]["runs"][0]["alignment_failure"]["judges"][0]["rates"]
    assert failure["human"]["estimate"]["value"] == 0.5
    bias = document["judges"][0]["bias"]
    assert bias["mean_difference"]["value"] == 1 / 8  # of decisions: names have no distances
    assert (bias["only_judge_followed"], bias["only_people_followed"]) == (1, 0)
    levels = document["judges"][0]["calibration"]["levels"]
    assert [(level["score"], level["n"]) for level in levels] == [(0, 3), (1, 5)]


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
    json.dumps(dump(report), allow_nan=False)
    assert {verdict_of(report, judge.name) for judge in report.judges} <= {"not enough labels yet"}
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


@pytest.mark.parametrize("threshold", [0, 2, 0.5])
def test_a_threshold_of_a_nominal_scale_leaves_labels_on_both_sides(threshold: float) -> None:
    with pytest.raises(ValueError, match="labels on both sides"):
        ValidationInput(TWO_LABELS, threshold, np.arange(4))


@pytest.mark.parametrize("more", [{"epsilon": 1.0}, {"confidence": 1.0}, {"resamples": 0}, {"seed": -1}])
def test_settings_outside_their_range_are_refused(more: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"lies? in"):
        ValidationSettings(**more)
