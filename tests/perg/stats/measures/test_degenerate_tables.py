"""Small and poor tables against the reference packages: the same value, or a reason where they have none."""

import warnings
from collections.abc import Callable

import krippendorff
import numpy as np
import pandas as pd
import pytest
from irrCAC.raw import CAC
from scipy.stats import spearmanr
from sklearn.metrics import cohen_kappa_score

from perg.stats.base.estimate import Estimate
from perg.stats.base.resampling import Draws
from perg.stats.measures.alpha import Level, krippendorff_alpha
from perg.stats.measures.association import mean_signed_difference
from perg.stats.measures.gwet import AgreementWeights
from perg.stats.measures.kappa import pairwise
from perg.stats.measures.matrix import Coefficients, rater_matrix
from perg.stats.ratings.pooled import PooledTable
from perg.stats.ratings.ratings import RatingTable

CATEGORIES = (1.0, 2.0, 3.0)
SEEDS = range(400)


def poor_table(seed: int) -> np.ndarray:
    """0 to 5 units by 1 to 4 raters on 1 to 3 used categories, from none to most of the ratings missing."""
    rng = np.random.default_rng(seed)
    shape = (int(rng.integers(0, 6)), int(rng.integers(1, 5)))
    values = rng.integers(1, int(rng.integers(2, 5)), size=shape).astype(float)
    values[rng.random(shape) < rng.choice([0, 0.3, 0.8])] = np.nan
    return values


def of(values: np.ndarray) -> RatingTable:
    raters = tuple(f"r{i}" for i in range(values.shape[1]))
    return RatingTable(tuple(range(values.shape[0])), raters, values, CATEGORIES)


def reference_value(reference: Callable[..., float], *arrays: np.ndarray) -> float | None:
    """What the package says of the arrays; None where it raises or gives no finite number."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            value = float(reference(*arrays))
        except (ValueError, ZeroDivisionError, IndexError, KeyError, TypeError, AttributeError):
            return None
    return value if np.isfinite(value) else None


def compare(estimate: Estimate, known: float | None) -> str:
    """Assert that ours is the reference's value, or has a reason; which of the two it was."""
    if estimate.value is None:
        assert estimate.undefined
        return "undefined"
    assert known is not None
    assert estimate.value == pytest.approx(known, abs=1e-9)
    return "defined"


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def first_pair(values: np.ndarray) -> Coefficients:
    """The matrix's coefficients of the first two raters."""
    pooled = PooledTable.of(of(values[:, :2]), Draws(rng=rng(), resamples=5))
    return rater_matrix(pooled).pairs[0].scale


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval"])
@pytest.mark.one_in(3)
def test_alpha(level: Level) -> None:
    def reference(values: np.ndarray) -> float:
        return float(
            krippendorff.alpha(reliability_data=values.T, value_domain=CATEGORIES, level_of_measurement=level)
        )

    seen = []
    for seed in SEEDS:
        values = poor_table(seed)
        known = reference_value(reference, values)
        estimate = krippendorff_alpha(of(values), level, draws=Draws(rng=rng(), resamples=5))
        seen.append(compare(estimate, known))
        assert (estimate.value is None) == (known is None), seed
    assert min(seen.count("defined"), seen.count("undefined")) > 40


@pytest.mark.slow
@pytest.mark.parametrize("weights", ["identity", "quadratic"])
@pytest.mark.one_in(2)
def test_gwet(weights: AgreementWeights) -> None:
    """irrCAC fails in its variance on a single unit, so it sees every unit twice, which does not change AC1 and AC2."""

    def reference(values: np.ndarray) -> float:
        frame = pd.DataFrame(np.repeat(values, 2, axis=0))
        gwet = CAC(frame, weights=weights, categories=list(CATEGORIES), digits=15).gwet()
        return float(gwet["est"]["coefficient_value"])

    seen = []
    for seed in SEEDS:
        values = poor_table(seed)[:, :2]
        if values.shape[1] < 2:
            continue
        both = ~np.isnan(values).any(axis=1)
        estimate = first_pair(values)["gwet_ac1" if weights == "identity" else "gwet_ac2"]
        seen.append(compare(estimate, reference_value(reference, values[both])))
        assert (estimate.value is None) == (not both.any())
    assert min(seen.count("defined"), seen.count("undefined")) > 40


@pytest.mark.parametrize("weights", [None, "linear", "quadratic"])
@pytest.mark.one_in(3)
def test_kappas(weights: str | None) -> None:
    def reference(a: np.ndarray, b: np.ndarray) -> float:
        return float(cohen_kappa_score(a.astype(int), b.astype(int), labels=[1, 2, 3], weights=weights))

    seen = []
    for seed in SEEDS:
        values = poor_table(seed)
        if values.shape[1] < 2:
            continue
        both = ~np.isnan(values[:, :2]).any(axis=1)
        known = reference_value(reference, values[both, 0], values[both, 1])
        found = pairwise(values[:, 0], values[:, 1], CATEGORIES, draws=Draws(rng=rng(), resamples=5))
        ours = {None: found.cohen_kappa, "linear": found.linear_kappa, "quadratic": found.quadratic_kappa}
        seen.append(compare(ours[weights], known))
        same = np.unique(values[both, :2]).size == 1
        assert (ours[weights].value is None) == (not both.any() or same)
    assert min(seen.count("defined"), seen.count("undefined")) > 40


def test_spearman_and_the_mean_difference() -> None:
    def reference(a: np.ndarray, b: np.ndarray) -> float:
        return float(spearmanr(a, b).statistic)

    seen = []
    for seed in SEEDS:
        values = poor_table(seed)
        if values.shape[1] < 2:
            continue
        a, b = values[:, 0], values[:, 1]
        both = ~np.isnan(a) & ~np.isnan(b)
        known = reference_value(reference, a[both], b[both])
        rho = first_pair(values)["spearman"]
        seen.append(compare(rho, known))
        assert (rho.value is None) == (known is None), seed
        difference = mean_signed_difference(a, b, CATEGORIES, draws=Draws(rng=rng(), resamples=5))
        assert (difference.value is None) == (not both.any())
    assert min(seen.count("defined"), seen.count("undefined")) > 40
