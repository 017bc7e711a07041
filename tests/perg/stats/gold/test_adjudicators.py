"""Adjudicators against the votes: by hand."""

import pytest

from perg.stats.gold.adjudicators import NO_MAJORITY, NO_VOTES, Decision, decision_measures


def test_measures_are_those_counted_by_hand() -> None:
    measured = decision_measures(
        [
            Decision(4, (4, 4, 1), 1),  # on the median, with the majority
            Decision(1, (4, 4, 1), 2),  # three below it, overturns
            Decision(3, (2, 3), 3),  # half a point above 2.5, tied votes
            Decision(5, (5, 1, 1), 4),  # four above, overturns
            Decision(2, (), 5),  # no votes left
        ],
        threshold=3,
    )
    assert measured.n == 5
    assert (measured.near_median.value, measured.near_median.n) == (0.5, 4)
    assert (measured.with_majority.value, measured.with_majority.n) == (pytest.approx(1 / 3), 3)
    assert measured.overturning.value == pytest.approx(2 / 3)
    assert measured.difference.value == pytest.approx((0 - 3 + 0.5 + 4) / 4)
    assert measured.difference.low is not None


def test_decisions_on_one_question_are_resampled_together() -> None:
    votes = [(4, 4, 1), (5, 5, 1), (4, 3, 1), (5, 4, 2)]
    apart = decision_measures([Decision(1 + 3 * (i % 2), v, i) for i, v in enumerate(votes * 3)], threshold=3)
    together = decision_measures(
        [Decision(1 + 3 * (i % 2), v, i % 2) for i, v in enumerate(votes * 3)], threshold=3
    )
    assert apart.with_majority.value == together.with_majority.value == 0.5
    assert (together.with_majority.high or 0) - (together.with_majority.low or 0) > (
        apart.with_majority.high or 0
    ) - (apart.with_majority.low or 0)


def test_what_cannot_be_measured_says_why() -> None:
    nothing = decision_measures([], threshold=3)
    assert (nothing.n, nothing.near_median.undefined) == (0, NO_VOTES)
    assert decision_measures([Decision(3, (2, 4), 1)], threshold=3).with_majority.undefined == NO_MAJORITY
