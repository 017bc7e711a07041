import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from irrCAC.raw import CAC
from irrCAC.weights import Weights as ReferenceWeights
from statsmodels.stats.inter_rater import aggregate_raters
from statsmodels.stats.inter_rater import fleiss_kappa as fleiss_of_statsmodels

from perg.stats.base.estimate import Estimate
from perg.stats.base.intervals import ONE_CLUSTER
from perg.stats.base.pooling import PooledBootstrap, pool
from perg.stats.base.resampling import expanded_tail
from perg.stats.measures.fleiss import fleiss_kappa, percent_agreement
from perg.stats.measures.gwet import (
    AgreementSums,
    AgreementWeights,
    agreement_distances,
    gwet_coefficient,
    gwet_of_pairs,
    gwet_of_sums,
)
from perg.stats.ratings.pair_counts import PairCounts
from perg.stats.ratings.ratings import BINARY, RatingTable

NAN = np.nan
SCALE = (1.0, 2.0, 3.0, 4.0, 5.0)
WEIGHTS: tuple[AgreementWeights, ...] = ("identity", "linear", "quadratic", "ordinal")
RANDOM_TABLES = 100  # by each weighting


def table(values: np.ndarray, categories: tuple[float, ...] = SCALE) -> RatingTable:
    raters = tuple(f"r{i}" for i in range(values.shape[1]))
    return RatingTable(tuple(range(values.shape[0])), raters, values, categories)


def random_table(seed: int, missing: float = 0.35) -> RatingTable:
    """5 to 30 units by 2 to 6 raters, a third missing, units without any rating among them."""
    rng = np.random.default_rng(seed)
    n_units, n_raters = int(rng.integers(5, 31)), int(rng.integers(2, 7))
    truth = rng.integers(1, 6, size=(n_units, 1))
    values = np.clip(truth + rng.integers(-2, 3, size=(n_units, n_raters)), 1, 5).astype(float)
    values[rng.random(values.shape) < missing] = NAN
    values[0, :2], values[1, :2] = (1, 2), (4, 4)
    return table(values)


