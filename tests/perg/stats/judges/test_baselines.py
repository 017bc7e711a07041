import json

import numpy as np
import pytest
from scipy.stats import fisher_exact

from perg.stats.base.resampling import Clusters, Draws
from perg.stats.base.result import dump
from perg.stats.judges.baselines import (
    NO_UNITS,
    _permuted,
    _Scores,
    beats_baselines,
    constant_judge,
    random_judge,
    units_to_beat_baselines,
)
from perg.stats.ratings.ratings import BINARY, SCALE, Ratings, with_midpoints

NAN = np.nan


def both(
    judge: Ratings, reference: Ratings, clusters: Clusters | None = None, seed: int = 0
) -> tuple[bool | None, ...]:
    tests = beats_baselines(
        judge,
        reference,
        BINARY,
        "informedness",
        draws=Draws(rng=np.random.default_rng(seed), clusters=clusters, resamples=300),
        permutations=2000,
    )
    return tuple(test.beaten for test in tests)


def test_the_constant_judge_gives_the_most_common_rating_where_people_rated() -> None:
    reference = np.array([3.5, 3, 3, 4, 4, NAN])
    assert constant_judge(reference, SCALE).tolist()[:5] == [3.0] * 5
    assert np.isnan(constant_judge(reference, SCALE)[5])
    assert np.isnan(constant_judge(np.full(3, NAN), SCALE)).all()


@pytest.mark.parametrize(
    ("scale", "reference", "expected"),
    [
        ((0.1, 0.2, 0.3), [0.15, 0.25, 0.25, 0.3], 0.2),  # floor of the number: 0, which is no category
        ((1.0, 1.5, 2.0), [1.75, 1.5, 2.0], 1.5),
        ((0.0, 0.5, 1.0), [0.5, 0.5, 1.0], 0.5),
        ((0.1, 0.3), [0.1 + 0.2, 0.1 + 0.2, 0.1], 0.3),
        ((-2.0, -1.0, 0.0), [-0.5, -0.5, 0.0], -1.0),
        ((1.0, 3.0, 10.0), [6.5, 6.5, 10.0, 1.0], 3.0),
        ((3.0, 4.0), [1.0, 2.0, 4.0], 3.0),  # below all of them, the lowest
    ],
)
def test_the_constant_judge_gives_one_of_the_scales_categories(
    scale: tuple[float, ...], reference: list[float], expected: float
) -> None:
    assert (constant_judge(np.array(reference), scale) == expected).all()


def test_the_random_judge_keeps_the_marginals_and_the_gaps() -> None:
    judge = np.array([1.0, 1, 2, 5, NAN, 3])
    found = random_judge(judge, rng=np.random.default_rng(0))
    assert np.isnan(found[4])
    assert sorted(found[~np.isnan(found)]) == [1, 1, 2, 3, 5]
    assert any(
        (random_judge(judge, rng=np.random.default_rng(seed))[:4] != judge[:4]).any() for seed in range(5)
    )


def test_a_constant_judge_is_at_zero_and_beats_nothing() -> None:
    reference = np.repeat([0.0, 1.0], [20, 180])
    tests = beats_baselines(
        constant_judge(reference, BINARY),
        reference,
        BINARY,
        "informedness",
        draws=Draws(rng=np.random.default_rng(0)),
    )
    assert [(test.value.value, test.p_value, test.beaten) for test in tests] == [(0, 1, False)] * 2


def test_a_good_judge_beats_both_and_one_who_says_the_opposite_neither() -> None:
    reference = np.repeat([0.0, 1.0], [30, 70])
    good = reference.copy()
    good[[0, 1, 2, 50, 60]] = 1 - good[[0, 1, 2, 50, 60]]
    assert both(good, reference) == (True, True)
    assert both(1 - good, reference) == (False, False)
    assert both(reference, reference) == (True, True)  # perfect: no resample varies


def test_the_permutation_p_value_is_fishers_exact_one() -> None:
    """Given both marginals, the sum permuted is hypergeometric: Fisher's one-sided test, to simulation error."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        reference = (rng.random(40) < 0.7).astype(float)
        judge = np.where(rng.random(40) < 0.4, 1 - reference, reference)
        table = np.array([[((reference == r) & (judge == j)).sum() for j in BINARY] for r in BINARY])
        expected = fisher_exact(table, alternative="greater").pvalue
        _, test = beats_baselines(
            judge, reference, BINARY, "informedness", draws=Draws(rng=rng, resamples=2), permutations=4000
        )
        error = 4 * np.sqrt(expected * (1 - expected) / 4000)
        assert test.p_value == pytest.approx(expected, abs=error + 1 / 4001)


def test_the_permutation_of_three_units_by_hand() -> None:
    """(1, 3, 5) given as it is: of 6 orders only this one has the least squared distance; p is about 1/6."""
    ratings = np.array([1.0, 3, 5])
    _, test = beats_baselines(
        ratings,
        ratings,
        with_midpoints(SCALE),
        "quadratic_kappa",
        permutations=6000,
        draws=Draws(rng=np.random.default_rng(0)),
    )
    assert test.p_value == pytest.approx(1 / 6, abs=0.02)


def test_copies_on_one_question_are_not_evidence() -> None:
    """A judge that is right on 7 of 10 questions, each asked in 20 units: nothing much, and not 140 of 200."""
    reference, judge = np.repeat([[0.0] * 5 + [1.0] * 5, [0.0, 0, 0, 1, 1, 1, 1, 1, 1, 0]], 20, axis=1)
    questions = np.repeat(np.arange(10, dtype=np.int64), 20)
    assert both(judge, reference) == (True, True)
    assert both(judge, reference, questions) == (False, False)


@pytest.mark.parametrize("m", [4, 60], ids=["moved", "drawn as tables"])
def test_clusters_move_as_wholes_whether_moved_or_drawn(m: int) -> None:
    """Pairs (0, 0) and (1, 1) that move together are like single units: Fisher's test on the m pairs."""
    rng = np.random.default_rng(6)
    single = np.arange(m) % 2
    judged = np.where(rng.random(m) < 0.3, 1 - single, single)
    judged[0] = single[0]
    table = np.array([[((single == r) & (judged == j)).sum() for j in BINARY] for r in BINARY])
    expected = fisher_exact(table, alternative="greater").pvalue
    _, test = beats_baselines(
        np.repeat(judged, 2).astype(float),
        np.repeat(single, 2).astype(float),
        BINARY,
        "informedness",
        draws=Draws(rng=rng, clusters=np.repeat(np.arange(m, dtype=np.int64), 2), resamples=2),
        permutations=4000,
    )
    assert 0 < expected < 1
    error = 4 * np.sqrt(expected * (1 - expected) / 4000)
    assert test.p_value == pytest.approx(expected, abs=error + 1 / 4001)


