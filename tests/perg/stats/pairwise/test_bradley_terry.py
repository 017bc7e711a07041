import numpy as np
import pytest
import scipy
import statsmodels.api as sm
from scipy.special import expit

from perg.stats.pairwise.bradley_terry import Fit, fit
from perg.stats.pairwise.votes import PairTable, Votes, why_no_strengths
from tests.defined import there

TEAMS = ("Milwaukee", "Detroit", "Toronto", "New York", "Boston", "Cleveland", "Baltimore")
GAMES = np.array(
    [
        [0, 7, 9, 7, 7, 9, 11],
        [6, 0, 7, 5, 11, 9, 9],
        [4, 6, 0, 7, 7, 8, 12],
        [6, 8, 6, 0, 6, 7, 10],
        [6, 2, 6, 7, 0, 7, 12],
        [4, 4, 5, 6, 6, 0, 6],
        [2, 4, 1, 3, 1, 7, 0],
    ]
)
"""Games won by the row against the column: Agresti, Categorical Data Analysis (2002), table 10.10."""


def fitted_to(pairs: PairTable, size: int, *, davidson: bool = False) -> Fit:
    """A fit that there is."""
    return there(fit(pairs, size, davidson=davidson))


def pairs_of(wins: np.ndarray, ties: np.ndarray | None = None) -> PairTable:
    """From counts (k, k) of wins of the row, and of ties above the diagonal."""
    a, b = np.repeat(np.indices(wins.shape).reshape(2, -1), wins.ravel(), axis=1)
    points = np.ones(a.size)
    if ties is not None:
        tied_a, tied_b = np.repeat(np.indices(ties.shape).reshape(2, -1), ties.ravel(), axis=1)
        a, b = np.concatenate([a, tied_a]), np.concatenate([b, tied_b])
        points = np.concatenate([points, np.full(tied_a.size, 0.5)])
    return PairTable.of(a, b, points, tied=points == 0.5)


