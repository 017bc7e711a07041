import json

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from perg.stats.base.estimate import Estimate
from perg.stats.base.pooling import PooledBootstrap, pool
from perg.stats.base.proportions import wilson_interval
from perg.stats.base.resampling import Draws, expanded_tail
from perg.stats.base.result import dump
from perg.stats.measures.kappa import PairAgreement, Weights, kappa_of_pairs, pairwise, unit_pairs
from perg.stats.ratings.distances import Distances
from perg.stats.ratings.pair_counts import PairCounts
from tests.sizes import seeds

NAN = np.nan
SCALE = (1, 2, 3, 4, 5)
WEIGHTS: tuple[Weights, ...] = ("nominal", "linear", "quadratic")


def random_pair(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Two correlated raters of 5 to 60 units, a fifth of the ratings missing, always with two categories."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(5, 61))
    a = rng.integers(1, 6, size=n).astype(float)
    b = np.clip(a + rng.integers(-2, 3, size=n), 1, 5)
    a[rng.random(n) < 0.2], b[rng.random(n) < 0.2] = NAN, NAN
    a[:2], b[:2] = (1, 4), (1, 5)
    return a, b


def of_library(a: np.ndarray, b: np.ndarray, weights: str) -> float:
    both = ~np.isnan(a) & ~np.isnan(b)
    return float(
        cohen_kappa_score(
            a[both].astype(int),
            b[both].astype(int),
            labels=SCALE,
            weights=None if weights == "nominal" else weights,
        )
    )


def agreement(a: np.ndarray, b: np.ndarray, categories: tuple[float, ...] = SCALE) -> PairAgreement:
    return pairwise(a, b, categories, draws=Draws(rng=np.random.default_rng(0), resamples=20))


def test_kappa_derived_by_hand() -> None:
    """20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no: p_o = 35/50, p_e = (25·30 + 25·20)/50²; kappa = 2/5."""
    a = np.repeat([1.0, 1, 0, 0], [20, 5, 10, 15])
    b = np.repeat([1.0, 0, 1, 0], [20, 5, 10, 15])
    result = agreement(a, b, (0, 1))
    assert result.n == 50
    assert result.percent_agreement.value == pytest.approx(0.7)
    assert result.cohen_kappa.value == pytest.approx(0.4)
    assert result.quadratic_kappa.value == pytest.approx(0.4)


def test_quadratic_kappa_derived_by_hand() -> None:
    """(1,1), (2,3), (3,2): observed 0 + 1 + 1; by chance Σ(i − j)² over 9 pairs / 3 = 12/3; 1 − 2/4."""
    result = agreement(np.array([1.0, 2, 3]), np.array([1.0, 3, 2]), (1, 2, 3))
    assert result.quadratic_kappa.value == pytest.approx(0.5)
    assert result.cohen_kappa.value == pytest.approx(0)


def test_percent_agreement_has_wilsons_interval() -> None:
    result = agreement(np.array([1.0, 2, 3, 4]), np.array([1.0, 2, 3, 5]))
    assert (result.percent_agreement.low, result.percent_agreement.high) == wilson_interval(3, 4)


def test_kappas_equal_scikit_learn_on_random_tables_with_missing_ratings() -> None:
    for seed in seeds(200):
        a, b = random_pair(seed)
        result = agreement(a, b)
        assert result.cohen_kappa.value == pytest.approx(of_library(a, b, "nominal"), abs=1e-9)
        assert result.linear_kappa.value == pytest.approx(of_library(a, b, "linear"), abs=1e-9)
        assert result.quadratic_kappa.value == pytest.approx(of_library(a, b, "quadratic"), abs=1e-9)
        assert result.n == np.count_nonzero(~np.isnan(a) & ~np.isnan(b))


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.one_in(2)
def test_the_resampled_statistic_equals_scikit_learn_on_unit_weights(
    weights: Weights,
) -> None:
    for seed in seeds(200):
        a, b = random_pair(seed)
        both = ~np.isnan(a) & ~np.isnan(b)
        rows, columns, indicator = unit_pairs(a[both].astype(int) - 1, b[both].astype(int) - 1)
        pairs = PairCounts(rows, columns, np.ones((1, int(both.sum()))) @ indicator, 5)
        vectorised = kappa_of_pairs(pairs, Distances(weights, np.arange(5.0)))
        assert vectorised == pytest.approx(np.array([of_library(a, b, weights)]), abs=1e-9)


def test_the_intervals_equal_a_plain_loop_that_repeats_the_drawn_units() -> None:
    a, b = random_pair(21)
    both = ~np.isnan(a) & ~np.isnan(b)
    a, b = a[both], b[both]
    result = pairwise(a, b, SCALE, draws=Draws(rng=np.random.default_rng(4), resamples=300))
    pools = pool(np.column_stack([a, b]).astype(int))
    # pairwise draws nothing for percent agreement without clusters, so the seed is at the same point here
    bootstrap = PooledBootstrap(pools, draws=Draws(rng=np.random.default_rng(4), resamples=300))
    draws = bootstrap.sums(np.eye(pools.sizes.size)).astype(int)
    a, b = a[pools.first], b[pools.first]
    estimates = (result.cohen_kappa, result.linear_kappa, result.quadratic_kappa)
    for weights, estimate in zip(WEIGHTS, estimates, strict=True):
        replicates = [of_library(np.repeat(a, w), np.repeat(b, w), weights) for w in draws]
        tail = expanded_tail(result.n, 0.95)
        expected = tuple(np.quantile(replicates, [tail, 1 - tail]))
        assert (estimate.low, estimate.high) == pytest.approx(expected, abs=1e-9)
        assert expected[1] - expected[0] > 0.05


def test_copies_of_units_in_one_cluster_do_not_narrow_the_intervals() -> None:
    a, b = random_pair(22)
    clusters = np.repeat(np.arange(a.size), 4)
    naive = pairwise(np.repeat(a, 4), np.repeat(b, 4), SCALE, draws=Draws(rng=np.random.default_rng(0)))
    clustered = pairwise(
        np.repeat(a, 4), np.repeat(b, 4), SCALE, draws=Draws(rng=np.random.default_rng(0), clusters=clusters)
    )
    for name in ("percent_agreement", "cohen_kappa", "quadratic_kappa"):
        wide, narrow = getattr(clustered, name), getattr(naive, name)
        assert wide.value == pytest.approx(narrow.value)
        assert narrow.high - narrow.low < 0.7 * (wide.high - wide.low)


def test_the_intervals_are_reproducible_from_the_seed() -> None:
    a, b = random_pair(1)
    first, again, other = (
        pairwise(a, b, SCALE, draws=Draws(rng=np.random.default_rng(seed))) for seed in (0, 0, 1)
    )
    assert first == again
    assert first != other


def test_nothing_is_defined_without_a_unit_rated_by_both() -> None:
    nothing = Estimate.of_nothing("no unit rated by both")
    for a, b in [(np.array([1, NAN]), np.array([NAN, 2])), (np.array([]), np.array([]))]:
        assert agreement(a, b) == PairAgreement(0, nothing, nothing, nothing, nothing)


def test_kappa_is_undefined_and_agreement_complete_where_both_always_give_the_same_rating() -> None:
    result = agreement(np.array([3.0, 3, 3]), np.array([3.0, 3, 3]))
    assert result.percent_agreement.value == 1
    assert result.cohen_kappa.value is None
    assert result.cohen_kappa.n == 3
    assert result.cohen_kappa.undefined == result.quadratic_kappa.undefined
    assert (result.cohen_kappa.undefined or "").startswith("unanimous: ")


def test_kappa_of_two_different_constant_raters_is_zero() -> None:
    result = agreement(np.array([3.0, 3, 3]), np.array([4.0, 4, 4]))
    assert result.cohen_kappa.value == 0
    assert result.quadratic_kappa.value == 0


def test_a_resample_with_one_cell_only_is_undefined() -> None:
    pairs = PairCounts.of_square(np.array([[3.0, 0, 0, 0]]), 2)
    for weights in WEIGHTS:
        assert np.isnan(kappa_of_pairs(pairs, Distances(weights, np.array([0.1, 0.7])))).all()


def test_half_point_categories_weigh_by_distance() -> None:
    """(1, 1), (2, 1.5): observed 0 + 1/4; by chance (0 + 1/4 + 1 + 1/4) / 2."""
    result = agreement(np.array([1.0, 2]), np.array([1.0, 1.5]), (1, 1.5, 2))
    assert result.quadratic_kappa.value == pytest.approx(1 - 0.25 / ((0.25 + 1 + 0.25) / 2))


def test_ratings_off_the_scale_unsorted_scales_and_other_lengths_are_refused() -> None:
    one = np.array([1.0])
    with pytest.raises(ValueError, match="not one of the categories"):
        agreement(np.array([7.0]), one)
    with pytest.raises(ValueError, match="ascend"):
        agreement(one, one, (2, 1))
    with pytest.raises(ValueError, match="same units"):
        agreement(np.array([1.0, 2.0]), one)
    with pytest.raises(ValueError, match="one cluster id per unit"):
        pairwise(one, one, SCALE, draws=Draws(rng=np.random.default_rng(0), clusters=np.array([1, 2])))


def test_a_pair_is_one_json_object() -> None:
    report = json.loads(json.dumps(dump(agreement(*random_pair(3))), allow_nan=False))
    assert set(report) == {"n", "percent_agreement", "cohen_kappa", "linear_kappa", "quadratic_kappa"}
    assert report["cohen_kappa"]["n"] == report["n"]
