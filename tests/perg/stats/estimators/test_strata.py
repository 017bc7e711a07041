"""Corrected rates where labels are drawn within strata, a few in each."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from perg.stats.base.proportions import wilson_interval
from perg.stats.correction.correction import UNEQUAL_WEIGHTS, corrected_rates
from perg.stats.correction.paired import paired_difference
from perg.stats.estimators.coverage_warning import SENTENCES, coverage_warning
from perg.stats.estimators.judged_counts import JudgedCounts
from perg.stats.estimators.judged_sample import JudgedSample
from perg.stats.estimators.pooled_weight import LabelledStrata, pooled_mean
from perg.stats.estimators.ppi import labels_interval, powered_interval, powered_moments
from perg.stats.estimators.rogan_gladen import rogan_gladen

NAN = np.nan
CELLS = [(8, 12), (11, 14), (30, 7)]


def campaigns(
    strata: int, labels: int, *, rate: float = 0.1, judged: int = 2000, count: int = 2000, seed: int = 0
) -> JudgedCounts:
    """Runs over strata of about one size, by a judge with sensitivity 0.8 and specificity 0.95."""
    rng = np.random.default_rng(seed)
    kinds = np.array([rate * 0.2, rate * 0.8, (1 - rate) * 0.95, (1 - rate) * 0.05]) / strata
    items = rng.multinomial(judged, np.tile(kinds, strata), size=count).reshape(count, strata, 4)
    drawn = np.zeros_like(items)
    for i, h in np.ndindex(count, strata):
        drawn[i, h] = rng.multivariate_hypergeometric(items[i, h], labels)
    judged_by, labelled = (kind[..., :2] + kind[..., 2:] for kind in (items, drawn))
    return JudgedCounts(judged_by.astype(float), labelled.astype(float), drawn[..., :2].astype(float))


@pytest.fixture(scope="module", params=CELLS, ids=lambda cell: f"{cell[0]} strata of {cell[1]}")
def counts(request: pytest.FixtureRequest) -> JudgedCounts:
    return campaigns(*request.param)


@pytest.mark.one_in(3)
def test_ppi_over_many_strata_has_no_bias(counts: JudgedCounts) -> None:
    """With a weight for each stratum the means were 0.074 to 0.063, one to two standard errors below 0.1."""
    values = np.clip(pooled_mean(LabelledStrata.of_counts(counts)).value, 0, 1)
    assert abs(values.mean() - 0.1) < values.std() / 5


def test_ppi_over_many_strata_covers(counts: JudgedCounts) -> None:
    low, high = powered_interval(counts)
    assert 0.93 <= ((low <= 0.1) & (high >= 0.1)).mean() <= 0.97


def test_rogan_gladen_over_many_strata_covers(counts: JudgedCounts) -> None:
    result = rogan_gladen(counts)
    defined = ~np.isnan(result.value)
    assert 0.93 <= ((result.low <= 0.1) & (result.high >= 0.1))[defined].mean() <= 0.97


@pytest.mark.parametrize(
    ("strata", "labels", "rate"), [(30, 5, 0.05), (30, 5, 0.3), (60, 2, 0.1), (8, 12, 0.2)]
)
@pytest.mark.one_in(3)
def test_labels_alone_over_many_strata_cover(strata: int, labels: int, rate: float) -> None:
    counts = campaigns(strata, labels, rate=rate, count=1500)
    low, high = labels_interval(counts, pooled_mean(LabelledStrata.of_counts(counts)))
    assert 0.93 <= ((low <= rate) & (rate <= high)).mean() <= 0.97


def test_strata_with_one_label_each_do_not_seem_to_vary_little() -> None:
    """20 of 60 labels fail, one in each stratum: no variance is seen within, and the interval is no narrower than
    that of a simple random sample."""
    outcome = np.full(600, NAN)
    outcome[::10] = np.where(np.arange(60) % 3 == 0, 1.0, 0.0)
    sample = JudgedSample.of(outcome, np.zeros(600), stratum=np.arange(600) // 10)
    estimate = corrected_rates(sample).human.estimate
    low, high = wilson_interval(20, 60)
    assert estimate.value == pytest.approx(1 / 3)
    assert estimate.low is not None
    assert estimate.high is not None
    assert estimate.high - estimate.low > 0.95 * (high - low)


def test_powered_values_are_those_of_a_loop_that_leaves_each_label_out() -> None:
    """A second implementation: λ' from numpy's covariances within strata of all labels but one."""
    rng = np.random.default_rng(3)
    for _ in range(20):
        stratum = rng.integers(0, 4, 120)
        truth = (rng.random(120) < 0.3).astype(float)
        said = np.round(np.clip(truth + rng.normal(0, 0.5, 120), 0, 1), 1).astype(np.float64)
        outcome = np.where(rng.random(120) < 0.3, truth, NAN)
        sample = JudgedSample.of(outcome, said, stratum=stratum)
        if sample.undefined():
            continue
        rows = np.flatnonzero(sample.labelled)
        sizes = {h: (stratum == h).sum() for h in range(4)}
        drawn = {h: (stratum[rows] == h).sum() for h in range(4)}
        unit = {h: (sizes[h] / 120) ** 2 * (1 / drawn[h] - 1 / sizes[h]) for h in range(4)}
        highest = 1 / sum(sizes[h] / 120 * (1 - drawn[h] / sizes[h]) for h in range(4))
        value = 0.0
        for row in rows:
            shared, spread, freedom = 0.0, 0.0, -1
            for h in range(4):
                others = [i for i in rows if stratum[i] == h and i != row]
                freedom += drawn[h] - 1
                if len(others) > 1:
                    shared += unit[h] * np.cov(outcome[others], said[others])[0, 1]
                    spread += unit[h] * said[stratum == h].var(ddof=1)
            slope = np.clip(shared / spread * freedom / (freedom + 1), 0, highest) if spread > 0 else 0.0
            h = stratum[row]
            share = sizes[h] / 120 / drawn[h]
            value += share * (outcome[row] - slope * (said[row] - said[stratum == h].mean()))
        assert powered_moments(sample).value == pytest.approx(value, abs=1e-12)


def test_one_weight_fitted_to_all_labels_would_bias_the_rate() -> None:
    counts = campaigns(8, 12, count=600, seed=4)
    pooled = pooled_mean(LabelledStrata.of_counts(counts))
    everywhere = counts.judged[..., 1] / counts.judged.sum(axis=-1)
    among_labels = counts.labelled[..., 1] / counts.labelled.sum(axis=-1)
    distance = (counts.stratum_weights * (everywhere - among_labels)).sum(axis=-1)
    shared = pooled.human + pooled.slope * distance
    assert shared.mean() < 0.1 - shared.std() / 9
    assert abs(pooled.value.mean() - 0.1) < pooled.value.std() / 9


def test_a_value_lies_in_its_interval(counts: JudgedCounts) -> None:
    low, high = powered_interval(counts)
    values = np.clip(pooled_mean(LabelledStrata.of_counts(counts)).value, 0, 1)
    assert ((low <= values + 1e-9) & (values <= high + 1e-9)).all()


def paired_runs(rng: np.random.Generator, labels: int = 7) -> tuple[JudgedSample, JudgedSample]:
    """Two runs over 30 strata: the second mends a third of the failures and breaks few others."""
    stratum = rng.integers(0, 30, 1500)
    a = (rng.random(1500) < 0.3).astype(float)
    b = np.where(rng.random(1500) < np.where(a == 1, 1 / 3, 0.02 / 0.7), 1 - a, a)
    labelled = np.zeros(1500, dtype=bool)
    for code in range(30):
        labelled[rng.permutation(np.flatnonzero(stratum == code))[:labels]] = True

    def sample(truth: np.ndarray) -> JudgedSample:
        said = np.where(rng.random(1500) < 0.85, truth, 1 - truth)
        return JudgedSample.of(np.where(labelled, truth, NAN), said, stratum=stratum)

    return sample(a), sample(b)


def test_differences_that_cross_strata_have_no_bias_and_cover() -> None:
    rng = np.random.default_rng(5)
    results = [paired_difference(*paired_runs(rng)).corrected for _ in range(400)]
    errors = np.array([(result.value or 0) + 0.08 for result in results])
    covered = [(result.low or 0) <= -0.08 <= (result.high or 0) for result in results]
    assert abs(errors.mean()) < errors.std() / 5
    assert 0.93 <= np.mean(covered) <= 0.98


def test_the_interval_of_a_difference_and_its_p_value_agree() -> None:
    rng = np.random.default_rng(6)
    for labels in (1, 2, 3, 7):
        for _ in range(40):
            result = paired_difference(*paired_runs(rng, labels))
            assert result.corrected.low is not None
            assert result.corrected.high is not None
            assert result.p_value is not None
            excludes_0 = result.corrected.low > 0 or result.corrected.high < 0
            assert excludes_0 == (result.p_value < 0.05)


def test_where_few_labels_carry_most_of_the_run_it_is_said() -> None:
    """Six labels stand for nine tenths of the run, 90 for the rest."""
    judged = np.array([[1500.0, 300], [130, 70]])
    labelled = np.array([[4.0, 2], [60, 30]])
    counts = JudgedCounts(judged, labelled, np.array([[1.0, 1], [10, 20]]))
    assert SENTENCES["few strata count"] in coverage_warning(counts, "PPI++")
    even = JudgedCounts(np.tile([300.0, 100], (8, 1)), np.tile([12.0, 6], (8, 1)), np.tile([2.0, 4], (8, 1)))
    assert coverage_warning(even, "PPI++") == ()


def test_unequal_probabilities_do_not_make_labels_alone_overcautious() -> None:
    """Reported items are labelled ten times as often. Kish's number of labels made this cover 100 %."""
    rng, covered = np.random.default_rng(7), []
    for _ in range(250):
        truth = (rng.random(1500) < 0.2).astype(float)
        said = np.where(rng.random(1500) < 0.85, truth, 1 - truth)
        inclusion = np.where(said == 1, 0.3, 0.03) * rng.uniform(0.6, 1.4, 1500)
        outcome = np.where(rng.random(1500) < inclusion, truth, NAN)
        estimate = corrected_rates(JudgedSample.of(outcome, said, inclusion=inclusion)).human.estimate
        covered.append((estimate.low or 0) <= 0.2 <= (estimate.high or 0))
    assert 0.93 <= np.mean(covered) <= 0.985


