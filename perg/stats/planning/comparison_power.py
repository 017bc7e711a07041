"""The probability that the paired comparison finds the better of two judges, before the labels exist.

The statistics are smooth functions of the shares of units by (people, judge A, judge B), so the standard error of their
difference follows from its slopes at those shares (the delta method). The test is `compare_judges`': Student's, with a
standard error widened for the few units on which the judges differ.

Shares as observed on a few labels promise too much: the judges who look different differ less. A plan from labels
(`ComparisonModel.units_given_labels`) averages the power over the differences that those labels leave possible.

Sources: van der Vaart, Asymptotic Statistics (1998), ch. 3; Spiegelhalter & Freedman, Statistics in Medicine 5 (1986)
1–13 (the power averaged over what is known).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
import scipy
from numpy.polynomial.hermite_e import hermegauss

from perg.stats.base.fewest import fewest
from perg.stats.base.resampling import Clusters, Floats, cluster_sums, dense_codes
from perg.stats.measures.comparison import Statistic, statistic_of_cells
from perg.stats.ratings.ratings import BINARY, Ratings, category_codes

LEVEL = 0.05
MOST_UNITS = 20_000
MANY = 1000.0  # units at which alpha's small-sample term no longer matters
STEP = 1e-3
NODES = 40
BEYOND_DOUBT = 20.0


def joint_of_ratings(reference: Ratings, a: Ratings, b: Ratings, categories: tuple[float, ...]) -> Floats:
    """Shares of units by (people, A, B), (V, V, V), of those that all three rated (n,); NaN where missing.

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


@dataclass(frozen=True, slots=True)
class ComparisonModel:
    """What the power of a comparison depends on.

    Attributes:
        difference: A's statistic less B's.
        deviation: over sqrt(units), the standard error of the difference of independent units; 0 where it never varies.
        discordant: share of units on which the judges' ratings differ.
        design_effect: by how much shared clusters widen the variance. cluster_size: units a cluster, on average.
    """

    difference: float
    deviation: float
    discordant: float
    design_effect: float = 1.0
    cluster_size: float = 1.0

    @classmethod
    def of_shares(cls, joint: Floats, statistic: Statistic, categories: tuple[float, ...] = BINARY) -> Self:
        """From shares (V, V, V) of independent units.

        Raises:
            ValueError: shares that do not add up to 1 or do not fit the categories, or a statistic that is undefined
                at them.
        """
        difference, influence = _influence(joint, statistic, categories)
        return cls(difference, _deviation(joint, influence), _discordant(joint))

    @classmethod
    def of_ratings(
        cls,
        reference: Ratings,
        a: Ratings,
        b: Ratings,
        categories: tuple[float, ...],
        statistic: Statistic,
        *,
        clusters: Clusters | None = None,
    ) -> Self:
        """From ratings (n,) so far, NaN where missing; `clusters` (n,) are those of the units.

        Raises:
            ValueError: no unit that all three rated, a rating outside the categories, or an undefined statistic.
        """
        joint = joint_of_ratings(reference, a, b, categories)
        difference, influence = _influence(joint, statistic, categories)
        deviation, effect, size = _deviation(joint, influence), 1.0, 1.0
        codes = np.stack([category_codes(one, categories) for one in (reference, a, b)])
        rated = (codes >= 0).all(axis=0)
        if clusters is not None and deviation > 0:
            per_unit = influence[tuple(codes[:, rated])][:, np.newaxis]
            effect = max(
                1.0, float((cluster_sums(per_unit, clusters[rated]) ** 2).sum() / (per_unit**2).sum())
            )
            size = float(rated.sum()) / (int(dense_codes(clusters[rated]).max()) + 1)
        return cls(difference, deviation, _discordant(joint), effect, size)

    def power(self, units: int, *, level: float = LEVEL) -> float:
        """Chance that `compare_judges` on this many labelled units names the better judge, two-sided at `level`.

        Half the level where neither judge is better, or a little less where they differ on few units.

        Raises:
            ValueError: fewer than 2 units, or a level outside (0, 1).
        """
        if units < 2 or not 0 < level < 1:
            raise ValueError("two units are needed at least, and a level between 0 and 1")
        if self.deviation == 0:
            return level / 2 if self.difference == 0 else 1.0
        return float(self._powers(units, np.array([abs(self.difference)]), level)[0])

    def units(self, *, power: float = 0.8, level: float = LEVEL) -> int | None:
        """Labelled units for that chance to be `power`; None if neither judge is better, or 20,000 would not do.

        Raises:
            ValueError: a power or level outside (0, 1).
        """
        if abs(self.difference) < 1e-9:
            return None
        return _fewest(lambda units: self.power(units, level=level), power, level)

    def units_given_labels(self, labelled: int, *, power: float = 0.8, level: float = LEVEL) -> int | None:
        """The same where the difference is known from `labelled` units only: the chance averaged over what it may be.

        Raises:
            ValueError: a power or level outside (0, 1), or fewer than 1 labelled unit.
        """
        if labelled < 1:
            raise ValueError("a plan takes a labelled unit at least")
        if self.deviation == 0:
            return self.units(power=power, level=level)
        error = self.deviation * math.sqrt(self.design_effect / labelled)
        nodes, weights = hermegauss(NODES)
        possible = np.abs(self.difference + error * nodes)

        def expected(units: int) -> float:
            return float(weights @ self._powers(units, possible, level) / weights.sum())

        return _fewest(expected, power, level)

    def _powers(self, units: int, differences: Floats, level: float) -> Floats:
        """The chance for each absolute difference (d,), all with this deviation above 0."""
        freedom = max(units / self.cluster_size - 1, 1)
        differing = self.discordant * units / self.cluster_size
        critical = -float(scipy.special.stdtrit(freedom, level / 2)) * math.sqrt((differing + 2) / differing)
        shifted = differences / self.deviation * math.sqrt(units / self.design_effect)
        # SciPy's distribution function leaves its range for shifts far beyond any doubt.
        return np.asarray(scipy.stats.nct.sf(critical, freedom, np.minimum(shifted, critical + BEYOND_DOUBT)))


