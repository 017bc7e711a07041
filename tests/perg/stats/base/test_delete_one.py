import numpy as np
import pytest

from perg.stats.base.delete_one import delete_one, delete_one_estimate
from perg.stats.base.resampling import defined_ratio
from tests.defined import ends, value_of


def ratio(sums: np.ndarray) -> np.ndarray:
    return defined_ratio(sums[:, 0], sums[:, 1])


def test_of_a_mean_the_variance_is_the_usual_one() -> None:
    values = np.random.default_rng(0).normal(size=50)
    columns = np.column_stack([values, np.ones(50)])
    deleted = delete_one(columns, None, ratio)
    assert deleted.variance == pytest.approx(values.var(ddof=1) / 50)
    assert deleted.clusters == 50
    assert 1 <= deleted.freedom <= 49


def test_clusters_are_left_out_whole() -> None:
    rng = np.random.default_rng(1)
    columns = np.column_stack([rng.random(30), rng.integers(1, 4, 30)])
    clusters = np.arange(30) // 3
    without = [ratio(columns[clusters != c].sum(axis=0)[np.newaxis])[0] for c in range(10)]
    expected = 9 / 10 * ((np.array(without) - np.mean(without)) ** 2).sum()
    assert delete_one(columns, clusters, ratio).variance == pytest.approx(expected)


def test_one_unit_that_is_all_the_variance_leaves_two_degrees_of_freedom() -> None:
    values = np.zeros(100)
    values[0] = 1
    estimate = delete_one_estimate(
        np.column_stack([values, np.ones(100)]), None, ratio, n=100, undefined="nothing"
    )
    assert "A few questions decide" in estimate.warnings[0]
    assert ends(estimate)[1] > 5 * value_of(estimate)


def test_what_has_no_interval_says_why() -> None:
    def of(values: list[float], sizes: list[float]) -> tuple[float | None, str]:
        columns = np.column_stack([values, sizes]).astype(float)
        estimate = delete_one_estimate(columns, None, ratio, n=len(values), undefined="no size")
        return estimate.low, estimate.undefined or estimate.warnings[0]

    assert of([1, 1], [0, 0]) == (None, "no size")
    assert of([1], [2]) == (None, "All items belong to one question, so there is no interval.")
    assert "without one" in of([1, 1, 1], [0, 0, 2])[1]
    assert "does not change" in of([1, 1, 1], [2, 2, 2])[1]


def test_a_transform_keeps_the_interval_in_its_range() -> None:
    columns = np.column_stack([np.r_[np.ones(3), np.zeros(27)], np.ones(30)])
    plain = delete_one_estimate(columns, None, ratio, n=30, undefined="")
    logs = delete_one_estimate(columns, None, ratio, n=30, undefined="", transform=(np.log, np.exp))
    assert ends(plain)[0] < 0 < ends(logs)[0] < value_of(logs) < ends(logs)[1]
