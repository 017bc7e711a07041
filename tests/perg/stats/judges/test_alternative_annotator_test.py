import json
import math
from pathlib import Path

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.stats import ttest_1samp
from statsmodels.stats.multitest import multipletests

from perg.stats.base.pooling import PooledBootstrap, pool
from perg.stats.base.resampling import Clusters, Draws, expanded_tail
from perg.stats.base.result import dump
from perg.stats.items.annotator_test import EPSILON, Scoring
from perg.stats.judges.alternative_annotator import (
    NO_HUMAN,
    AlternativeAnnotatorTest,
    advantages,
    alternative_annotator_test,
)
from perg.stats.ratings.ratings import BINARY, SCALE, Ratings, RatingTable
from tests.sizes import seeds

NAN = np.nan
PUBLISHED = Path(__file__).resolve().parents[5] / "shared" / "data" / "human_vs_llm"
SCORINGS: tuple[Scoring, ...] = ("accuracy", "neg_rmse")


def table(values: Ratings, categories: tuple[float, ...] = SCALE) -> RatingTable:
    raters = tuple(f"p{i}" for i in range(values.shape[1]))
    return RatingTable(tuple(range(values.shape[0])), raters, values, categories)


def run(
    humans: RatingTable,
    judge: Ratings,
    *,
    epsilon: float = 0.2,
    scoring: Scoring = "accuracy",
    fewest: int = 30,
    clusters: Clusters | None = None,
    resamples: int = 20,
    seed: int = 0,
) -> AlternativeAnnotatorTest:
    return alternative_annotator_test(
        humans,
        judge,
        epsilon=epsilon,
        scoring=scoring,
        min_instances_per_human=fewest,
        draws=Draws(rng=np.random.default_rng(seed), clusters=clusters, resamples=resamples),
    )


def random_campaign(seed: int, n: int | None = None) -> tuple[RatingTable, Ratings]:
    """60 to 150 items, 2 to 6 people, a third of the labels and some of the judge's missing."""
    rng = np.random.default_rng(seed)
    n = n or int(rng.integers(60, 150))
    people = int(rng.integers(2, 7))
    truth = rng.integers(1, 6, size=(n, 1))
    values = np.clip(truth + rng.integers(-1, 2, size=(n, people)), 1, 5).astype(float)
    values[rng.random(values.shape) < 0.35] = NAN
    judge = np.clip(truth[:, 0] + rng.integers(-2, 2, size=n), 1, 5).astype(float)
    judge[rng.random(n) < 0.1] = NAN
    return table(values), judge


def item_by_item(
    humans: RatingTable, judge: Ratings, *, epsilon: float, scoring: Scoring, fewest: int = 30
) -> tuple[float, float] | None:
    """The procedure as the paper words it, an item at a time, with SciPy's t-test and statsmodels' correction."""
    p_values, probabilities = [], []
    for person in range(len(humans.raters)):
        judge_wins, person_wins = [], []
        for row, one in zip(humans.values, judge, strict=True):
            others = [x for i, x in enumerate(row) if i != person and not math.isnan(x)]
            if math.isnan(row[person]) or math.isnan(one) or not others:
                continue
            scores = [
                np.mean([x == other for other in others])
                if scoring == "accuracy"
                else -math.sqrt(np.mean([(x - other) ** 2 for other in others]))
                for x in (one, row[person])
            ]
            judge_wins.append(int(scores[0] >= scores[1]))
            person_wins.append(int(scores[1] >= scores[0]))
        if len(judge_wins) < fewest:
            continue
        differences = np.subtract(person_wins, judge_wins)
        p_values.append(ttest_1samp(differences, epsilon, alternative="less").pvalue)
        probabilities.append(np.mean(judge_wins))
    if not p_values:
        return None
    rejected = multipletests(p_values, alpha=0.05, method="fdr_by")[0]
    return float(np.mean(rejected)), float(np.mean(probabilities))


def published_rows() -> list[dict[str, object]]:
    path = PUBLISHED / "published_alt_test.json"
    return json.loads(path.read_text())["rows"] if path.exists() else []


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published annotations are not on this machine")
def test_all_twelve_published_rows_come_out() -> None:
    rows = published_rows()
    assert len(rows) == 12
    for row in rows:
        folder = PUBLISHED / str(row["dataset"])
        people = json.loads((folder / "human_annotations.json").read_text())
        labels = json.loads((folder / "llm_annotations.json").read_text())[row["judge"]]
        nominal = row["dataset"] == "wax"
        names = sorted({x for given in [*people.values(), labels] for x in given.values()}, key=str)
        codes = {name: float(i if nominal else name) for i, name in enumerate(names)}
        humans = RatingTable.from_records(
            [(item, person, codes[x]) for person, given in people.items() for item, x in given.items()],
            categories=tuple(codes.values()) if nominal else SCALE,
        )
        judge = np.array([codes[labels[item]] if item in labels else NAN for item in humans.units])
        found = run(humans, judge, epsilon=EPSILON["crowd"], scoring="accuracy" if nominal else "neg_rmse")
        assert found.winning_rate.value is not None
        assert found.advantage_probability.value is not None
        assert found.passed == row["passed"], row
        assert round(found.winning_rate.value, 2) == row["winning_rate"], row
        assert round(found.advantage_probability.value, 2) == row["advantage_probability"], row


