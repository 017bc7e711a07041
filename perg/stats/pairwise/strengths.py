"""Strengths of k systems from votes between two of them, with intervals, ranks and the win rates that they imply.

Intervals are Student's on the scale of the strengths, with the variance of the sandwich over clusters
(`uncertainty`): in bench/pairwise.py it covers as well as a bootstrap of clusters, which also fails where a resample
leaves a system without a win. The raters are taken as they are: an interval is for these raters on other questions.
"""

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from perg.stats.base.estimate import Estimate
from perg.stats.base.intervals import interval_warnings
from perg.stats.base.proportions import Flags
from perg.stats.pairwise.bradley_terry import Fit, fit
from perg.stats.pairwise.ranks import RankInterval, rank_intervals
from perg.stats.pairwise.uncertainty import Uncertainty, uncertainty
from perg.stats.pairwise.votes import PairTable, Votes, why_no_strengths

FEW_OF_RARER = 20
FEW_FREEDOM = 10


@dataclass(frozen=True, slots=True)
class SystemStrength:
    """One system: its strength (log odds; all of them add up to 0), its rank and the range of ranks.

    `votes` it takes part in, `wins`, `losses` and `ties` among them.
    """

    system: str
    strength: Estimate
    rank: RankInterval | None
    votes: int
    wins: int
    losses: int
    ties: int


@dataclass(frozen=True, slots=True)
class Strengths:
    """All systems in the order of `Votes.systems`.

    Attributes:
        systems: one entry a system.
        tie_parameter: Davidson's ν, 0 or more: equal systems tie with probability ν / (2 + ν). Undefined where ties
            count as half wins.
        votes, clusters: counts.
    """

    systems: tuple[SystemStrength, ...]
    tie_parameter: Estimate
    votes: int
    clusters: int


@dataclass(frozen=True, slots=True, eq=False)
class FittedVotes:
    """A fit with its uncertainty; None where all votes belong to one cluster."""

    fit: Fit
    uncertainty: Uncertainty | None

    def win_rate(
        self, i: int, j: int, *, confidence: float = 0.95
    ) -> tuple[float, tuple[float, float] | None]:
        """What the strengths say of system i against j, ties as half (or left aside, by Davidson's model)."""
        difference = float(self.fit.strengths[i] - self.fit.strengths[j])
        if self.uncertainty is None:
            return float(scipy.special.expit(difference)), None
        error, freedom = self.uncertainty.of_difference(i, j)
        reach = -float(scipy.special.stdtrit(freedom, (1 - confidence) / 2)) * error
        return float(scipy.special.expit(difference)), (
            float(scipy.special.expit(difference - reach)),
            float(scipy.special.expit(difference + reach)),
        )


def fitted_votes(votes: Votes, *, davidson: bool = False) -> FittedVotes | str:
    """The fit to votes, or the reason why there is none: see `why_no_strengths`; for Davidson's model also votes that
    are all ties, or of which none is."""
    tied = votes.score == 0.5
    pairs = PairTable.of(votes.a, votes.b, votes.score, tied=tied)
    reason = "no votes" if votes.n == 0 else why_no_strengths(votes.systems, pairs)
    if reason is None and davidson and tied.all():
        reason = "all votes are ties: Davidson's parameter has no bound"
    if reason is None and davidson and not tied.any():
        reason = "no vote is a tie: Davidson's parameter is 0, which ties as half wins say as well"
    if reason is not None:
        return reason
    fitted = fit(pairs, len(votes.systems), davidson=davidson)
    if fitted is None:
        return "the strengths are too far apart to be fitted"
    points = np.where(pairs.sign > 0, votes.score, 1 - votes.score)
    return FittedVotes(
        fitted,
        uncertainty(fitted, pairs, points, np.ones(votes.n), tied.astype(np.float64), votes.cluster),
    )


