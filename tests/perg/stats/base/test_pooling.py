import numpy as np
import pytest
from scipy import sparse

from perg.stats.base import pooling
from perg.stats.base.pooling import PooledBootstrap, pool
from perg.stats.base.resampling import Draws


def bootstrap(
    rows: np.ndarray, clusters: np.ndarray | None = None, *, resamples: int = 400, seed: int = 0
) -> PooledBootstrap:
    return PooledBootstrap(
        pool(rows, clusters), draws=Draws(rng=np.random.default_rng(seed), resamples=resamples)
    )


def test_equal_rows_make_one_pool() -> None:
    rows = np.array([[1, -1], [2, 0], [1, -1], [1, 0], [1, -1]])
    pools = pool(rows)
    found = {tuple(rows[i]): int(size) for i, size in zip(pools.first, pools.sizes, strict=True)}
    assert found == {(1, -1): 3, (2, 0): 1, (1, 0): 1}
    assert pools.n == 5
    assert pools.incidence is None


def test_rows_too_long_for_one_whole_number_are_told_apart() -> None:
    rng = np.random.default_rng(0)
    rows = rng.integers(0, 1000, size=(200, 40))
    rows = np.concatenate([rows, rows[:50]])
    pools = pool(rows)
    assert np.array_equal(np.sort(pools.sizes), [1] * 150 + [2] * 50)
    assert np.unique(rows[pools.first], axis=0).shape == (200, 40)


def test_clusters_of_one_row_each_are_none() -> None:
    assert pool(np.array([[1], [1]]), np.array([7, 3])).incidence is None


@pytest.mark.parametrize("n", [7, 400])
def test_every_resample_draws_as_many_units_as_there_are(n: int) -> None:
    rows = np.random.default_rng(1).integers(0, 5, size=(n, 1))
    drawn = bootstrap(rows).sums(np.eye(pool(rows).sizes.size))
    assert (drawn.sum(axis=1) == n).all()
    assert drawn == pytest.approx(np.round(drawn), abs=0)


@pytest.mark.parametrize("groups", [3, 300], ids=["few distinct rows", "all rows distinct"])
def test_draws_have_the_mean_and_covariance_of_fair_draws(groups: int) -> None:
    """n = 300 draws with chances p: mean n p, variance n p (1 − p), covariance −n p q."""
    rows = (np.arange(300) % groups)[:, np.newaxis]
    pools = pool(rows)
    drawn = bootstrap(rows, resamples=20_000).sums(np.eye(groups))[:, :3]
    p = pools.sizes[:3] / 300
    expected = 300 * (np.diag(p) - np.outer(p, p))
    assert drawn.mean(axis=0) == pytest.approx(300 * p, abs=5 * np.sqrt(300 * p[0] / 20_000))
    assert np.cov(drawn.T) == pytest.approx(expected, abs=0.05 * expected[0, 0])


