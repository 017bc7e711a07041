"""How likely the paired comparison names the better of two judges, before the labels are there.

The statistics are smooth functions of the shares of units by (people, judge A, judge B), so the standard error of their
difference follows from its slopes at those shares (the delta method).

Source: van der Vaart, Asymptotic Statistics (1998), ch. 3.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import nct, norm
from scipy.stats import t as student_t

from annotations.agreement.comparison import Statistic, statistic_of_cells
from annotations.agreement.ratings import Ratings, category_codes
from evaluation.statistics.resampling import Floats

LEVEL = 0.05
MANY = 1000.0  # units at which alpha's small-sample term no longer matters
STEP = 1e-3


@dataclass(frozen=True, slots=True)
class JudgeRates:
    """A judge's sensitivity (failures found) and specificity (followed cleared), both in [0, 1]."""

    sensitivity: float
    specificity: float

    def __post_init__(self) -> None:
        if not 0 <= self.sensitivity <= 1 or not 0 <= self.specificity <= 1:
            raise ValueError("sensitivity and specificity lie in [0, 1]")


def joint_of_rates(failure_rate: float, a: JudgeRates, b: JudgeRates, *, correlation: float = 0.0) -> Floats:
    """Shares of units by (people, A, B), shape (2, 2, 2), 0 = failed and 1 = followed; they add up to 1.

    `correlation` is that of the two judges' being right, among failures and among the rest: judges tend to stumble
    over the same units.

    Raises:
        ValueError: a failure rate outside [0, 1], or a correlation that these rates do not allow.
    """
    if not 0 <= failure_rate <= 1:
        raise ValueError("the failure rate lies in [0, 1]")
    joint = np.zeros((2, 2, 2))
    sides = ((failure_rate, a.sensitivity, b.sensitivity), (1 - failure_rate, a.specificity, b.specificity))
    for truth, (share, right_a, right_b) in enumerate(sides):
        both = right_a * right_b + correlation * math.sqrt(right_a * (1 - right_a) * right_b * (1 - right_b))
        cells = np.array([[1 - right_a - right_b + both, right_b - both], [right_a - both, both]])
        if cells.min() < -1e-12:
            raise ValueError("judges with these rates cannot be right together as often")
        right = cells.clip(0) if truth == 1 else cells.clip(0)[::-1, ::-1]
        joint[truth] = share * right
    return joint


def joint_of_ratings(reference: Ratings, a: Ratings, b: Ratings, categories: tuple[float, ...]) -> Floats:
    """The same from ratings (n,) so far, NaN where missing: (V, V, V), of the units that all three rated.

    Raises:
        ValueError: no such unit, or a rating outside the categories.
    """
    codes = np.stack([category_codes(one, categories) for one in (reference, a, b)])
    codes = codes[:, (codes >= 0).all(axis=0)]
    if codes.shape[1] == 0:
        raise ValueError("no unit is rated by both judges and people")
    joint = np.zeros((len(categories),) * 3)
    np.add.at(joint, tuple(codes), 1 / codes.shape[1])
    return joint


def comparison_power(
    joint: Floats,
    units: int,
    statistic: Statistic,
    *,
    categories: tuple[float, ...] = (0, 1),
    level: float = LEVEL,
) -> float:
    """Chance that `compare_judges` on so many labelled units names the better judge, two-sided at `level`; in [0, 1].

    Half the level where neither judge is better. Units are independent of one another.

    Raises:
        ValueError: fewer than 2 units, a level outside (0, 1), shares that do not add up to 1 or do not fit the
            categories, or a statistic that is undefined at them.
    """
    if units < 2 or not 0 < level < 1:
        raise ValueError("two units are needed at least, and a level between 0 and 1")
    difference, deviation = _difference(joint, statistic, categories)
    if deviation == 0:
        return level / 2 if difference == 0 else 1.0
    freedom = units - 1
    beyond = nct.sf(
        student_t.isf(level / 2, freedom), freedom, abs(difference) / deviation * math.sqrt(units)
    )
    return float(beyond)


def units_for_comparison(
    joint: Floats,
    statistic: Statistic,
    *,
    power: float = 0.8,
    categories: tuple[float, ...] = (0, 1),
    level: float = LEVEL,
) -> int | None:
    """Labelled units for that chance to be `power`, about; None where neither judge is better.

    Raises:
        ValueError: a power or level outside (0, 1), or as `comparison_power`.
    """
    if not 0 < power < 1 or not 0 < level < 1:
        raise ValueError("power and level lie in (0, 1)")
    difference, deviation = _difference(joint, statistic, categories)
    if abs(difference) < 1e-9:
        return None
    reach = norm.isf(level / 2) + norm.ppf(power)
    return max(2, math.ceil((reach * deviation / difference) ** 2))


def _difference(joint: Floats, statistic: Statistic, categories: tuple[float, ...]) -> tuple[float, float]:
    """A's statistic less B's, and the deviation that, over sqrt(units), is its standard error."""
    size = len(categories)
    if joint.shape != (size,) * 3 or joint.min() < 0 or abs(joint.sum() - 1) > 1e-9:
        raise ValueError("the joint shares are (V, V, V) for V categories and add up to 1")
    occur = np.flatnonzero(joint.ravel())
    shares = joint.ravel()[occur]
    moves = np.zeros((2 * occur.size + 1, joint.size))
    moves[:, occur] = MANY * shares
    each = np.arange(occur.size)
    moves[1 + each, occur] += STEP * MANY * shares
    moves[1 + occur.size + each, occur] -= STEP * MANY * shares
    tables = moves.reshape(-1, size, size, size)
    positions = np.asarray(categories, dtype=np.float64)
    of_a, of_b = (
        statistic_of_cells(tables.sum(axis=axis).reshape(-1, size * size), positions, statistic)
        for axis in (3, 2)
    )
    values = of_a - of_b
    if np.isnan(values).any():
        raise ValueError("the statistic is undefined at these shares")
    slopes = (values[1 : 1 + occur.size] - values[1 + occur.size :]) / (2 * STEP * shares)
    variance = float(shares @ slopes**2 - (shares @ slopes) ** 2)
    deviation = math.sqrt(variance) if variance > 1e-12 else 0.0
    return float(values[0]), deviation
