"""What to label next: the units for which one more label narrows the interval most.

Source: Wright, The Equivalence of Neyman Optimum Allocation for Sampling and Equal Proportions for Apportioning the
U.S. House of Representatives, The American Statistician 66 (2012) 217–224.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perg.stats.base.estimate import Estimate
from perg.stats.base.proportions import wilson_interval
from perg.stats.base.resampling import Floats


@dataclass(frozen=True, slots=True)
class StratumPlan:
    """One stratum: its units, those labelled, and how many of the next labels it should get.

    `spread` is the standard deviation that the plan reckons with, and `chance` the share of the stratum's unlabelled
    units that are wanted: each one's probability of being picked, which weights need later.
    """

    stratum: int
    units: int
    labelled: int
    failure_rate: Estimate
    spread: float
    wanted: int
    chance: float


@dataclass(frozen=True, slots=True, eq=False)
class NextLabels:
    """What to label next: `units` are row numbers, those whose label is worth most first."""

    strata: tuple[StratumPlan, ...]
    units: NDArray[np.int64]


def disagreement_strata(verdicts: Floats) -> NDArray[np.int64]:
    """Strata by how judges vote (n,), from 1 = followed, 0 = not, NaN = unscored, shape (n, n_judges).

    The number of judges that report a failure, or −1 where no judge has scored the unit. Where judges are split a
    label says most: unanimous strata hold few surprises.
    """
    scored = ~np.isnan(verdicts)
    failures = (verdicts == 0).sum(axis=1)
    return np.where(scored.any(axis=1), failures, -1).astype(np.int64)


def next_labels(
    strata: NDArray[np.int64], failed: Floats, *, count: int, rng: np.random.Generator
) -> NextLabels:
    """Which units to label next so that the stratified failure rate gets the narrowest interval.

    `strata` (n,) are stratum ids, such as `disagreement_strata`'s; `failed` (n,) is 1 or 0 where people have labelled
    the unit and NaN elsewhere. The m-th label of a stratum with N units and standard deviation s lessens the variance
    by N²s²/(m(m − 1)), so labels go one by one to where that is most (Wright's exact form of Neyman's allocation,
    going on from what is labelled); a stratum's first label comes before all others. The spread is guessed from the
    labels with one failure and one success added, so that a stratum without surprises so far keeps its chance of one.
    Within a stratum units are drawn at random.

    Raises:
        ValueError: shapes that differ, labels other than 0, 1 and NaN, or `count` below 1.
    """
    if strata.shape != failed.shape or strata.ndim != 1 or count < 1:
        raise ValueError("strata and labels are vectors over the same units, and a label at least is wanted")
    known = ~np.isnan(failed)
    if not np.isin(failed[known], (0, 1)).all():
        raise ValueError("a label is 0 or 1, or missing")
    ids, stratum = np.unique(strata, return_inverse=True)
    units, labelled = (
        np.bincount(stratum, minlength=ids.size),
        np.bincount(stratum[known], minlength=ids.size),
    )
    failures = np.bincount(stratum[known], weights=failed[known], minlength=ids.size)
    guess = (failures + 1) / (labelled + 2)
    spread = np.sqrt(guess * (1 - guess))
    queue = rng.permutation(np.flatnonzero(~known))
    queue = queue[np.argsort(stratum[queue], kind="stable")]
    of = stratum[queue]
    open_units = units - labelled
    first = np.cumsum(open_units) - open_units
    nth = (
        labelled[of] + np.arange(queue.size) - first[of] + 1
    )  # the label that this one would be in its stratum
    worth = np.square(units * spread)[of]
    gain = np.divide(worth, nth * (nth - 1.0), out=np.full(queue.size, np.inf), where=nth > 1)
    order = np.lexsort((-worth, -gain))[:count]
    counts = np.bincount(of[order], minlength=ids.size)
    plans = [
        StratumPlan(
            stratum=int(ids[i]),
            units=int(units[i]),
            labelled=int(labelled[i]),
            failure_rate=_rate(int(failures[i]), int(labelled[i])),
            spread=float(spread[i]),
            wanted=int(counts[i]),
            chance=float(counts[i] / open_units[i]) if open_units[i] else 0.0,
        )
        for i in range(ids.size)
    ]
    return NextLabels(tuple(plans), queue[order].astype(np.int64))


def _rate(failures: int, labelled: int) -> Estimate:
    if labelled == 0:
        return Estimate.of_nothing("no unit of the stratum is labelled")
    return Estimate.of(failures / labelled, labelled, wilson_interval(failures, labelled))
