import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score

from perg.stats.base.resampling import Draws
from perg.stats.judges.leave_one_out import NO_OTHERS, SkillBesidePeople, skill_beside_people
from perg.stats.ratings.ratings import BINARY, SCALE, Ratings, RatingTable

NAN = np.nan


def beside(values: Ratings, judge: Ratings, resamples: int = 200) -> SkillBesidePeople:
    raters = tuple(f"p{i}" for i in range(values.shape[1]))
    humans = RatingTable(tuple(range(values.shape[0])), raters, values, BINARY)
    return skill_beside_people(humans, judge, draws=Draws(rng=np.random.default_rng(0), resamples=resamples))


def test_equals_scikit_learn_on_the_pooled_comparisons_of_random_tables() -> None:
    for seed in range(60):
        rng = np.random.default_rng(seed)
        truth = rng.integers(0, 2, size=40)
        values = np.where(rng.random((40, 4)) < 0.25, 1 - truth[:, None], truth[:, None]).astype(float)
        values[rng.random(values.shape) < 0.3] = NAN
        judge = np.where(rng.random(40) < 0.2, 1 - truth, truth).astype(float)
        judge[rng.random(40) < 0.1] = NAN
        referred, person, given = [], [], []
        for row, one in zip(values, judge, strict=True):
            for j in range(4):
                others = np.delete(row, j)
                others = others[~np.isnan(others)]
                if np.isnan(row[j]) or np.isnan(one) or not others.size or others.mean() == 0.5:
                    continue
                referred.append(int(others.mean() > 0.5))
                person.append(row[j])
                given.append(one)
        found = beside(values, judge, resamples=5)
        assert found.judge.value == pytest.approx(balanced_accuracy_score(referred, given, adjusted=True))
        assert found.people.value == pytest.approx(balanced_accuracy_score(referred, person, adjusted=True))
        assert found.judge.n == len(referred)


def test_a_judge_that_misses_failures_is_surely_worse_though_it_agrees_as_often() -> None:
    rng = np.random.default_rng(0)
    truth = (rng.random(400) < 0.9).astype(float)
    values = np.where(rng.random((400, 3)) < 0.08, 1 - truth[:, None], truth[:, None])
    found = beside(values, np.ones(400))
    assert found.judge.value == 0
    assert found.difference.high is not None
    assert found.difference.high < -0.3


@pytest.mark.parametrize(
    ("values", "judge"),
    [
        (np.empty((0, 0)), np.empty(0)),
        (np.ones((5, 1)), np.ones(5)),
        (np.ones((5, 3)), np.full(5, NAN)),
        (np.array([[0.0, 1, NAN]]), np.full(1, NAN)),
    ],
    ids=["empty", "one person", "silent judge", "one unit"],
)
def test_nothing_to_compare_is_undefined(values: Ratings, judge: Ratings) -> None:
    assert beside(values, judge).difference.undefined == NO_OTHERS


def test_people_who_see_one_side_only_leave_it_undefined() -> None:
    found = beside(np.ones((5, 3)), np.ones(5))
    assert found.people.undefined
    assert found.people.n == 15


def test_a_scale_is_refused() -> None:
    humans = RatingTable((0,), ("a", "b"), np.ones((1, 2)), SCALE)
    with pytest.raises(ValueError, match="followed"):
        skill_beside_people(humans, np.ones(1), draws=Draws(rng=np.random.default_rng(0)))
