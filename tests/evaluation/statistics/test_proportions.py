import numpy as np
import pytest

from evaluation.statistics.estimate import Estimate
from evaluation.statistics.proportions import jaccard_distance, proportion, wilson_interval


def flags(*values: int) -> np.ndarray:
    return np.array(values, dtype=bool)


def width(estimate: Estimate) -> float:
    assert estimate.low is not None
    assert estimate.high is not None
    return estimate.high - estimate.low


# Newcombe, Statistics in Medicine 17 (1998) 857–872, table I, method 3 (score, no continuity correction).
@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_interval_equals_newcombes_published_values(
    successes: int, n: int, low: float, high: float
) -> None:
    items = np.arange(n) < successes
    estimate = proportion(items)
    assert estimate.value == pytest.approx(successes / n)
    assert (estimate.low, estimate.high) == pytest.approx((low, high), abs=5e-5)


def test_a_proportion_of_no_items_is_undefined() -> None:
    assert proportion(flags()) == Estimate.of_nothing("no items")


def test_distinct_clusters_need_no_generator_and_change_nothing() -> None:
    items = flags(1, 0, 1, 1)
    assert proportion(items, clusters=np.array([4, 1, 7, 2])) == proportion(items)


def test_confidence_is_passed_on() -> None:
    items = np.arange(100) < 30
    assert wilson_interval(30, 100, 0.8) == (
        proportion(items, confidence=0.8).low,
        proportion(items, confidence=0.8).high,
    )
    assert wilson_interval(30, 100, 0.8) != wilson_interval(30, 100, 0.95)


def test_shared_clusters_without_a_generator_are_refused() -> None:
    with pytest.raises(ValueError, match="needs a generator"):
        proportion(flags(1, 0, 1), clusters=np.array([1, 1, 2]))


def test_shared_clusters_widen_the_interval_and_keep_the_value() -> None:
    items = np.repeat(flags(1, 0, 1, 1, 0, 1, 0, 1, 1, 1), 20)
    clustered = proportion(items, clusters=np.repeat(np.arange(10), 20), rng=np.random.default_rng(0))
    independent = proportion(items)
    assert clustered.value == independent.value == pytest.approx(0.7)
    assert clustered.n == 200
    assert width(clustered) > 3 * width(independent)


def test_bootstrap_of_whole_clusters_is_the_binomial_of_the_clusters() -> None:
    """Ten clusters, six all true: Binomial(10, 0.6) / 10 has its outer 2.5% quantiles at 0.3 and 0.9."""
    items = np.repeat(np.arange(10) < 6, 4)
    clusters = np.repeat(np.arange(10), 4)
    estimate = proportion(items, clusters=clusters, resamples=20_000, rng=np.random.default_rng(2))
    assert (estimate.low, estimate.high) == pytest.approx((0.3, 0.9))


@pytest.mark.parametrize("outcome", [True, False])
def test_a_share_at_the_boundary_gets_wilsons_interval_over_the_clusters(outcome: bool) -> None:
    estimate = proportion(
        np.full(30, outcome), clusters=np.repeat(np.arange(10), 3), rng=np.random.default_rng(0)
    )
    assert estimate.value == float(outcome)
    assert (estimate.low, estimate.high) == wilson_interval(10 if outcome else 0, 10)
    assert estimate.low != estimate.high


def test_one_cluster_of_mixed_items_has_a_value_and_no_interval() -> None:
    estimate = proportion(flags(1, 0), clusters=np.array([1, 1]), rng=np.random.default_rng(0))
    assert estimate == Estimate.of(0.5, 2, None)


@pytest.mark.parametrize("items", [np.array([0, 1]), np.array([[True], [False]])])
def test_anything_but_a_vector_of_booleans_is_refused(items: np.ndarray) -> None:
    with pytest.raises(ValueError, match="vector of booleans"):
        proportion(items)


def test_clusters_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="one cluster id per item"):
        proportion(flags(1, 0), clusters=np.array([1]))
    with pytest.raises(ValueError, match="one cluster id per item"):
        jaccard_distance(flags(1, 0), flags(1, 0), clusters=np.array([1]))


def test_jaccard_distance_is_one_minus_intersection_over_union() -> None:
    """A = {0, 1, 2}, B = {1, 2, 3, 4}: 1 − 2/5."""
    distance = jaccard_distance(flags(1, 1, 1, 0, 0, 0), flags(0, 1, 1, 1, 1, 0))
    low, high = wilson_interval(2, 5)
    assert (distance.value, distance.n) == (pytest.approx(3 / 5), 5)
    assert (distance.low, distance.high) == pytest.approx((1 - high, 1 - low))


def test_jaccard_distance_of_equal_sets_is_zero_and_of_disjoint_sets_one() -> None:
    assert jaccard_distance(flags(1, 1, 0), flags(1, 1, 0)).value == 0
    assert jaccard_distance(flags(1, 0, 0), flags(0, 1, 0)).value == 1


def test_jaccard_distance_is_undefined_where_the_union_is_empty() -> None:
    nothing = jaccard_distance(flags(0, 0), flags(0, 0))
    assert nothing == Estimate.of_nothing("no item was answered correctly in either condition")
    assert jaccard_distance(flags(), flags()) == Estimate.of_nothing("no items")


def test_jaccard_distance_resamples_clusters_of_the_union_only() -> None:
    a, b = flags(1, 1, 1, 1, 0, 0), flags(1, 1, 0, 0, 0, 0)
    shared = np.array([1, 1, 2, 2, 3, 3])
    clustered = jaccard_distance(a, b, clusters=shared, rng=np.random.default_rng(0))
    assert (clustered.value, clustered.n, clustered.low, clustered.high) == (0.5, 4, 0.0, 1.0)
    outside_only = np.array([1, 2, 3, 4, 5, 5])
    assert jaccard_distance(a, b, clusters=outside_only) == jaccard_distance(a, b)


def test_sets_over_different_items_are_refused() -> None:
    with pytest.raises(ValueError, match="same items"):
        jaccard_distance(flags(1, 0), flags(1, 0, 1))
