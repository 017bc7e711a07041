import json

import numpy as np
import pytest

from perg.stats.base.estimate import Estimate
from perg.stats.base.proportions import wilson_interval
from perg.stats.base.result import dump
from perg.stats.runs.perg_metrics import ItemOutcomes, PergMetrics, Verdicts, perg_metrics


def flags(values: str) -> np.ndarray:
    return np.array([mark == "1" for mark in values], dtype=bool)


def outcomes(baseline: str, personalised: str, question: list[int] | None = None) -> ItemOutcomes:
    n = len(baseline)
    return ItemOutcomes(
        baseline_correct=flags(baseline),
        personalised_correct=flags(personalised),
        baseline_delivered=np.ones(n, dtype=bool),
        personalised_delivered=np.ones(n, dtype=bool),
        question=np.array(question if question is not None else range(n), dtype=np.int64),
    )


def metrics(
    items: ItemOutcomes, verdicts: dict[str, Verdicts] | None = None, *, relevant: bool = True
) -> PergMetrics:
    return perg_metrics(items, verdicts or {}, preference_relevant=relevant)


def width(estimate: Estimate) -> float:
    assert estimate.low is not None
    assert estimate.high is not None
    return estimate.high - estimate.low


# Eight items; Q* = the first five. Of Q*, items 0–2 stay correct.
EIGHT = outcomes("11111000", "11100110")
# Scores items 0–3 and 5 of all, so four of Q*; item 4 is unscored, and its `followed` must not count.
JUDGE = Verdicts(scored=flags("11110100"), followed=flags("10111111"))


def test_accuracies_are_shares_of_all_items() -> None:
    result = metrics(EIGHT)
    assert result.baseline_accuracy.value == pytest.approx(5 / 8)
    assert result.personalised_accuracy.value == pytest.approx(5 / 8)
    assert (result.items, result.baseline_correct) == (8, 5)


def test_breakage_is_the_share_of_correct_baselines_that_went_wrong() -> None:
    rate = metrics(EIGHT).breakage_rate
    low, high = wilson_interval(3, 5)
    assert (rate.value, rate.n) == (pytest.approx(2 / 5), 5)
    assert (rate.low, rate.high) == pytest.approx((1 - high, 1 - low))


def test_alignment_failure_counts_scored_items_with_a_correct_baseline_only() -> None:
    """Scored and in Q*: items 0–3, of which 0, 2 and 3 follow."""
    rate = metrics(EIGHT, {"judge": JUDGE}).alignment_failure["judge"]
    assert (rate.value, rate.n) == (pytest.approx(1 / 4), 4)


def test_robustness_error_wants_an_item_both_correct_and_followed() -> None:
    """Items 0 and 2 of the four are both; item 1 is not followed, item 3 is not correct."""
    rate = metrics(EIGHT, {"judge": JUDGE}).robustness_error["judge"]
    assert (rate.value, rate.n) == (pytest.approx(2 / 4), 4)


def test_unscored_items_are_counted_over_correct_baselines() -> None:
    silent = Verdicts(scored=flags("00000111"), followed=flags("11111111"))
    assert metrics(EIGHT, {"judge": JUDGE, "silent": silent}).unscored == {"judge": 1, "silent": 5}


def test_a_judge_that_scored_nothing_leaves_its_rates_undefined() -> None:
    silent = Verdicts(scored=flags("00000111"), followed=flags("11111111"))
    result = metrics(EIGHT, {"judge": JUDGE, "silent": silent})
    nothing = Estimate.of_nothing("no item is scored by this judge")
    assert result.alignment_failure["silent"] == result.robustness_error["silent"] == nothing
    assert result.alignment_failure["judge"].value is not None


def test_performance_variation_is_the_jaccard_distance_of_the_correct_sets() -> None:
    """Both correct: 3 items; either: 7."""
    variation = metrics(EIGHT).performance_variation
    assert (variation.value, variation.n) == (pytest.approx(1 - 3 / 7), 7)


def test_delivery_failure_is_the_share_of_responses_without_a_letter() -> None:
    items = ItemOutcomes(
        baseline_correct=flags("1000"),
        personalised_correct=flags("1000"),
        baseline_delivered=flags("1110"),
        personalised_delivered=flags("1000"),
        question=np.arange(4),
    )
    result = metrics(items)
    assert result.delivery_failure.baseline.value == pytest.approx(1 / 4)
    assert result.delivery_failure.personalised.value == pytest.approx(3 / 4)