def strengths(
    votes: Votes, *, davidson: bool = False, confidence: float = 0.95, rng: np.random.Generator
) -> Strengths:
    """Bradley–Terry strengths of all systems; `davidson` fits a parameter for ties, else a tie is half a win of either.

    All are undefined, with the systems named, where some never won or tied against the others. `rng` is for the
    simultaneous level of the rank intervals (`rank_intervals`).

    Raises:
        ValueError: `confidence` outside (0, 1).
    """
    if not 0 < confidence < 1:
        raise ValueError("confidence lies between 0 and 1")
    wins, losses, ties = _record(votes)
    clusters = int(np.unique(votes.cluster).size)
    fitted = fitted_votes(votes, davidson=davidson)
    if isinstance(fitted, str):
        undefined = [Estimate.of_nothing(fitted, int(n)) for n in wins + losses + ties]
        ranks: tuple[RankInterval | None, ...] = (None,) * len(undefined)
        tie_parameter = Estimate.of_nothing(fitted, votes.n)
        values = undefined
    else:
        values = strength_estimates(
            fitted, wins + losses + ties, rarer=np.minimum(wins, losses), confidence=confidence
        )
        ranks = rank_intervals(fitted.fit.strengths, fitted.uncertainty, confidence=confidence, rng=rng)
        tie_parameter = _tie_parameter(fitted, votes.n, confidence)
    return Strengths(
        systems=tuple(
            SystemStrength(name, value, rank, int(won + lost + tied), int(won), int(lost), int(tied))
            for name, value, rank, won, lost, tied in zip(
                votes.systems, values, ranks, wins, losses, ties, strict=True
            )
        ),
        tie_parameter=tie_parameter,
        votes=votes.n,
        clusters=clusters,
    )


def strength_estimates(
    fitted: FittedVotes,
    n: NDArray[np.int64],
    *,
    rarer: NDArray[np.int64] | None = None,
    confidence: float = 0.95,
) -> list[Estimate]:
    """One estimate a system from `n` (k,) votes; it warns where few of them, `rarer` (k,), are against the rest."""
    values = []
    for i, value in enumerate(fitted.fit.strengths):
        if fitted.uncertainty is None:
            values.append(Estimate.of(value, n[i], None, warnings=interval_warnings(1)))
            continue
        freedom = float(fitted.uncertainty.freedom[i])
        error = float(np.sqrt(fitted.uncertainty.covariance[i, i]))
        reach = -float(scipy.special.stdtrit(freedom, (1 - confidence) / 2)) * error
        warnings = [*interval_warnings(fitted.uncertainty.clusters)]
        if rarer is not None and rarer[i] < FEW_OF_RARER:
            warnings.append(
                f"Only {rarer[i]} of its {n[i]} votes are decisive and against the rest: the interval may not hold its "
                "level."
            )
        if freedom < FEW_FREEDOM:
            warnings.append("A few questions decide this strength: the interval may not hold its level.")
        values.append(Estimate.of(value, n[i], (value - reach, value + reach), warnings=warnings))
    return values


def _tie_parameter(fitted: FittedVotes, n: int, confidence: float) -> Estimate:
    if fitted.fit.log_tie is None:
        return Estimate.of_nothing("ties count as half wins", n)
    value = float(np.exp(fitted.fit.log_tie))
    if fitted.uncertainty is None:
        return Estimate.of(value, n, None, warnings=interval_warnings(1))
    freedom = float(fitted.uncertainty.freedom[-1])
    reach = -float(scipy.special.stdtrit(freedom, (1 - confidence) / 2)) * float(
        np.sqrt(fitted.uncertainty.covariance[-1, -1])
    )
    warnings = interval_warnings(fitted.uncertainty.clusters)
    ends = (value * float(np.exp(-reach)), value * float(np.exp(reach)))
    return Estimate.of(value, n, ends, warnings=warnings)


def _record(votes: Votes) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Wins, losses and ties (k,) of each system."""
    size = len(votes.systems)

    def count(a_has: Flags, b_has: Flags) -> NDArray[np.int64]:
        return np.bincount(votes.a[a_has], minlength=size) + np.bincount(votes.b[b_has], minlength=size)

    won, lost, tied = votes.score == 1, votes.score == 0, votes.score == 0.5
    return count(won, lost), count(lost, won), count(tied, tied)
