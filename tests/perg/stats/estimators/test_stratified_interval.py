import numpy as np
import pytest
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import power_divergence

from perg.stats.base.proportions import normal_quantile, wilson_interval
from perg.stats.estimators.stratified_interval import POWERED, stratified_interval

MANY = np.asarray(1e12)


def test_one_cell_under_pearsons_test_is_wilsons_interval() -> None:
    for n in (1, 5, 50, 300):
        for hits in sorted({0, 1, n // 3, n - 1, n}):
            low, high = stratified_interval(np.ones(1), np.array([float(n)]), np.array([float(hits)]), MANY)
            assert (float(low), float(high)) == pytest.approx(wilson_interval(hits, n), abs=1e-6)


def rejected_at(
    theta: float, weights: np.ndarray, labelled: np.ndarray, failures: np.ndarray, power: float
) -> float:
    """Cressie–Read's statistic (scipy's) at the constrained maximum likelihood of two cells, found by search."""

    def shares(first: float) -> np.ndarray:
        return np.array([first, (theta - weights[0] * first) / weights[1]])

    lowest = max(1e-9, (theta - weights[1] * (1 - 1e-9)) / weights[0])
    highest = min(1 - 1e-9, (theta - weights[1] * 1e-9) / weights[0])

    def loss(first: float) -> float:
        p = np.clip(shares(first), 1e-12, 1 - 1e-12)
        return -float((failures * np.log(p) + (labelled - failures) * np.log(1 - p)).sum())

    best = minimize_scalar(loss, bounds=(lowest, highest), method="bounded", options={"xatol": 1e-12}).x
    p = np.clip(shares(best), 1e-12, 1 - 1e-12)
    observed, expected = np.r_[failures, labelled - failures], np.r_[labelled * p, labelled * (1 - p)]
    return float(power_divergence(observed, expected, lambda_=power).statistic)


def excess(
    theta: float, weights: np.ndarray, labelled: np.ndarray, failures: np.ndarray, power: float
) -> float:
    return rejected_at(theta, weights, labelled, failures, power) - normal_quantile(0.95) ** 2


@pytest.mark.parametrize("power", [POWERED, 2 / 3, 1.0])
@pytest.mark.one_in(3)
def test_two_cells_end_where_a_constrained_search_says_the_test_rejects(power: float) -> None:
    rng = np.random.default_rng(0)
    for _ in range(15):
        weights = rng.dirichlet([2, 2])
        labelled = rng.integers(5, 40, 2).astype(float)
        failures = np.array([rng.integers(1, n) for n in labelled]).astype(float)
        value = float((weights * failures / labelled).sum())
        low, high = stratified_interval(weights, labelled, failures, MANY, power=power)
        given = (weights, labelled, failures, power)
        assert float(low) == pytest.approx(brentq(excess, 1e-4, value - 1e-6, args=given), abs=2e-4)
        assert float(high) == pytest.approx(brentq(excess, value + 1e-6, 1 - 1e-4, args=given), abs=2e-4)


def test_without_a_failure_the_interval_starts_at_zero_and_ends_above() -> None:
    low, high = stratified_interval(
        np.array([0.7, 0.3]), np.array([30.0, 20.0]), np.zeros(2), MANY, power=POWERED
    )
    assert float(low) == 0
    assert 0.02 < float(high) < 0.2


def test_failures_and_successes_mirror_each_other() -> None:
    weights, labelled, failures = np.array([0.7, 0.3]), np.array([30.0, 20.0]), np.array([2.0, 15.0])
    low, high = stratified_interval(weights, labelled, failures, MANY, power=POWERED)
    mirrored = stratified_interval(weights, labelled, labelled - failures, MANY, power=POWERED)
    assert (float(low), float(high)) == pytest.approx((1 - float(mirrored[1]), 1 - float(mirrored[0])))


def test_a_cell_without_weight_changes_nothing() -> None:
    alone = stratified_interval(np.ones(1), np.array([40.0]), np.array([7.0]), np.asarray(500.0))
    beside = stratified_interval(
        np.array([1.0, 0]), np.array([40.0, 0]), np.array([7.0, 0]), np.asarray(500.0)
    )
    assert np.array(alone) == pytest.approx(np.array(beside))


def test_a_small_run_widens_the_interval() -> None:
    weights, labelled, failures = np.array([0.5, 0.5]), np.array([50.0, 50.0]), np.array([5.0, 30.0])

    def width(population: float) -> float:
        low, high = stratified_interval(weights, labelled, failures, np.asarray(population))
        return float(high - low)

    assert width(100) > width(1e9)


def test_a_design_effect_of_two_is_half_the_labels() -> None:
    whole = stratified_interval(np.ones(1), np.array([100.0]), np.array([20.0]), MANY, design_effect=2)
    half = stratified_interval(np.ones(1), np.array([50.0]), np.array([10.0]), MANY)
    assert np.array(whole) == pytest.approx(np.array(half), abs=1e-9)


def test_many_samples_at_once_are_the_same_as_one_by_one() -> None:
    rng = np.random.default_rng(1)
    labelled = rng.integers(5, 40, (30, 4)).astype(float)
    failures = np.floor(labelled * rng.random((30, 4)))
    weights = rng.dirichlet(np.ones(4), 30)
    together = stratified_interval(weights, labelled, failures, np.full(30, 2000.0), power=POWERED)
    for i in range(30):
        one = stratified_interval(weights[i], labelled[i], failures[i], np.asarray(2000.0), power=POWERED)
        assert (together[0][i], together[1][i]) == pytest.approx((float(one[0]), float(one[1])))


def test_a_cell_that_weighs_but_has_no_label_is_refused() -> None:
    with pytest.raises(ValueError, match="has labels"):
        stratified_interval(np.array([0.5, 0.5]), np.array([5.0, 0]), np.zeros(2), MANY)
    with pytest.raises(ValueError, match="power"):
        stratified_interval(np.ones(1), np.ones(1), np.zeros(1), MANY, power=0)
