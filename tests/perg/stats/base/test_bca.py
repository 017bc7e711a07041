import numpy as np
import pytest
from scipy import stats

from perg.stats.base.bca import Jackknife, bca_interval
from perg.stats.base.resampling import percentile_interval


def one_each(values: np.ndarray) -> Jackknife:
    """A jackknife with a value for each unit."""
    return Jackknife(values, np.ones(values.size, dtype=np.int64))


def skewed(seed: int, n: int = 40) -> np.ndarray:
    return np.random.default_rng(seed).exponential(size=n)


@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_the_interval_equals_scipys_from_the_same_replicates(confidence: float) -> None:
    for seed in range(20):
        sample = skewed(seed)
        known = stats.bootstrap(
            (sample,),
            np.var,
            n_resamples=500,
            confidence_level=confidence,
            method="BCa",
            rng=np.random.default_rng(seed),
        )
        jackknife = np.array([np.var(np.delete(sample, i)) for i in range(sample.size)])
        found = bca_interval(
            np.var(sample), known.bootstrap_distribution, one_each(jackknife), confidence=confidence
        )
        assert found == pytest.approx(tuple(known.confidence_interval), abs=1e-9)
        assert found != pytest.approx(percentile_interval(known.bootstrap_distribution, confidence), abs=1e-3)


def test_pooled_jackknife_values_count_as_often_as_they_stand_for_units() -> None:
    rng = np.random.default_rng(0)
    values, sizes = np.array([0.0, 1.0, 3.0]), np.array([20, 9, 4])
    sample = np.repeat(values, sizes)
    replicates = rng.choice(sample, size=(600, sample.size)).mean(axis=1)
    one_by_one = np.array([np.delete(sample, i).mean() for i in range(sample.size)])
    pooled = (sample.sum() - values) / (sample.size - 1)
    expected = bca_interval(sample.mean(), replicates, one_each(one_by_one))
    assert expected is not None
    assert bca_interval(sample.mean(), replicates, Jackknife(pooled, sizes)) == pytest.approx(expected)
    assert bca_interval(sample.mean(), replicates, one_each(pooled)) != pytest.approx(expected, abs=1e-4)


def test_symmetric_unbiased_replicates_keep_their_percentiles() -> None:
    replicates = np.linspace(-1, 1, 1001)
    found = bca_interval(0.0, replicates, one_each(np.array([-1.0, 0, 1])))
    assert found == pytest.approx(percentile_interval(replicates))


def test_ties_with_the_value_count_as_half_and_rounding_does_not_break_them() -> None:
    replicates = np.repeat([0.1, 0.3, 0.5], [250, 500, 250])
    noisy = np.where(replicates == 0.3, 0.1 + 0.2, replicates)  # 0.30000000000000004
    jackknife = one_each(np.array([0.2, 0.3, 0.4]))
    found = bca_interval(0.3, noisy, jackknife)
    assert found == pytest.approx(bca_interval(0.3, replicates, jackknife))
    assert found == pytest.approx((0.1, 0.5))


def test_there_is_no_interval_where_the_data_bound_nothing() -> None:
    replicates, values = np.linspace(0, 1, 100), np.linspace(0, 1, 10)
    jackknife = one_each(values)
    assert bca_interval(0.5, np.full(100, 0.5), jackknife) is None
    assert bca_interval(2.0, replicates, jackknife) is None
    assert bca_interval(-1.0, replicates, jackknife) is None
    assert bca_interval(0.5, replicates, one_each(np.where(values > 0.8, np.nan, values))) is None
    assert bca_interval(0.5, np.where(replicates > 0.9, np.nan, replicates), jackknife) is None


def test_sizes_of_another_shape_and_odd_confidences_are_refused() -> None:
    with pytest.raises(ValueError, match="one size"):
        Jackknife(np.zeros(3), np.ones(2, dtype=np.int64))
    with pytest.raises(ValueError, match="between 0 and 1"):
        bca_interval(0.5, np.linspace(0, 1, 9), one_each(np.zeros(3)), confidence=1.5)
