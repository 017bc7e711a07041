"""The rater × rater matrix: all coefficients of all pairs, with intervals from one bootstrap."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np

from perg.stats.base.bca import Jackknife
from perg.stats.base.estimate import Estimate
from perg.stats.base.intervals import bootstrap_estimate
from perg.stats.base.resampling import Floats, IntervalMethod, defined_ratio
from perg.stats.measures.alpha import Level, alpha_of_pairs
from perg.stats.measures.association import ONE_RATING_ONLY, mean_difference_of_pairs, spearman_of_pairs
from perg.stats.measures.cells import CodedPair, PairCells, pair_cells
from perg.stats.measures.gwet import ONE_CATEGORY, AgreementWeights, agreement_distances, gwet_of_pairs
from perg.stats.measures.kappa import (
    NOT_RATED_BY_BOTH,
    UNANIMOUS,
    Weights,
    kappa_of_pairs,
    weighted_distances,
)
from perg.stats.ratings.pair_counts import PairCounts
from perg.stats.ratings.pooled import PooledTable
from perg.stats.ratings.ratings import BINARY, Codes, category_codes, nearest_category, on_scale

CoefficientName = Literal[
    "percent_agreement",
    "cohen_kappa",
    "linear_kappa",
    "quadratic_kappa",
    "gwet_ac1",
    "gwet_ac2",
    "alpha",
    "spearman",
    "mean_difference",
]
NOMINAL: tuple[CoefficientName, ...] = ("percent_agreement", "cohen_kappa", "gwet_ac1", "alpha")
SCALED: tuple[CoefficientName, ...] = (
    "percent_agreement",
    "cohen_kappa",
    "linear_kappa",
    "quadratic_kappa",
    "gwet_ac1",
    "gwet_ac2",
    "alpha",
    "spearman",
    "mean_difference",
)

BATCH_ELEMENTS = 2**24
"""Resampled counts of pairs held at a time, 128 MiB."""

CHANCE_CORRECTED_BY_MARGINALS: frozenset[CoefficientName] = frozenset(
    {"cohen_kappa", "linear_kappa", "quadratic_kappa", "alpha", "spearman"}
)
"""Those that rest on the units with another rating than the most common one."""

Coefficients = dict[CoefficientName, Estimate]


@dataclass(frozen=True, slots=True)
class RaterPair:
    """Two raters on the `n` units that both rated.

    `scale` has the coefficients of `SCALED`, or of `NOMINAL` where the categories have no order; AC2 has
    quadratic weights, and the mean difference is a − b in points of the scale. `followed` has those of
    `NOMINAL` on [rating >= threshold], and is None without a threshold.
    """

    a: str
    b: str
    n: int
    scale: Coefficients
    followed: Coefficients | None


@dataclass(frozen=True, slots=True)
class RaterMatrix:
    """All pairs of `raters`, each once, in their order."""

    raters: tuple[str, ...]
    level: Level
    threshold: float | None
    interval: IntervalMethod
    pairs: tuple[RaterPair, ...]

    def pair(self, a: str, b: str) -> RaterPair:
        """The pair of these two, in whichever order it is held; ValueError if there is none."""
        for pair in self.pairs:
            if {pair.a, pair.b} == {a, b}:
                return pair
        raise ValueError(f"no pair of {a!r} and {b!r}")


def rater_matrix(
    pooled: PooledTable,
    *,
    raters: Sequence[str] | None = None,
    level: Level = "ordinal",
    threshold: float | None = None,
    scale: tuple[float, ...] | None = None,
) -> RaterMatrix:
    """All coefficients of all pairs of `raters` (all of the table's, if not given), from the same resamples.

    Args:
        threshold: where followed / not followed is cut; None for a table that is not to be cut.
        scale: the ratings that raters could choose from, part of the table's categories. AC1 and AC2 depend
            on how many there are; a pair with other ratings (a median of half a point) is taken on the
            table's categories. All of the table's, if not given.

    Percent agreement has `proportion`'s interval. The kind of the others is that of the pooled table's draws.

    Raises:
        ValueError: an unknown rater, or a `scale` that is not part of the table's categories.
    """
    names = tuple(pooled.table.raters if raters is None else raters)
    offered = _positions_of(scale, pooled.table.categories)
    codes = {name: pooled.table.select([name]).codes()[:, 0] for name in names}
    coded = [
        _coded_pair(codes[a], codes[b], pooled.table.categories, offered) for a, b in combinations(names, 2)
    ]
    cut = None if threshold is None else nearest_category(threshold, pooled.table.categories)
    pairs = []
    named = list(combinations(names, 2))
    for start, stop in _batches(coded, pooled.bootstrap.resamples):
        cells = pair_cells(pooled.bootstrap, coded[start:stop])
        for i, (a, b) in enumerate(named[start:stop]):
            scaled = pair_coefficients(cells, i, level)
            followed = None if cut is None else pair_coefficients(cells.followed(i, cut), 0, "nominal")
            pairs.append(RaterPair(a, b, cells.n(i), scaled, followed))
    return RaterMatrix(names, level, threshold, pooled.bootstrap.interval, tuple(pairs))


def _batches(pairs: Sequence[CodedPair], resamples: int) -> list[tuple[int, int]]:
    """Runs of pairs, first to last, whose resampled confusion matrices fit into a bounded memory together."""
    batches, start, elements = [], 0, 0
    for i, pair in enumerate(pairs):
        cells = min(len(pair.categories) ** 2, int((pair.a >= 0).sum())) * resamples
        if i > start and elements + cells > BATCH_ELEMENTS:
            batches.append((start, i))
            start, elements = i, 0
        elements += cells
    return [*batches, (start, len(pairs))]


def _positions_of(scale: tuple[float, ...] | None, categories: tuple[float, ...]) -> Codes:
    """The codes of the offered categories, ascending."""
    if scale is None:
        return np.arange(len(categories))
    if not on_scale(np.asarray(scale, dtype=np.float64), categories).all():
        raise ValueError("the scale is not part of the table's categories")
    return np.unique(category_codes(np.asarray(scale, dtype=np.float64), categories))


def _coded_pair(
    a: Codes,
    b: Codes,
    categories: tuple[float, ...],
    offered: Codes,
) -> CodedPair:
    """On the offered scale where both keep to it on the units that both rated, else on all categories."""
    both = (a >= 0) & (b >= 0)
    is_offered = np.zeros(len(categories), dtype=np.bool_)
    is_offered[offered] = True
    if offered.size == len(categories) or not (is_offered[a[both]] & is_offered[b[both]]).all():
        return CodedPair(np.where(both, a, -1), np.where(both, b, -1), categories)
    renumbered = np.full(len(categories) + 1, -1)  # the last entry stands for a missing rating, code −1
    renumbered[offered] = np.arange(offered.size)
    return CodedPair(
        renumbered[np.where(both, a, -1)],
        renumbered[np.where(both, b, -1)],
        tuple(categories[position] for position in offered),
    )


def pair_coefficients(cells: PairCells, pair: int, level: Level) -> Coefficients:
    """The coefficients of one pair: those of `NOMINAL` on the nominal level and on binary ratings, else `SCALED`."""
    categories = cells.categories(pair)
    names = NOMINAL if level == "nominal" or categories == BINARY else SCALED
    n = cells.n(pair)
    if n == 0:
        return {name: Estimate.of_nothing(NOT_RATED_BY_BOTH) for name in names}
    observed, used = cells.observed(pair).compressed()
    coefficients = [_coefficient(name, categories, used, level) for name in names]
    clusters, rarer = cells.n_clusters(pair), cells.off_the_most_common(pair)

    def all_of(pairs: PairCounts) -> Floats:
        return np.column_stack([coefficient(pairs) for coefficient, _ in coefficients])

    values, replicates = all_of(observed)[0], cells.replicates(pair).compressed()[0].of_each_block(all_of)
    without, times = None, np.empty(0, dtype=np.int64)
    if cells.bootstrap.interval == "bca":
        left_out, times = cells.jackknife(pair)
        without = left_out.compressed()[0].of_each_block(all_of)

    def estimate(i: int) -> Estimate:
        if names[i] == "percent_agreement":
            return cells.percent_agreement(pair)
        return bootstrap_estimate(
            float(values[i]),
            n,
            replicates[:, i],
            undefined=coefficients[i][1],
            clusters=clusters,
            rarer=rarer if names[i] in CHANCE_CORRECTED_BY_MARGINALS else None,
            confidence=cells.bootstrap.confidence,
            jackknife=None if without is None else Jackknife(without[:, i], times),
        )

    return {name: estimate(i) for i, name in enumerate(names)}


def _coefficient(
    name: CoefficientName, categories: tuple[float, ...], used: Codes, level: Level
) -> tuple[Callable[[PairCounts], Floats], str]:
    """The coefficient as a function of confusion matrices of the `used` categories, and why it may be undefined."""
    positions = np.asarray(categories, dtype=np.float64)
    kappas: dict[CoefficientName, Weights] = {
        "cohen_kappa": "nominal",
        "linear_kappa": "linear",
        "quadratic_kappa": "quadratic",
    }
    gwets: dict[CoefficientName, AgreementWeights] = {"gwet_ac1": "identity", "gwet_ac2": "quadratic"}
    if name in kappas:
        weighted = weighted_distances(kappas[name], positions, level).at(used)
        return lambda pairs: kappa_of_pairs(pairs, weighted), UNANIMOUS
    if name in gwets:
        distances = agreement_distances(categories, gwets[name])
        return lambda pairs: gwet_of_pairs(pairs, distances, used), ONE_CATEGORY
    if name == "alpha":
        return lambda pairs: alpha_of_pairs(pairs, positions[used], level), UNANIMOUS
    if name == "spearman":
        return spearman_of_pairs, ONE_RATING_ONLY
    if name == "mean_difference":
        return lambda pairs: mean_difference_of_pairs(pairs, positions[used]), NOT_RATED_BY_BOTH
    return lambda pairs: defined_ratio(pairs.agreeing(), pairs.total()), NOT_RATED_BY_BOTH
