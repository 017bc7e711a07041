import numpy as np
import pytest
import statsmodels.api as sm
from scipy.special import stdtrit

from perg.stats.numeric.calibration_line import calibration_line
from tests.defined import width

NAN = np.nan


def test_by_hand() -> None:
    """Judge 0, 1, 2 and people 1, 1, 4: slope 3/2, people's mean 2 at the judge's mean 1, 1/2 at 0."""
    line = calibration_line(np.array([0.0, 1, 2]), np.array([1.0, 1, 4]))
    assert line.slope.value == pytest.approx(3 / 2)
    assert line.at_mean.value == pytest.approx(2)
    assert line.intercept.value == pytest.approx(1 / 2)
    assert line.judge_mean == 1
    assert line.error == pytest.approx(np.sqrt((1 / 4 + 1 + 1 / 4) / 3))


@pytest.mark.parametrize("seed", range(5))
def test_equals_least_squares_with_errors_of_the_jackknife(seed: int) -> None:
    rng = np.random.default_rng(seed)
    judge = rng.integers(0, 101, 80) / 100
    people = np.clip(judge * 0.6 + 0.2 + rng.normal(0, 0.1, 80), 0, 1)
    fitted = sm.OLS(people, sm.add_constant(judge)).fit(cov_type="HC3")
    line = calibration_line(judge, people)
    assert (line.intercept.value, line.slope.value) == pytest.approx(tuple(fitted.params))
    assert width(line.slope) / 2 == pytest.approx(-stdtrit(79, 0.025) * fitted.bse[1], rel=0.1)


def test_items_of_a_question_that_repeat_count_once() -> None:
    rng = np.random.default_rng(0)
    judge = rng.random(40)
    people = judge + rng.normal(0, 0.2, 40)
    once = calibration_line(judge, people)
    again = calibration_line(np.repeat(judge, 5), np.repeat(people, 5), clusters=np.repeat(np.arange(40), 5))
    assert (again.slope.low, again.slope.high) == pytest.approx((once.slope.low, once.slope.high))


def test_a_judge_that_gives_one_score_has_no_line() -> None:
    line = calibration_line(np.full(10, 0.7), np.arange(10.0))
    assert line.slope.undefined == "the judge gave one score only"
    assert line.judge_mean == pytest.approx(0.7)


@pytest.mark.parametrize("n", [0, 1, 2])
def test_two_items_are_too_few(n: int) -> None:
    line = calibration_line(np.arange(float(n)), np.arange(float(n)))
    assert line.slope.undefined == "fewer than three items have a rating by both"


def test_an_item_that_alone_decides_the_slope_leaves_no_interval() -> None:
    line = calibration_line(np.array([0.0, 0, 0, 1]), np.array([0.0, 1, 0, 1]))
    assert line.slope.value == pytest.approx(2 / 3)
    assert line.slope.low is None
    assert "without one of the questions" in line.slope.warnings[0]


def test_missing_ratings_are_left_out_and_shapes_are_checked() -> None:
    full = calibration_line(np.array([0.0, 1, 2, NAN]), np.array([1.0, 1, 4, 9]))
    assert full.slope.value == pytest.approx(3 / 2)
    with pytest.raises(ValueError, match="vectors"):
        calibration_line(np.zeros(3), np.zeros(4))