@pytest.mark.parametrize("scoring", SCORINGS)
@pytest.mark.one_in(2)
def test_equals_the_procedure_item_by_item_on_random_campaigns(scoring: Scoring) -> None:
    passed = 0
    for seed in seeds(100):
        humans, judge = random_campaign(seed)
        expected = item_by_item(humans, judge, epsilon=0.2, scoring=scoring)
        found = run(humans, judge, scoring=scoring, resamples=1)
        if expected is None:
            assert found.passed is None
            continue
        assert found.winning_rate.value == pytest.approx(expected[0], abs=1e-12)
        assert found.advantage_probability.value == pytest.approx(expected[1], abs=1e-12)
        passed += found.passed is True
    assert 0 < passed < 100  # the comparison saw both


def test_three_people_derived_by_hand() -> None:
    """30 items (1, 1, 0) and 10 items (0, 0, 0); the judge says 1 to all.

    p0 and p1: on the 30 the others are (1, 0), judge and person are equal: a tie; on the 10 the person wins.
    So ρ^f = 30/40 and ρ^h = 1. p2: on the 30 the judge wins, on the 10 it loses: ρ^f = 3/4, ρ^h = 1/4, mean of
    W^h − W^f = −1/2, t = −0.7 / (s/√40) with s² = 0.75·40/39, p about 3e-6. p0: mean 1/4, p > 0.5. One of three.
    """
    values = np.array([[1.0, 1, 0]] * 30 + [[0.0, 0, 0]] * 10)
    found = run(table(values, BINARY), np.ones(40))
    assert [h.judge_advantage.value for h in found.humans] == [0.75, 0.75, 0.75]
    assert [h.human_advantage.value for h in found.humans] == [1, 1, 0.25]
    assert [h.won for h in found.humans] == [False, False, True]
    assert found.winning_rate.value == pytest.approx(1 / 3)
    assert found.passed is False
    assert found.advantage_probability.value == pytest.approx(0.75)
    assert found.advantage_probability.n == found.n == 40
    t = -0.7 / math.sqrt(0.75 * 40 / 39 / 40)
    assert found.humans[2].p_value == pytest.approx(
        float(ttest_1samp([-1] * 30 + [1] * 10, 0.2, alternative="less").pvalue)
    )
    assert t == pytest.approx(float(ttest_1samp([-1] * 30 + [1] * 10, 0.2).statistic))


def test_rmse_ties_do_not_hang_on_the_last_bit() -> None:
    """0.1 and 0.5 are as far from 0.3, in sums of squares that differ in floating point."""
    categories = (0.1, 0.2, 0.3, 0.4, 0.5)
    values = np.array([[0.1, 0.3, 0.3, 0.3]] * 30)
    found = run(table(values, categories), np.full(30, 0.5), scoring="neg_rmse")
    assert found.humans[0].judge_advantage.value == found.humans[0].human_advantage.value == 1


def test_a_judge_who_always_ties_wins_and_one_who_always_loses_does_not() -> None:
    values = np.ones((30, 3))
    same, other = run(table(values), np.ones(30)), run(table(values), np.full(30, 2.0))
    assert [h.p_value for h in same.humans] == [0, 0, 0]
    assert same.passed is True
    assert [h.p_value for h in other.humans] == [1, 1, 1]
    assert other.passed is False
    assert other.winning_rate.low is None  # nothing varies, so nothing is claimed


def test_people_with_few_items_are_left_out_in_words() -> None:
    values = np.array([[1.0, 1, 1]] * 20 + [[1.0, 1, NAN]] * 20)
    found = run(table(values, BINARY), np.ones(40))
    assert [h.left_out for h in found.humans] == [None, None, "20 items, fewer than 30"]
    assert found.humans[2].won is None
    assert found.winning_rate.n == 2


def test_few_items_are_tested_with_wilcoxon() -> None:
    """10 items, all lost by the judge's rival: signed ranks of −1.2 ten times; p = 2^−10."""
    values = np.array([[0.0, 1, 1]] * 10)
    found = run(table(values, BINARY), np.ones(10), fewest=5)
    assert {h.test for h in found.humans} == {"wilcoxon"}
    assert found.humans[0].p_value == pytest.approx(2**-10)


def test_wilcoxon_without_anything_to_rank_says_nothing() -> None:
    found = run(table(np.ones((5, 2)), SCALE), np.ones(5), epsilon=0, fewest=1)
    assert [h.p_value for h in found.humans] == [1, 1]


