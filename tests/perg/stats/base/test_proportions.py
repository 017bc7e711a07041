import numpy as np
import pytest

from perg.stats.base.estimate import Estimate
from perg.stats.base.intervals import ONE_CLUSTER
from perg.stats.base.pooling import PooledBootstrap, pool
from perg.stats.base.proportions import clustered_share, jaccard_distance, proportion, wilson_interval
from perg.stats.base.resampling import Draws


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


def test_shared_clusters_widen_the_interval_and_keep_the_value() -> None:
    items = np.repeat(flags(1, 0, 1, 1, 0, 1, 0, 1, 1, 1), 20)
    clustered = proportion(items, clusters=np.repeat(np.arange(10), 20))
    independent = proportion(items)
    assert clustered.value == independent.value == pytest.approx(0.7)
    assert clustered.n == 200
    assert width(clustered) > 3 * width(independent)


def test_clusters_that_agree_within_count_as_trials_with_students_quantile() -> None:
    """Ten clusters of four, six all true. The jackknife's variance is 0.6 · 0.4 / 9: nine effective trials.

    Wilson with t = 2.262157 (9 degrees of freedom) and n = 9: z² = 5.117355; centre (0.6 + 0.284298) / 1.568595;
    half 2.262157 · sqrt(0.24 / 9 + 5.117355 / 324) / 1.568595.
    """
    items = np.repeat(np.arange(10) < 6, 4)
    estimate = proportion(items, clusters=np.repeat(np.arange(10), 4))
    centre, half = 0.563752, 0.297172
    assert (estimate.low, estimate.high) == pytest.approx((centre - half, centre + half), abs=2e-6)


@pytest.mark.parametrize("outcome", [True, False])
def test_a_share_at_the_boundary_gets_wilsons_interval_over_the_clusters(outcome: bool) -> None:
    estimate = proportion(np.full(30, outcome), clusters=np.repeat(np.arange(10), 3))
    assert estimate.value == float(outcome)
    assert (estimate.low, estimate.high) == wilson_interval(10 if outcome else 0, 10)
    assert estimate.low != estimate.high


@pytest.mark.parametrize("items", [flags(1, 0), flags(1, 1), flags(0, 0)])
def test_items_of_one_cluster_have_a_value_and_no_interval_and_the_reason(items: np.ndarray) -> None:
    estimate = proportion(items, clusters=np.array([1, 1]))
    assert estimate == Estimate.of(items.mean(), 2, None, warnings=(ONE_CLUSTER,))


def test_few_clusters_are_warned_of_and_many_are_not() -> None:
    items = np.tile(flags(1, 0, 0), 40)
    few = proportion(items[:15], clusters=np.repeat(np.arange(5), 3))
    assert few.warnings == ("Only 5 independent questions: the interval may not hold its level.",)
    assert proportion(items, clusters=np.repeat(np.arange(40), 3)).warnings == ()


def test_few_clusters_with_the_rarer_outcome_are_warned_of_where_sizes_differ() -> None:
    sizes = np.where(np.arange(60) < 6, 40, 2)
    clusters = np.repeat(np.arange(60), sizes)
    estimate = proportion(clusters < 2, clusters=clusters)
    assert "only 2 of 60 have the rarer outcome" in estimate.warnings[0]


def test_pooled_clusters_give_the_interval_of_the_items() -> None:
    rng = np.random.default_rng(3)
    hits, clusters = rng.random(80) < 0.3, np.sort(rng.integers(0, 30, size=80))
    rows = hits.astype(np.int64)[:, np.newaxis]
    bootstrap = PooledBootstrap(pool(rows, clusters), draws=Draws(rng=rng, resamples=1))
    kinds = rows[bootstrap.pools.first, 0].astype(float)
    shared = bootstrap.share(np.column_stack([kinds, np.ones(kinds.size)]))
    expected = proportion(hits, clusters=clusters)
    assert (shared.low, shared.high) == pytest.approx((expected.low, expected.high))
    assert shared.warnings == expected.warnings


@pytest.mark.parametrize("clusters", [5, 10, 20, 50])
@pytest.mark.parametrize("rate", [0.1, 0.3])
def test_intervals_over_few_clusters_cover(clusters: int, rate: float) -> None:
    """2,000 campaigns of clusters of five with correlation 0.2; the bootstrap covered 81% (5), 89% (10), 91% (20)."""
    rng = np.random.default_rng(clusters)
    chances = rng.beta(4 * rate, 4 * (1 - rate), size=(2000, clusters))
    hits = rng.binomial(5, chances).astype(float)
    covered = 0
    for one in hits:
        estimate = clustered_share(one, np.full(clusters, 5))
        assert estimate.low is not None
        assert estimate.high is not None
        covered += estimate.low <= rate <= estimate.high
    assert covered / 2000 >= 0.93


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


def test_jaccard_distance_is_over_the_clusters_of_the_union_only() -> None:
    a, b = flags(1, 1, 1, 1, 0, 0), flags(1, 1, 0, 0, 0, 0)
    shared = np.array([1, 1, 2, 2, 3, 3])
    clustered = jaccard_distance(a, b, clusters=shared)
    of_union = proportion(flags(1, 1, 0, 0), clusters=np.array([1, 1, 2, 2])).complement()
    assert (clustered.value, clustered.n) == (0.5, 4)
    assert clustered == of_union
    outside_only = np.array([1, 2, 3, 4, 5, 5])
    assert jaccard_distance(a, b, clusters=outside_only) == jaccard_distance(a, b)


def test_sets_over_different_items_are_refused() -> None:
    with pytest.raises(ValueError, match="same items"):
        jaccard_distance(flags(1, 0), flags(1, 0, 1))
