from typing import Literal

import pytest

from perg.stats.gold.gold import GoldDecision, majority


def test_a_majority_decides_and_says_how() -> None:
    assert majority([5, 3, 1], threshold=3) == GoldDecision(
        followed=True,
        score=3.0,
        status="majority",
        n=3,
        in_favour=2,
        against=1,
        rule="majority of 3 labels, followed if score >= 3",
    )


def test_a_majority_against_means_not_followed() -> None:
    decision = majority([2, 1, 5], threshold=3)
    assert decision.followed is False
    assert (decision.in_favour, decision.against, decision.status) == (1, 2, "majority")


@pytest.mark.parametrize(("scores", "followed"), [([3, 4, 5], True), ([1, 2, 2], False)])
def test_unanimity_is_about_the_decision_and_not_the_score(scores: list[int], followed: bool) -> None:
    decision = majority(scores, threshold=3)
    assert decision.status == "unanimous"
    assert decision.followed is followed


def test_a_tie_is_unresolved_and_keeps_its_median() -> None:
    decision = majority([2, 3], threshold=3)
    assert decision.followed is None
    assert decision.status == "tied"
    assert decision.score == 2.5


def test_no_labels_decide_nothing() -> None:
    decision = majority([], threshold=3)
    assert (decision.followed, decision.score, decision.status, decision.n) == (None, None, "unlabelled", 0)


def test_one_label_decides_alone_and_the_count_shows_it() -> None:
    decision = majority([4], threshold=3)
    assert (decision.followed, decision.status, decision.n) == (True, "single", 1)
    assert decision.rule == "majority of 1 label, followed if score >= 3"


@pytest.mark.parametrize(("threshold", "status"), [(2, "unanimous"), (3, "majority"), (4, "unanimous")])
def test_the_threshold_moves_the_decision(threshold: int, status: Literal["unanimous", "majority"]) -> None:
    assert majority([2, 3, 3], threshold=threshold).status == status


def test_the_score_is_the_median_and_not_the_mean() -> None:
    assert majority([1, 5, 5, 5], threshold=3).score == 5.0