@pytest.mark.parametrize(
    ("values", "judge"),
    [
        (np.empty((0, 0)), np.empty(0)),
        (np.empty((0, 3)), np.empty(0)),
        (np.ones((40, 1)), np.ones(40)),
        (np.ones((1, 3)), np.ones(1)),
        (np.ones((40, 3)), np.full(40, NAN)),
        (np.full((40, 3), NAN), np.ones(40)),
    ],
    ids=["empty", "no item", "one person", "one item", "silent judge", "silent people"],
)
def test_nobody_to_compare_with_is_undefined_with_a_reason(values: Ratings, judge: Ratings) -> None:
    found = run(table(values), judge)
    assert found.passed is None
    assert found.undefined == NO_HUMAN
    assert found.winning_rate.undefined == NO_HUMAN
    json.dumps(dump(found), allow_nan=False)


def test_clusters_of_one_change_nothing() -> None:
    humans, judge = random_campaign(3)
    alone, clustered = run(humans, judge), run(humans, judge, clusters=np.arange(judge.size)[::-1].copy())
    assert [h.p_value for h in alone.humans] == pytest.approx([h.p_value for h in clustered.humans])
    assert alone.winning_rate.value == clustered.winning_rate.value


def test_clustered_p_values_equal_statsmodels_cluster_robust_t_test() -> None:
    """120 items on 40 questions; OLS on a constant with the variance by clusters, 39 degrees of freedom."""
    rng = np.random.default_rng(5)
    questions = np.repeat(np.arange(40), 3)
    values = rng.integers(0, 2, size=(120, 2)).astype(float)
    values[:, 1] = values[questions * 3, 1]
    judge = rng.integers(0, 2, size=120).astype(float)
    found = run(table(values, BINARY), judge, clusters=questions)
    difference = (values[:, 0] == values[:, 1]).astype(float) - (judge == values[:, 1])
    fit = sm.OLS(difference - 0.2, np.ones(120)).fit(
        cov_type="cluster", cov_kwds={"groups": questions}, use_t=True
    )
    below = fit.pvalues[0] / 2 if fit.params[0] < 0 else 1 - fit.pvalues[0] / 2
    assert found.humans[0].p_value == pytest.approx(below, rel=1e-9)
    assert found.humans[0].p_value != pytest.approx(
        run(table(values, BINARY), judge).humans[0].p_value, rel=0.01
    )


def test_few_questions_are_tested_with_wilcoxon_however_many_items() -> None:
    humans, judge = random_campaign(7, n=150)
    assert {h.test for h in run(humans, judge).humans if h.test} == {"t"}
    found = run(humans, judge, clusters=np.arange(150, dtype=np.int64) // 10)
    assert {h.test for h in found.humans if h.test} == {"wilcoxon"}


def test_intervals_equal_the_test_repeated_on_resampled_items() -> None:
    humans, judge = random_campaign(11, n=140)
    usable = (~np.isnan(humans.values)).sum(axis=1) >= 2
    usable &= ~np.isnan(judge)
    rows = np.flatnonzero(usable)
    found = run(humans, judge, resamples=60, seed=4)
    flags = np.zeros((rows.size, 3, len(humans.raters)), dtype=np.int64)
    for j in range(len(humans.raters)):
        flags[:, 0, j] = ~np.isnan(humans.values[rows, j])
        flags[:, 1, j], flags[:, 2, j] = advantages(humans.values[rows], judge[rows], j, "accuracy")
        flags[:, 1:, j] *= flags[:, [0], j]
    pools = pool(flags.reshape(rows.size, -1))
    bootstrap = PooledBootstrap(pools, draws=Draws(rng=np.random.default_rng(4), resamples=60))
    weights = bootstrap.sums(np.eye(pools.sizes.size)).astype(int)
    rates, probabilities = [], []
    for drawn in weights:
        again = np.repeat(rows[pools.first], drawn)
        expected = item_by_item(
            table(humans.values[again]), judge[again], epsilon=0.2, scoring="accuracy", fewest=2
        )
        assert expected is not None
        rates.append(expected[0])
        probabilities.append(expected[1])
    tail = expanded_tail(rows.size, 0.95)
    ends = np.quantile(probabilities, [tail, 1 - tail])
    probability, rate = found.advantage_probability, found.winning_rate
    assert (probability.low, probability.high) == pytest.approx(tuple(ends), abs=1e-12)
    assert np.ptp(rates) > 0
    assert (rate.low, rate.high) == pytest.approx(tuple(np.quantile(rates, [tail, 1 - tail])), abs=1e-12)


@pytest.mark.parametrize(
    ("judge", "epsilon", "fewest"), [(np.ones(3), 0.2, 30), (np.ones(4), 1.0, 30), (np.ones(4), 0.2, 0)]
)
def test_input_that_does_not_fit_is_refused(judge: Ratings, epsilon: float, fewest: int) -> None:
    with pytest.raises(ValueError, match=r"one value per unit|epsilon|at least one item"):
        run(table(np.ones((4, 3))), judge, epsilon=epsilon, fewest=fewest)