def _fewest(chance: Callable[[int], float], power: float, level: float) -> int | None:
    """The fewest units, up to 20,000, whose chance is `power`."""
    if not 0 < power < 1 or not 0 < level < 1:
        raise ValueError("power and level lie in (0, 1)")
    units = fewest(lambda units: chance(units) >= power, low=1, high=2, most=MOST_UNITS)
    return None if units is None or units > MOST_UNITS else units


def _influence(joint: Floats, statistic: Statistic, categories: tuple[float, ...]) -> tuple[float, Floats]:
    """A's statistic less B's, and what one unit in each cell adds to it, over the units' number: (V, V, V)."""
    size = len(categories)
    if joint.shape != (size,) * 3 or joint.min() < 0 or abs(joint.sum() - 1) > 1e-9:
        raise ValueError("the joint shares are (V, V, V) for V categories and add up to 1")
    occur = np.flatnonzero(joint.ravel())
    shares = joint.ravel()[occur]
    moves = np.zeros((2 * occur.size + 1, joint.size))
    moves[:, occur] = MANY * shares
    cells = np.arange(occur.size)
    moves[1 + cells, occur] += STEP * MANY * shares
    moves[1 + occur.size + cells, occur] -= STEP * MANY * shares
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
    influence = np.zeros(joint.size)
    influence[occur] = slopes - shares @ slopes
    return float(values[0]), influence.reshape(joint.shape)


def _deviation(joint: Floats, influence: Floats) -> float:
    variance = float((joint * influence**2).sum())
    return math.sqrt(variance) if variance > 1e-12 else 0.0


def _discordant(joint: Floats) -> float:
    """Share of units on which the judges differ."""
    return float(joint.sum() - np.trace(joint, axis1=1, axis2=2).sum())
