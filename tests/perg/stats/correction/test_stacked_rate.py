import numpy as np
import pytest

from perg.stats.correction.corrected_runs import stacked_rate
from perg.stats.correction.stacking import stacked_predictions
from perg.stats.estimators.judged_sample import JudgedSample

RATE = 0.15


def simulated(seed: int, n: int = 1500, labels: int = 200) -> JudgedSample:
    """A run of which 15% fail, with a good and a lenient judge on a 1–5 scale."""
    rng = np.random.default_rng(seed)
    failed = (rng.random(n) < RATE).astype(float)
    scores = []
    for error, miss in ((0.05, 0.05), (0.02, 0.5)):
        wrong = rng.random(n) < np.where(failed == 1, miss, error)
        says = np.where(wrong, 1 - failed, failed)
        scores.append(np.where(says == 1, rng.integers(1, 3, n), rng.integers(3, 6, n)).astype(float))
    outcome = np.full(n, np.nan)
    labelled = rng.permutation(n)[:labels]
    outcome[labelled] = failed[labelled]
    predicted = stacked_predictions(np.column_stack(scores), outcome, rng=rng)
    return JudgedSample.of(outcome, predicted)


@pytest.mark.slow
def test_the_interval_of_a_stack_covers_and_its_value_has_no_bias() -> None:
    found = [stacked_rate(simulated(seed)).estimate for seed in range(120)]
    covered = [
        low < RATE < high for x in found if (low := x.low) is not None and (high := x.high) is not None
    ]
    assert len(covered) == 120
    assert np.mean(covered) >= 0.9
    assert np.mean([x.value for x in found]) == pytest.approx(RATE, abs=0.005)


def test_without_labels_the_stack_says_why_it_is_undefined() -> None:
    sample = JudgedSample.of(np.full(5, np.nan), np.full(5, 0.5))
    assert stacked_rate(sample).estimate.undefined == "no judged item has a label"


def test_labels_of_one_kind_get_an_interval_within_bounds() -> None:
    outcome = np.where(np.arange(100) < 30, 0.0, np.nan)
    found = stacked_rate(JudgedSample.of(outcome, np.zeros(100))).estimate
    assert found.value == 0
    assert found.low == 0
    assert found.high is not None
    assert 0 < found.high < 0.2
