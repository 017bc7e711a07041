"""Student's interval for judge − people, with the variance of the delete-one-cluster jackknife.

The paired bootstrap is too short where few units fail: it cannot draw what did not occur, and its percentiles are those
of a normal. Here a few imagined units keep the variance off 0 (`paired_sums`), and the degrees of freedom are those of
the clusters that the variance rests on: where ten of 200 units fail, it rests on about ten. The variance of the
imagined units is half known and half estimated from them, which by simulation keeps the level.

Sources: Efron & Tibshirani, An Introduction to the Bootstrap (1993), ch. 11; Satterthwaite, Biometrics Bulletin 2
(1946) 110–114, for degrees of freedom of a sum of unequal parts.
"""

from dataclasses import dataclass

import numpy as np
import scipy

from perg.stats.base.fewest import fewest
from perg.stats.base.resampling import Clusters, Floats, cluster_sums
from perg.stats.measures.paired_sums import PairedSums

MOST_UNITS = 1_000_000
IMAGINED_DOUBT = 0.5
FEW_CLUSTERS = 30
"""Fewer do not tell how far the items of one err together, so that the effect is not taken for less than the root of a
cluster's size."""


@dataclass(frozen=True, slots=True)
class JackknifedDifference:
    """judge − people, and how far it may be off.

    Attributes:
        value: of the units, the imagined ones left aside.
        variance: with the imagined units. observed_variance: without them.
        freedom: degrees of freedom, at least 1. units, clusters: that have a comparison.
    """

    value: float
    variance: float
    observed_variance: float
    freedom: float
    units: int
    clusters: int

    def interval(self, level: float) -> tuple[float, float]:
        """Ends with `level` beyond either of them, in [−2, 2]."""
        reach = -float(scipy.special.stdtrit(self.freedom, level)) * float(np.sqrt(self.variance))
        return max(self.value - reach, -2.0), min(self.value + reach, 2.0)

    def units_for(self, margin: float, *, level: float, power: float) -> int | None:
        """Units after which the lower end lies above −margin with this power, if judge and people are equals.

        The variance of the units falls with their number, that of the imagined ones with its square, and the degrees
        of freedom grow with it. None if more than a million units are needed.
        """
        if not margin > 0:
            return None
        imagined = max(self.variance - self.observed_variance, 0.0)

        def reaches(units: int) -> bool:
            share = self.units / units
            error = np.sqrt(self.observed_variance * share + imagined * share**2)
            quantile = scipy.special.ndtri(power) - scipy.special.stdtrit(
                max(self.freedom / share, 1.0), level
            )
            return bool(quantile * error <= margin)

        return fewest(reaches, low=1, high=2, most=MOST_UNITS)


def jackknifed_difference(sums: PairedSums, clusters: Clusters | None) -> JackknifedDifference | None:
    """The difference over units, which share `clusters` (n,); None if it has no value or fewer than two clusters."""
    used = sums.per_unit.any(axis=1)
    per_cluster = cluster_sums(sums.per_unit[used], None if clusters is None else clusters[used])
    size = per_cluster.shape[0]
    if size < 2:
        return None
    total = per_cluster.sum(axis=0)
    value = _difference(sums, total[np.newaxis])[0]
    if np.isnan(value):
        return None
    observed = _variance(sums, per_cluster)
    of_units = observed if clusters is None else _variance(sums, sums.per_unit[used])
    # Where items of a question err together, n of them say no more than n / effect that do not.
    effect = max(observed / of_units, 1.0) if of_units > 0 else 1.0
    if size < FEW_CLUSTERS:
        effect = max(effect, float(np.sqrt(used.sum() / size)))
    imagined = sums.imagined * effect
    whole = total + imagined.sum(axis=0)
    changes = _difference(sums, whole[np.newaxis]) - np.concatenate(
        [_difference(sums, whole - per_cluster), _difference(sums, whole - imagined)]
    )
    if np.isnan(changes).any():
        return None
    changes[:size] -= changes[:size].mean()
    squares = np.square(changes)
    squares[:size] *= (size - 1) / size
    variance = float(squares.sum())
    fourth = float(np.square(squares[:size]).sum() + IMAGINED_DOUBT * np.square(squares[size:]).sum())
    resting = variance**2 / fourth if fourth > 0 else float(size)
    return JackknifedDifference(
        value=float(value),
        variance=variance,
        observed_variance=min(observed, variance),
        freedom=max(min(resting, size) - 1, 1.0),
        units=int(used.sum()),
        clusters=size,
    )


def _variance(sums: PairedSums, parts: Floats) -> float:
    """Of the difference over the parts (c, k), each left out in turn; one that it is undefined without counts 0."""
    total = parts.sum(axis=0)
    changes = np.nan_to_num(_difference(sums, total[np.newaxis]) - _difference(sums, total - parts))
    size: int = parts.shape[0]
    return float(np.square(changes).sum()) * (size - 1) / size


def _difference(sums: PairedSums, totals: Floats) -> Floats:
    judge, people = sums.values(totals)
    return judge - people
