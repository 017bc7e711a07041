import numpy as np
import pytest

from perg.stats.base.result import dump, load
from perg.stats.numeric.differences import NORMAL, LimitsOfAgreement, limits_of_agreement
from tests.defined import value_of

NAN = np.nan
LARGE = np.array([494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427.0])
MINI = np.array([512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451.0])
"""Peak expiratory flow, litres a minute, by two meters: Bland & Altman, Lancet 1986, first reading of each."""


def test_published_limits_of_two_flow_meters() -> None:
    """Mean difference −2.1 (−22.0 to 17.8), standard deviation 38.8; the paper takes twice that for the limits."""
    limits = limits_of_agreement(LARGE, MINI)
    assert limits.bias.value == pytest.approx(-2.1, abs=0.05)
    assert (limits.bias.low, limits.bias.high) == pytest.approx((-22.0, 17.8), abs=0.06)
    assert limits.spread.value == pytest.approx(38.8, abs=0.05)
    assert limits.low.value == pytest.approx(value_of(limits.bias) - NORMAL * value_of(limits.spread))
    assert limits.inside.value == pytest.approx(16 / 17)
    assert limits.within is None


def test_by_hand_repeated_ratings() -> None:
    """Differences of three items: (0, 2), (4, 4, 4) and (1). Within: 2 / 3. Between: n = 6, mean 15/6,
    Σ m (mean − 15/6)² = 2 · 9/4 + 3 · 9/4 + 9/4 = 27/2, so 27/4; m0 = (6 − 14/6) / 2 = 11/6, so
    (27/4 − 2/3) / (11/6) = 73/22.
    """
    judge = np.array([0, 2, 4, 4, 4, 1.0])
    limits = limits_of_agreement(judge, np.zeros(6), item=np.array([0, 0, 1, 1, 1, 2]))
    assert limits.bias.value == pytest.approx(15 / 6)
    total = 73 / 22 + 2 / 3
    assert limits.spread.value == pytest.approx(np.sqrt(total))
    assert limits.within == pytest.approx(2 / 3 / total)


def test_missing_ratings_are_left_out() -> None:
    with_gaps = limits_of_agreement(np.r_[LARGE, NAN, 500], np.r_[MINI, 400, NAN])
    assert with_gaps == limits_of_agreement(LARGE, MINI)


def test_the_unit_and_the_zero_of_the_scale_change_nothing() -> None:
    one, other = limits_of_agreement(LARGE, MINI), limits_of_agreement(1e3 * LARGE + 7, 1e3 * MINI + 7)
    for name in ("bias", "spread", "low", "high"):
        small, large = getattr(one, name), getattr(other, name)
        assert (large.value, large.low, large.high) == pytest.approx(
            tuple(1e3 * x for x in (small.value, small.low, small.high))
        )


def test_clusters_that_repeat_the_same_differences_count_once() -> None:
    repeated = limits_of_agreement(
        np.repeat(LARGE, 50), np.repeat(MINI, 50), clusters=np.repeat(np.arange(17), 50)
    )
    once = limits_of_agreement(LARGE, MINI)
    assert (repeated.bias.low, repeated.bias.high) == pytest.approx((once.bias.low, once.bias.high))


def test_differences_of_two_kinds_warn_that_they_are_not_normal() -> None:
    judge = np.repeat([0.0, 1.0], [90, 10])
    assert "90% of the differences" in limits_of_agreement(judge, np.zeros(100)).low.warnings[-1]


def test_equal_differences_have_no_intervals() -> None:
    limits = limits_of_agreement(np.ones(20), np.zeros(20))
    assert (limits.bias.value, limits.spread.value, limits.low.value, limits.high.value) == (1, 0, 1, 1)
    assert limits.bias.low is None
    assert limits.low.low is None
    assert limits.low.warnings


def test_one_pair_has_a_bias_and_no_spread() -> None:
    limits = limits_of_agreement(np.array([1.0, NAN]), np.array([0.5, 1.0]))
    assert (limits.bias.value, limits.bias.low) == (0.5, None)
    assert limits.low.undefined == "a spread needs two differences"


def test_one_item_with_several_ratings_shows_their_spread_without_an_interval() -> None:
    limits = limits_of_agreement(np.array([1.0, 2, 3]), np.zeros(3), item=np.zeros(3, dtype=np.int64))
    assert limits.spread.value == pytest.approx(1)
    assert limits.spread.low is None


def test_no_pair_is_undefined() -> None:
    limits = limits_of_agreement(np.array([1.0, NAN]), np.array([NAN, 1.0]))
    assert limits.bias.undefined == limits.inside.undefined == "no item has a rating by both"


def test_limits_are_the_same_after_json() -> None:
    limits = limits_of_agreement(LARGE, MINI)
    assert load(LimitsOfAgreement, dump(limits)) == limits


def test_shapes_and_items_in_two_clusters_are_refused() -> None:
    with pytest.raises(ValueError, match="vectors"):
        limits_of_agreement(LARGE, MINI[:-1])
    with pytest.raises(ValueError, match="one cluster"):
        limits_of_agreement(
            np.ones(2), np.zeros(2), item=np.zeros(2, dtype=np.int64), clusters=np.array([0, 1])
        )
