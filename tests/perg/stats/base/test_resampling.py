import numpy as np
import pytest

from perg.stats.base import resampling
from perg.stats.base.resampling import (
    Draws,
    cluster_sums,
    defined_ratio,
    percentile_interval,
    resampled_sums,
)


def draws(resamples: int, seed: int = 1) -> Draws:
    return Draws(rng=np.random.default_rng(seed), resamples=resamples)


def times(n_units: int, resamples: int, seed: int = 1) -> np.ndarray:
    """How often each unit is drawn in each resample."""
    return resampled_sums(np.eye(n_units), draws(resamples, seed))[1:]


def test_the_first_row_is_the_sum_over_all_units() -> None:
    assert resampled_sums(np.array([[1.0, 10], [2, 20]]), draws(3))[0].tolist() == [3, 30]


def test_every_resample_draws_as_many_units_as_there_are() -> None:
    weights = times(7, 50)
    assert weights.shape == (50, 7)
    assert (weights.sum(axis=1) == 7).all()
    assert (weights == weights.astype(int)).all()


def test_weights_have_the_moments_of_fair_draws() -> None:
    weights = times(5, 20_000)
    assert weights.mean(axis=0) == pytest.approx(np.ones(5), abs=0.04)
    assert weights.var(axis=0) == pytest.approx(np.full(5, 1 - 1 / 5), abs=0.04)


def test_chunks_do_not_change_the_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = times(10, 25, seed=3)
    monkeypatch.setattr(resampling, "CHUNK_ELEMENTS", 40)
    np.testing.assert_array_equal(times(10, 25, seed=3), whole)


def test_a_bootstrap_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one unit"):
        resampled_sums(np.empty((0, 2)), draws(10))
    with pytest.raises(ValueError, match="at least one resample"):
        draws(0)


def test_the_draws_of_some_units_keep_their_clusters() -> None:
    clustered = Draws(rng=np.random.default_rng(0), clusters=np.array([4, 5, 4]))
    some = clustered.among(np.array([True, False, True]))
    assert some.clusters is not None
    assert some.clusters.tolist() == [4, 4]
    assert some.rng is clustered.rng
    with pytest.raises(ValueError, match="one cluster id per unit"):
        clustered.require_units(2)


def test_cluster_sums_add_the_units_of_a_cluster() -> None:
    statistics = np.array([[1.0, 10.0], [2.0, 20.0], [4.0, 40.0]])
    sums = cluster_sums(statistics, np.array([9, 3, 9]))
    np.testing.assert_array_equal(sums, [[2.0, 20.0], [5.0, 50.0]])


def test_cluster_ids_must_match_the_units() -> None:
    with pytest.raises(ValueError, match="one cluster id per unit"):
        cluster_sums(np.ones((3, 1)), np.array([1, 2]))


def test_units_of_one_cluster_are_drawn_together() -> None:
    statistics = np.eye(4)
    sums = resampled_sums(cluster_sums(statistics, np.array([0, 0, 1, 1])), draws(200))[1:]
    np.testing.assert_array_equal(sums[:, 0], sums[:, 1])
    np.testing.assert_array_equal(sums[:, 2], sums[:, 3])
    assert set(np.unique(sums[:, 0])) == {0.0, 1.0, 2.0}


def test_equal_units_are_drawn_as_one_group_with_the_moments_of_fair_draws() -> None:
    # 30 ones and 70 zeros: sums are binomial, mean 30 and variance 100 × 0.3 × 0.7.
    statistics = np.column_stack([np.repeat([1.0, 0.0], [30, 70]), np.ones(100)])
    sums = resampled_sums(statistics, draws(40_000, seed=4))[1:]
    assert (sums[:, 1] == 100).all()
    assert sums[:, 0].mean() == pytest.approx(30, abs=0.1)
    assert sums[:, 0].var() == pytest.approx(21, abs=0.6)


def test_percentile_interval_takes_the_quantiles_of_the_replicates() -> None:
    assert percentile_interval(np.arange(101) / 100, confidence=0.9) == pytest.approx((0.05, 0.95))


def test_a_few_undefined_replicates_are_left_out() -> None:
    replicates = np.concatenate([np.arange(101) / 100, np.full(5, np.nan)])
    assert percentile_interval(replicates, confidence=0.9) == pytest.approx((0.05, 0.95))


def test_more_than_five_percent_undefined_replicates_give_no_interval() -> None:
    varied = np.linspace(0, 1, 95)
    assert percentile_interval(np.concatenate([varied, np.full(5, np.nan)])) is not None
    assert percentile_interval(np.concatenate([varied[1:], np.full(6, np.nan)])) is None
    assert percentile_interval(np.full(10, np.nan)) is None


def test_replicates_that_never_vary_give_no_interval() -> None:
    assert percentile_interval(np.full(1000, 0.1) + np.tile([0, 1e-16], 500)) is None


@pytest.mark.parametrize("confidence", [0.0, 1.0, 95.0])
def test_confidence_must_be_a_share(confidence: float) -> None:
    with pytest.raises(ValueError, match="confidence"):
        percentile_interval(np.arange(10.0), confidence)


def ratio_interval(
    numerator: np.ndarray, denominator: np.ndarray, clusters: np.ndarray | None = None, *, seed: int = 0
) -> tuple[float, float] | None:
    by_cluster = cluster_sums(np.column_stack([numerator, denominator]), clusters)
    sums = resampled_sums(by_cluster, draws(4000, seed))[1:]
    return percentile_interval(defined_ratio(sums[:, 0], sums[:, 1]), clusters=by_cluster.shape[0])


def test_ratio_interval_matches_a_plain_loop_over_resampled_clusters() -> None:
    data = np.random.default_rng(5)
    clusters = data.integers(30, size=120)
    denominator = data.integers(1, 4, size=120).astype(float)
    numerator = np.minimum(denominator, data.integers(0, 4, size=120)).astype(float)

    loop = np.random.default_rng(6)
    ids = np.unique(clusters)
    members = {i: np.flatnonzero(clusters == i) for i in ids}
    replicates = []
    for _ in range(4000):
        drawn = np.concatenate([members[i] for i in loop.choice(ids, ids.size)])
        replicates.append(numerator[drawn].sum() / denominator[drawn].sum())

    vectorised = ratio_interval(numerator, denominator, clusters, seed=7)
    assert vectorised == pytest.approx(tuple(np.quantile(replicates, [0.025, 0.975])), abs=0.01)


def test_correlated_items_widen_the_interval_of_a_ratio() -> None:
    clusters = np.repeat(np.arange(20), 10)
    numerator = np.repeat(np.tile([0.0, 1.0], 10), 10)

    def width(ids: np.ndarray | None) -> float:
        interval = ratio_interval(numerator, np.ones(200), ids)
        assert interval is not None
        return interval[1] - interval[0]

    assert width(clusters) > 2.5 * width(None)


def test_ratio_interval_is_reproducible_from_the_seed() -> None:
    numerator = np.arange(20.0)

    def interval(seed: int) -> tuple[float, float] | None:
        return ratio_interval(numerator, np.ones(20), seed=seed)

    assert interval(0) == interval(0)
    assert interval(0) != interval(1)


def test_a_ratio_whose_denominator_is_often_missing_has_no_interval() -> None:
    denominator = np.array([1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    assert ratio_interval(denominator / 2, denominator) is None