@pytest.fixture(autouse=True)
def _the_reference_may_warn() -> Iterator[None]:
    """irrCAC uses pandas in ways that pandas warns of."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def reference(ratings: RatingTable, weights: AgreementWeights) -> Any:
    return CAC(pd.DataFrame(ratings.values), weights=weights, categories=list(ratings.categories), digits=15)


def gwet(ratings: RatingTable, weights: AgreementWeights = "identity") -> Estimate:
    return gwet_coefficient(ratings, weights, resamples=20, rng=np.random.default_rng(0))


def fleiss(ratings: RatingTable, weights: AgreementWeights = "identity") -> Estimate:
    return fleiss_kappa(ratings, weights, resamples=20, rng=np.random.default_rng(0))


def percent(ratings: RatingTable, weights: AgreementWeights = "identity") -> Estimate:
    return percent_agreement(ratings, weights, resamples=20, rng=np.random.default_rng(0))


# Gwet (2014), the four raters and twelve units of irrCAC's documentation.
PUBLISHED = table(
    np.array(
        [
            [1, 1, NAN, 1],
            [2, 2, 3, 2],
            [3, 3, 3, 3],
            [3, 3, 3, 3],
            [2, 2, 2, 2],
            [1, 2, 3, 4],
            [4, 4, 4, 4],
            [1, 1, 2, 1],
            [2, 2, 2, 2],
            [NAN, 5, 5, 5],
            [NAN, NAN, 1, 1],
            [NAN, NAN, 3, NAN],
        ]
    )
)


def test_the_published_example_of_four_raters() -> None:
    assert gwet(PUBLISHED).value == pytest.approx(0.77544, abs=5e-6)
    assert fleiss(PUBLISHED).value == pytest.approx(0.76117, abs=5e-6)
    assert percent(PUBLISHED).value == pytest.approx(0.81818, abs=5e-6)
    assert gwet(PUBLISHED).n == fleiss(PUBLISHED).n == percent(PUBLISHED).n == 11


def test_ac1_and_fleiss_derived_by_hand() -> None:
    """(1, 1), (1, 2): agreement 1/2; shares 3/4 and 1/4. AC1: chance 2·(3/4·1/4) = 3/8; Fleiss: 10/16."""
    ratings = table(np.array([[1.0, 1], [1, 2]]), (1, 2))
    assert gwet(ratings).value == pytest.approx((1 / 2 - 3 / 8) / (1 - 3 / 8))
    assert fleiss(ratings).value == pytest.approx((1 / 2 - 10 / 16) / (1 - 10 / 16))
    assert percent(ratings).value == pytest.approx(1 / 2)


@pytest.mark.parametrize("weights", WEIGHTS)
def test_the_weights_are_the_published_ones(weights: AgreementWeights) -> None:
    for size in (2, 3, 5, 9):
        for scale in (list(range(1, size + 1)), [0.1 * step**2 for step in range(size)]):
            distances = agreement_distances(scale, weights)
            every = np.arange(size)
            apart = distances.between(np.repeat(every, size), np.tile(every, size)).reshape(size, size)
            expected = ReferenceWeights(scale)[weights]
            assert 1 - apart / distances.largest() == pytest.approx(expected, abs=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("weights", WEIGHTS)
def test_coefficients_equal_irrcac_on_random_tables_with_missing_ratings(weights: AgreementWeights) -> None:
    for seed in range(RANDOM_TABLES):
        ratings = random_table(seed)
        known = reference(ratings, weights)
        of_gwet, of_fleiss = known.gwet()["est"], known.fleiss()["est"]
        assert gwet(ratings, weights).value == pytest.approx(of_gwet["coefficient_value"], abs=1e-9)
        assert fleiss(ratings, weights).value == pytest.approx(of_fleiss["coefficient_value"], abs=1e-9)
        assert percent(ratings, weights).value == pytest.approx(of_gwet["pa"], abs=1e-9)


def test_fleiss_equals_statsmodels_where_every_unit_has_as_many_ratings() -> None:
    for seed in range(200):
        ratings = random_table(seed, missing=0)
        counts, _ = aggregate_raters(ratings.values.astype(int), n_cat=None)
        assert fleiss(ratings).value == pytest.approx(fleiss_of_statsmodels(counts), abs=1e-9)


@pytest.mark.parametrize("weights", WEIGHTS)
def test_two_raters_in_cells_equal_irrcac(weights: AgreementWeights) -> None:
    for seed in range(50):
        rng = np.random.default_rng(seed)
        codes = rng.integers(0, 5, size=(20, 2))
        cells = np.zeros((1, 25))
        np.add.at(cells[0], codes[:, 0] * 5 + codes[:, 1], 1)
        distances = agreement_distances(SCALE, weights)
        known = reference(table(codes + 1.0), weights).gwet()["est"]["coefficient_value"]
        assert gwet_of_pairs(PairCounts.of_square(cells, 5), distances)[0] == pytest.approx(known, abs=1e-9)


def test_many_nominal_categories_equal_irrcac() -> None:
    rng = np.random.default_rng(3)
    values = rng.integers(0, 17, size=(40, 5)).astype(float)
    values[rng.random(values.shape) < 0.3] = NAN
    ratings = table(values, tuple(float(i) for i in range(17)))
    known = reference(ratings, "identity")
    assert gwet(ratings).value == pytest.approx(known.gwet()["est"]["coefficient_value"], abs=1e-9)
    assert fleiss(ratings).value == pytest.approx(known.fleiss()["est"]["coefficient_value"], abs=1e-9)


def test_the_interval_equals_irrcac_on_the_drawn_units() -> None:
    ratings = random_table(20)
    codes = np.sort(ratings.codes(), axis=1)
    rated = (codes >= 0).any(axis=1)
    pools = pool(codes[rated])
    bootstrap = PooledBootstrap(pools, resamples=60, rng=np.random.default_rng(4))
    rows = ratings.values[rated][pools.first]
    replicates = [
        reference(table(np.repeat(rows, times.astype(int), axis=0)), "quadratic").gwet()["est"][
            "coefficient_value"
        ]
        for times in bootstrap.sums(np.eye(pools.sizes.size))
    ]
    estimate = gwet_coefficient(ratings, "quadratic", resamples=60, rng=np.random.default_rng(4))
    tail = expanded_tail(int(rated.sum()), 0.95)
    expected = tuple(np.quantile(replicates, [tail, 1 - tail]))
    assert (estimate.low, estimate.high) == pytest.approx(expected, abs=1e-9)
    assert expected[1] - expected[0] > 0.02


@pytest.mark.parametrize("interval", ["percentile", "bca"])
def test_copies_of_units_in_one_cluster_do_not_narrow_the_interval(interval: Any) -> None:
    ratings = random_table(24, missing=0)
    copies = table(np.repeat(ratings.values, 4, axis=0))
    clusters = np.repeat(np.arange(len(ratings.units)), 4)

    def width(of: RatingTable, by: np.ndarray | None) -> float:
        estimate = gwet_coefficient(of, clusters=by, interval=interval, rng=np.random.default_rng(0))
        assert estimate.low is not None
        assert estimate.high is not None
        return estimate.high - estimate.low

    assert width(copies, clusters) == pytest.approx(width(ratings, None), rel=0.15)
    assert width(copies, None) < 0.7 * width(copies, clusters)


@pytest.mark.parametrize(
    "values",
    [np.empty((0, 2)), np.array([[1.0], [2.0]]), np.array([[1.0, NAN], [NAN, 2.0]]), np.full((3, 2), NAN)],
    ids=["no units", "one rater", "no shared unit", "no ratings"],
)
def test_nothing_is_defined_where_no_unit_has_two_ratings(values: np.ndarray) -> None:
    nothing = Estimate.of_nothing("no unit has two ratings")
    assert gwet(table(values)) == fleiss(table(values)) == percent(table(values)) == nothing


def test_unanimous_ratings_have_an_ac1_of_one_and_no_fleiss() -> None:
    ratings = table(np.array([[3.0, 3, 3], [3, 3, NAN]]))
    for unanimous in (gwet(ratings), percent(ratings)):
        assert (unanimous.value, unanimous.n, unanimous.low) == (1, 2, None)
        assert "the same in every resample" in unanimous.warnings[0]
    assert fleiss(ratings) == Estimate.of_nothing("unanimous: all ratings are the same", 2)


def test_one_item_is_enough_for_a_value_but_not_for_an_interval() -> None:
    """Ratings 1 and 2: no agreement; shares a half each, chance 2·(1/4) = 1/2 (AC1 and Fleiss): −1."""
    ratings = table(np.array([[1.0, 2]]), (1, 2))
    assert gwet(ratings) == fleiss(ratings) == Estimate.of(-1, 1, None, warnings=(ONE_CLUSTER,))


def test_a_scale_of_one_category_has_no_ac1() -> None:
    ratings = table(np.array([[0.0, 0], [0, 0]]), (0,))
    assert gwet(ratings) == Estimate.of_nothing("the scale has one category only", 2)
    assert fleiss(ratings).value is None


def test_a_resample_without_a_pair_is_undefined() -> None:
    alone = AgreementSums(np.zeros(1), np.zeros(1), np.ones(1), np.array([[1.0, 0]]))
    assert np.isnan(gwet_of_sums(alone, agreement_distances(BINARY, "identity"))).all()


def test_clusters_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="one cluster id per unit"):
        gwet_coefficient(PUBLISHED, clusters=np.arange(11), rng=np.random.default_rng(0))
