"""Bradley–Terry strengths as people see the systems, from a judge's votes on all comparisons and people's on some.

Not a fit to corrected win rates, which would take their errors for independent, but PPI++ of the model itself. Its
likelihood is a logistic regression, whose equations are linear in the votes: each comparison adds

    weight  λ + (1 − λ) w,   points  λ f + w (y − λ f)

with f the judge's score, y people's, and w = 1 / (share labelled) for a labelled comparison and 0 for others. The
weight and points of a comparison are fitted as votes are. λ makes the sum of the strengths' variances smallest at the
fit to people's votes alone. The variance is that of the sandwich over clusters, in which each comparison has its one
residual.

Source: Angelopoulos, Duchi & Zrnic, PPI++, arXiv 2311.01453 (generalised linear models, and how λ is tuned).
"""

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from perg.stats.base.estimate import Estimate
from perg.stats.base.proportions import Flags
from perg.stats.base.resampling import Clusters, Floats
from perg.stats.pairwise.bradley_terry import Fit, fit
from perg.stats.pairwise.ranks import RankInterval, rank_intervals
from perg.stats.pairwise.strengths import FittedVotes, strength_estimates
from perg.stats.pairwise.uncertainty import uncertainty
from perg.stats.pairwise.votes import PairTable, Systems, why_no_strengths

FEW_COMPARISONS, FEW_DECISIVE = 50, 30


@dataclass(frozen=True, slots=True)
class CorrectedStrengths:
    """Strengths (k,) by three methods, in the order of the systems; each adds up to 0.

    `tuning` is λ in [0, 1], None where there is no corrected fit. `ranks` (k,) are those of the corrected strengths;
    empty where they were not asked for.
    """

    systems: tuple[str, ...]
    human: tuple[Estimate, ...]
    judge: tuple[Estimate, ...]
    corrected: tuple[Estimate, ...]
    tuning: float | None
    ranks: tuple[RankInterval | None, ...] = ()


def corrected_strengths(
    systems: tuple[str, ...],
    a: Systems,
    b: Systems,
    judge: Floats,
    people: Floats,
    *,
    cluster: Clusters | None = None,
    confidence: float = 0.95,
    rng: np.random.Generator | None = None,
) -> CorrectedStrengths:
    """From comparisons (N,) of systems `a` and `b` (codes): the judge's score of a, and people's, NaN without a label.

    Scores lie in [0, 1], ties are ½. The labelled comparisons are a simple random draw from all. Undefined where the
    votes of a method do not bound the strengths (`why_no_strengths`). With `rng`, ranks of the corrected strengths come
    with ranges (`rank_intervals`).

    Raises:
        ValueError: arrays of different shapes, or scores outside [0, 1].
    """
    shapes = {array.shape for array in (a, b, judge, people)}
    if len(shapes) != 1 or a.ndim != 1 or (cluster is not None and cluster.shape != a.shape):
        raise ValueError("a, b, judge, people and cluster are vectors over the same comparisons")
    labelled = ~np.isnan(people)
    if not ((judge >= 0) & (judge <= 1)).all() or not ((people >= 0) & (people <= 1))[labelled].all():
        raise ValueError("scores lie in [0, 1]; leave out comparisons that were not judged")
    clusters = np.arange(a.size) if cluster is None else cluster
    everything = _Comparisons(systems, a, b, clusters)
    by_people, fitted = everything.select(labelled).strengths(people[labelled], confidence=confidence)
    by_judge, _ = everything.strengths(judge, confidence=confidence)
    if fitted is None:
        return CorrectedStrengths(systems, by_people, by_judge, by_people, None, (None,) * len(systems))
    y = np.where(labelled, people, 0.0)
    w = np.where(labelled, a.size / labelled.sum(), 0.0)
    tuning = _tuning(fitted.fit, a, b, judge, y, w)
    points, weight = tuning * judge + w * (y - tuning * judge), tuning + (1 - tuning) * w
    corrected, both = everything.strengths(points, weight, scores=people, confidence=confidence)
    ranks: tuple[RankInterval | None, ...] = ()
    if rng is not None:
        ranks = (None,) * len(systems)
        if both is not None:
            ranks = rank_intervals(both.fit.strengths, both.uncertainty, confidence=confidence, rng=rng)
    return CorrectedStrengths(systems, by_people, by_judge, corrected, tuning, ranks)


@dataclass(frozen=True, slots=True, eq=False)
class _Comparisons:
    """Comparisons (N,) of systems a and b."""

    systems: tuple[str, ...]
    a: Systems
    b: Systems
    clusters: Clusters

    def select(self, among: Flags) -> "_Comparisons":
        return _Comparisons(self.systems, self.a[among], self.b[among], self.clusters[among])

    def strengths(
        self,
        points: Floats,
        weight: Floats | None = None,
        *,
        scores: Floats | None = None,
        confidence: float,
    ) -> tuple[tuple[Estimate, ...], FittedVotes | None]:
        """Estimates from the points of a out of `weight`, 1 if not given; n counts `scores` (N,) that are not NaN."""
        size, weights = len(self.systems), np.ones(self.a.size) if weight is None else weight
        distance = np.abs((points if scores is None else scores) - 0.5)
        n, decisive = self._per_system(~np.isnan(distance)), self._per_system(distance > 1e-9)
        pairs = PairTable.of(self.a, self.b, points, weight=weights)
        reason = "no comparison has a label" if self.a.size == 0 else why_no_strengths(self.systems, pairs)
        fitted = None if reason else fit(pairs, size)
        if fitted is None:
            why = reason or "the corrected votes do not fit any finite strengths: more labels are needed"
            return tuple(Estimate.of_nothing(why, int(count)) for count in n), None
        of_low = np.where(pairs.sign > 0, points, weights - points)
        both = FittedVotes(fitted, uncertainty(fitted, pairs, of_low, weights, None, self.clusters))
        values = strength_estimates(both, n, confidence=confidence)
        return tuple(_warned(value, int(count)) for value, count in zip(values, decisive, strict=True)), both

    def _per_system(self, among: Flags) -> NDArray[np.int64]:
        """Comparisons `among` (N,) that each system (k,) takes part in."""
        size = len(self.systems)
        return np.bincount(self.a[among], minlength=size) + np.bincount(self.b[among], minlength=size)


def _warned(estimate: Estimate, decisive: int) -> Estimate:
    if estimate.n >= FEW_COMPARISONS and decisive >= FEW_DECISIVE:
        return estimate
    return estimate.with_warnings(
        f"Only {estimate.n} comparisons of this system count, {decisive} of them decisive: the interval may not hold "
        "its level."
    )


def _tuning(fitted: Fit, a: Systems, b: Systems, judge: Floats, y: Floats, w: Floats) -> float:
    """λ: of the residuals of people's votes on those that the judge adds, in the metric of the strengths' variances.

    The residual of a comparison is u + λ v, u = w (y − p) and v = (1 − w)(f − p); the sum over systems of the variances
    weighs its square by the squared effect that the comparison has on the strengths.
    """
    expected = scipy.special.expit(fitted.strengths[a] - fitted.strengths[b])
    squared = fitted.inverse @ fitted.inverse
    effect = squared[a, a] + squared[b, b] - 2 * squared[a, b]
    own, added = w * (y - expected), (1 - w) * (judge - expected)
    spread = float(effect @ added**2)
    return float(np.clip(-(effect @ (own * added)) / spread, 0, 1)) if spread > 0 else 0.0
