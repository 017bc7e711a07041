"""How many units the alternative annotator test needs, by simulation.

People and the judge are simulated as the test's authors do (arXiv 2501.10970, appendix C): a true category, and each
rater's chance of missing it. How often people miss it follows from how well they agree.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from annotations.agreement.alternative_annotator_test import PASSING_RATE, Q, advantages, rejections
from evaluation.statistics.estimate import Estimate, EstimateDict
from evaluation.statistics.proportions import wilson_interval
from evaluation.statistics.resampling import Floats

Progress = Callable[[int, int], None]

SIMULATION_BLOCK = 2**20  # labels simulated at a time
FEWEST = 30  # units: below it the t-test is not to be relied on


@dataclass(frozen=True, slots=True)
class LabellingModel:
    """How labels come about in a simulation: a true category each unit, missed with some probability.

    Attributes:
        shares: (k,) share of each of the k >= 2 categories among the truth; adds up to 1.
        human_error: how often a person misses the truth, in [0, 1]; a wrong label is any other, equally often.
        judge_error: the same of the judge.
    """

    shares: tuple[float, ...]
    human_error: float
    judge_error: float

    def __post_init__(self) -> None:
        if len(self.shares) < 2 or min(self.shares) < 0 or abs(sum(self.shares) - 1) > 1e-9:
            raise ValueError("the shares of two categories or more add up to 1")
        if not 0 <= self.human_error <= 1 or not 0 <= self.judge_error <= 1:
            raise ValueError("errors lie in [0, 1]")


def error_of_agreement(agreement: float, categories: int) -> float:
    """How often people miss the truth, if any two give the same label to this share of the units.

    With error e and k categories, agreement = (1 − e)² + e²/(k − 1): this solves for the smaller e. It is least, at
    1/k, where labels are random; less agreement than that has no solution.

    Raises:
        ValueError: agreement outside [1/k, 1], or fewer than two categories.
    """
    if categories < 2 or not 1 / categories <= agreement <= 1:
        raise ValueError("people who see anything agree on a share of 1/k of the units at least")
    others = categories - 1
    root = math.sqrt(max(1 - categories / others * (1 - agreement), 0))
    return others / categories * (1 - root)


def alternative_annotator_power(
    units: int,
    people: int,
    model: LabellingModel,
    *,
    epsilon: float,
    q: float = Q,
    simulations: int = 500,
    rng: np.random.Generator,
    progress: Progress | None = None,
) -> Estimate:
    """Share of simulated campaigns in which the judge passes the alternative annotator test, with Wilson's interval.

    All `people` label all `units`, scored by accuracy and tested with the t-test. `progress` is called with the
    simulations done and all of them.

    Raises:
        ValueError: fewer than 2 people, units or simulations.
    """
    if min(units, people, simulations) < 2:
        raise ValueError("a power takes two people, units and simulations at least")
    size = max(1, SIMULATION_BLOCK // (units * (people + 1)))
    passed = done = 0
    while done < simulations:
        count = min(size, simulations - done)
        truth = rng.choice(len(model.shares), size=(count, units), p=model.shares)
        humans = np.stack([_labels(truth, model, model.human_error, rng) for _ in range(people)], axis=-1)
        judge = _labels(truth, model, model.judge_error, rng)
        differences = np.empty(humans.shape)
        for person in range(people):
            of_judge, of_person = advantages(humans, judge, person, "accuracy")
            differences[..., person] = of_person.astype(np.float64) - of_judge
        won = rejections(differences, epsilon, q).mean(axis=1)
        passed, done = passed + int((won >= PASSING_RATE).sum()), done + count
        if progress is not None:
            progress(done, simulations)
    return Estimate.of(passed / simulations, simulations, wilson_interval(passed, simulations))


class UnitsPlanDict(TypedDict):
    """`UnitsPlan`, ready for JSON."""

    units: int | None
    power: EstimateDict
    undefined: str | None


@dataclass(frozen=True, slots=True)
class UnitsPlan:
    """The fewest units tried that give the power; None, for a reason, where the most do not. `power` is theirs."""

    units: int | None
    power: Estimate
    undefined: str | None

    def as_dict(self) -> UnitsPlanDict:
        """One JSON-ready object."""
        return {"units": self.units, "power": self.power.as_dict(), "undefined": self.undefined}


def units_for_alternative_annotator_test(
    people: int,
    model: LabellingModel,
    *,
    epsilon: float,
    power: float = 0.8,
    most: int = 1000,
    step: int = 10,
    q: float = Q,
    simulations: int = 500,
    rng: np.random.Generator,
    progress: Progress | None = None,
) -> UnitsPlan:
    """Units for the alternative annotator test to pass this judge with this power, to the nearest `step` above 30.

    Power grows with units where the judge is within epsilon of people, and falls where it is not; it is sought by
    bisection. `progress` is called with the simulations done and about how many there will be.

    Raises:
        ValueError: power outside (0, 1), or as `alternative_annotator_power`.
    """
    if not 0 < power < 1:
        raise ValueError("power lies in (0, 1)")
    tried = list(range(FEWEST, max(most, FEWEST) + 1, step))
    rounds = math.ceil(math.log2(len(tried))) + 1
    calls = 0

    def simulated(units: int) -> Estimate:
        nonlocal calls
        before, calls = calls * simulations, calls + 1
        return alternative_annotator_power(
            units,
            people,
            model,
            epsilon=epsilon,
            q=q,
            simulations=simulations,
            rng=rng,
            progress=progress
            and (lambda done, _: progress(before + done, max(rounds * simulations, before + done))),
        )

    best = simulated(tried[-1])
    if best.value is None or best.value < power:
        return UnitsPlan(None, best, f"with {tried[-1]} units the test still has too little power")
    low, high = 0, len(tried) - 1
    while low < high:
        middle = (low + high) // 2
        estimate = simulated(tried[middle])
        if estimate.value is not None and estimate.value >= power:
            high, best = middle, estimate
        else:
            low = middle + 1
    return UnitsPlan(tried[high], best, None)


def _labels(
    truth: NDArray[np.int64], model: LabellingModel, error: float, rng: np.random.Generator
) -> Floats:
    """Labels that miss the truth with probability `error`, of its shape."""
    size = len(model.shares)
    wrong = (truth + rng.integers(1, size, size=truth.shape)) % size
    return np.where(rng.random(truth.shape) < error, wrong, truth).astype(np.float64)
