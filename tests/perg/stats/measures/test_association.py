import numpy as np
import pytest
from scipy.stats import spearmanr

from perg.stats.base.estimate import Estimate
from perg.stats.base.pooling import PooledBootstrap, pool
from perg.stats.base.resampling import Draws, expanded_tail
from perg.stats.measures.association import (
    mean_difference_of_pairs,
    mean_signed_difference,
    spearman_of_pairs,
)
from perg.stats.measures.matrix import rater_matrix
from perg.stats.ratings.pair_counts import PairCounts
from perg.stats.ratings.pooled import PooledTable
from perg.stats.ratings.ratings import RatingTable
from tests.sizes import seeds

NAN = np.nan
SCALE = (1.0, 2.0, 3.0, 4.0, 5.0)


def random_pair(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(5, 61))
    a = rng.integers(1, 6, size=n).astype(float)
    b = np.clip(a + rng.integers(-2, 3, size=n), 1, 5)
    a[rng.random(n) < 0.2], b[rng.random(n) < 0.2] = NAN, NAN
    a[:2], b[:2] = (1, 4), (1, 5)
    return a, b


def spearman(a: np.ndarray, b: np.ndarray, *, resamples: int = 20, seed: int = 0) -> Estimate:
    """Of the matrix, which is where it is asked for."""
    table = RatingTable(tuple(range(a.size)), ("a", "b"), np.column_stack([a, b]), SCALE)
    draws = Draws(rng=np.random.default_rng(seed), resamples=resamples)
    return rater_matrix(PooledTable.of(table, draws)).pairs[0].scale["spearman"]


def difference(a: np.ndarray, b: np.ndarray) -> Estimate:
    return mean_signed_difference(a, b, SCALE, draws=Draws(rng=np.random.default_rng(0), resamples=20))


def test_spearman_and_the_mean_difference_equal_scipy_and_numpy_on_random_pairs_with_missing_ratings() -> (
    None
):
    for seed in seeds(300):
        a, b = random_pair(seed)
        both = ~np.isnan(a) & ~np.isnan(b)
        assert spearman(a, b).value == pytest.approx(spearmanr(a[both], b[both]).statistic, abs=1e-9)
        assert difference(a, b).value == pytest.approx((a - b)[both].mean(), abs=1e-9)
        assert spearman(a, b).n == difference(a, b).n == both.sum()


def test_spearman_derived_by_hand() -> None:
    """Without ties 1 − 6 Σd² / (n (n² − 1)): ranks 1 2 3 4 against 2 1 4 3, Σd² = 4, 1 − 24/60."""
    assert spearman(np.array([1.0, 2, 3, 4]), np.array([2.0, 1, 4, 3])).value == pytest.approx(0.6)
    assert spearman(np.array([1.0, 2, 5]), np.array([5.0, 3, 1])).value == -1


def test_the_mean_difference_is_above_zero_where_the_first_rates_higher() -> None:
    assert difference(np.array([5.0, 3]), np.array([4.0, 1])).value == pytest.approx(1.5)


def test_the_intervals_equal_a_plain_loop_over_the_drawn_units() -> None:
    a, b = random_pair(21)
    both = ~np.isnan(a) & ~np.isnan(b)
    a, b = a[both], b[both]
    pools = pool(np.column_stack([a, b]).astype(int))
    bootstrap = PooledBootstrap(pools, draws=Draws(rng=np.random.default_rng(4), resamples=300))
    draws = bootstrap.sums(np.eye(pools.sizes.size)).astype(int)
    drawn = [(np.repeat(a[pools.first], w), np.repeat(b[pools.first], w)) for w in draws]
    again = Draws(rng=np.random.default_rng(4), resamples=300)
    for estimate, plain in (
        (spearman(a, b, resamples=300, seed=4), lambda x, y: spearmanr(x, y).statistic),
        (mean_signed_difference(a, b, SCALE, draws=again), lambda x, y: (x - y).mean()),
    ):
        tail = expanded_tail(a.size, 0.95)
        expected = tuple(np.quantile([plain(x, y) for x, y in drawn], [tail, 1 - tail]))
        assert (estimate.low, estimate.high) == pytest.approx(expected, abs=1e-9)
        assert expected[1] - expected[0] > 0.05


def test_nothing_is_defined_without_a_unit_rated_by_both() -> None:
    nothing = Estimate.of_nothing("no unit rated by both")
    for a, b in [(np.array([1, NAN]), np.array([NAN, 2])), (np.array([]), np.array([]))]:
        assert spearman(a, b) == difference(a, b) == nothing


@pytest.mark.parametrize(("a", "b"), [((3.0, 3, 3), (1.0, 2, 3)), ((1.0, 2), (4.0, 4)), ((2.0,), (3.0,))])
def test_a_rater_who_never_varies_has_no_rank_correlation(a: tuple[float, ...], b: tuple[float, ...]) -> None:
    estimate = spearman(np.array(a), np.array(b))
    assert estimate.value is None
    assert estimate.n == len(a)
    assert "the same rating" in (estimate.undefined or "")


def test_resamples_that_define_nothing_are_nan() -> None:
    constant = PairCounts(np.array([2, 2]), np.array([0, 1]), np.ones((1, 2)), 3)
    assert np.isnan(spearman_of_pairs(constant)).all()
    nothing = PairCounts.of_square(np.zeros((1, 9)), 3)
    assert np.isnan(mean_difference_of_pairs(nothing, np.arange(3.0))).all()


def test_vectors_of_other_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="same units"):
        difference(np.array([1.0]), np.array([1.0, 2.0]))
