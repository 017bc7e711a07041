import warnings
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from irrCAC.raw import CAC
from irrCAC.weights import Weights as ReferenceWeights

from perg.stats.measures.gwet import AgreementWeights, agreement_distances, gwet_of_pairs
from perg.stats.ratings.pair_counts import PairCounts
from tests.sizes import seeds

WEIGHTS: tuple[AgreementWeights, ...] = ("identity", "quadratic")


@pytest.fixture(autouse=True)
def _the_reference_may_warn() -> Iterator[None]:
    """irrCAC uses pandas in ways that pandas warns of."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def reference(codes: np.ndarray, size: int, weights: AgreementWeights) -> float:
    frame = pd.DataFrame(codes + 1.0)
    found = CAC(frame, weights=weights, categories=[i + 1.0 for i in range(size)], digits=15).gwet()
    return float(found["est"]["coefficient_value"])


def gwet(codes: np.ndarray, size: int, weights: AgreementWeights = "identity") -> float:
    cells = np.zeros((1, size * size))
    np.add.at(cells[0], codes[:, 0] * size + codes[:, 1], 1)
    distances = agreement_distances([float(i) for i in range(size)], weights)
    return float(gwet_of_pairs(PairCounts.of_square(cells, size), distances)[0])


def test_ac1_derived_by_hand() -> None:
    """(1, 1), (1, 2): agreement 1/2; shares 3/4 and 1/4, so that chance is 2·(3/4·1/4) = 3/8."""
    assert gwet(np.array([[0, 0], [0, 1]]), 2) == pytest.approx((1 / 2 - 3 / 8) / (1 - 3 / 8))


def test_one_item_on_which_two_differ_is_minus_one() -> None:
    """No agreement; shares a half each, chance 2·(1/4) = 1/2."""
    assert gwet(np.array([[0, 1]]), 2) == pytest.approx(-1)


@pytest.mark.parametrize("weights", WEIGHTS)
def test_the_weights_are_the_published_ones(weights: AgreementWeights) -> None:
    for size in (2, 3, 5, 9):
        for scale in (list(range(1, size + 1)), [0.1 * step**2 for step in range(size)]):
            distances = agreement_distances(scale, weights)
            every = np.arange(size)
            apart = distances.between(np.repeat(every, size), np.tile(every, size)).reshape(size, size)
            expected = ReferenceWeights(scale)[weights]
            assert 1 - apart / distances.largest() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("size", [2, 5, 17])
@pytest.mark.one_in(3)
def test_random_pairs_equal_irrcac(weights: AgreementWeights, size: int) -> None:
    for seed in seeds(40):
        rng = np.random.default_rng(seed)
        truth = rng.integers(0, size, (20, 1))
        codes = np.clip(truth + rng.integers(-2, 3, (20, 2)), 0, size - 1)
        assert gwet(codes, size, weights) == pytest.approx(reference(codes, size, weights), abs=1e-9)


def test_unanimous_ratings_have_an_ac1_of_one() -> None:
    assert gwet(np.zeros((3, 2), dtype=np.int64), 3) == 1


def test_a_scale_of_one_category_and_a_resample_without_a_pair_have_none() -> None:
    assert np.isnan(gwet(np.zeros((3, 2), dtype=np.int64), 1))
    assert np.isnan(gwet(np.zeros((0, 2), dtype=np.int64), 3))
