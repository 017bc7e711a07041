import json

import numpy as np
import pytest

from perg.stats.base.proportions import proportion
from perg.stats.base.resampling import Draws
from perg.stats.base.result import dump
from perg.stats.measures.alpha import krippendorff_alpha
from perg.stats.measures.kappa import pairwise
from perg.stats.raters.threshold import ThresholdAgreement, threshold_sweep
from perg.stats.ratings.pooled import PooledTable
from perg.stats.ratings.ratings import BINARY, SCALE, RatingTable

NAN = np.nan
PEOPLE, JUDGES = ("p0", "p1", "p2"), ("j0", "j1")


def random_table(seed: int, n: int = 80) -> RatingTable:
    rng = np.random.default_rng(seed)
    truth = rng.integers(1, 6, size=(n, 1))
    values = np.clip(truth + rng.integers(-2, 3, size=(n, 5)), 1, 5).astype(float)
    values[rng.random(values.shape) < 0.25] = NAN
    return RatingTable(tuple(range(n)), PEOPLE + JUDGES, values)


def sweep(
    ratings: RatingTable, clusters: np.ndarray | None = None, resamples: int = 20
) -> tuple[ThresholdAgreement, ...]:
    pooled = PooledTable.of(
        ratings, draws=Draws(rng=np.random.default_rng(0), clusters=clusters, resamples=resamples)
    )
    return threshold_sweep(pooled, PEOPLE, JUDGES)


def test_each_threshold_is_what_the_measures_say_of_the_ratings_cut_there() -> None:
    for seed in range(20):
        ratings = random_table(seed)
        found = sweep(ratings)
        assert [cut.threshold for cut in found] == [2, 3, 4, 5]
        for cut in found:
            binary = ratings.followed(cut.threshold)
            majority = binary.aggregate(PEOPLE, "majority")
            rng = np.random.default_rng(0)
            alpha = krippendorff_alpha(binary.select(PEOPLE), "nominal", draws=Draws(rng=rng, resamples=5))
            assert cut.alpha_people.value == pytest.approx(alpha.value, abs=1e-12)
            assert cut.alpha_people.n == alpha.n
            decided = ~np.isnan(majority)
            assert cut.people_followed == proportion(majority[decided] == 1)
            rated = ~np.isnan(binary.select(PEOPLE).values).all(axis=1)
            assert cut.tied == int((rated & ~decided).sum())
            for name, judge in cut.judges.items():
                column = binary.column(name)
                assert judge.followed == proportion(column[~np.isnan(column)] == 1)
                pair = pairwise(column, majority, BINARY, draws=Draws(rng=rng, resamples=5))
                assert judge.with_majority["percent_agreement"] == pair.percent_agreement
                assert judge.with_majority["cohen_kappa"].value == pytest.approx(
                    pair.cohen_kappa.value, abs=1e-12
                )


def test_a_threshold_by_hand() -> None:
    """People (2, 3), (4, 4), (1, 2); judge 3, 4, 2. At 3 the first is tied; at 2 people say yes, yes, tied."""
    values = np.array([[2.0, 3, NAN, 3, NAN], [4, 4, NAN, 4, NAN], [1, 2, NAN, 2, NAN]])
    at_two, at_three, *_ = sweep(RatingTable((0, 1, 2), PEOPLE + JUDGES, values))
    assert (at_three.tied, at_three.people_followed.value, at_three.people_followed.n) == (1, 0.5, 2)
    assert at_three.judges["j0"].with_majority["percent_agreement"].value == 1
    assert at_three.judges["j0"].followed.value == pytest.approx(2 / 3)
    assert (at_two.tied, at_two.people_followed.value) == (1, 1)


def test_clusters_widen_the_intervals() -> None:
    alone = random_table(1, 40)
    copies = RatingTable(tuple(range(160)), alone.raters, np.repeat(alone.values, 4, axis=0))
    clusters = np.repeat(np.arange(40), 4)
    for naive, wide in zip(sweep(copies, resamples=400), sweep(copies, clusters, resamples=400), strict=True):
        for narrow, broad in (
            (naive.people_followed, wide.people_followed),
            (naive.judges["j0"].followed, wide.judges["j0"].followed),
            (naive.alpha_people, wide.alpha_people),
        ):
            assert narrow.value == pytest.approx(broad.value)
            assert narrow.low is not None
            assert narrow.high is not None
            assert broad.low is not None
            assert broad.high is not None
            assert narrow.high - narrow.low < 0.75 * (broad.high - broad.low)


def test_nothing_rated_says_why() -> None:
    empty = RatingTable((), PEOPLE + JUDGES, np.empty((0, 5)))
    unrated = RatingTable((0,), PEOPLE + JUDGES, np.full((1, 5), NAN))
    for ratings in (empty, unrated):
        cut = sweep(ratings)[0]
        assert cut.people_followed.undefined == "people decide no unit"
        assert cut.judges["j0"].followed.undefined == "the judge rated no unit"
        assert cut.alpha_people.undefined == "no unit has two ratings"
        assert cut.judges["j0"].with_majority["gwet_ac1"].undefined == "no unit rated by both"


def test_given_thresholds_and_no_judges() -> None:
    pooled = PooledTable.of(random_table(2), draws=Draws(rng=np.random.default_rng(0), resamples=5))
    (cut,) = threshold_sweep(pooled, PEOPLE, (), (3.5,))
    assert cut.threshold == 3.5
    assert cut.judges == {}
    assert cut.people_followed.value == pytest.approx(
        threshold_sweep(pooled, PEOPLE, (), (4,))[0].people_followed.value
    )


def test_a_sweep_is_json() -> None:
    report = json.loads(json.dumps([dump(cut) for cut in sweep(random_table(3))], allow_nan=False))
    assert len(report) == len(SCALE) - 1
    assert set(report[0]["judges"]) == set(JUDGES)