def random_votes(seed: int, *, ties: float = 0.0, size: int = 5) -> Votes:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(150, 400))
    a = rng.integers(size, size=n)
    b = (a + rng.integers(1, size, size=n)) % size
    theta = rng.normal(0, 0.7, size)
    score = np.where(rng.random(n) < ties, 0.5, rng.random(n) < expit(theta[a] - theta[b]))
    return Votes(tuple(map(str, range(size))), a, b, score, rng.integers(n // 2, size=n))


def test_published_strengths_of_the_american_league() -> None:
    """Estimates and standard errors relative to Baltimore, as R's BradleyTerry2 prints them for these data."""
    fitted = fitted_to(pairs_of(GAMES), len(TEAMS))
    relative = fitted.strengths - fitted.strengths[-1]
    published = [1.5814, 1.4364, 1.2945, 1.2476, 1.1077, 0.6839]
    assert relative[:-1] == pytest.approx(published, abs=5e-5)
    inverse = fitted.inverse
    errors = [np.sqrt(inverse[i, i] + inverse[-1, -1] - 2 * inverse[i, -1]) for i in range(6)]
    assert errors == pytest.approx([0.3433, 0.3396, 0.3367, 0.3359, 0.3339, 0.3319], abs=5e-5)
    assert fitted.strengths.sum() == pytest.approx(0, abs=1e-12)


def test_by_hand_two_systems() -> None:
    """3 wins of 4: the difference of strengths is log 3, each half of it."""
    fitted = fitted_to(pairs_of(np.array([[0, 3], [1, 0]])), 2)
    assert fitted.strengths == pytest.approx([np.log(3) / 2, -np.log(3) / 2])
    assert fitted.expected == pytest.approx([3 / 4])


def test_by_hand_davidsons_ties_of_equal_systems() -> None:
    """10 wins each and 20 ties: equal, and ν / (2 + ν) = 1/2, so ν = 2."""
    fitted = fitted_to(pairs_of(np.array([[0, 10], [10, 0]]), np.array([[0, 20], [0, 0]])), 2, davidson=True)
    assert fitted.strengths == pytest.approx([0, 0], abs=1e-9)
    assert np.exp(there(fitted.log_tie)) == pytest.approx(2)
    assert fitted.tie == pytest.approx([0.5])


def test_by_hand_davidsons_model_of_two_systems_fits_all_three_shares() -> None:
    """6 wins, 2 losses and 4 ties: π = √(6/2) each way, e^(θ1 − θ2) = 3, and ν = (4/12) / √(6/12 × 2/12)."""
    fitted = fitted_to(pairs_of(np.array([[0, 6], [2, 0]]), np.array([[0, 4], [0, 0]])), 2, davidson=True)
    assert fitted.strengths[0] - fitted.strengths[1] == pytest.approx(np.log(3))
    assert np.exp(there(fitted.log_tie)) == pytest.approx(4 / np.sqrt(12))


@pytest.mark.parametrize("seed", range(10))
def test_equals_a_logistic_regression_without_a_constant(seed: int) -> None:
    votes = random_votes(seed)
    pairs = PairTable.of(votes.a, votes.b, votes.score)
    if why_no_strengths(votes.systems, pairs):
        return
    design = np.zeros((votes.n, 5))
    design[np.arange(votes.n), votes.a] = 1
    design[np.arange(votes.n), votes.b] = -1
    logit = sm.GLM(votes.score, design[:, :-1], family=sm.families.Binomial()).fit(tol=1e-12)
    fitted = fitted_to(pairs, 5)
    assert fitted.strengths[:-1] - fitted.strengths[-1] == pytest.approx(logit.params, abs=1e-6)
    expected = logit.cov_params()
    contrast = np.eye(5)[:-1] - np.eye(5)[-1]
    assert contrast @ fitted.inverse @ contrast.T == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("seed", range(10))
def test_davidsons_model_equals_a_general_optimiser(seed: int) -> None:
    votes = random_votes(seed, ties=0.3)
    tied = votes.score == 0.5
    fitted = fitted_to(PairTable.of(votes.a, votes.b, votes.score, tied=tied), 5, davidson=True)

    def loss(parameters: np.ndarray) -> float:
        theta, nu = np.append(parameters[:4], 0.0), np.exp(parameters[4])
        first, second = np.exp(theta[votes.a]), np.exp(theta[votes.b])
        tie = nu * np.sqrt(first * second)
        share = np.where(tied, tie, np.where(votes.score == 1, first, second)) / (first + second + tie)
        return -float(np.log(share).sum())

    best = scipy.optimize.minimize(loss, np.zeros(5), method="BFGS", options={"gtol": 1e-8})
    assert fitted.strengths[:4] - fitted.strengths[4] == pytest.approx(best.x[:4], abs=1e-4)
    assert there(fitted.log_tie) == pytest.approx(best.x[4], abs=1e-4)
    assert (
        loss(np.append(fitted.strengths[:4] - fitted.strengths[4], there(fitted.log_tie))) <= best.fun + 1e-8
    )


def test_ties_count_half_for_each() -> None:
    half = fitted_to(pairs_of(np.array([[0, 4], [2, 0]]), np.array([[0, 2], [0, 0]])), 2)
    assert half.strengths == pytest.approx(fitted_to(pairs_of(np.array([[0, 5], [3, 0]])), 2).strengths)


def test_a_system_that_never_wins_is_named() -> None:
    wins = np.array([[0, 2, 3], [2, 0, 4], [0, 0, 0]])
    assert why_no_strengths(("x", "y", "z"), pairs_of(wins)) == (
        "z never won or tied against the others: the strengths have no bound"
    )


def test_a_tie_is_enough_to_bound_the_strengths() -> None:
    wins = np.array([[0, 2, 3], [2, 0, 4], [0, 0, 0]])
    ties = np.array([[0, 0, 1], [0, 0, 0], [0, 0, 0]])
    assert why_no_strengths(("x", "y", "z"), pairs_of(wins, ties)) is None
    assert np.abs(fitted_to(pairs_of(wins, ties), 3).strengths).max() < 5


def test_systems_without_a_comparison_are_named() -> None:
    wins = np.zeros((5, 5), dtype=int)
    wins[0, 1] = wins[1, 0] = wins[2, 3] = wins[3, 2] = wins[1, 2] = wins[2, 1] = 2
    assert why_no_strengths(tuple("abcde"), pairs_of(wins)) == "no vote compares e with the others"


def test_a_single_comparison_names_both() -> None:
    assert why_no_strengths(("a", "b"), pairs_of(np.array([[0, 3], [0, 0]]))) == (
        "b never won or tied against the others and a never lost or tied against the others: "
        "the strengths have no bound"
    )


def test_two_groups_that_never_beat_each_other_are_found() -> None:
    """a and b beat c and d every time; within both groups everybody wins once."""
    wins = np.array([[0, 1, 2, 2], [1, 0, 2, 2], [0, 0, 0, 1], [0, 0, 1, 0]])
    reason = there(why_no_strengths(tuple("abcd"), pairs_of(wins)))
    assert "c and d never won" in reason
    assert "a and b never lost" in reason


def test_the_reason_is_there_exactly_if_the_fit_runs_away() -> None:
    rng = np.random.default_rng(0)
    kinds = set()
    for _ in range(100):
        wins = rng.poisson(0.6, size=(4, 4))
        np.fill_diagonal(wins, 0)
        pairs = pairs_of(wins)
        bounded = why_no_strengths(tuple("abcd"), pairs) is None
        kinds.add(bounded)
        if bounded:
            fitted = fitted_to(pairs, 4)
            residual = np.zeros(4)
            np.add.at(residual, pairs.low, pairs.points - pairs.n * fitted.expected)
            np.add.at(residual, pairs.high, -(pairs.points - pairs.n * fitted.expected))
            assert residual == pytest.approx(np.zeros(4), abs=1e-7)
    assert kinds == {True, False}


@pytest.mark.parametrize(
    ("a", "b", "score"),
    [([0], [0], [1.0]), ([0], [3], [1.0]), ([0], [1], [0.7]), ([0, 1], [1], [1.0]), ([-1], [1], [0.0])],
)
def test_votes_that_do_not_fit_are_refused(a: list[int], b: list[int], score: list[float]) -> None:
    with pytest.raises(ValueError, match=r"score|a and b|itself"):
        Votes(
            ("x", "y", "z"), np.array(a), np.array(b), np.array(score), np.zeros(len(score), dtype=np.int64)
        )
