import numpy as np
import pytest
from ppi_py import ppi_mean_ci, ppi_mean_pointestimate

from perg.stats.estimators.judged_counts import JudgedCounts
from perg.stats.estimators.judged_sample import JudgedSample
from perg.stats.estimators.pooled_weight import LabelledStrata, pooled_mean
from perg.stats.estimators.ppi import powered_interval, powered_moments

NAN = np.nan


def draw(
    rng: np.random.Generator, n: int, rest: int, *, kind: str = "verdict"
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Outcomes and predictions of n labelled items, predictions of the rest."""
    rate, accuracy = rng.uniform(0.02, 0.6), rng.uniform(0.5, 1)
    truth = (rng.random(n + rest) < rate).astype(float)
    if kind == "verdict":
        said = np.where(rng.random(n + rest) < accuracy, truth, 1 - truth)
    else:
        said = np.round(np.clip(truth + rng.normal(0, 0.6, n + rest), 0, 1) * 4) / 4
    return truth[:n], said[:n], said[n:]


@pytest.mark.parametrize("kind", ["verdict", "score"])
def test_a_simple_random_sample_has_the_value_and_lambda_of_ppi_py(kind: str) -> None:
    """Labelled items against the rest: λ' on all judged items is λ N / (N − n) on the rest."""
    rng = np.random.default_rng(2)
    for _ in range(200):
        y, f, rest = draw(rng, int(rng.integers(3, 80)), int(rng.integers(3, 400)), kind=kind)
        sample = JudgedSample.of(np.r_[y, np.full(rest.size, NAN)], np.r_[f, rest])
        found = powered_moments(sample)
        assert found.value == pytest.approx(ppi_mean_pointestimate(y, f, rest).item(), abs=1e-9)
        at_tuning = ppi_mean_pointestimate(y, f, rest, lam=found.tuning).item()
        assert found.value == pytest.approx(at_tuning, abs=1e-9)


def test_a_simple_random_sample_has_the_published_variance_in_a_large_sample() -> None:
    y, f, rest = draw(np.random.default_rng(3), 2000, 6000)
    sample = JudgedSample.of(np.r_[y, np.full(rest.size, NAN)], np.r_[f, rest])
    low, high = (end.item() for end in ppi_mean_ci(y, f, rest, alpha=0.05))
    half = 1.959963984540054 * np.sqrt(powered_moments(sample).variance)
    assert half == pytest.approx((high - low) / 2, rel=0.02)


def test_counts_and_items_give_the_same_value_in_every_stratum_design() -> None:
    rng = np.random.default_rng(4)
    for _ in range(100):
        n = 200
        truth = (rng.random(n) < 0.3).astype(float)
        said = np.where(rng.random(n) < 0.8, truth, 1 - truth)
        stratum = rng.integers(0, 3, n)
        outcome = np.where(rng.random(n) < 0.2 + 0.2 * stratum, truth, NAN)
        sample = JudgedSample.of(outcome, said, stratum=stratum)
        if sample.undefined():
            continue
        of_counts = pooled_mean(LabelledStrata.of_counts(sample.counts()))
        moments = powered_moments(sample)
        assert float(of_counts.value) == pytest.approx(moments.value, abs=1e-12)
        assert float(of_counts.tuning) == pytest.approx(moments.tuning, abs=1e-12)


def test_by_hand_a_judge_that_repeats_the_labels() -> None:
    """2 of 4 labels fail, the judge says so, and reports 3 of 8: ȳ = 1/2, cov = 1/4, var over 8 = 8/7 · 15/64.

    λ' = (1/4)/(15/56) = 14/15, so θ = 1/2 + 14/15 (3/8 − 1/2) = 23/60, and λ = λ' · 4/8 = 7/15.
    """
    sample = JudgedSample.of(
        np.array([1.0, 1, 0, 0, NAN, NAN, NAN, NAN]), np.array([1.0, 1, 0, 0, 1, 0, 0, 0])
    )
    found = powered_moments(sample)
    assert found.value == pytest.approx(23 / 60)
    assert found.tuning == pytest.approx(7 / 15)
    assert found.human == pytest.approx(1 / 2)


def test_a_constant_judge_is_not_used() -> None:
    sample = JudgedSample.of(np.array([1.0, 0, 0, NAN, NAN]), np.ones(5))
    found = powered_moments(sample)
    assert (found.value, found.tuning) == (pytest.approx(1 / 3), 0)


def test_a_judge_worse_than_chance_is_not_used() -> None:
    truth = np.tile([1.0, 0, 0, 0], 20)
    sample = JudgedSample.of(np.where(np.arange(80) < 40, truth, NAN), 1 - truth)
    assert powered_moments(sample).tuning == 0


def test_with_every_item_labelled_only_the_run_varies() -> None:
    truth = np.tile([1.0, 0, 0, 0], 10)
    sample = JudgedSample.of(truth, truth)
    assert powered_moments(sample).value == pytest.approx(0.25)
    assert powered_moments(sample).variance == pytest.approx(0.25 * 0.75 / 40)


def test_items_copied_within_questions_count_once() -> None:
    """Each item three times over on one question: the variance is that of the questions alone, up to G/(G − 1)."""
    rng = np.random.default_rng(5)
    truth = (rng.random(200) < 0.3).astype(float)
    said = np.where(rng.random(200) < 0.85, truth, 1 - truth)
    outcome = np.where(rng.random(200) < 0.4, truth, NAN)
    once = powered_moments(JudgedSample.of(outcome, said))
    thrice = powered_moments(
        JudgedSample.of(np.repeat(outcome, 3), np.repeat(said, 3), cluster=np.repeat(np.arange(200), 3))
    )
    assert thrice.value == pytest.approx(once.value, abs=5e-3)
    assert thrice.variance == pytest.approx(once.variance, rel=0.05)
    assert thrice.unclustered < 0.5 * thrice.variance


def test_hajek_weights_undo_unequal_inclusion_exactly() -> None:
    """Failures are labelled with certainty 1/2, others 1/4: 4 and 4 labels stand for 8 and 16, so 1/3 fail."""
    outcome = np.r_[np.ones(4), np.zeros(4), np.full(16, NAN)]
    inclusion = np.r_[np.full(4, 0.5), np.full(4, 0.25), np.full(16, 0.25)]
    found = powered_moments(JudgedSample.of(outcome, np.zeros(24), inclusion=inclusion))
    assert found.value == pytest.approx(1 / 3)


def test_strata_keep_their_share_whatever_was_labelled_of_them() -> None:
    """Half of 2 labels in a stratum of 90, none of 2 in one of 10: 0.9 · 1/2."""
    outcome = np.full(100, NAN)
    outcome[[0, 1, 90, 91]] = [1, 0, 0, 0]
    found = powered_moments(JudgedSample.of(outcome, np.zeros(100), stratum=np.arange(100) >= 90))
    assert found.value == pytest.approx(0.45)


def test_the_interval_is_narrower_the_better_the_judge() -> None:
    def width(errors: int) -> float:
        labelled = np.array([[[60.0, 40.0]]])
        failures = np.array([[[errors, 40.0 - errors]]])
        low, high = powered_interval(JudgedCounts(10 * labelled, labelled, failures))
        return float(high[0] - low[0])

    widths = [width(errors) for errors in (1, 4, 8, 16)]
    assert widths == sorted(widths)
    assert widths[0] < 0.7 * widths[-1]


def test_wrong_shapes_and_values_are_refused() -> None:
    with pytest.raises(ValueError, match="0, 1 or NaN"):
        JudgedSample.of(np.array([0.5]), np.array([1.0]))
    with pytest.raises(ValueError, match="not judged"):
        JudgedSample.of(np.array([1.0]), np.array([NAN]))
    with pytest.raises(ValueError, match="inclusion probability"):
        JudgedSample.of(np.array([1.0]), np.array([1.0]), inclusion=np.array([0.0]))
    with pytest.raises(ValueError, match="among the judged"):
        JudgedCounts(np.ones((1, 2)), 2 * np.ones((1, 2)), np.zeros((1, 2)))
