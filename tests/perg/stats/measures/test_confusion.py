import json

import numpy as np
import pytest
from sklearn.metrics import f1_score, precision_score, recall_score

from perg.stats.base.estimate import Estimate
from perg.stats.base.intervals import ONE_CLUSTER
from perg.stats.base.proportions import wilson_interval
from perg.stats.base.result import dump
from perg.stats.base.terms import FOLLOWING
from perg.stats.measures.confusion import Confusion, confusion

NAN = np.nan


def of_counts(tp: int, fp: int, tn: int, fn: int) -> tuple[np.ndarray, np.ndarray]:
    """Judge and reference (1 = followed) with these counts; positive = not followed."""
    judge = np.repeat([0.0, 0, 1, 1], [tp, fp, tn, fn])
    reference = np.repeat([0.0, 1, 1, 0], [tp, fp, tn, fn])
    return judge, reference


def test_the_positive_class_is_the_alignment_failure() -> None:
    result = confusion(np.array([0.0, 0, 1, 1, 1]), np.array([0.0, 1, 1, 1, 0]))
    assert (result.true_positive, result.false_positive) == (1, 1)
    assert (result.true_negative, result.false_negative) == (2, 1)
    assert result.n == 5


def test_rates_are_the_fractions_derived_by_hand() -> None:
    result = confusion(*of_counts(tp=6, fp=2, tn=10, fn=3))
    assert (result.sensitivity.value, result.sensitivity.n) == (pytest.approx(6 / 9), 9)
    assert (result.specificity.value, result.specificity.n) == (pytest.approx(10 / 12), 12)
    assert (result.precision.value, result.precision.n) == (pytest.approx(6 / 8), 8)
    assert (result.accuracy.value, result.accuracy.n) == (pytest.approx(16 / 21), 21)
    assert (result.f1.value, result.f1.n) == (pytest.approx(12 / 17), 11)


def test_rates_have_wilsons_interval_over_their_denominators() -> None:
    result = confusion(*of_counts(tp=6, fp=2, tn=10, fn=3))
    assert (result.sensitivity.low, result.sensitivity.high) == wilson_interval(6, 9)
    assert (result.specificity.low, result.specificity.high) == wilson_interval(10, 12)
    assert (result.precision.low, result.precision.high) == wilson_interval(6, 8)
    assert (result.accuracy.low, result.accuracy.high) == wilson_interval(16, 21)


def test_the_interval_of_f1_is_that_of_the_overlap_carried_over() -> None:
    """F1 = 2J/(1 + J), J = 6/11."""
    result = confusion(*of_counts(tp=6, fp=2, tn=10, fn=3))
    low, high = wilson_interval(6, 11)
    assert (result.f1.low, result.f1.high) == pytest.approx((2 * low / (1 + low), 2 * high / (1 + high)))


def test_the_clustered_interval_of_f1_is_close_to_a_plain_loop_that_resamples_clusters() -> None:
    rng = np.random.default_rng(1)
    clusters = np.repeat(np.arange(150), 3)
    reference = (rng.random(450) < 0.6).astype(float)
    judge = np.where(rng.random(450) < 0.8, reference, 1 - reference)
    members = clusters.reshape(150, 3) * 3 + np.arange(3)
    replicates = []
    for _ in range(1000):
        drawn = members[rng.integers(150, size=150)].ravel()
        tp = np.sum((judge[drawn] == 0) & (reference[drawn] == 0))
        replicates.append(2 * tp / (np.sum(judge[drawn] == 0) + np.sum(reference[drawn] == 0)))

    f1 = confusion(judge, reference, clusters=clusters).f1
    assert (f1.low, f1.high) == pytest.approx(tuple(np.quantile(replicates, [0.025, 0.975])), abs=0.02)


def test_rates_equal_scikit_learn_on_random_tables() -> None:
    for seed in range(50):
        rng = np.random.default_rng(seed)
        judge, reference = rng.integers(2, size=(2, 40)).astype(float)
        result = confusion(judge, reference)
        assert result.sensitivity.value == pytest.approx(
            recall_score(reference, judge, pos_label=0), abs=1e-9
        )
        assert result.specificity.value == pytest.approx(
            recall_score(reference, judge, pos_label=1), abs=1e-9
        )
        assert result.precision.value == pytest.approx(
            precision_score(reference, judge, pos_label=0), abs=1e-9
        )
        assert result.f1.value == pytest.approx(f1_score(reference, judge, pos_label=0), abs=1e-9)


