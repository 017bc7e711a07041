import numpy as np
import pytest
from scipy.special import expit

from perg.stats.base.result import dump, load
from perg.stats.pairwise.ranks import RankInterval
from perg.stats.pairwise.strengths import FittedVotes, Strengths, fitted_votes, strengths
from perg.stats.pairwise.uncertainty import uncertainty
from perg.stats.pairwise.votes import PairTable, Votes
from perg.stats.pairwise.win_matrix import win_matrix
from tests.defined import ends, there, value_of

THETA = np.array([-1.0, -0.3, 0.3, 1.0])


def draw(seed: int, n: int = 600, *, ties: float = 0.2, together: int = 1) -> Votes:
    rng = np.random.default_rng(seed)
    a = rng.integers(4, size=n)
    b = (a + rng.integers(1, 4, size=n)) % 4
    score = np.where(rng.random(n) < ties, 0.5, rng.random(n) < expit(THETA[a] - THETA[b]))
    return Votes(tuple("abcd"), a, b, score, np.arange(n) // together)


def fitted_to(votes: Votes) -> FittedVotes:
    """A fit that there is."""
    fitted = fitted_votes(votes)
    assert not isinstance(fitted, str), fitted
    return fitted


def places(rank: RankInterval | None) -> tuple[int, int, int]:
    """Rank, best and worst place."""
    place = there(rank)
    return place.rank, there(place.best), there(place.worst)


def test_counts_and_order_of_the_systems() -> None:
    """a beats b twice and c once, b beats c, c beats a, b and c tie."""
    votes = Votes(
        ("a", "b", "c"),
        np.array([0, 1, 0, 1, 2, 1]),
        np.array([1, 0, 2, 2, 0, 2]),
        np.array([1.0, 0.0, 1.0, 1.0, 1.0, 0.5]),
        np.arange(6),
    )
    result = strengths(votes, rng=np.random.default_rng(0))
    assert [(s.system, s.votes, s.wins, s.losses, s.ties) for s in result.systems] == [
        ("a", 4, 3, 1, 0),
        ("b", 4, 1, 2, 1),
        ("c", 4, 1, 2, 1),
    ]
    assert [there(s.rank).rank for s in result.systems] == [1, 2, 2]
    assert sum(value_of(s.strength) for s in result.systems) == pytest.approx(0, abs=1e-12)
    assert result.tie_parameter.undefined == "ties count as half wins"


def test_of_two_systems_the_variance_is_that_of_their_win_rate() -> None:
    """The logit of the share of wins: the delta method's variance, by the jackknife, with half a vote more."""
    won, n = 70, 100
    votes = Votes(
        ("a", "b"),
        np.zeros(n, dtype=np.int64),
        np.ones(n, dtype=np.int64),
        np.repeat([1.0, 0.0], [won, n - won]),
        np.arange(n),
    )
    fitted = fitted_to(votes)
    share = won / n
    spread = share * (1 - share)
    jackknife = (n - 1) / n * (n * spread / (1 - 1 / n) ** 2) / n**2 / spread**2
    model = 1 / (n * spread)
    prior = 0.5 / (n * spread)
    expected = (jackknife + prior * model) / (1 + prior)
    assert there(fitted.uncertainty).of_difference(0, 1)[0] ** 2 == pytest.approx(expected)
    assert there(fitted.uncertainty).of_difference(0, 1)[1] == n - 1
    value, interval = fitted.win_rate(0, 1)
    assert value == pytest.approx(share)
    assert there(interval)[0] < 0.7 < there(interval)[1]


def test_a_vote_repeated_within_its_question_adds_nothing() -> None:
    once = draw(0)
    a, b, cluster = (np.repeat(x, 3) for x in (once.a, once.b, once.cluster))
    again = Votes(once.systems, a, b, np.repeat(once.score, 3), cluster)
    one, three = (strengths(votes, rng=np.random.default_rng(0)) for votes in (once, again))
    for single, repeated in zip(one.systems, three.systems, strict=True):
        assert repeated.strength.value == pytest.approx(single.strength.value)
        assert repeated.strength.low == pytest.approx(single.strength.low, abs=1e-3)
        assert repeated.votes == 3 * single.votes


def test_exchanging_the_sides_of_votes_changes_nothing() -> None:
    votes = draw(1)
    turned = np.random.default_rng(5).random(votes.n) < 0.5
    mirrored = Votes(
        votes.systems,
        np.where(turned, votes.b, votes.a),
        np.where(turned, votes.a, votes.b),
        np.where(turned, 1 - votes.score, votes.score),
        votes.cluster,
    )
    one, other = (strengths(v, davidson=True, rng=np.random.default_rng(0)) for v in (votes, mirrored))
    for first, second in zip(one.systems, other.systems, strict=True):
        assert second.strength.value == pytest.approx(first.strength.value)
        assert second.strength.low == pytest.approx(first.strength.low)


def test_the_sandwich_is_near_the_model_where_the_model_holds() -> None:
    votes = draw(2, 20_000, ties=0.0)
    fitted = fitted_to(votes)
    ratio = np.diag(there(fitted.uncertainty).covariance) / np.diag(fitted.fit.inverse)
    assert ratio == pytest.approx(np.ones(4), abs=0.05)


def test_a_leave_one_question_out_fit_has_nearly_the_same_variance() -> None:
    votes = draw(3, 120, together=3)
    fitted = fitted_to(votes)
    refitted = []
    for question in range(40):
        rest = votes.cluster != question
        refitted.append(
            fitted_to(
                Votes(votes.systems, votes.a[rest], votes.b[rest], votes.score[rest], votes.cluster[rest])
            ).fit.strengths
        )
    jackknife = 39 / 40 * ((np.array(refitted) - np.mean(refitted, axis=0)) ** 2).sum(axis=0)
    assert np.diag(there(fitted.uncertainty).covariance) == pytest.approx(jackknife, rel=0.1)


def test_all_ties_are_equal_systems_with_intervals() -> None:
    votes = draw(4, 200, ties=1.0)
    result = strengths(votes, rng=np.random.default_rng(0))
    for system in result.systems:
        assert system.strength.value == pytest.approx(0, abs=1e-9)
        low, high = ends(system.strength)
        assert low < 0 < high
        assert system.strength.warnings
        assert places(system.rank) == (1, 1, 4)
    assert (
        strengths(votes, davidson=True, rng=np.random.default_rng(0)).systems[0].strength.undefined
        == "all votes are ties: Davidson's parameter has no bound"
    )


def test_davidson_without_a_tie_is_undefined() -> None:
    result = strengths(draw(5, ties=0.0), davidson=True, rng=np.random.default_rng(0))
    assert "no vote is a tie" in there(result.tie_parameter.undefined)


def test_davidsons_parameter_has_an_interval() -> None:
    result = strengths(draw(6, 3000, ties=0.3), davidson=True, rng=np.random.default_rng(0))
    low, high = ends(result.tie_parameter)
    assert 0 < low < value_of(result.tie_parameter) < high


def test_a_system_that_never_wins_leaves_all_undefined_with_its_name() -> None:
    votes = draw(7)
    loser = np.where(votes.a == 0, 0.0, np.where(votes.b == 0, 1.0, votes.score))
    result = strengths(
        Votes(votes.systems, votes.a, votes.b, loser, votes.cluster), rng=np.random.default_rng(0)
    )
    assert {system.strength.undefined for system in result.systems} == {
        "a never won or tied against the others: the strengths have no bound"
    }
    assert result.systems[0].rank is None
    assert result.systems[0].wins == 0


def test_no_votes() -> None:
    empty = np.array([], dtype=np.int64)
    result = strengths(Votes(("a", "b"), empty, empty, np.array([]), empty), rng=np.random.default_rng(0))
    assert result.systems[0].strength.undefined == "no votes"


def test_one_question_has_no_interval() -> None:
    votes = draw(8)
    one = Votes(votes.systems, votes.a, votes.b, votes.score, np.zeros(votes.n, dtype=np.int64))
    result = strengths(one, rng=np.random.default_rng(0))
    assert result.systems[0].strength.low is None
    assert result.systems[0].strength.warnings
    assert there(result.systems[0].rank).best is None
    assert fitted_to(one).win_rate(0, 1)[1] is None


def test_systems_that_are_far_apart_have_ranks_of_their_own() -> None:
    result = strengths(draw(9, 20_000), rng=np.random.default_rng(0))
    assert [places(s.rank) for s in result.systems] == [
        (4, 4, 4),
        (3, 3, 3),
        (2, 2, 2),
        (1, 1, 1),
    ]


def test_ranges_of_ranks_hold_for_all_systems_at_once() -> None:
    held = 0
    for seed in range(200):
        result = strengths(draw(seed, 150), rng=np.random.default_rng(0))
        ranks = [places(system.rank) for system in result.systems]
        held += all(best <= true <= worst for (_, best, worst), true in zip(ranks, (4, 3, 2, 1), strict=True))
    assert held >= 0.93 * 200


def test_strengths_are_the_same_after_json() -> None:
    result = strengths(draw(10), rng=np.random.default_rng(0))
    assert load(Strengths, dump(result)) == result


def test_by_hand_the_matrix_of_win_rates() -> None:
    votes = Votes(
        ("a", "b", "c"),
        np.array([0, 1, 0, 2]),
        np.array([1, 0, 1, 1]),
        np.array([1.0, 0.0, 0.5, 1.0]),
        np.arange(4),
    )
    rates = {(rate.system, rate.other): rate.rate for rate in win_matrix(votes)}
    assert rates["a", "b"].value == pytest.approx((1 + 1 + 0.5) / 3)
    assert rates["b", "c"].value == 0
    assert ("a", "c") not in rates
    empty = np.array([], dtype=np.int64)
    assert win_matrix(Votes(("a", "b"), empty, empty, np.array([]), empty)) == ()


def test_a_confidence_outside_its_range_is_refused() -> None:
    with pytest.raises(ValueError, match="confidence"):
        strengths(draw(11), confidence=1.0, rng=np.random.default_rng(0))


def test_uncertainty_of_one_cluster_is_none() -> None:
    votes = draw(12)
    pairs = PairTable.of(votes.a, votes.b, votes.score)
    fitted = fitted_to(votes)
    points = np.where(pairs.sign > 0, votes.score, 1 - votes.score)
    ones = np.ones(votes.n)
    assert uncertainty(fitted.fit, pairs, points, ones, None, np.zeros(votes.n, dtype=np.int64)) is None
