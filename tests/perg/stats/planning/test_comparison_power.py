import numpy as np
import pytest
from scipy.stats import norm

from bench.planning import JudgeRates, joint_of_rates
from perg.stats.base.resampling import Draws
from perg.stats.measures.comparison import Statistic, compare_judges
from perg.stats.planning.comparison_power import ComparisonModel, joint_of_ratings
from perg.stats.ratings.ratings import BINARY

GOOD, WORSE = JudgeRates(0.9, 0.95), JudgeRates(0.7, 0.85)


def test_shares_have_the_rates_they_were_made_of() -> None:
    joint = joint_of_rates(0.3, GOOD, WORSE, correlation=0.25)
    assert joint.sum() == pytest.approx(1)
    assert joint[0].sum() == pytest.approx(0.3)
    assert joint[0, 0].sum() / 0.3 == pytest.approx(0.9)
    assert joint[0, :, 0].sum() / 0.3 == pytest.approx(0.7)
    assert joint[1, 1].sum() / 0.7 == pytest.approx(0.95)
    assert joint[1, :, 1].sum() / 0.7 == pytest.approx(0.85)
    both = joint[0, 0, 0] / 0.3
    assert (both - 0.63) / np.sqrt(0.09 * 0.21) == pytest.approx(0.25)


def test_shares_of_ratings_leave_out_what_is_missing() -> None:
    ratings = [np.array([0.0, 1, 1, np.nan]), np.array([0.0, 1, 0, 1]), np.array([1.0, 1, np.nan, 1])]
    joint = joint_of_ratings(ratings[0], ratings[1], ratings[2], BINARY)
    assert joint[0, 0, 1] == joint[1, 1, 1] == 0.5
    with pytest.raises(ValueError, match="no unit"):
        joint_of_ratings(np.full(2, np.nan), np.ones(2), np.ones(2), BINARY)


def test_power_of_accuracy_is_that_of_the_paired_z_test() -> None:
    """Discordant shares b and c: mean b − c, variance b + c − (b − c)²; many units, so that t is normal."""
    joint = joint_of_rates(0.3, GOOD, JudgeRates(0.86, 0.93))
    a_only, b_only = joint[0, 0, 1] + joint[1, 1, 0], joint[0, 1, 0] + joint[1, 0, 1]
    mean = a_only - b_only
    error = np.sqrt((a_only + b_only - mean**2) / 800)
    differing = 800 * (a_only + b_only)  # two pseudo-pairs widen the error
    expected = norm.sf(norm.isf(0.025) * np.sqrt((differing + 2) / differing) - mean / error)
    assert 0.2 < expected < 0.9
    assert ComparisonModel.of_shares(joint, "accuracy").power(800) == pytest.approx(expected, abs=0.003)


@pytest.mark.parametrize("statistic", ["alpha", "quadratic_kappa", "informedness", "accuracy"])
def test_units_planned_have_the_power_planned(statistic: Statistic) -> None:
    joint = joint_of_rates(0.25, GOOD, WORSE, correlation=0.2)
    units = ComparisonModel.of_shares(joint, statistic).units()
    assert units is not None
    assert ComparisonModel.of_shares(joint, statistic).power(units) == pytest.approx(0.8, abs=0.02)


@pytest.mark.parametrize("statistic", ["cohen_kappa", "informedness"])
@pytest.mark.one_in(2)
def test_the_better_judge_is_named_as_often_as_planned(statistic: Statistic) -> None:
    """400 campaigns: the predicted share ± 5 points, and 2.5 standard errors of the simulation are 5 points."""
    joint = joint_of_rates(0.3, GOOD, WORSE, correlation=0.3)
    predicted = ComparisonModel.of_shares(joint, statistic).power(90)
    assert 0.5 < predicted < 0.95
    named = 0
    for seed in range(400):
        rng = np.random.default_rng(seed)
        drawn = np.unravel_index(rng.choice(8, size=90, p=joint.ravel()), joint.shape)
        reference, a, b = (codes.astype(float) for codes in drawn)
        (found,) = compare_judges(
            reference, {"a": a, "b": b}, BINARY, statistic, draws=Draws(rng=rng, resamples=200)
        )
        assert found.p_value is not None
        assert found.difference.value is not None
        named += found.p_value < 0.05 and found.difference.value > 0
    assert named / 400 == pytest.approx(predicted, abs=0.05)


@pytest.mark.parametrize("labelled", [80, 200])
@pytest.mark.one_in(2)
def test_plans_from_few_labels_name_the_better_judge_as_often_as_planned(labelled: int) -> None:
    """400 pilots, each planned from and judged by the truth. At the shares as observed, 80 give 0.74."""
    joint = joint_of_rates(0.3, GOOD, WORSE, correlation=0.2)
    truth = ComparisonModel.of_shares(joint, "informedness")
    powers = []
    for seed in range(400):
        rng = np.random.default_rng(seed)
        drawn = np.unravel_index(rng.choice(8, size=labelled, p=joint.ravel()), joint.shape)
        reference, a, b = (codes.astype(float) for codes in drawn)
        model = ComparisonModel.of_ratings(reference, a, b, BINARY, "informedness")
        units = model.units_given_labels(labelled)
        assert units is not None
        powers.append(truth.power(units))
    assert np.mean(powers) == pytest.approx(0.8, abs=0.05)


def test_questions_of_several_items_cost_items() -> None:
    """Four copies of each item on one question: four times the items, for the questions are as many."""
    joint = joint_of_rates(0.3, GOOD, WORSE, correlation=0.2)
    rng = np.random.default_rng(0)
    drawn = np.unravel_index(rng.choice(8, size=150, p=joint.ravel()), joint.shape)
    reference, a, b = (codes.astype(float) for codes in drawn)
    alone = ComparisonModel.of_ratings(reference, a, b, BINARY, "informedness")
    references, many_a, many_b = (np.repeat(one, 4) for one in (reference, a, b))
    shared = ComparisonModel.of_ratings(
        references, many_a, many_b, BINARY, "informedness", clusters=np.repeat(np.arange(150), 4)
    )
    assert shared.design_effect == pytest.approx(4, rel=0.01)
    assert shared.power(400) == pytest.approx(alone.power(100), abs=0.01)
    assert (shared.units() or 0) == pytest.approx(4 * (alone.units() or 0), rel=0.02)


def test_no_plan_distinguishes_equal_judges() -> None:
    model = ComparisonModel.of_shares(joint_of_rates(0.3, GOOD, GOOD), "alpha")
    assert model.units() is None
    assert 0.015 < model.power(100) < 0.025  # few units on which they differ: cautious
    assert model.power(10_000) == pytest.approx(0.025, abs=0.001)
    same = np.zeros((2, 2, 2))
    same[0, 0, 0] = same[1, 1, 1] = 0.5
    assert ComparisonModel.of_shares(same, "accuracy").power(100) == 0.025


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="right together"):
        joint_of_rates(0.3, JudgeRates(0.99, 0.9), JudgeRates(0.5, 0.9), correlation=0.9)
    with pytest.raises(ValueError, match="undefined"):
        ComparisonModel.of_shares(np.pad([[[1.0]]], ((0, 1),) * 3), "informedness")
    with pytest.raises(ValueError, match="add up to 1"):
        ComparisonModel.of_shares(np.zeros((2, 2, 2)), "accuracy")
    with pytest.raises(ValueError, match="sensitivity"):
        JudgeRates(1.2, 0.5)
