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
from scipy.special import expit

from perg.stats.base.estimate import Estimate
from perg.stats.base.proportions import Flags
from perg.stats.base.resampling import Clusters, Floats
from perg.stats.pairwise.bradley_terry import Fit, fit
from perg.stats.pairwise.strengths import FittedVotes, strength_estimates
from perg.stats.pairwise.uncertainty import uncertainty
from perg.stats.pairwise.votes import PairTable, Systems, why_no_strengths

FEW_LABELS = 50


@dataclass(frozen=True, slots=True)
class CorrectedStrengths:
    """Strengths (k,) by three methods, in the order of the systems; each adds up to 0.

    `tuning` is λ in [0, 1], None where there is no corrected fit.
    """

    systems: tuple[str, ...]
    human: tuple[Estimate, ...]
    judge: tuple[Estimate, ...]
    corrected: tuple[Estimate, ...]
    tuning: float | None


def corrected_strengths(
    systems: tuple[str, ...],
    a: Systems,
    b: Systems,
    judge: Floats,
    people: Floats,
    *,
    cluster: Clusters | None = None,
    confidence: float = 0.95,
) -> CorrectedStrengths:
    """From comparisons (N,) of systems `a` and `b` (codes): the judge's score of a, and people's, NaN without a label.

    Scores lie in [0, 1], ties are ½. The labelled comparisons are a simple random draw from all. Undefined where the
    votes of a method do not bound the strengths (`why_no_strengths`).

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
    method = _Method(systems, a, b, confidence)
    by_judge, _ = method.estimates(judge, np.ones(a.size), clusters)
    by_people, fitted = method.estimates(
        people[labelled], np.ones(int(labelled.sum())), clusters[labelled], labelled
    )
    if fitted is None:
        return CorrectedStrengths(systems, by_people, by_judge, by_people, None)
    y = np.where(labelled, people, 0.0)
    w = np.where(labelled, a.size / labelled.sum(), 0.0)
    tuning = _tuning(fitted.fit, a, b, judge, y, w)
    points, weight = tuning * judge + w * (y - tuning * judge), tuning + (1 - tuning) * w
    corrected, _ = method.estimates(points, weight, clusters, labels=labelled)
    return CorrectedStrengths(systems, by_people, by_judge, corrected, tuning)


@dataclass(frozen=True, slots=True, eq=False)
class _Method:
    """Comparisons (N,), fitted with any points and weights."""

    systems: tuple[str, ...]
    a: Systems
    b: Systems
    confidence: float

    def estimates(
        self,
        points: Floats,
        weight: Floats,
        clusters: Clusters,
        among: Flags | None = None,
        *,
        labels: Flags | None = None,
    ) -> tuple[tuple[Estimate, ...], FittedVotes | None]:
        """Estimates of points of a out of `weight` of the comparisons `among` (N,), or of all; `labels` count as n."""
        a, b = (self.a, self.b) if among is None else (self.a[among], self.b[among])
        size, counted = len(self.systems), slice(None) if labels is None else labels
        pairs = PairTable.of(a, b, points, weight=weight)
        n = np.bincount(a[counted], minlength=size) + np.bincount(b[counted], minlength=size)
        reason = "no comparison has a label" if a.size == 0 else why_no_strengths(self.systems, pairs)
        fitted = None if reason else fit(pairs, size)
        if fitted is None:
            why = reason or "the corrected votes do not fit any finite strengths: more labels are needed"
            return tuple(Estimate.of_nothing(why, int(count)) for count in n), None
        of_low = np.where(pairs.sign > 0, points, weight - points)
        both = FittedVotes(fitted, uncertainty(fitted, pairs, of_low, weight, None, clusters))
        values = strength_estimates(both, n, confidence=self.confidence)
        return tuple(_warned(value) for value in values), both


def _warned(estimate: Estimate) -> Estimate:
    if estimate.n >= FEW_LABELS:
        return estimate
    return estimate.with_warnings(
        f"Only {estimate.n} labelled comparisons of this system: the interval may not hold its level."
    )


def _tuning(fitted: Fit, a: Systems, b: Systems, judge: Floats, y: Floats, w: Floats) -> float:
    """λ: of the residuals of people's votes on those that the judge adds, in the metric of the strengths' variances.

    The residual of a comparison is u + λ v, u = w (y − p) and v = (1 − w)(f − p); the sum over systems of the variances
    weighs its square by the squared effect that the comparison has on the strengths.
    """
    expected = expit(fitted.strengths[a] - fitted.strengths[b])
    squared = fitted.inverse @ fitted.inverse
    effect = squared[a, a] + squared[b, b] - 2 * squared[a, b]
    own, added = w * (y - expected), (1 - w) * (judge - expected)
    spread = float(effect @ added**2)
    return float(np.clip(-(effect @ (own * added)) / spread, 0, 1)) if spread > 0 else 0.0