def test_permutations_are_the_same_drawn_as_tables_and_moved() -> None:
    """Mean and spread of the sums over 36 units of three ratings, against NumPy's permutations."""
    rng = np.random.default_rng(0)
    judged, referred = rng.integers(0, 3, size=(2, 9, 1))
    positions = np.arange(3.0)
    scores = -np.square(np.subtract.outer(positions, positions)) / 4  # distances as shares of the whole scale
    of_units = _Scores.of(referred.ravel(), positions, "quadratic_kappa")
    by_table = _permuted(np.tile(judged, (4, 1)), np.tile(referred, (4, 1)), of_units, 20_000, rng)
    again = np.array(
        [
            scores[np.tile(referred, (4, 1)), rng.permutation(np.tile(judged, (4, 1)))].sum()
            for _ in range(5000)
        ]
    )
    assert by_table.mean() == pytest.approx(again.mean(), abs=0.075)  # 0.3 in squared steps
    assert by_table.std() == pytest.approx(again.std(), rel=0.05)


def test_questions_that_cannot_change_places_fall_back_on_the_bootstrap() -> None:
    sizes = np.arange(1, 21)
    questions = np.repeat(np.arange(20, dtype=np.int64), sizes)
    reference = (np.arange(20)[questions] % 2).astype(float)
    tests = beats_baselines(
        reference,
        reference,
        BINARY,
        "informedness",
        draws=Draws(rng=np.random.default_rng(0), clusters=questions),
    )
    assert [test.test for test in tests] == ["bootstrap of the difference"] * 2
    assert [test.beaten for test in tests] == [True, True]


@pytest.mark.parametrize(
    ("judge", "reference", "reason"),
    [
        (np.empty(0), np.empty(0), NO_UNITS),
        (np.full(5, NAN), np.ones(5), NO_UNITS),
        (np.ones(5), np.ones(5), "people gave every unit the same rating"),
    ],
    ids=["empty", "silent", "one side"],
)
def test_nothing_to_test_on_says_why(judge: Ratings, reference: Ratings, reason: str) -> None:
    tests = beats_baselines(
        judge, reference, BINARY, "informedness", draws=Draws(rng=np.random.default_rng(0))
    )
    assert {test.value.undefined for test in tests} == {reason}
    assert {test.beaten for test in tests} == {None}
    json.dumps([dump(test) for test in tests], allow_nan=False)


@pytest.mark.parametrize("failures", [0.5, 0.1])
@pytest.mark.one_in(2)
def test_coins_pass_about_once_in_a_hundred_campaigns(failures: float) -> None:
    """300 campaigns at the 1% level: 3 expected, and 11 or more less often than once in a thousand."""
    passed = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        reference = (rng.random(120) >= failures).astype(float)
        passed += all(both((rng.random(120) < 0.5).astype(float), reference, seed=seed))
    assert passed <= 10


@pytest.mark.parametrize(("failures", "skill"), [(0.5, 0.5), (0.15, 0.4), (0.3, 0.8)])
@pytest.mark.one_in(2)
def test_a_skilled_judge_passes_as_often_as_planned(failures: float, skill: float) -> None:
    units = units_to_beat_baselines(skill, failures)
    right = (1 + skill) / 2
    passed = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        reference = (rng.random(units) >= failures).astype(float)
        judge = np.where(rng.random(units) < right, reference, 1 - reference)
        passed += all(both(judge, reference, seed=seed))
    assert 0.73 < passed / 300 < 0.87  # 80%, and 3 standard errors of 300 campaigns


@pytest.mark.parametrize("categories", [2, 4])
@pytest.mark.one_in(2)
def test_a_judge_of_labels_passes_as_often_as_planned(categories: int) -> None:
    """A judge that knows the label of half of the units and guesses at the others: kappa 0.5."""
    units = units_to_beat_baselines(0.5, None, categories=categories)
    names = tuple(float(name) for name in range(categories))
    passed = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        reference = rng.integers(0, categories, size=units).astype(float)
        judge = np.where(rng.random(units) < 0.5, reference, rng.integers(0, categories, size=units))
        tests = beats_baselines(
            judge, reference, names, "cohen_kappa", draws=Draws(rng=rng, resamples=300), permutations=2000
        )
        passed += all(test.beaten for test in tests)
    assert 0.7 < passed / 300 < 0.87


def test_impossible_skills_and_shares_are_refused() -> None:
    with pytest.raises(ValueError, match="skill"):
        units_to_beat_baselines(0.5, 1.0)
    with pytest.raises(ValueError, match="two categories"):
        units_to_beat_baselines(0.5, None, categories=1)
