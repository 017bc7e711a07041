"""Figures of one annotator: against scikit-learn, naive second implementations and hand-derived cases."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from bench.annotator_quality import BAD, figures, simulate, singled_out
from perg.stats.base.estimate import Estimate
from perg.stats.base.resampling import Draws
from perg.stats.raters.quality import (
    NOBODY_ELSE,
    REST_CONSTANT,
    TOO_FEW_FOR_DRIFT,
    Bars,
    agreement_with_rest,
    control_accuracy,
    drift,
    is_suspicious,
    leave_one_out_medians,
    median_seconds,
    score_counts,
    share_fast,
    surely_below,
    surely_below_bars,
)
from perg.stats.ratings.ratings import Ratings


def _rng() -> np.random.Generator:
    return np.random.default_rng(1)


def _floats(*values: float) -> Ratings:
    return np.array(values, dtype=np.float64)


@pytest.mark.parametrize("seed", range(5))
def test_medians_of_the_others_are_those_of_a_plain_loop(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pairs = np.array([(unit, rater) for unit in range(20) for rater in range(6) if rng.random() < 0.4])
    units, raters = pairs[:, 0], pairs[:, 1]
    scores = rng.integers(1, 6, len(pairs)).astype(np.float64)
    voting = rng.random(len(pairs)) < 0.8
    found = leave_one_out_medians(units, raters, scores, voting)
    for i in range(len(pairs)):
        others = [
            scores[j]
            for j in range(len(pairs))
            if units[j] == units[i] and raters[j] != raters[i] and voting[j]
        ]
        np.testing.assert_equal(found[i], np.median(others) if others else np.nan)


def test_a_label_without_a_vote_has_others_but_is_nobodys_other() -> None:
    units, raters = np.array([1, 1, 1]), np.array([7, 8, 9])
    rest = leave_one_out_medians(units, raters, _floats(5, 2, 3), np.array([False, True, True]))
    np.testing.assert_equal(rest, _floats(2.5, 3, 2))


def test_without_any_vote_nobody_has_others() -> None:
    rest = leave_one_out_medians(np.array([1, 1]), np.array([1, 2]), _floats(1, 2), np.array([False, False]))
    assert np.isnan(rest).all()


@pytest.mark.parametrize("seed", range(5))
def test_agreement_is_quadratic_kappa_as_scikit_learn_has_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rest = rng.integers(1, 6, 60).astype(np.float64)
    own = np.clip(rest + rng.integers(-1, 2, 60), 1, 5)
    own[:5] = np.nan
    rated = ~np.isnan(own)
    estimate = agreement_with_rest(own, rest, draws=Draws(rng=_rng()))
    expected = cohen_kappa_score(own[rated], rest[rated], weights="quadratic", labels=[1, 2, 3, 4, 5])
    assert estimate.value == pytest.approx(expected, abs=1e-12)
    assert estimate.n == 55
    assert estimate.low is not None
    assert estimate.high is not None
    assert estimate.low < expected < estimate.high


def test_half_points_of_a_median_count_as_such() -> None:
    # x = 1, 3, 5 and y = 1.5, 3, 4.5: cov 2, var x 8/3, var y 1.5, equal means: 2·2 / (8/3 + 1.5) = 24/25.
    estimate = agreement_with_rest(_floats(1, 3, 5), _floats(1.5, 3, 4.5), draws=Draws(rng=_rng()))
    assert estimate.value == pytest.approx(24 / 25)


def test_who_always_says_the_same_has_no_agreement_beyond_chance_however_common_the_answer() -> None:
    rest = np.repeat(_floats(5, 4, 1), [70, 20, 10])
    estimate = agreement_with_rest(np.full(100, 5.0), rest, draws=Draws(rng=_rng()))
    assert estimate.value == 0
    # 100 equal answers leave room for q = 1 − 0.025^(1/100) others; the end is derived in the docstring.
    q = 1 - 0.025 ** (1 / 100)
    off, spread = np.mean((rest - 5) ** 2), np.var(rest)
    assert estimate.high == pytest.approx(2 * q * spread / ((1 - q) * off + 2 * q * spread))
    assert estimate.low == pytest.approx(-(estimate.high or 0))


def test_few_equal_answers_leave_the_agreement_open() -> None:
    few = agreement_with_rest(np.full(3, 5.0), _floats(5, 5, 1), draws=Draws(rng=_rng()))
    many = agreement_with_rest(np.full(300, 5.0), np.tile(_floats(5, 5, 1), 100), draws=Draws(rng=_rng()))
    assert (few.high or 0) > 0.5 > 0.05 > (many.high or 1)


def test_a_random_annotator_is_at_0() -> None:
    rng = np.random.default_rng(3)
    own, rest = rng.integers(1, 6, (2, 20_000)).astype(np.float64)
    estimate = agreement_with_rest(own, rest, draws=Draws(rng=_rng()))
    assert estimate.value == pytest.approx(0, abs=0.03)


def test_resampling_questions_that_share_answers_widens_the_interval() -> None:
    rng = np.random.default_rng(5)
    rest = np.repeat(rng.integers(1, 6, 30), 10).astype(np.float64)
    own = np.clip(rest + np.repeat(rng.integers(-2, 3, 30), 10), 1, 5)
    alone = agreement_with_rest(own, rest, draws=Draws(rng=_rng()))
    together = agreement_with_rest(own, rest, draws=Draws(rng=_rng(), clusters=np.repeat(np.arange(30), 10)))
    assert alone.value == together.value
    assert (together.high or 0) - (together.low or 0) > 2 * ((alone.high or 0) - (alone.low or 0))


@pytest.mark.parametrize(
    ("rest", "reason", "n"),
    [(_floats(np.nan, np.nan), NOBODY_ELSE, 0), (_floats(4, 4), REST_CONSTANT, 2)],
    ids=["alone", "the rest does not vary"],
)
def test_agreement_that_the_labels_do_not_define_says_why(rest: Ratings, reason: str, n: int) -> None:
    estimate = agreement_with_rest(_floats(1, 5), rest, draws=Draws(rng=_rng()))
    assert (estimate.value, estimate.undefined, estimate.n) == (None, reason, n)


def test_the_median_time_lies_between_order_statistics() -> None:
    # With n = 10, two-sided 95%: the second smallest and second largest cover the median in 97.9% of samples.
    estimate = median_seconds(np.arange(10, 0, -1, dtype=np.float64))
    assert (estimate.value, estimate.low, estimate.high, estimate.n) == (5.5, 2, 9, 10)


def test_five_times_are_too_few_for_an_interval_and_six_are_not() -> None:
    assert median_seconds(_floats(1, 2, 3, 4, 5)).low is None
    six = median_seconds(_floats(1, 2, 3, 4, 5, 6))
    assert (six.low, six.high) == (1, 6)


def test_times_say_why_they_are_undefined() -> None:
    assert median_seconds(_floats()).undefined
    assert share_fast(_floats(1), None).undefined == "the campaign has no minimum time"
    assert share_fast(_floats(), 3).undefined == "no time was measured"
    assert control_accuracy(np.array([], dtype=np.bool_)).undefined


def test_a_label_in_exactly_the_minimum_time_is_not_too_fast() -> None:
    estimate = share_fast(_floats(2.9, 3, 10, 12), 3)
    assert (estimate.value, estimate.n) == (0.25, 4)


def test_drift_compares_the_first_third_with_the_last() -> None:
    # Nine labels: differences 0 0 1 | 9 left out | 2 1 0 with the rest at 2 each.
    rest = np.full(9, 2.0)
    own = rest + _floats(0, 0, 1, 0, 0, 0, 2, 1, 0)
    found = drift(own, rest, draws=Draws(rng=_rng()))
    assert found.shift.value == pytest.approx(3 / 3 - 1 / 3)
    assert found.distance.value == pytest.approx(2 / 3)
    assert found.shift.n == 6
    assert found.course == pytest.approx((1 / 3, 0, 1))


def test_shift_and_distance_tell_stricter_from_farther() -> None:
    rest = np.full(60, 3.0)
    own = np.concatenate([np.tile(_floats(3), 40), np.tile(_floats(1, 2), 10)])
    found = drift(own, rest, draws=Draws(rng=_rng()))
    assert found.shift.value == -1.5
    assert found.distance.value == 1.5
    assert found.shift.high is not None
    assert found.shift.high < 0


def test_drift_of_few_labels_says_that_they_are_few() -> None:
    found = drift(_floats(1, 2, 3), _floats(1, np.nan, 3), draws=Draws(rng=_rng()))
    assert found.shift.undefined == TOO_FEW_FOR_DRIFT
    assert found.course == ()


def test_scores_are_counted_over_the_whole_scale() -> None:
    assert score_counts(_floats(5, 5, 1)) == (1, 0, 0, 0, 2)


def test_only_an_interval_that_lies_below_the_bar_on_enough_answers_is_surely_below() -> None:
    low = Estimate.of(0.3, 20, (0.1, 0.49))
    assert surely_below(low, 0.5, minimum=20)
    assert not surely_below(low, 0.5, minimum=21)
    assert not surely_below(low, 0.49, minimum=20)
    assert not surely_below(low, None, minimum=1)
    assert not surely_below(Estimate.of_nothing("no", 50), 0.5, minimum=1)


def test_both_bars_are_looked_at_and_named() -> None:
    bad = Estimate.of(0.1, 50, (0.0, 0.15))
    good = Estimate.of(0.9, 50, (0.8, 0.95))
    bars = Bars(control_accuracy=0.6, agreement=0.3)
    assert surely_below_bars(bad, bad, bars) == ("control_accuracy", "agreement")
    assert surely_below_bars(good, bad, bars) == ("agreement",)
    assert surely_below_bars(good, good, bars) == ()


def test_an_item_is_suspicious_once_nearly_everybody_of_four_gets_it_wrong() -> None:
    assert [is_suspicious(right, n) for right, n in [(0, 3), (1, 4), (2, 4), (2, 8), (3, 8)]] == [
        False,
        True,
        False,
        True,
        False,
    ]


def test_the_careless_and_who_always_says_5_are_singled_out_and_nobody_else_in_95_of_100_campaigns(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ends = [singled_out(figures(simulate(seed, tasks=600, controls=20))) for seed in range(100)]
    exactly = sum(set(end) == BAD for end in ends)
    with capsys.disabled():
        print(f"\nexactly the two: {exactly} of 100 simulated campaigns")  # noqa: T201
    assert exactly >= 95
    # Either figure does most of the work by itself: neither test passes because of the other.
    for name in ("control_accuracy", "agreement"):
        assert sum({person for person, by in end.items() if name in by} == BAD for end in ends) >= 90
