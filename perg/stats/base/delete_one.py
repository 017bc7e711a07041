"""Student's interval of a smooth statistic of sums, by leaving out one cluster at a time.

The degrees of freedom are Satterthwaite's from the kurtosis of what each cluster changes, at most clusters − 1: where a
few clusters are most of the variance, it is known as badly as from a few.

Sources: Efron & Tibshirani, An Introduction to the Bootstrap (1993), ch. 11; Satterthwaite, Biometrics Bulletin 2
(1946) 110–114; Bell & McCaffrey, Survey Methodology 28 (2002) 169–181.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy

from perg.stats.base.estimate import Estimate
from perg.stats.base.intervals import interval_warnings
from perg.stats.base.resampling import Clusters, Floats, cluster_sums

Statistic = Callable[[Floats], Floats]
FEW_FREEDOM = 15
UNDEFINED_WITHOUT_ONE = "No interval: without one of the questions the number is undefined."
NO_VARIATION = "No interval: the number does not change whichever question is left out."
FEW_MATTER = "A few questions decide this number: the interval may not hold its level."


@dataclass(frozen=True, slots=True, eq=False)
class DeleteOne:
    """A statistic, its variance and degrees of freedom, and the number of clusters.

    `variance` is None for a single cluster, or where the statistic is undefined without one of them.
    """

    value: float
    variance: float | None
    freedom: float
    clusters: int

    def reach(self, confidence: float = 0.95) -> float | None:
        """Half the width of the interval."""
        if self.variance is None or self.variance <= 0:
            return None
        return -float(scipy.special.stdtrit(self.freedom, (1 - confidence) / 2)) * float(
            np.sqrt(self.variance)
        )

    def warnings(self) -> tuple[str, ...]:
        """Why there is no interval, or where it may not hold."""
        if self.clusters < 2:
            return interval_warnings(self.clusters)
        if self.variance is None:
            return (UNDEFINED_WITHOUT_ONE,)
        if self.variance <= 0:
            return (NO_VARIATION,)
        few = (FEW_MATTER,) if self.freedom < FEW_FREEDOM else ()
        return (*interval_warnings(self.clusters), *few)


def delete_one(per_unit: Floats, clusters: Clusters | None, statistic: Statistic) -> DeleteOne:
    """`statistic`, (r, k) → (r,) with NaN where undefined, of the sums of per-unit numbers (n, k), n >= 1.

    Raises:
        ValueError: not one cluster id per unit.
    """
    parts = cluster_sums(per_unit, clusters)
    total = parts.sum(axis=0)
    size = parts.shape[0]
    value = float(statistic(total[np.newaxis])[0])
    if size < 2 or not np.isfinite(value):
        return DeleteOne(value, None, 1.0, size)
    changes = statistic(total - parts)
    if not np.isfinite(changes).all():
        return DeleteOne(value, None, 1.0, size)
    squares = np.square(changes - changes.mean())
    second, fourth = float(squares.sum()), float(np.square(squares).sum())
    if second <= 1e-24 * max(1.0, value**2):
        return DeleteOne(value, 0.0, size - 1.0, size)
    doubt = max(fourth / second**2 - 1 / size, 1e-12)
    freedom = max(min(2 / doubt, size - 1.0), 1.0)
    return DeleteOne(value, second * (size - 1) / size, freedom, size)


def delete_one_estimate(
    per_unit: Floats,
    clusters: Clusters | None,
    statistic: Statistic,
    *,
    n: int,
    undefined: str,
    transform: tuple[Statistic, Statistic] | None = None,
    confidence: float = 0.95,
) -> Estimate:
    """The statistic with its interval, taken on the scale of `transform` (there and back) if one is given.

    `undefined` is the reason where it is NaN.
    """
    value = float(statistic(per_unit.sum(axis=0)[np.newaxis])[0]) if per_unit.shape[0] else np.nan
    if np.isnan(value):
        return Estimate.of_nothing(undefined, n)
    there, back = transform or (_same, _same)
    deleted = delete_one(per_unit, clusters, lambda sums: there(statistic(sums)))
    reach = deleted.reach(confidence) if np.isfinite(deleted.value) else None
    if reach is None:
        warnings = deleted.warnings() if np.isfinite(deleted.value) else (NO_VARIATION,)
        return Estimate.of(value, n, None, warnings=warnings)
    low, high = back(np.array([deleted.value - reach, deleted.value + reach]))
    return Estimate.of(value, n, (low, high), warnings=deleted.warnings())


def _same(values: Floats) -> Floats:
    return values
