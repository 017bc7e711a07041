import json

import numpy as np
import pytest
from scipy.stats import pearsonr, rankdata, spearmanr

from perg.stats.base.resampling import Draws
from perg.stats.base.result import dump
from perg.stats.judges.judge_errors import covariate_effect, error_correlation

NAN = np.nan


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def scores(effect: float, n: int = 400) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Judge, people, and a length on which the judge's leniency depends by `effect`."""
    draw = np.random.default_rng(1)
    people = draw.integers(1, 6, n).astype(float)
    length = draw.lognormal(4, 1, n)
    lenient = effect * (rankdata(length) / n - 0.5)
    judge = np.clip(np.round(people + lenient + draw.normal(0, 0.5, n)), 1, 5)
    return judge, people, length


def test_the_correlations_are_scipys_and_the_partial_one_that_of_residual_ranks() -> None:
    judge, people, length = scores(2)
    found = covariate_effect(judge, people, length, draws=Draws(rng=rng()))
    assert found.residual.value == pytest.approx(spearmanr(length, judge - people).statistic)
    assert found.disagreement.value == pytest.approx(spearmanr(length, np.abs(judge - people)).statistic)
    ranks = [rankdata(x) for x in (length, judge, people)]
    design = np.column_stack([np.ones(ranks[2].size), ranks[2]])
    rest = [x - design @ np.linalg.lstsq(design, x, rcond=None)[0] for x in ranks[:2]]
    assert found.partial.value == pytest.approx(pearsonr(*rest).statistic)


def test_a_judge_that_prefers_length_is_distinguished_from_one_that_does_not() -> None:
    liking, indifferent = (covariate_effect(*scores(effect), draws=Draws(rng=rng())) for effect in (2.0, 0.0))
    for effect in (liking.residual, liking.partial):
        assert effect.low is not None
        assert effect.low > 0
    for effect in (indifferent.residual, indifferent.partial):
        assert effect.low is not None
        assert effect.high is not None
        assert effect.low < 0 < effect.high


def test_the_interval_covers_no_effect_in_95_of_100_samples() -> None:
    draw, covered = np.random.default_rng(2), 0
    for _ in range(300):
        people = draw.integers(1, 6, 60).astype(float)
        judge = np.clip(people + draw.integers(-1, 2, 60).astype(float), 1, 5)
        found = covariate_effect(
            judge, people, draw.random(60), draws=Draws(rng=draw, resamples=400)
        ).residual
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= 0 <= found.high
    assert 0.91 <= covered / 300 <= 0.98


def test_a_judge_without_error_has_nothing_to_correlate() -> None:
    people = np.tile([1.0, 2, 3, 4, 5], 4)
    found = covariate_effect(people, people, np.arange(20.0), draws=Draws(rng=rng()))
    assert found.residual.undefined is not None
    assert found.partial.undefined is not None
    json.dumps(dump(found), allow_nan=False)


def test_too_few_units_and_missing_covariates_are_left_out() -> None:
    found = covariate_effect(
        np.array([1.0, 2, 3]), np.array([1.0, 1, 1]), np.array([1.0, NAN, 2]), draws=Draws(rng=rng())
    )
    assert found.n == 2
    assert "fewer than three" in (found.residual.undefined or "")
    with pytest.raises(ValueError, match="same units"):
        covariate_effect(np.ones(2), np.ones(2), np.ones(3), draws=Draws(rng=rng()))


def test_judges_that_err_together_count_as_one_and_apart_as_many() -> None:
    draw = np.random.default_rng(3)
    reference = (draw.random(3000) < 0.6).astype(float)
    mistaken = draw.random((3000, 3)) < 0.2

    def effective(wrong: np.ndarray) -> tuple[float, float, float]:
        verdicts = np.where(wrong, 1 - reference[:, None], reference[:, None])
        found = error_correlation(
            ["a", "b", "c"], verdicts, reference, draws=Draws(rng=rng())
        ).effective_judges
        assert found.value is not None
        return found.value, found.low or NAN, found.high or NAN

    value, low, high = effective(mistaken)
    assert value == pytest.approx(3, abs=0.25)
    assert low <= 3 <= high
    assert effective(np.repeat(mistaken[:, :1], 3, axis=1))[0] == pytest.approx(1)


def test_the_correlation_is_phi_of_the_errors() -> None:
    """a errs on units 0–3, b on 2–5, of 12: φ = (2/12 − 1/9) / (2/9) = 1/4, so 2 judges weigh 2 / (5/4) = 8/5."""
    reference = np.ones(12)
    verdicts = np.ones((12, 2))
    verdicts[0:4, 0] = 0
    verdicts[2:6, 1] = 0
    found = error_correlation(["a", "b"], verdicts, reference, draws=Draws(rng=rng()))
    assert found.pairs[0].correlation.value == pytest.approx(1 / 4)
    assert found.mean_correlation.value == pytest.approx(1 / 4)
    assert found.effective_judges.value == pytest.approx(8 / 5)
    assert found.error_rates == pytest.approx((1 / 3, 1 / 3))


def test_units_that_one_judge_left_out_count_for_none() -> None:
    verdicts = np.array([[1.0, 0], [NAN, 1], [0, 0], [1, 1]])
    found = error_correlation(["a", "b"], verdicts, np.array([1.0, 1, 1, NAN]), draws=Draws(rng=rng()))
    assert found.n == 2


def test_a_judge_that_is_never_wrong_has_no_correlation() -> None:
    verdicts = np.column_stack([np.ones(10), np.tile([0.0, 1], 5)])
    found = error_correlation(["a", "b"], verdicts, np.ones(10), draws=Draws(rng=rng()))
    assert "wrong on no unit" in (found.pairs[0].correlation.undefined or "")
    assert found.effective_judges.undefined is not None
    json.dumps(dump(found), allow_nan=False)


def test_one_judge_alone_is_no_panel() -> None:
    found = error_correlation(["a"], np.ones((5, 1)), np.ones(5), draws=Draws(rng=rng()))
    assert found.effective_judges.undefined == "fewer than two judges"
    with pytest.raises(ValueError, match="units by judges"):
        error_correlation(["a"], np.ones((5, 2)), np.ones(5), draws=Draws(rng=rng()))
