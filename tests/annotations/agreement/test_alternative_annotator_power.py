import numpy as np
import pytest

from annotations.agreement.alternative_annotator_power import (
    LabellingModel,
    alternative_annotator_power,
    error_of_agreement,
    units_for_alternative_annotator_test,
)
from annotations.agreement.alternative_annotator_test import alternative_annotator_test
from annotations.agreement.ratings import RatingTable

EVEN = (0.25, 0.25, 0.25, 0.25)


@pytest.mark.parametrize(("error", "categories"), [(0.0, 2), (0.1, 2), (0.3, 4), (0.4, 5)])
def test_the_error_is_read_off_agreement(error: float, categories: int) -> None:
    agreement = (1 - error) ** 2 + error**2 / (categories - 1)
    assert error_of_agreement(agreement, categories) == pytest.approx(error)


def test_random_labels_agree_on_one_unit_in_k_and_no_fewer() -> None:
    assert error_of_agreement(0.25, 4) == pytest.approx(0.75)
    with pytest.raises(ValueError, match="1/k"):
        error_of_agreement(0.2, 4)


def test_power_is_the_share_of_campaigns_that_pass() -> None:
    """The same model drawn and tested one by one with the test itself: 200 against 2,000, 3.3 standard errors."""
    model = LabellingModel(EVEN, human_error=0.3, judge_error=0.35)
    power = alternative_annotator_power(
        60, 3, model, epsilon=0.15, simulations=2000, rng=np.random.default_rng(0)
    )
    passed = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        truth = rng.integers(0, 4, size=60)

        def labels(error: float, truth: np.ndarray = truth, rng: np.random.Generator = rng) -> np.ndarray:
            wrong = np.array([rng.choice([k for k in range(4) if k != t]) for t in truth])
            return np.where(rng.random(60) < error, wrong, truth).astype(float)

        people = np.column_stack([labels(0.3) for _ in range(3)])
        humans = RatingTable(tuple(range(60)), ("a", "b", "c"), people, (0, 1, 2, 3))
        found = alternative_annotator_test(
            humans, labels(0.35), epsilon=0.15, scoring="accuracy", resamples=1, rng=rng
        )
        passed += found.passed is True
    assert power.value is not None
    assert 0.15 < power.value < 0.9
    error = np.sqrt(power.value * (1 - power.value) * (1 / 200 + 1 / 2000))
    assert passed / 200 == pytest.approx(power.value, abs=3.3 * error)


def test_units_planned_have_the_power_and_fewer_do_not() -> None:
    model = LabellingModel(EVEN, human_error=0.3, judge_error=0.3)
    done: list[tuple[int, int]] = []
    plan = units_for_alternative_annotator_test(
        3,
        model,
        epsilon=0.15,
        most=300,
        simulations=400,
        rng=np.random.default_rng(0),
        progress=lambda so_far, of: done.append((so_far, of)),
    )
    assert plan.units is not None
    assert plan.power.value is not None
    assert plan.power.value >= 0.8
    half = alternative_annotator_power(
        max(plan.units // 2, 2), 3, model, epsilon=0.15, simulations=400, rng=np.random.default_rng(1)
    )
    assert half.value is not None
    assert half.value < 0.8
    assert all(so_far <= of for so_far, of in done)
    assert [so_far for so_far, _ in done] == sorted(so_far for so_far, _ in done)


def test_a_judge_much_worse_than_people_never_gets_there() -> None:
    model = LabellingModel((0.5, 0.5), human_error=0.05, judge_error=0.5)
    plan = units_for_alternative_annotator_test(
        3, model, epsilon=0.1, most=200, simulations=100, rng=np.random.default_rng(0)
    )
    assert plan.units is None
    assert plan.undefined == "with 200 units the test still has too little power"
    assert plan.as_dict()["units"] is None


def test_impossible_models_are_refused() -> None:
    with pytest.raises(ValueError, match="add up to 1"):
        LabellingModel((0.5, 0.6), 0.1, 0.1)
    with pytest.raises(ValueError, match="errors"):
        LabellingModel((0.5, 0.5), 1.1, 0.1)
    with pytest.raises(ValueError, match="at least"):
        alternative_annotator_power(
            1, 3, LabellingModel((0.5, 0.5), 0.1, 0.1), epsilon=0.1, rng=np.random.default_rng(0)
        )