def test_draws_in_slices_are_still_fair(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slices of few pools must not fix how many draws fall on each: here 100 pools in slices of 7."""
    monkeypatch.setattr(pooling, "CHUNK_ELEMENTS", 5000 * 7)
    rows = np.repeat(np.arange(100), 3)[:, np.newaxis]
    drawn = bootstrap(rows, resamples=5000).sums(np.eye(100))
    assert (drawn.sum(axis=1) == 300).all()
    first_slice = drawn[:, :7].sum(axis=1)
    assert first_slice.var() == pytest.approx(300 * 0.07 * 0.93, rel=0.1)
    assert drawn[:, 50].var() == pytest.approx(300 * 0.01 * 0.99, rel=0.1)


def test_clusters_are_drawn_as_wholes() -> None:
    """Each cluster of three has a row that marks it and two that it shares with others."""
    marks, shared = np.arange(10, 30), np.arange(20) % 2
    rows = np.stack([marks, shared, shared + 2], axis=1).reshape(-1, 1)
    pools = pool(rows, np.repeat(np.arange(20), 3))
    drawn = PooledBootstrap(pools, draws=Draws(rng=np.random.default_rng(0), resamples=50)).sums(np.eye(24))
    values = rows[pools.first, 0]
    clusters = drawn[:, values >= 10]
    assert (clusters.sum(axis=1) == 20).all()
    assert clusters.std() > 0.5
    for parity in (0, 1):
        of_parity = clusters[:, (values[values >= 10] - 10) % 2 == parity].sum(axis=1)
        assert (drawn[:, values == parity][:, 0] == of_parity).all()
        assert (drawn[:, values == parity + 2][:, 0] == of_parity).all()


def test_clusters_that_hold_the_same_rows_are_drawn_together_and_as_fairly() -> None:
    """Of 90 clusters 60 are two rows (0, 1), 30 one row (0): how many of the 60 come is binomial."""
    rows = np.concatenate([np.tile([0, 1], 60), np.zeros(30, dtype=np.int64)])[:, np.newaxis]
    clusters = np.concatenate([np.repeat(np.arange(60), 2), np.arange(60, 90)])
    pools = pool(rows, clusters)
    assert pools.alike is not None
    assert sorted(pools.alike.tolist()) == [30, 60]
    drawn = PooledBootstrap(pools, draws=Draws(rng=np.random.default_rng(0), resamples=20_000)).sums(
        np.eye(2)
    )
    zeros, ones = drawn.T
    assert (zeros == 90).all()  # every cluster has one
    assert ones.mean() == pytest.approx(60, abs=0.2)
    assert ones.var() == pytest.approx(90 * (2 / 3) * (1 / 3), rel=0.05)


@pytest.mark.parametrize("clustered", [False, True])
def test_sums_are_the_same_dense_sparse_kept_and_drawn_anew(
    clustered: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(2)
    rows = rng.integers(0, 6, size=(500, 3))
    clusters = np.arange(500) // 4 if clustered else None
    statistics = rng.integers(0, 2, size=(pool(rows).sizes.size, 8)).astype(float)
    cached = bootstrap(rows, clusters, resamples=100)
    dense = cached.sums(statistics)
    assert np.array_equal(cached.sums(statistics), dense)
    assert np.array_equal(cached.sums(sparse.csc_array(statistics)), dense)
    monkeypatch.setattr(pooling, "CACHE_ELEMENTS", 0)
    uncached = bootstrap(rows, clusters, resamples=100)
    assert np.array_equal(uncached.sums(statistics), dense)
    assert np.array_equal(uncached.sums(sparse.csc_array(statistics)), dense)


@pytest.mark.parametrize("clustered", [False, True])
def test_leaving_one_out_is_the_sum_over_the_others(clustered: bool) -> None:
    rng = np.random.default_rng(3)
    rows = rng.integers(0, 3, size=(30, 2))
    clusters = np.arange(30) // 3 if clustered else None
    pools = pool(rows, clusters)
    draws = PooledBootstrap(pools, draws=Draws(rng=rng, resamples=1))
    statistics = rng.random((pools.sizes.size, 4))
    _, pool_of = np.unique(rows @ [3, 1], return_inverse=True)
    of_units = statistics[np.argsort(np.argsort(rows[pools.first] @ [3, 1]))[pool_of]]
    left_out = (
        [of_units[clusters != c].sum(axis=0) for c in range(10)]
        if clusters is not None
        else [np.delete(of_units, i, axis=0).sum(axis=0) for i in range(30)]
    )
    repeated = np.repeat(draws.leave_one_out(statistics), draws.pools.drawn, axis=0)
    assert np.sort(repeated, axis=0) == pytest.approx(np.sort(left_out, axis=0))


def test_clusters_with_a_flagged_unit_are_counted() -> None:
    rows = np.array([[0], [0], [1], [1], [1], [2]])
    draws = bootstrap(rows, np.array([5, 5, 5, 6, 6, 7]))
    assert [draws.clusters_among(np.arange(3) == i) for i in range(3)] == [1, 2, 1]
    assert bootstrap(rows).clusters_among(np.array([True, False, True])) == 3


def test_an_undefined_coefficient_says_why() -> None:
    draws = bootstrap(np.array([[0], [1]]))
    estimate = draws.estimate(np.ones((2, 1)), lambda sums: sums[:, 0] * np.nan, n=2, undefined="because")
    assert (estimate.value, estimate.n, estimate.undefined) == (None, 2, "because")


def test_nothing_to_draw_no_resample_and_other_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one unit"):
        bootstrap(np.empty((0, 2), dtype=int)).sums(np.empty((0, 1)))
    with pytest.raises(ValueError, match="at least one resample"):
        bootstrap(np.array([[1]]), resamples=0)
    with pytest.raises(ValueError, match="one cluster id per unit"):
        pool(np.array([[1]]), np.array([1, 2]))
