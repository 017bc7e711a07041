import numpy as np
import pytest
import scipy

from perg.stats.base.proportions import wilson_interval
from perg.stats.base.result import dump, load
from perg.stats.base.scores import mean_score
from perg.stats.pairwise.answers import BOTH_BAD, FIRST, SECOND, TIE, UNREADABLE, ShownAnswers
from perg.stats.pairwise.win_rate import WinRate, win_rate
from tests.defined import ends, value_of


def shown(answer: list[int], swapped: list[bool], **ids: np.ndarray) -> ShownAnswers:
    return ShownAnswers.of(np.array(answer), np.array(swapped, dtype=np.bool_), **ids)


def test_the_order_is_undone() -> None:
    answers = shown(
        [FIRST, FIRST, SECOND, SECOND, TIE, BOTH_BAD, UNREADABLE],
        [False, True, False, True, True, False, False],
    )
    np.testing.assert_array_equal(answers.scores, [1, 0, 0, 1, 0.5, 0.5, np.nan])


def test_by_hand_wins_count_one_and_ties_half() -> None:
    """3 wins, 1 loss, 1 tie, 1 both bad, 2 unreadable: (3 + 1/2 + 1/2) / 6 = 2/3, and 3/4 of the decisive ones."""
    answers = shown([FIRST, FIRST, FIRST, SECOND, TIE, BOTH_BAD, UNREADABLE, UNREADABLE], [False] * 8)
    rates = win_rate(answers)
    assert rates.rate.value == pytest.approx(2 / 3)
    assert rates.rate.n == 6
    assert rates.among_decisive.value == pytest.approx(3 / 4)
    assert rates.ties.value == pytest.approx(1 / 6)
    assert rates.both_bad.value == pytest.approx(1 / 6)
    assert (rates.wins, rates.losses, rates.unreadable) == (3, 1, 2)


def test_swapping_the_outputs_gives_one_minus_the_rate() -> None:
    rng = np.random.default_rng(0)
    answer, swapped = rng.integers(-1, 4, 200), rng.random(200) < 0.5
    cluster = np.arange(200) // 4
    one = win_rate(ShownAnswers.of(answer, swapped, cluster=cluster))
    other = win_rate(ShownAnswers.of(answer, ~swapped, cluster=cluster))
    assert other.rate.value == pytest.approx(1 - value_of(one.rate))
    low, high = ends(one.rate)
    assert ends(other.rate) == pytest.approx((1 - high, 1 - low))
    assert (other.wins, other.losses) == (one.losses, one.wins)


def test_only_ties_are_half_with_an_interval_of_some_width() -> None:
    rates = win_rate(shown([TIE] * 40, [False] * 40))
    assert rates.rate.value == 0.5
    low, high = ends(rates.rate)
    assert 0.4 < low < 0.5 < high < 0.6
    assert rates.rate.warnings
    assert rates.among_decisive.undefined == "no answer prefers one of the two"


@pytest.mark.parametrize("answer", [[], [UNREADABLE, UNREADABLE]])
def test_without_a_readable_answer_all_is_undefined(answer: list[int]) -> None:
    rates = win_rate(shown(answer, [False] * len(answer)))
    assert {rates.rate.undefined, rates.ties.undefined} == {"no readable answers"}
    assert rates.unreadable == len(answer)


def test_one_cluster_has_no_interval() -> None:
    answers = shown([FIRST, SECOND, TIE], [False] * 3, cluster=np.zeros(3, dtype=np.int64))
    assert win_rate(answers).rate.low is None
    assert win_rate(answers).rate.warnings


def test_a_win_rate_is_the_same_after_json() -> None:
    rates = win_rate(shown([FIRST, SECOND, TIE] * 10, [False, True, False] * 10))
    assert load(WinRate, dump(rates)) == rates


@pytest.mark.parametrize(
    ("answer", "swapped", "ids"),
    [
        ([4], [False], {}),
        ([-2], [False], {}),
        ([FIRST], [False, True], {}),
        ([FIRST, FIRST], [False, True], {"pair": np.zeros(2, int), "cluster": np.arange(2)}),
    ],
)
def test_answers_that_do_not_fit_are_refused(
    answer: list[int], swapped: list[bool], ids: dict[str, np.ndarray]
) -> None:
    with pytest.raises(ValueError, match=r"answer|pair"):
        shown(answer, swapped, **ids)


def test_scores_of_nothing_but_wins_have_about_wilsons_interval() -> None:
    """No variance is seen, so that half an imagined answer a side is all there is: the ratio is 1 / n."""
    interval = mean_score(np.ones(100))
    quantile = -scipy.special.stdtrit(99, 0.025)
    assert interval.low == pytest.approx(1 / (1 + quantile**2 / 100))
    assert interval.low == pytest.approx(wilson_interval(100, 100)[0], abs=2e-3)
    assert interval.high == pytest.approx(1)


def test_without_ties_the_interval_is_near_wilsons() -> None:
    scores = np.repeat([1.0, 0.0], [130, 70])
    interval = mean_score(scores)
    assert (interval.low, interval.high) == pytest.approx(wilson_interval(130, 200), abs=2e-3)


def test_answers_that_repeat_within_clusters_count_once() -> None:
    scores = np.repeat([1.0, 0.0, 0.5], [20, 15, 15])
    once = mean_score(scores)
    repeated = mean_score(np.repeat(scores, 4), clusters=np.repeat(np.arange(50), 4))
    assert (repeated.low, repeated.high) == pytest.approx((once.low, once.high), abs=1e-9)


def test_scores_outside_the_range_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        mean_score(np.array([0.5, 1.5]))
    with pytest.raises(ValueError, match="cluster"):
        mean_score(np.array([0.5, 1]), clusters=np.array([1]))
