import math

import numpy as np
import pytest
from ppi_py import ppi_mean_ci

from annotations.agreement.planning import Method, half_width_of_labels, labels_for_interval

METHODS: tuple[Method, ...] = ("human only", "PPI++", "Rogan-Gladen")


def needed(
    half_width: float,
    method: Method = "PPI++",
    *,
    rate: float = 0.2,
    sensitivity: float = 0.8,
    specificity: float = 0.9,
    judged: int = 10_000,
) -> int | None:
    return labels_for_interval(
        half_width,
        failure_rate=rate,
        sensitivity=sensitivity,
        specificity=specificity,
        judged=judged,
        method=method,
    ).labels


def test_people_alone_need_the_textbook_number() -> None:
    """1.96² · 0.25 / 0.05² = 384.1."""
    assert needed(0.05, "human only", rate=0.5) == 385


def test_rogan_gladen_by_hand() -> None:
    """π = 0.2, sens 0.8, spec 0.9: J = 0.7, q = 0.16 + 0.08 = 0.24, errors 0.2·0.16 + 0.8·0.09 = 0.104.

    (0.104/n + 0.24·0.76/10000)/0.49 = (0.04/1.959964)² = 4.16507e-4 → n = 0.104/(2.04088e-4 − 1.824e-5) = 559.6.
    """
    assert needed(0.04, "Rogan-Gladen") == 560


def test_ppi_by_hand() -> None:
    """ρ² = 0.16·0.49/(0.24·0.76) = 0.4298; 0.16·(0.5702/n + 0.4298/10000) = 4.16507e-4 → n = 222.7."""
    assert needed(0.04) == 223


def test_a_perfect_judge_of_endless_units_needs_hardly_any() -> None:
    assert needed(0.02, sensitivity=1, specificity=1, judged=10**9) == 2


def test_a_judge_without_skill_saves_nothing_and_corrects_nothing() -> None:
    assert needed(0.04, sensitivity=0.5, specificity=0.5) == needed(0.04, "human only")
    plan = labels_for_interval(
        0.04, failure_rate=0.2, sensitivity=0.3, specificity=0.7, judged=1000, method="Rogan-Gladen"
    )
    assert plan.labels is None
    assert plan.undefined is not None
    assert "without skill" in plan.undefined


@pytest.mark.parametrize("method", METHODS)
def test_too_few_judged_units_are_said_to_be_too_few(method: Method) -> None:
    plan = labels_for_interval(
        0.01, failure_rate=0.4, sensitivity=0.8, specificity=0.8, judged=300, method=method
    )
    assert plan.labels is None
    assert plan.undefined == "labels on all 300 judged units would not do: judge more units"
    assert plan.as_dict()["undefined"] == plan.undefined


@pytest.mark.parametrize("method", METHODS)
def test_the_labels_planned_are_the_fewest_that_reach_the_half_width(method: Method) -> None:
    for seed in range(100):
        rng = np.random.default_rng(seed)
        rate, half_width = float(rng.uniform(0.05, 0.5)), float(rng.uniform(0.03, 0.1))
        sensitivity, specificity = rng.uniform(0.55, 0.99, size=2).tolist()
        guesses = {"failure_rate": rate, "sensitivity": sensitivity, "specificity": specificity}
        labels = labels_for_interval(half_width, **guesses, judged=20_000, method=method).labels
        if labels is None:
            continue
        widths = [
            half_width_of_labels(n, **guesses, judged=20_000, method=method) for n in (labels, labels - 1)
        ]
        assert widths[0] <= half_width * (1 + 1e-9)
        assert labels == 2 or widths[1] > half_width * (1 - 1e-9)


def test_ppi_intervals_of_ppi_python_are_as_wide_as_planned() -> None:
    rate, sensitivity, specificity, judged = 0.3, 0.85, 0.9, 4000
    labels = labels_for_interval(
        0.06, failure_rate=rate, sensitivity=sensitivity, specificity=specificity, judged=judged
    ).labels
    assert labels is not None
    widths = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        truth = (rng.random(judged) < rate).astype(float)
        reported = np.where(truth == 1, rng.random(judged) < sensitivity, rng.random(judged) > specificity)
        judge = reported.astype(float)
        low, high = ppi_mean_ci(truth[:labels], judge[:labels], judge[labels:], alpha=0.05)
        widths.append((high - low).item() / 2)
    assert np.mean(widths) == pytest.approx(0.06, rel=0.05)


@pytest.mark.parametrize(
    "bad", [{"half_width": 0.0}, {"failure_rate": 1.0}, {"sensitivity": 1.1}, {"judged": 1}]
)
def test_impossible_guesses_are_refused(bad: dict[str, float]) -> None:
    given = {
        "half_width": 0.1,
        "failure_rate": 0.2,
        "sensitivity": 0.8,
        "specificity": 0.8,
        "judged": 100,
    } | bad
    with pytest.raises(ValueError, match=r"lie in|at least"):
        labels_for_interval(
            given["half_width"],
            failure_rate=given["failure_rate"],
            sensitivity=given["sensitivity"],
            specificity=given["specificity"],
            judged=int(given["judged"]),
        )


def test_no_skill_has_an_endless_interval() -> None:
    width = half_width_of_labels(
        100, failure_rate=0.2, sensitivity=0.5, specificity=0.5, judged=1000, method="Rogan-Gladen"
    )
    assert math.isinf(width)
