import json

import numpy as np
import pytest

from perg.stats.base.result import dump
from perg.stats.correction.paired import paired_difference
from perg.stats.estimators.judged_sample import JudgedSample

NAN = np.nan


def runs(
    seed: int, *, n: int = 150, judged: int = 1500, better: float = 0.3, accuracy: float = 0.9
) -> tuple[JudgedSample, JudgedSample]:
    """Direct against Pref-Aligner: of the direct run's failures (40 %), `better` are mended."""
    rng = np.random.default_rng(seed)
    direct = (rng.random(judged) < 0.4).astype(float)
    aligned = np.where(rng.random(judged) < better, 0, direct)
    labelled = np.zeros(judged, dtype=bool)
    labelled[rng.permutation(judged)[:n]] = True

    def sample(truth: np.ndarray) -> JudgedSample:
        said = np.where(rng.random(judged) < accuracy, truth, 1 - truth)
        return JudgedSample.of(np.where(labelled, truth, NAN), said)

    return sample(direct), sample(aligned)


def test_labels_alone_are_the_mean_difference() -> None:
    a, b = runs(0)
    found = paired_difference(a, b)
    assert found.labels_only.value == pytest.approx(np.nanmean(b.outcome - a.outcome))
    assert found.naive == pytest.approx((b.prediction - a.prediction).mean())
    assert (found.pairs, found.labelled_pairs) == (1500, 150)


def test_the_difference_turns_round_with_the_runs() -> None:
    a, b = runs(1)
    one, other = paired_difference(a, b), paired_difference(b, a)
    assert one.corrected.value == pytest.approx(-(other.corrected.value or 0))
    assert one.corrected.low == pytest.approx(-(other.corrected.high or 0))
    assert one.p_value == pytest.approx(other.p_value)


def test_intervals_cover_and_ppi_is_the_narrower() -> None:
    covered, widths, labels_only = 0, [], []
    for seed in range(400):
        found = paired_difference(*runs(seed, n=100))
        low, high = found.corrected.low, found.corrected.high
        assert low is not None
        assert high is not None
        covered += low <= -0.12 <= high
        widths.append(high - low)
        labels_only.append((found.labels_only.high or 0) - (found.labels_only.low or 0))
    assert 0.92 <= covered / 400 <= 0.985
    assert np.mean(widths) < np.mean(labels_only)


def test_a_run_against_itself_does_not_differ_and_the_interval_is_not_empty() -> None:
    a, _ = runs(2)
    found = paired_difference(a, a)
    assert found.corrected.value == 0
    assert found.corrected.low is not None
    assert found.corrected.low < -0.01
    assert found.p_value == pytest.approx(1)
    assert "differ on only 0 of 150" in found.warnings[0]


def test_without_a_pair_of_labels_it_says_so() -> None:
    a = JudgedSample.of(np.array([1.0, NAN, NAN]), np.zeros(3))
    b = JudgedSample.of(np.array([NAN, 1.0, NAN]), np.ones(3))
    found = paired_difference(a, b)
    assert found.corrected.undefined == "no question has a label in both runs"
    assert found.naive == 1
    json.dumps(dump(found), allow_nan=False)


def test_samples_of_different_items_are_refused() -> None:
    a, b = runs(3)
    with pytest.raises(ValueError, match="same items"):
        paired_difference(a, b.select(np.arange(1500) < 100))
