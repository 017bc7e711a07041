"""MACE fitted to its fixed point, against crowd-kit, which takes a set number of steps from rating to rating."""

import warnings

import numpy as np
import pandas as pd
import pytest
from crowdkit.aggregation import MACE

from perg.stats.gold.mace import fit_mace
from perg.stats.gold.rating_patterns import RatingPatterns


def ratings(seed: int) -> np.ndarray:
    """Category codes by raters of whom some guess, a third missing; numbered in the order in which they appear.

    So numbered because crowd-kit's MACE takes that order for the sorted one when it updates its parameters.
    """
    rng = np.random.default_rng(seed)
    n, raters, labels = int(rng.integers(30, 120)), int(rng.integers(3, 6)), int(rng.integers(2, 5))
    truth = rng.integers(labels, size=(n, 1))
    codes = np.where(rng.random((n, raters)) < 0.7, truth, rng.integers(labels, size=(n, raters)))
    codes[rng.random(codes.shape) < 0.3] = -1
    codes[0] = 0  # all raters appear on the first unit
    unit, rater = np.nonzero(codes >= 0)
    codes[unit, rater] = pd.factorize(codes[unit, rater])[0]
    return codes


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.one_in(3)
def test_the_fit_is_where_crowd_kits_steps_lead(seed: int) -> None:
    codes = ratings(seed)
    unit, rater = np.nonzero(codes >= 0)
    data = pd.DataFrame({"task": unit, "worker": rater, "label": codes[unit, rater]})
    size = int(codes.max()) + 1
    patterns = RatingPatterns.of(codes, size)
    fit = fit_mace(patterns, rng=np.random.default_rng(0), tolerance=1e-9)
    assert fit.converged
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        other = MACE(n_restarts=1, n_iter=150, random_state=seed).fit(data)
    assert other.probas_ is not None
    expected = other.probas_.loc[np.unique(unit), range(size)].to_numpy()
    for pattern, label, probability in zip(
        fit.candidates.pattern, fit.candidates.label, fit.posterior, strict=True
    ):
        of_units = patterns.units[patterns.pattern_of == pattern]
        reindexed = expected[np.searchsorted(np.unique(unit), of_units), label]
        assert reindexed == pytest.approx(np.full(of_units.size, probability), abs=1e-5)


def test_of_several_starts_the_likeliest_stands() -> None:
    """Two raters who never agree: each may be the one who knows, and which it is depends on the start."""
    rng = np.random.default_rng(3)
    codes = rng.integers(0, 3, size=(12, 5))
    patterns = RatingPatterns.of(codes, 3)
    stream = np.random.default_rng(7)
    apart = [fit_mace(patterns, rng=stream, starts=1).log_likelihoods[-1] for _ in range(6)]
    together = fit_mace(patterns, rng=np.random.default_rng(7), starts=6)
    assert together.log_likelihoods[-1] == max(apart)
    assert max(apart) > min(apart)


def test_a_fit_that_runs_out_of_steps_says_so() -> None:
    patterns = RatingPatterns.of(ratings(1), 4)
    assert not fit_mace(patterns, rng=np.random.default_rng(0), most_steps=2).converged
