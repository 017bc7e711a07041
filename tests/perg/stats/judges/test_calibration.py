import json

import numpy as np
import pytest
from statsmodels.stats.contingency_tables import mcnemar

from perg.stats.base.proportions import wilson_interval
from perg.stats.base.resampling import Draws
from perg.stats.base.result import dump
from perg.stats.judges.calibration import judge_bias, score_calibration
from perg.stats.ratings.ratings import SCALE
from perg.stats.runs.paired_runs import PairedRatio, paired_difference

NAN = np.nan


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_each_score_has_the_share_that_people_follow_with_wilsons_interval() -> None:
    scores = np.array([1.0, 1, 1, 1, 5, 5, 5, NAN, 3])
    followed = np.array([0.0, 0, 0, 1, 1, 1, 0, 1, NAN])
    found = score_calibration(scores, followed, SCALE, draws=Draws(rng=rng()))
    assert [level.n for level in found.levels] == [4, 0, 0, 0, 3]
    assert found.levels[0].followed.value == pytest.approx(1 / 4)
    assert (found.levels[0].followed.low, found.levels[0].followed.high) == wilson_interval(1, 4)
    assert found.levels[1].followed.undefined == "the judge never gave this score"
    assert found.n == 7
    assert found.rises is True


def test_the_calibration_error_is_the_mean_distance_from_the_scale() -> None:
    """4 units at score 1 (expected 0) followed in 1/4; 3 at 5 (expected 1) in 2/3: (4 · 1/4 + 3 · 1/3)/7 = 2/7."""
    scores, followed = np.array([1.0, 1, 1, 1, 5, 5, 5]), np.array([0.0, 0, 0, 1, 1, 1, 0])
    found = score_calibration(scores, followed, SCALE, draws=Draws(rng=rng())).expected_calibration_error
    assert found.value == pytest.approx(2 / 7)
    assert found.n == 7
    assert found.low is not None


def test_a_perfectly_calibrated_judge_has_no_error() -> None:
    scores = np.repeat([1.0, 3, 5], 20)
    followed = np.r_[np.zeros(20), np.tile([0.0, 1], 10), np.ones(20)]
    assert (
        score_calibration(scores, followed, SCALE, draws=Draws(rng=rng())).expected_calibration_error.value
        == 0
    )


def test_shares_that_fall_as_scores_rise_are_told() -> None:
    found = score_calibration(
        np.array([1.0, 1, 5, 5]), np.array([1.0, 1, 0, 1]), SCALE, draws=Draws(rng=rng())
    )
    assert found.rises is False


def test_nothing_judged_is_said_and_writes_json() -> None:
    found = score_calibration(np.full(3, NAN), np.ones(3), SCALE, draws=Draws(rng=rng()))
    assert found.expected_calibration_error.undefined is not None
    assert found.rises is None
    json.dumps(dump(found), allow_nan=False)


def decisions(both: int, only_judge: int, only_people: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    judge = np.repeat([1.0, 1, 0, 0], [both, only_judge, only_people, neither])
    people = np.repeat([1.0, 0, 1, 0], [both, only_judge, only_people, neither])
    return judge, people


@pytest.mark.parametrize(
    ("only_judge", "only_people", "direction"),
    [(20, 4, "lenient"), (4, 20, "harsh"), (8, 7, "neither shown"), (0, 0, "neither shown")],
)
def test_the_direction_is_that_of_the_interval_and_mcnemars_exact_test_stands_beside_it(
    only_judge: int, only_people: int, direction: str
) -> None:
    judge, people = decisions(30, only_judge, only_people, 20)
    found = judge_bias(
        1 + 4 * judge,
        1 + 4 * people,
        SCALE,
        judge_followed=judge,
        people_followed=people,
        draws=Draws(rng=rng()),
    )
    assert found.direction == direction
    n = 50 + only_judge + only_people
    assert found.rate_difference.value == pytest.approx((only_judge - only_people) / n)
    assert found.mean_difference.value == pytest.approx(4 * (only_judge - only_people) / n)
    if only_judge + only_people:
        expected = mcnemar([[30, only_judge], [only_people, 20]], exact=True).pvalue
        assert found.mcnemar_p_value == pytest.approx(expected)
    else:
        assert found.mcnemar_p_value is None


def test_the_interval_of_paired_rates_covers() -> None:
    chances = np.random.default_rng(1).multinomial(80, [0.55, 0.12, 0.05, 0.28], size=2000)
    covered = 0
    for _, more, less, _ in chances:
        differences = np.repeat([1.0, -1.0, 0.0], [more, less, 80 - more - less])
        ratio = PairedRatio(np.zeros(80), np.ones(80), differences, np.ones(80))
        difference = paired_difference(ratio, clusters=np.arange(80)).difference
        assert difference.low is not None
        assert difference.high is not None
        covered += difference.low <= 0.07 <= difference.high
    assert 0.93 <= covered / 2000 <= 0.98


def test_copies_within_questions_show_no_more_than_the_questions() -> None:
    judge, people = decisions(4, 4, 1, 3)
    alone = judge_bias(
        judge, people, (0, 1), judge_followed=judge, people_followed=people, draws=Draws(rng=rng())
    )
    assert alone.direction == "neither shown"
    judge, people, question = np.repeat(judge, 20), np.repeat(people, 20), np.repeat(np.arange(12), 20)
    copied = judge_bias(
        judge,
        people,
        (0, 1),
        judge_followed=judge,
        people_followed=people,
        draws=Draws(rng=rng(), clusters=question),
    )
    assert copied.mcnemar_p_value is not None
    assert copied.mcnemar_p_value < 0.001
    assert copied.direction == "neither shown"


def test_without_a_common_unit_there_is_no_bias() -> None:
    nothing = np.full(4, NAN)
    found = judge_bias(
        nothing, np.ones(4), SCALE, judge_followed=nothing, people_followed=np.ones(4), draws=Draws(rng=rng())
    )
    assert found.rate_difference.undefined is not None
    json.dumps(dump(found), allow_nan=False)


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="same units"):
        score_calibration(np.ones(2), np.ones(3), SCALE, draws=Draws(rng=rng()))
    with pytest.raises(ValueError, match="same units"):
        judge_bias(
            np.ones(2),
            np.ones(2),
            SCALE,
            judge_followed=np.ones(3),
            people_followed=np.ones(2),
            draws=Draws(rng=rng()),
        )