def test_unrated_and_tied_units_are_left_out_and_counted() -> None:
    result = confusion(np.array([0, NAN, 1, NAN]), np.array([0, 1, NAN, NAN]))
    assert (result.n, result.left_out, result.true_positive) == (1, 3, 1)


def test_each_rate_says_why_it_is_undefined() -> None:
    all_followed = confusion(*of_counts(tp=0, fp=0, tn=4, fn=0), terms=FOLLOWING)
    assert all_followed.sensitivity == Estimate.of_nothing("the reference has no alignment failure")
    assert all_followed.precision == Estimate.of_nothing("the judge reports no alignment failure")
    assert all_followed.f1 == Estimate.of_nothing("neither sees an alignment failure")
    assert all_followed.specificity.value == all_followed.accuracy.value == 1
    all_failed = confusion(*of_counts(tp=4, fp=0, tn=0, fn=0), terms=FOLLOWING)
    assert all_failed.specificity == Estimate.of_nothing("the reference has no unit that followed")


def test_the_reasons_speak_of_any_failure_unless_they_are_told_of_which() -> None:
    all_passed = confusion(*of_counts(tp=0, fp=0, tn=4, fn=0))
    assert all_passed.sensitivity == Estimate.of_nothing("the reference has no failure")
    assert all_passed.precision == Estimate.of_nothing("the judge reports no failure")
    assert all_passed.f1 == Estimate.of_nothing("neither sees a failure")
    all_failed = confusion(*of_counts(tp=4, fp=0, tn=0, fn=0))
    assert all_failed.specificity == Estimate.of_nothing("the reference has no item that passes")


def rates(result: Confusion) -> list[Estimate]:
    return [result.sensitivity, result.specificity, result.precision, result.f1, result.accuracy]


def test_nothing_is_defined_without_a_unit_rated_by_both() -> None:
    for judge, reference in [(np.array([NAN]), np.array([1.0])), (np.array([]), np.array([]))]:
        result = confusion(judge, reference)
        assert rates(result) == [Estimate.of_nothing("no unit rated by both")] * 5


def test_a_perfect_judge_has_f1_one_and_an_interval_with_a_width() -> None:
    f1 = confusion(*of_counts(tp=5, fp=0, tn=5, fn=0)).f1
    assert f1.value == 1
    assert f1.low is not None
    assert 0.5 < f1.low < 0.9


def test_units_of_one_cluster_have_rates_without_intervals() -> None:
    judge, reference = of_counts(tp=1, fp=1, tn=1, fn=1)
    result = confusion(judge, reference, clusters=np.array([1, 1, 1, 1]))
    assert [(rate.value, rate.low, rate.warnings) for rate in (result.sensitivity, result.accuracy)] == [
        (0.5, None, (ONE_CLUSTER,))
    ] * 2


def test_shared_clusters_count_as_wholes() -> None:
    """Ten clusters of ten, each wholly right or wholly wrong."""
    reference = np.tile([0.0, 1], 50)
    judge = np.where(np.repeat(np.arange(10) < 6, 10), reference, 1 - reference)
    clustered = confusion(judge, reference, clusters=np.repeat(np.arange(10), 10))
    for wide, narrow in zip(rates(clustered), rates(confusion(judge, reference)), strict=True):
        assert wide.value == narrow.value
        assert wide.low is not None
        assert narrow.low is not None
        assert wide.low < narrow.low - 0.05


def test_anything_but_followed_and_not_followed_is_refused() -> None:
    with pytest.raises(ValueError, match="not one of the categories"):
        confusion(np.array([3.0]), np.array([1.0]))
    with pytest.raises(ValueError, match="same units"):
        confusion(np.array([1.0]), np.array([1.0, 0.0]))
    with pytest.raises(ValueError, match="one cluster id per unit"):
        confusion(np.array([1.0]), np.array([1.0]), clusters=np.array([1, 2]))


def test_a_confusion_is_one_json_object() -> None:
    report = json.loads(json.dumps(dump(confusion(*of_counts(6, 2, 10, 3))), allow_nan=False))
    assert (report["true_positive"], report["false_positive"]) == (6, 2)
    assert (report["true_negative"], report["false_negative"]) == (10, 3)
    assert report["specificity"]["n"] == 12
    assert report["f1"]["value"] == pytest.approx(12 / 17)
