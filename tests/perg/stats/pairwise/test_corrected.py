import numpy as np
import pytest
from ppi_py import ppi_logistic_pointestimate
from scipy.special import expit

from perg.stats.pairwise.corrected_strengths import corrected_strengths
from perg.stats.pairwise.corrected_win_rate import corrected_win_rate, mean_by_pair
from tests.defined import there, value_of, width

NAN = np.nan
THETA = np.array([-0.8, 0.0, 0.8])


def draw(
    seed: int, n: int = 1200, labels: int = 300, *, noise: float = 0.3
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Systems a and b, the judge's score, which is too high for the first system, and people's, NaN for most."""
    rng = np.random.default_rng(seed)
    a = rng.integers(3, size=n)
    b = (a + rng.integers(1, 3, size=n)) % 3
    truth = (rng.random(n) < expit(THETA[a] - THETA[b])).astype(float)
    own = rng.random(n) < expit(THETA[a] - THETA[b] + (a == 0) - (b == 0))
    judge = np.where(rng.random(n) < noise, own, truth)
    return a, b, judge, np.where(rng.permutation(n) < labels, truth, NAN)


def test_the_corrected_win_rate_lies_between_no_correction_and_people() -> None:
    """30 of 60 pairs are labelled: people 1, judge ½ on each; the judge ½ everywhere. A constant judge is not used."""
    rates = corrected_win_rate(np.repeat([1.0, 0.0, NAN], [20, 10, 30]), np.full(60, 0.5))
    assert rates.human.value == rates.corrected.value == pytest.approx(2 / 3)
    assert rates.judge.value == 0.5
    assert rates.tuning == 0


def test_several_answers_to_a_pair_are_averaged() -> None:
    scores = np.array([1.0, 0.5, 0.0, NAN, NAN, 1.0])
    assert mean_by_pair(scores, np.array([3, 3, 5, 5, 7, 9])) == {3: 0.75, 5: 0.0, 9: 1.0}
    assert mean_by_pair(np.array([NAN]), np.array([1])) == {}


def test_the_correction_takes_away_what_the_judge_adds() -> None:
    errors = {"judge": 0.0, "corrected": 0.0, "human": 0.0}
    for seed in range(40):
        result = corrected_strengths(tuple("abc"), *draw(seed))
        for method in errors:
            values = np.array([estimate.value for estimate in getattr(result, method)])
            errors[method] += ((values - THETA) ** 2).sum()
    assert errors["corrected"] < errors["human"] < errors["judge"]


@pytest.mark.filterwarnings("ignore:'penalty' was deprecated:FutureWarning")
def test_strengths_equal_prediction_powered_logistic_regression() -> None:
    """`ppi_py` of the labelled comparisons against all, with the same λ: the same equations."""
    a, b, judge, people = draw(1)
    result = corrected_strengths(tuple("abc"), a, b, judge, people)
    design = np.zeros((a.size, 3))
    design[np.arange(a.size), a], design[np.arange(a.size), b] = 1, -1
    labelled = ~np.isnan(people)
    published = ppi_logistic_pointestimate(
        design[labelled, :2],
        people[labelled],
        judge[labelled],
        design[:, :2],
        judge,
        lam=result.tuning,
        optimizer_options={"ftol": 1e-14, "gtol": 1e-10},
    )
    values = np.array([estimate.value for estimate in result.corrected])
    assert values[:2] - values[2] == pytest.approx(published, abs=1e-4)


def test_intervals_are_as_wide_as_a_bootstrap_of_comparisons_says() -> None:
    a, b, judge, people = draw(8)
    result = corrected_strengths(tuple("abc"), a, b, judge, people)
    rng = np.random.default_rng(0)
    replicates = []
    for _ in range(200):
        rows = rng.integers(a.size, size=a.size)
        again = corrected_strengths(tuple("abc"), *(x[rows] for x in (a, b, judge, people)))
        replicates.append([value_of(estimate) for estimate in again.corrected])
    for estimate, error in zip(result.corrected, np.std(replicates, axis=0), strict=True):
        assert width(estimate) / 2 == pytest.approx(1.97 * error, rel=0.2)


def test_a_judge_that_says_what_people_say_makes_all_comparisons_count() -> None:
    a, b, judge, people = draw(2, noise=0.0)
    result = corrected_strengths(tuple("abc"), a, b, judge, people)
    everything = corrected_strengths(tuple("abc"), a, b, judge, judge)
    for corrected, whole in zip(result.corrected, everything.human, strict=True):
        assert corrected.value == pytest.approx(whole.value, abs=0.1)
        assert width(corrected) < 1.3 * width(whole)
    assert there(result.tuning) > 0.9


def test_a_judge_without_skill_is_not_used() -> None:
    a, b, _, people = draw(3, 4000, 1500)
    judge = (np.random.default_rng(0).random(a.size) < 0.5).astype(float)
    assert there(corrected_strengths(tuple("abc"), a, b, judge, people).tuning) < 0.1


def test_without_labels_people_and_correction_are_undefined() -> None:
    a, b, judge, people = draw(4)
    result = corrected_strengths(tuple("abc"), a, b, judge, np.full(people.size, NAN))
    assert {estimate.undefined for estimate in result.corrected} == {"no comparison has a label"}
    assert result.judge[0].value is not None
    assert result.tuning is None


def test_few_labels_are_told() -> None:
    result = corrected_strengths(tuple("abc"), *draw(5, labels=60))
    assert any("comparisons of this system count" in warning for warning in result.corrected[0].warnings)
    assert not corrected_strengths(tuple("abc"), *draw(5, labels=600)).corrected[0].warnings


def test_few_decisive_labels_are_told() -> None:
    a, b, judge, people = draw(7, labels=600)
    ties = np.where(np.isnan(people) | (np.arange(people.size) % 20 == 0), people, 0.5)
    estimates = corrected_strengths(tuple("abc"), a, b, judge, ties)
    assert "of them decisive" in estimates.corrected[0].warnings[0]
    assert not estimates.judge[0].warnings


def test_scores_that_do_not_fit_are_refused() -> None:
    a, b, judge, people = draw(6)
    with pytest.raises(ValueError, match="vectors"):
        corrected_strengths(tuple("abc"), a, b, judge[:-1], people)
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        corrected_strengths(tuple("abc"), a, b, judge + 1, people)
