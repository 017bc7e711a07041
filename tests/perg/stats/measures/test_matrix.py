import json
import subprocess
import sys
import warnings
from collections.abc import Iterator
from itertools import combinations
from typing import Literal

import krippendorff
import numpy as np
import pandas as pd
import pytest
from irrCAC.raw import CAC
from scipy.stats import spearmanr
from sklearn.metrics import cohen_kappa_score

from perg.stats.base import pooling
from perg.stats.base.estimate import Estimate
from perg.stats.base.intervals import ONE_CLUSTER
from perg.stats.base.proportions import proportion, wilson_interval
from perg.stats.base.resampling import Draws
from perg.stats.base.result import dump
from perg.stats.measures.alpha import Level
from perg.stats.measures.kappa import kappa_of_pairs, pairwise
from perg.stats.measures.matrix import NOMINAL, SCALED, CoefficientName, RaterMatrix, RaterPair, rater_matrix
from perg.stats.ratings.distances import Distances
from perg.stats.ratings.pair_counts import PairCounts
from perg.stats.ratings.pooled import PooledTable
from perg.stats.ratings.ratings import SCALE, RatingTable
from tests.sizes import seeds

NAN = np.nan


@pytest.fixture(autouse=True)
def _the_references_may_warn() -> Iterator[None]:
    """irrCAC uses pandas in ways that pandas warns of, and SciPy warns of raters who never vary."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def table(values: np.ndarray, categories: tuple[float, ...] = SCALE) -> RatingTable:
    raters = tuple(f"r{i}" for i in range(values.shape[1]))
    return RatingTable(tuple(range(values.shape[0])), raters, values, categories)


def random_table(seed: int, n_units: int | None = None) -> RatingTable:
    """Correlated ratings of 10 to 60 units by 2 to 4 raters, a quarter missing."""
    rng = np.random.default_rng(seed)
    shape = (n_units or int(rng.integers(10, 61)), int(rng.integers(2, 5)))
    truth = rng.integers(1, 6, size=(shape[0], 1))
    values = np.clip(truth + rng.integers(-2, 3, size=shape), 1, 5).astype(float)
    values[rng.random(shape) < 0.25] = NAN
    values[0], values[1], values[2] = 1, 4, 5
    values[0, 0] = 2
    return table(values)


def matrix(
    ratings: RatingTable,
    *,
    level: Level = "ordinal",
    threshold: float | None = 3,
    scale: tuple[float, ...] | None = None,
    interval: Literal["percentile", "bca"] = "percentile",
    clusters: np.ndarray | None = None,
    resamples: int = 20,
    seed: int = 0,
) -> RaterMatrix:
    rng = np.random.default_rng(seed)
    pooled = PooledTable.of(
        ratings, draws=Draws(rng=rng, clusters=clusters, resamples=resamples, interval=interval)
    )
    return rater_matrix(pooled, level=level, threshold=threshold, scale=scale)


def of_libraries(
    a: np.ndarray, b: np.ndarray, categories: tuple[float, ...], level: Level
) -> dict[str, float]:
    """Each coefficient of two raters by the package that is known for it."""
    both = ~np.isnan(a) & ~np.isnan(b)
    a, b = a[both], b[both]
    codes = np.searchsorted(categories, a), np.searchsorted(categories, b)
    frame = pd.DataFrame({"a": a, "b": b})

    def kappa(weights: str | None) -> float:
        return float(cohen_kappa_score(*codes, labels=np.arange(len(categories)), weights=weights))

    def gwet(weights: str) -> float:
        found = CAC(frame, weights=weights, categories=list(categories), digits=15).gwet()
        return float(found["est"]["coefficient_value"])

    return {
        "percent_agreement": float((a == b).mean()),
        "cohen_kappa": kappa(None),
        "linear_kappa": kappa("linear"),
        "quadratic_kappa": kappa("quadratic"),
        "gwet_ac1": gwet("identity"),
        "gwet_ac2": gwet("quadratic"),
        "alpha": float(
            krippendorff.alpha(
                reliability_data=[a, b], value_domain=list(categories), level_of_measurement=level
            )
        ),
        "spearman": float(spearmanr(a, b).statistic),
        "mean_difference": float((a - b).mean()),
    }


@pytest.mark.slow
@pytest.mark.parametrize("level", ["ordinal", "interval"])
def test_every_coefficient_of_every_pair_equals_its_library_on_random_tables(level: Level) -> None:
    for seed in seeds(40):
        ratings = random_table(seed)
        found = matrix(ratings, level=level, threshold=None)
        assert len(found.pairs) == len(list(combinations(ratings.raters, 2)))
        for pair in found.pairs:
            known = of_libraries(ratings.column(pair.a), ratings.column(pair.b), SCALE, level)
            assert set(pair.scale) == set(SCALED) == set(known)
            for name, estimate in pair.scale.items():
                assert estimate.value == pytest.approx(known[name], abs=1e-9), name
                assert estimate.n == pair.n


@pytest.mark.slow
def test_the_cut_coefficients_equal_their_libraries_at_every_threshold() -> None:
    for seed in range(15):
        ratings = random_table(seed)
        for threshold in (2, 3, 4, 5):
            for pair in matrix(ratings, threshold=threshold).pairs:
                a, b = (ratings.followed(threshold).column(name) for name in (pair.a, pair.b))
                if np.unique(np.concatenate([a, b])[~np.isnan(np.concatenate([a, b]))]).size < 2:
                    continue
                known = of_libraries(a, b, (0, 1), "nominal")
                assert pair.followed is not None
                assert set(pair.followed) == set(NOMINAL)
                for name, estimate in pair.followed.items():
                    assert estimate.value == pytest.approx(known[name], abs=1e-9), (name, seed, threshold)


def test_many_named_categories_have_the_nominal_coefficients_only() -> None:
    rng = np.random.default_rng(0)
    categories = tuple(float(i) for i in range(17))
    truth = rng.integers(0, 17, size=(80, 1))
    values = np.where(rng.random((80, 3)) < 0.6, truth, rng.integers(0, 17, size=(80, 3))).astype(float)
    ratings = table(values, categories)
    for pair in matrix(ratings, level="nominal", threshold=None).pairs:
        known = of_libraries(ratings.column(pair.a), ratings.column(pair.b), categories, "nominal")
        assert set(pair.scale) == set(NOMINAL)
        for name, estimate in pair.scale.items():
            assert estimate.value == pytest.approx(known[name], abs=1e-9)


@pytest.mark.parametrize("interval", ["percentile", "bca"])
def test_intervals_equal_those_of_the_pair_alone_where_all_rated_all(
    interval: Literal["percentile", "bca"],
) -> None:
    rng = np.random.default_rng(8)
    values = np.clip(rng.integers(1, 6, size=(300, 1)) + rng.integers(-1, 2, size=(300, 2)), 1, 5)
    ratings = table(values.astype(float))
    pair = matrix(ratings, interval=interval, resamples=300, seed=4).pairs[0]
    alone = pairwise(
        ratings.column("r0"),
        ratings.column("r1"),
        SCALE,
        draws=Draws(rng=np.random.default_rng(4), resamples=300, interval=interval),
    )
    names: tuple[CoefficientName, ...] = ("cohen_kappa", "linear_kappa", "quadratic_kappa")
    for name in names:
        one = getattr(alone, name)
        assert (pair.scale[name].low, pair.scale[name].high) == pytest.approx((one.low, one.high), abs=1e-12)
        assert one.high > one.low


@pytest.mark.parametrize("clustered", [False, True])
def test_intervals_are_the_same_cached_and_drawn_again(
    clustered: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    ratings = random_table(3, 200)
    clusters = np.arange(200) // 4 if clustered else None
    kept = matrix(ratings, clusters=clusters, resamples=50)
    monkeypatch.setattr(pooling, "CACHE_ELEMENTS", 0)
    assert matrix(ratings, clusters=clusters, resamples=50) == kept


def test_clusters_of_four_widen_the_intervals_as_if_there_were_a_quarter_of_the_units() -> None:
    alone = random_table(13, 60)
    copies = table(np.repeat(alone.values, 4, axis=0))
    clusters = np.repeat(np.arange(60), 4)

    def widths(found: RaterMatrix) -> dict[str, float]:
        ends = {name: (e.low, e.high) for name, e in found.pairs[0].scale.items()}
        return {
            name: high - low for name, (low, high) in ends.items() if low is not None and high is not None
        }

    one, naive, wide = (
        widths(matrix(ratings, clusters=by, resamples=1000))
        for ratings, by in ((alone, None), (copies, None), (copies, clusters))
    )
    assert set(one) == set(naive) == set(wide) == set(SCALED)
    for name in SCALED:
        assert wide[name] == pytest.approx(one[name], rel=0.2), name
        assert naive[name] < 0.7 * wide[name], name


def test_bca_of_clusters_leaves_out_whole_clusters() -> None:
    """Against the same formula on a jackknife by hand, over 12 clusters of 5."""
    from perg.stats.base.bca import Jackknife, bca_interval

    rng = np.random.default_rng(2)
    values = np.clip(rng.integers(1, 6, size=(60, 1)) + rng.integers(-1, 2, size=(60, 2)), 1, 5).astype(float)
    ratings, clusters = table(values), np.arange(60) // 5
    pooled = PooledTable.of(
        ratings, draws=Draws(rng=np.random.default_rng(0), clusters=clusters, resamples=400, interval="bca")
    )
    pair = rater_matrix(pooled).pairs[0]
    cell = ((values[:, 0] - 1) * 5 + values[:, 1] - 1).astype(int)
    rows = pooled.table.values
    of_pools = np.eye(25)[((rows[:, 0] - 1) * 5 + rows[:, 1] - 1).astype(int)]
    distances = Distances("quadratic", np.arange(5.0))
    replicates = kappa_of_pairs(PairCounts.of_square(pooled.bootstrap.sums(of_pools), 5), distances)
    without = np.array([np.bincount(cell[clusters != c], minlength=25) for c in range(12)]).astype(float)
    value = pair.scale["quadratic_kappa"].value
    assert value is not None
    jackknife = kappa_of_pairs(PairCounts.of_square(without, 5), distances)
    expected = bca_interval(value, replicates, Jackknife(jackknife, np.ones(12, dtype=np.int64)))
    assert (pair.scale["quadratic_kappa"].low, pair.scale["quadratic_kappa"].high) == pytest.approx(expected)


def test_percent_agreement_has_the_interval_of_a_proportion() -> None:
    ratings = random_table(5, 120)
    a, b = ratings.column("r0"), ratings.column("r1")
    both = ~np.isnan(a) & ~np.isnan(b)
    alone = matrix(ratings).pairs[0].scale["percent_agreement"]
    assert alone == proportion((a == b)[both])
    perfect = table(np.column_stack([np.tile([1.0, 2, 3], 20)] * 2))
    clusters = np.arange(60) // 4
    agreed = matrix(perfect, clusters=clusters).pairs[0].scale["percent_agreement"]
    assert (agreed.low, agreed.high) == wilson_interval(15, 15)


def test_a_median_of_half_points_leaves_the_ac1_of_other_pairs_alone() -> None:
    """AC1 depends on how many categories there are, so a pair on whole points is taken on the scale offered."""
    ratings = random_table(6, 50)
    values = np.where(np.arange(50) % 2 == 0, 2.5, 4.0)
    wider = ratings.with_column("median", values)
    assert len(wider.categories) == 9
    before = matrix(ratings).pair("r0", "r1").scale
    after = matrix(wider, scale=SCALE)
    for name in SCALED:
        assert after.pair("r0", "r1").scale[name].value == pytest.approx(before[name].value, abs=1e-12)
    known = of_libraries(wider.column("r0"), values, wider.categories, "ordinal")
    for name, estimate in after.pair("median", "r0").scale.items():
        assert estimate.value == pytest.approx(known[name], abs=1e-9), name
    assert matrix(wider).pair("r0", "r1").scale["gwet_ac1"].value != pytest.approx(before["gwet_ac1"].value)


def only(values: np.ndarray) -> RaterPair:
    (pair,) = matrix(table(values)).pairs
    return pair


@pytest.mark.parametrize(
    "values", [np.empty((0, 2)), np.array([[1.0, NAN], [NAN, 2]])], ids=["empty", "nothing shared"]
)
def test_a_pair_without_a_shared_unit_says_so(values: np.ndarray) -> None:
    pair = only(values)
    assert pair.n == 0
    assert set(pair.scale.values()) == {Estimate.of_nothing("no unit rated by both")}
    assert pair.followed is not None
    assert set(pair.followed.values()) == {Estimate.of_nothing("no unit rated by both")}


def test_a_unanimous_pair_has_what_is_defined_for_it() -> None:
    scale = only(np.full((6, 2), 4.0)).scale
    assert scale["percent_agreement"].value == scale["gwet_ac1"].value == scale["gwet_ac2"].value == 1
    assert scale["mean_difference"].value == 0
    for name in ("cohen_kappa", "linear_kappa", "quadratic_kappa", "alpha"):
        assert (scale[name].undefined or "").startswith("unanimous"), name
        assert scale[name].n == 6
    assert "the same rating" in (scale["spearman"].undefined or "")


def test_one_item_has_values_without_bootstrap_intervals() -> None:
    scale = only(np.array([[2.0, 4]])).scale
    assert scale["mean_difference"] == Estimate.of(-2, 1, None, warnings=(ONE_CLUSTER,))
    assert scale["cohen_kappa"] == Estimate.of(0, 1, None, warnings=(ONE_CLUSTER,))
    assert scale["percent_agreement"].low == 0


def test_one_rater_makes_no_pair_and_unknown_ones_are_refused() -> None:
    assert matrix(table(np.array([[1.0], [2]]))).pairs == ()
    with pytest.raises(ValueError, match="no pair"):
        matrix(random_table(0)).pair("r0", "nobody")
    with pytest.raises(ValueError, match="not part of"):
        matrix(random_table(0), scale=(1, 7))
    pooled = PooledTable.of(random_table(0), draws=Draws(rng=np.random.default_rng(0), resamples=5))
    with pytest.raises(ValueError, match="no rater named"):
        rater_matrix(pooled, raters=["r0", "nobody"])


def test_units_that_neither_rated_change_no_value() -> None:
    ratings = random_table(7)
    padded = table(np.concatenate([ratings.values, np.full((30, len(ratings.raters)), NAN)]))
    for before, after in zip(matrix(ratings).pairs, matrix(padded).pairs, strict=True):
        assert before.n == after.n
        for name in SCALED:
            assert after.scale[name].value == pytest.approx(before.scale[name].value, abs=1e-12)


def test_a_matrix_is_one_json_object() -> None:
    report = json.loads(json.dumps(dump(matrix(random_table(2))), allow_nan=False))
    assert set(report) == {"raters", "level", "threshold", "interval", "pairs"}
    assert set(report["pairs"][0]) == {"a", "b", "n", "scale", "followed"}


@pytest.mark.slow
def test_the_measures_import_neither_pandas_nor_crowd_kit() -> None:
    names = (
        "files.rating_set",
        "gold.aggregation",
        "measures.association",
        "measures.gwet",
        "measures.matrix",
        "raters.threshold",
    )
    code = "import sys; " + "; ".join(f"import perg.stats.{name}" for name in names)
    code += "; print([name for name in ('pandas', 'crowdkit', 'irrCAC') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
