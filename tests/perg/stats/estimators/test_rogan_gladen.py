import numpy as np
import pytest

from perg.stats.estimators.judged_counts import JudgedCounts
from perg.stats.estimators.rogan_gladen import rogan_gladen


def counts(tp: int, fp: int, tn: int, fn: int, reported: int, cleared: int) -> JudgedCounts:
    """One stratum: the labels' confusion, and what the judge makes of all items."""
    return JudgedCounts(
        np.array([[float(cleared), reported]]),
        np.array([[float(tn + fn), tp + fp]]),
        np.array([[float(fn), tp]]),
    )


def test_the_rate_is_the_published_ratio() -> None:
    """se = 8/10, sp = 27/30, q = 3/10: (3/10 − 1/10) / (8/10 − 1/10) = 2/7."""
    found = rogan_gladen(counts(tp=8, fp=3, tn=27, fn=2, reported=300, cleared=700))
    assert float(found.value) == pytest.approx(2 / 7)
    assert float(found.sensitivity) == pytest.approx(0.8)
    assert float(found.specificity) == pytest.approx(0.9)
    assert float(found.low) < 2 / 7 < float(found.high)


def test_a_rate_below_zero_is_held_at_zero() -> None:
    found = rogan_gladen(counts(tp=8, fp=6, tn=24, fn=2, reported=100, cleared=900))
    assert float(found.value) == 0


@pytest.mark.parametrize(("tp", "fn", "fp", "tn"), [(0, 0, 5, 25), (10, 20, 0, 0)])
def test_without_failures_or_without_others_it_is_undefined(tp: int, fn: int, fp: int, tn: int) -> None:
    assert np.isnan(rogan_gladen(counts(tp, fp, tn, fn, 200, 800)).value)


def test_a_judge_at_chance_is_undefined() -> None:
    assert np.isnan(rogan_gladen(counts(tp=5, fp=15, tn=15, fn=5, reported=500, cleared=500)).value)


def test_the_ends_are_where_the_distance_reaches_z_standard_errors() -> None:
    """Fieller's set by brute force, with the shares smoothed by half a label a cell (one stratum, large run)."""
    tp, fp, tn, fn, q = 18, 9, 61, 7, 0.3
    found = rogan_gladen(counts(tp, fp, tn, fn, reported=int(q * 1e9), cleared=int((1 - q) * 1e9)))
    se, false = (tp + 0.5) / (tp + fn + 1), (fp + 0.5) / (fp + tn + 1)
    grid = np.linspace(0, 1, 200_001)
    variance = grid**2 * se * (1 - se) / (tp + fn + 1) + (1 - grid) ** 2 * false * (1 - false) / (fp + tn + 1)
    inside = grid[(q - grid * se - (1 - grid) * false) ** 2 <= 1.959963984540054**2 * variance]
    assert (float(found.low), float(found.high)) == pytest.approx((inside.min(), inside.max()), abs=2e-5)


def test_drawn_by_verdict_it_is_the_sum_over_verdicts() -> None:
    """q P(fails | reported) + (1 − q) P(fails | not) = 0.2 · 0.6 + 0.8 · 0.05, whichever way the labels were drawn."""
    found = rogan_gladen(JudgedCounts(np.diag([800.0, 200]), np.diag([40.0, 50]), np.diag([2.0, 30])))
    assert float(found.value) == pytest.approx(0.2 * 0.6 + 0.8 * 0.05)
    assert float(found.low) < 0.16 < float(found.high)


def test_many_campaigns_at_once_are_the_same_as_one_by_one() -> None:
    rng = np.random.default_rng(0)
    judged = rng.integers(200, 400, (40, 2, 2)).astype(float)
    labelled = rng.integers(10, 60, (40, 2, 2)).astype(float)
    failures = np.floor(labelled * np.where(np.arange(2) == 1, 0.7, 0.15))
    together = rogan_gladen(JudgedCounts(judged, labelled, failures))
    for i in range(40):
        one = rogan_gladen(JudgedCounts(judged[i], labelled[i], failures[i]))
        assert (together.value[i], together.low[i], together.high[i]) == pytest.approx(
            (float(one.value), float(one.low), float(one.high))
        )


def test_a_weak_judge_with_few_failures_says_little() -> None:
    found = rogan_gladen(counts(tp=2, fp=16, tn=30, fn=1, reported=400, cleared=600))
    assert float(found.high - found.low) > 0.5
    assert 0 <= float(found.low) <= float(found.high) <= 1
