import json
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binomtest

from perg.stats.pairwise.answers import BOTH_BAD, FIRST, SECOND, TIE, UNREADABLE, ShownAnswers
from perg.stats.pairwise.position import position_bias, random_signs
from perg.stats.pairwise.win_rate import win_rate

TASKS = Path(__file__).resolve().parents[5] / "shared" / "data" / "tasks"
JUDGEBENCH = TASKS / "pairwise_judgebench.jsonl"


def both_orders(decisions: list[tuple[int, int]]) -> ShownAnswers:
    """Pairs with the answer shown in order one, two and the answer shown in order two, one."""
    answer = np.array(decisions, dtype=np.int64).reshape(-1)
    pair = np.arange(len(decisions)).repeat(2)
    return ShownAnswers.of(answer, np.tile([False, True], len(decisions)), pair=pair)


def test_by_hand_pairs_in_both_orders() -> None:
    """Alike: one wins twice (first, then second), two wins twice, a tie twice. Not: first twice, second twice, tie and
    first. The last pair is unreadable once."""
    bias = position_bias(
        both_orders(
            [
                (FIRST, SECOND),
                (SECOND, FIRST),
                (TIE, TIE),
                (FIRST, FIRST),
                (SECOND, SECOND),
                (TIE, FIRST),
                (FIRST, UNREADABLE),
            ]
        )
    )
    assert bias.pairs == 6
    assert bias.consistent.value == pytest.approx(1 / 2)
    assert bias.inconsistent.value == pytest.approx(1 / 2)
    assert (bias.first_twice, bias.second_twice) == (1, 1)
    assert bias.first_shown.value == pytest.approx(6 / 10)
    assert bias.first_shown.n == 10


def test_both_bad_is_another_decision_than_a_tie() -> None:
    assert position_bias(both_orders([(BOTH_BAD, TIE)])).consistent.value == 0
    assert position_bias(both_orders([(BOTH_BAD, BOTH_BAD)])).consistent.value == 1


def test_a_pair_answered_several_times_counts_its_combinations() -> None:
    """Order one, two: first, first, tie. Order two, one: second, tie. Alike: 2 × 1 + 1 × 1 of 6."""
    answers = ShownAnswers.of(
        np.array([FIRST, FIRST, TIE, SECOND, TIE]),
        np.array([False, False, False, True, True]),
        pair=np.zeros(5, dtype=np.int64),
    )
    assert position_bias(answers).consistent.value == pytest.approx(1 / 2)


def test_one_answer_a_cluster_is_the_exact_binomial_test() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        n = int(rng.integers(1, 60))
        first = rng.random(n) < rng.uniform(0.2, 0.9)
        answers = ShownAnswers.of(np.where(first, FIRST, SECOND), rng.random(n) < 0.5)
        expected = binomtest(int(first.sum()), n).pvalue
        assert position_bias(answers).p_value == pytest.approx(expected, abs=1e-12)


def test_random_signs_equals_all_signs_tried() -> None:
    rng = np.random.default_rng(1)
    for _ in range(30):
        sums = rng.integers(-4, 5, size=9).astype(float)
        observed = abs(sums.sum())
        signs = np.array(list(product([-1, 1], repeat=9)))
        expected = (np.abs(signs @ np.abs(sums)) >= observed - 1e-9).mean()
        assert random_signs(sums, np.arange(9)) == pytest.approx(expected, abs=1e-12)


def test_the_normal_distribution_takes_over_smoothly() -> None:
    rng = np.random.default_rng(2)
    differences = rng.choice([-1.0, 1.0], p=[0.495, 0.505], size=19_990)
    exact = random_signs(differences, np.arange(differences.size))
    many = random_signs(np.append(differences, np.zeros(20)), np.arange(differences.size + 20))
    assert many == pytest.approx(exact)
    large = random_signs(np.tile(differences, 2), np.arange(2 * differences.size))
    assert large == pytest.approx(
        binomtest(int((np.tile(differences, 2) > 0).sum()), 2 * differences.size).pvalue, abs=0.01
    )


def test_answers_of_a_cluster_that_cancel_say_nothing() -> None:
    bias = position_bias(both_orders([(FIRST, SECOND)] * 30))
    assert bias.p_value == 1
    assert bias.is_biased is False
    assert bias.first_shown.value == 0.5


def test_without_a_decisive_answer_there_is_no_test() -> None:
    bias = position_bias(both_orders([(TIE, TIE)] * 5))
    assert (bias.p_value, bias.is_biased) == (None, None)
    assert bias.first_shown.undefined == "no answer prefers one of the two"
    assert bias.consistent.value == 1


def test_no_answers_at_all() -> None:
    bias = position_bias(ShownAnswers.of(np.array([], dtype=np.int64), np.array([], dtype=np.bool_)))
    assert (bias.p_value, bias.one_first, bias.pairs, bias.warnings) == (None, None, 0, ())
    assert bias.consistent.undefined == "no pair was answered in both orders"


def test_an_order_that_was_not_drawn_is_told() -> None:
    answers = ShownAnswers.of(np.full(50, FIRST), np.zeros(50, dtype=np.bool_))
    bias = position_bias(answers)
    assert bias.one_first == 1
    assert "shown first in 50 of 50" in bias.warnings[0]


@pytest.mark.parametrize("together", [1, 5])
@pytest.mark.one_in(2)
def test_a_judge_that_says_first_in_86_per_cent_is_always_flagged_and_an_unbiased_one_seldom(
    together: int,
) -> None:
    flagged = {0.86: 0, 0.5: 0}
    for seed in range(500):
        rng = np.random.default_rng(seed)
        cluster = np.arange(100) // together
        for share in flagged:
            answer = np.where(rng.random(100) < share, FIRST, SECOND)
            answers = ShownAnswers.of(answer, rng.random(100) < 0.5, cluster=cluster)
            flagged[share] += bool(position_bias(answers).is_biased)
    assert flagged[0.86] == 500
    assert flagged[0.5] <= 25


@pytest.mark.skipif(not JUDGEBENCH.exists(), reason="published judgments that are not part of the project")
def test_the_facts_of_published_judgments() -> None:
    words = {"A>B": FIRST, "B>A": SECOND, "A=B": TIE, None: UNREADABLE}
    rows = [json.loads(line) for line in JUDGEBENCH.read_text(encoding="utf-8").splitlines()]
    decisions = [(words[row["decision_shown_AB"]], words[row["decision_shown_BA"]]) for row in rows]
    answers = both_orders(decisions)
    bias = position_bias(answers)
    assert bias.first_shown.n == 335
    assert bias.first_shown.value == pytest.approx(212 / 335)
    assert bias.is_biased
    alike = [i for i, (one, other) in enumerate(decisions) if {one, other} == {FIRST, SECOND}]
    assert len(alike) == 81
    assert sum((decisions[i][0] == FIRST) == (rows[i]["label"] == "A>B") for i in alike) == 38
    # 81 pairs of one answer twice and 54 ties twice, of those readable in both orders.
    assert bias.consistent.value == pytest.approx((81 + 54) / bias.pairs)
    assert win_rate(answers).wins + win_rate(answers).losses == 335