def test_very_unequal_weights_of_few_labels_in_strata_bring_a_warning() -> None:
    rng = np.random.default_rng(8)
    stratum = np.repeat(np.arange(6), 50)
    inclusion = rng.choice([0.02, 0.5], 300)
    outcome = np.where(np.arange(300) % 5 == 0, rng.integers(0, 2, 300).astype(np.float64), NAN)
    sample = JudgedSample.of(outcome, np.zeros(300), stratum=stratum, inclusion=inclusion)
    assert UNEQUAL_WEIGHTS in corrected_rates(sample).human.warnings
    equal = JudgedSample.of(outcome, np.zeros(300), stratum=stratum)
    assert UNEQUAL_WEIGHTS not in corrected_rates(equal).human.warnings


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    path = Path(__file__).resolve().parents[4] / "bench" / "strata_coverage.py"
    spec = importlib.util.spec_from_file_location("strata_coverage_bench", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["strata_coverage_bench"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_the_bench_has_1_to_30_strata_and_simulates_the_rate_that_it_says(bench: ModuleType) -> None:
    cells = bench.grid()
    assert {cell.strata for cell in cells} == {1, 3, 8, 11, 30}
    for layout in bench.LAYOUTS:
        cell = bench.StrataCell(8, 20, 0.2, 0.8, 0.9, layout)
        measured = bench.measure(cell, 1500, 2000, np.random.default_rng(9))
        assert measured.mean == pytest.approx(0.2, abs=0.005)
        assert all(0.92 <= coverage <= 0.98 for coverage in measured.coverage.values())
