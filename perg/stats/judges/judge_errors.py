"""What a judge's errors correlate with: a response's length, its place in the order, and other judges' errors.

Sources: Spearman, American Journal of Psychology 15 (1904) 72–101; partial correlation of ranks: Kendall, Biometrika
32 (1942) 277–283; verbosity and position effects of LLM judges: Zheng et al., arXiv 2306.05685. The effective number of
judges is Kish's design effect, Survey Sampling (1965) § 5.4, turned to raters: k judges whose errors have mean
correlation r̄ weigh as much as k / (1 + (k − 1) r̄) whose errors are independent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import scipy

from perg.stats.base.estimate import Estimate
from perg.stats.base.intervals import bootstrap_estimate
from perg.stats.base.resampling import Draws, Floats, cluster_sums, defined_ratio, resampled_sums
from perg.stats.ratings.ratings import BINARY, Ratings, category_codes


@dataclass(frozen=True, slots=True)
class CovariateEffect:
    """Rank correlations in [−1, 1] of a covariate with a judge's errors, over `n` units.

    Attributes:
        residual: with (judge − people): above 0, the judge is more lenient where the covariate is high.
        partial: with the judge's score, people's score held fixed: the same without taking the scales for equal.
        disagreement: with |judge − people|: above 0, the judge is less exact where the covariate is high.
    """

    n: int
    residual: Estimate
    partial: Estimate
    disagreement: Estimate


def covariate_effect(judge: Ratings, people: Ratings, covariate: Floats, *, draws: Draws) -> CovariateEffect:
    """Judge's and people's scores against a covariate, all (n,), NaN where missing.

    Verbosity: the covariate is the response's length. Position: its place in the order in which it was shown or asked.
    The bootstrap keeps the ranks of the sample: it resamples the correlation of those ranks.

    Raises:
        ValueError: arrays of different shapes.
    """
    if not judge.shape == people.shape == covariate.shape or judge.ndim != 1:
        raise ValueError("scores and covariate are vectors over the same units")
    draws.require_units(judge.size)
    there = ~(np.isnan(judge) | np.isnan(people) | np.isnan(covariate))
    n = int(there.sum())
    if n < 3:
        nothing = Estimate.of_nothing("fewer than three units have both scores and the covariate", n)
        return CovariateEffect(n, nothing, nothing, nothing)
    residual = (judge - people)[there]
    columns = np.column_stack(
        [
            scipy.stats.rankdata(x)
            for x in (covariate[there], residual, np.abs(residual), judge[there], people[there])
        ]
    )
    columns -= columns.mean(axis=0)
    sums = _Products(columns, draws.among(there))

    def estimate(correlations: Floats, undefined: str) -> Estimate:
        return bootstrap_estimate(
            correlations[0],
            n,
            correlations[1:],
            undefined=undefined,
            clusters=sums.clusters,
            confidence=draws.confidence,
        )

    constant = "the covariate or the judge's error never varies"
    with_judge, with_people, of_scores = (
        sums.correlation(0, 3),
        sums.correlation(0, 4),
        sums.correlation(3, 4),
    )
    rest = np.sqrt(np.maximum((1 - with_people**2) * (1 - of_scores**2), 0))
    # A judge that always says what people say, or people who rank as the covariate does, leave nothing to correlate.
    partial = defined_ratio(with_judge - with_people * of_scores, np.where(rest > 1e-9, rest, 0))
    return CovariateEffect(
        n=n,
        residual=estimate(sums.correlation(0, 1), constant),
        partial=estimate(
            np.clip(partial, -1, 1),
            "the covariate, the judge's score or people's has no variation of its own",
        ),
        disagreement=estimate(sums.correlation(0, 2), constant),
    )


class _Products:
    """Sums and products of columns (n, k): of the sample in row 0, of its resamples below; and what was resampled."""

    def __init__(self, columns: Floats, draws: Draws) -> None:
        self.size = columns.shape[1]
        rows, others = np.triu_indices(self.size)
        per_unit = np.column_stack(
            [np.ones(columns.shape[0]), columns, columns[:, rows] * columns[:, others]]
        )
        by_cluster = cluster_sums(per_unit, draws.clusters)
        self.clusters = by_cluster.shape[0]
        sums = resampled_sums(by_cluster, draws)
        self.means = sums[:, 1 : self.size + 1] / sums[:, :1]
        self.products = dict(
            zip(
                zip(rows.tolist(), others.tolist(), strict=True),
                (sums[:, self.size + 1 :] / sums[:, :1]).T,
                strict=True,
            )
        )

    def covariance(self, a: int, b: int) -> Floats:
        covariance: Floats = self.products[min(a, b), max(a, b)] - self.means[:, a] * self.means[:, b]
        return covariance

    def correlation(self, a: int, b: int) -> Floats:
        """(1 + resamples,), NaN where one of the two does not vary."""
        spread = self.covariance(a, a) * self.covariance(b, b)
        scale = np.sqrt(np.where(spread > 1e-12, spread, 0))
        return np.clip(defined_ratio(self.covariance(a, b), scale), -1, 1)


@dataclass(frozen=True, slots=True)
class PairCorrelation:
    """φ of the errors of two judges: 1 = always together, 0 = independent."""

    a: str
    b: str
    correlation: Estimate


@dataclass(frozen=True, slots=True)
class ErrorCorrelation:
    """How far judges err on the same units, over the `n` units that all judged and people decided.

    Attributes:
        judges: their names; error_rates: share of the n units on which each is wrong.
        pairs: each two of them.
        mean_correlation: over pairs for which φ is defined.
        effective_judges: k / (1 + (k − 1) r̄), k the number of judges: about 1 where all err together. Above k where
            errors avoid one another.
    """

    n: int
    judges: tuple[str, ...]
    error_rates: tuple[float, ...]
    pairs: tuple[PairCorrelation, ...]
    mean_correlation: Estimate
    effective_judges: Estimate


def error_correlation(
    judges: Sequence[str],
    verdicts: Ratings,
    reference: Ratings,
    *,
    draws: Draws,
) -> ErrorCorrelation:
    """Verdicts (n, k) of k judges and people's decision (n,): 1 = followed, 0 = not, NaN = not said.

    φ is undefined for a judge that is never, or always, wrong. Resamples in which no pair is defined are left out.

    Raises:
        ValueError: shapes that do not fit, or values other than 0, 1 and NaN.
    """
    if verdicts.shape != (reference.size, len(judges)):
        raise ValueError("verdicts are units by judges")
    codes, truth = category_codes(verdicts, BINARY), category_codes(reference, BINARY)
    there = (codes >= 0).all(axis=1) & (truth >= 0)
    n, k = int(there.sum()), len(judges)
    wrong = (codes[there] != truth[there, np.newaxis]).astype(np.float64)
    rates = tuple(float(rate) for rate in wrong.mean(axis=0)) if n else ()
    if n < 2 or k < 2:
        why = "fewer than two judges" if k < 2 else "fewer than two units that all judged and people decided"
        nothing = Estimate.of_nothing(why, n)
        named = tuple(PairCorrelation(a, b, nothing) for a, b in combinations(judges, 2))
        return ErrorCorrelation(n, tuple(judges), rates, named, nothing, nothing)
    draws = draws.among(there)
    sums = _Products(wrong, draws)
    places = list(combinations(range(k), 2))
    wrong_somewhere = int((cluster_sums(wrong, draws.clusters).sum(axis=1) > 0).sum())
    correlations = np.stack([sums.correlation(a, b) for a, b in places])

    def estimate(values: Floats, undefined: str) -> Estimate:
        return bootstrap_estimate(
            values[0],
            n,
            values[1:],
            undefined=undefined,
            clusters=sums.clusters,
            rarer=wrong_somewhere,
            confidence=draws.confidence,
        )

    defined = (~np.isnan(correlations)).sum(axis=0)
    mean = defined_ratio(np.nansum(correlations, axis=0), defined.astype(np.float64))
    shrinking = 1 + (k - 1) * mean
    effective = defined_ratio(np.full(mean.shape, float(k)), np.where(shrinking > 1e-9, shrinking, 0))
    never = "a judge is wrong on no unit, or on all: its errors go with nothing"
    return ErrorCorrelation(
        n=n,
        judges=tuple(judges),
        error_rates=rates,
        pairs=tuple(
            PairCorrelation(judges[a], judges[b], estimate(phi, never))
            for (a, b), phi in zip(places, correlations, strict=True)
        ),
        mean_correlation=estimate(mean, "no two judges have errors that vary"),
        effective_judges=estimate(effective, "no two judges have errors that vary"),
    )