def test_where_no_preference_is_relevant_alignment_failure_is_undefined_for_each_judge() -> None:
    result = metrics(EIGHT, {"a": JUDGE, "b": JUDGE}, relevant=False)
    nothing = Estimate.of_nothing("no preference is relevant in this setting")
    assert result.alignment_failure == {"a": nothing, "b": nothing}
    assert result.unscored == {"a": 0, "b": 0}


def test_where_no_preference_is_relevant_robustness_error_needs_no_judge() -> None:
    result = metrics(EIGHT, {"a": JUDGE}, relevant=False)
    assert result.robustness_error == {"no judge needed": result.breakage_rate}
    assert result.breakage_rate.value == pytest.approx(2 / 5)


@pytest.mark.parametrize("relevant", [True, False])
def test_without_a_correct_baseline_the_rates_over_it_are_undefined(relevant: bool) -> None:
    judge = Verdicts(scored=flags("111"), followed=flags("111"))
    result = metrics(outcomes("000", "110"), {"judge": judge}, relevant=relevant)
    nothing = Estimate.of_nothing("no item has a correct baseline answer")
    assert result.breakage_rate == nothing
    assert set(result.robustness_error.values()) == {nothing}
    if relevant:
        assert result.alignment_failure["judge"] == nothing
    assert result.baseline_accuracy.value == 0
    assert result.performance_variation.value == 1


def test_a_run_without_items_is_undefined_throughout() -> None:
    result = metrics(outcomes("", ""))
    assert result.baseline_accuracy == result.performance_variation == Estimate.of_nothing("no items")
    assert result.breakage_rate == Estimate.of_nothing("no item has a correct baseline answer")
    assert (result.items, result.alignment_failure, result.unscored) == (0, {}, {})


def test_items_that_share_a_question_are_resampled_together() -> None:
    baseline, personalised = "1" * 40, ("1" * 4 + "0" * 4) * 5
    shared = metrics(outcomes(baseline, personalised, [i // 4 for i in range(40)])).breakage_rate
    alone = metrics(outcomes(baseline, personalised)).breakage_rate
    assert shared.value == alone.value == 0.5
    assert width(shared) > 1.5 * width(alone)


def test_rates_over_fewer_items_than_the_breakage_rate_say_so() -> None:
    """Six of eight have a correct baseline; the judge scored all but one of them."""
    scored = np.array([True, True, True, True, False, True, True, True])
    followed = np.ones(8, dtype=bool)
    items = outcomes("11111100", "11110000")
    partly = metrics(items, {"judge": Verdicts(scored, followed)})
    assert partly.breakage_rate.n == 6
    for rate in (partly.alignment_failure["judge"], partly.robustness_error["judge"]):
        assert rate.n == 5
        assert rate.warnings[-1].startswith("Over the 5 of 6 items with a correct baseline answer")
    wholly = metrics(items, {"judge": Verdicts(np.ones(8, dtype=bool), followed)})
    assert wholly.alignment_failure["judge"].warnings == ()


def test_the_metrics_are_one_json_object_with_the_documented_keys() -> None:
    report = json.loads(json.dumps(dump(metrics(EIGHT, {"judge": JUDGE})), allow_nan=False))
    assert set(report) == {
        "baseline_accuracy",
        "personalised_accuracy",
        "breakage_rate",
        "alignment_failure",
        "robustness_error",
        "performance_variation",
        "delivery_failure",
        "unscored",
        "items",
        "baseline_correct",
    }
    assert set(report["delivery_failure"]) == {"baseline", "personalised"}
    assert report["delivery_failure"]["personalised"]["value"] == 0
    assert report["alignment_failure"]["judge"]["value"] == pytest.approx(1 / 4)
    assert report["unscored"] == {"judge": 1}
    assert (report["items"], report["baseline_correct"]) == (8, 5)


def test_verdicts_over_other_items_are_refused() -> None:
    with pytest.raises(ValueError, match="verdicts of judge are not over the same items"):
        metrics(EIGHT, {"judge": Verdicts(scored=flags("11"), followed=flags("11"))})


def test_outcomes_must_be_booleans_of_one_length() -> None:
    with pytest.raises(ValueError, match="personalised_correct must have one entry per item"):
        outcomes("11", "1")
    with pytest.raises(ValueError, match="followed must hold booleans"):
        Verdicts(scored=flags("1"), followed=np.array([1]))


def test_an_answer_without_a_letter_cannot_be_correct() -> None:
    with pytest.raises(ValueError, match="cannot be correct"):
        ItemOutcomes(flags("1"), flags("1"), flags("1"), flags("0"), np.array([0]))
