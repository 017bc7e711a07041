"""The rater × rater matrix: all coefficients of all pairs, with intervals from one bootstrap."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal, TypedDict

import numpy as np

from annotations.agreement.alpha import Level, alpha_of_coincidences
from annotations.agreement.association import (
    ONE_RATING_ONLY,
    mean_difference_of_cells,
    spearman_of_cells,
)
from annotations.agreement.cells import CodedPair, PairCells, pair_cells
from annotations.agreement.gwet import ONE_CATEGORY, AgreementWeights, agreement_weights, gwet_of_cells
from annotations.agreement.kappa import NOT_RATED_BY_BOTH, UNANIMOUS, Weights, kappa_of_cells
from annotations.agreement.pooled import PooledTable
from annotations.agreement.ratings import BINARY, Codes
from evaluation.statistics.bca import bca_interval
from evaluation.statistics.estimate import Estimate, EstimateDict
from evaluation.statistics.intervals import bootstrap_estimate, interval_warnings, reason_for_none
from evaluation.statistics.pooling import IntervalMethod
from evaluation.statistics.resampling import Floats, defined_ratio

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

CHANCE_CORRECTED_BY_MARGINALS: frozenset[CoefficientName] = frozenset(
    {"cohen_kappa", "linear_kappa", "quadratic_kappa", "alpha", "spearman"}
)
"""Those that rest on the units with another rating than the most common one."""

Coefficients = dict[CoefficientName, Estimate]


class RaterPairDict(TypedDict):
    """`RaterPair`, ready for JSON."""

    a: str
    b: str
    n: int
    scale: dict[str, EstimateDict]
    followed: dict[str, EstimateDict] | None


class RaterMatrixDict(TypedDict):
    """`RaterMatrix`, ready for JSON."""

    raters: list[str]
    level: Level
    threshold: float | None
    interval: IntervalMethod
    pairs: list[RaterPairDict]


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

    def as_dict(self) -> RaterPairDict:
        """One JSON-ready object."""
        return {
            "a": self.a,
            "b": self.b,
            "n": self.n,
            "scale": coefficients_dict(self.scale),
            "followed": None if self.followed is None else coefficients_dict(self.followed),
        }


@dataclass(frozen=True, slots=True)
class RaterMatrix:
    """All pairs of `raters`, each once, in their order."""

    raters: tuple[str, ...]
    level: Level
    threshold: float | None
    interval: IntervalMethod
    pairs: tuple[RaterPair, ...]

    def pair(self, a: str, b: str) -> RaterPair:
        """The pair of these two, in whichever order it is held; ValueError where there is none."""
        for pair in self.pairs:
            if {pair.a, pair.b} == {a, b}:
                return pair
        raise ValueError(f"no pair of {a!r} and {b!r}")

    def as_dict(self) -> RaterMatrixDict:
        """One JSON-ready object."""
        return {
            "raters": list(self.raters),
            "level": self.level,
            "threshold": self.threshold,
            "interval": self.interval,
            "pairs": [pair.as_dict() for pair in self.pairs],
        }


def coefficients_dict(coefficients: Coefficients) -> dict[str, EstimateDict]:
    """Coefficients by name, ready for JSON."""
    return {name: estimate.as_dict() for name, estimate in coefficients.items()}


def rater_matrix(
    pooled: PooledTable,
    *,
    raters: Sequence[str] | None = None,
    level: Level = "ordinal",
    threshold: float | None = None,
    scale: tuple[float, ...] | None = None,
    interval: IntervalMethod = "percentile",
    confidence: float = 0.95,
) -> RaterMatrix:
    """All coefficients of all pairs of `raters` (all of the table's, if not given), from the same resamples.

    Args:
        threshold: where followed / not followed is cut; None for a table that is not to be cut.
        scale: the ratings that raters could choose from, part of the table's categories. AC1 and AC2 depend
            on how many there are; a pair with other ratings (a median of half a point) is taken on the
            table's categories. All of the table's, if not given.

    Percent agreement has `proportion`'s interval.

    Raises:
        ValueError: an unknown rater, or a `scale` that is not part of the table's categories.
    """
    names = tuple(pooled.table.raters if raters is None else raters)
    offered = _positions_of(scale, pooled.table.categories)
    codes = {name: pooled.table.select([name]).codes()[:, 0] for name in names}
    coded = [
        _coded_pair(codes[a], codes[b], pooled.table.categories, offered) for a, b in combinations(names, 2)
    ]
    cells = pair_cells(pooled.bootstrap, coded)
    pairs = []
    for i, (a, b) in enumerate(combinations(names, 2)):
        found = pair_coefficients(cells, i, level, interval=interval, confidence=confidence)
        followed = None
        if threshold is not None:
            followed = pair_coefficients(
                cells.followed(i, threshold), 0, "nominal", interval=interval, confidence=confidence
            )
        pairs.append(RaterPair(a, b, cells.n(i), found, followed))
    return RaterMatrix(names, level, threshold, interval, tuple(pairs))


def _positions_of(scale: tuple[float, ...] | None, categories: tuple[float, ...]) -> set[int]:
    if scale is None:
        return set(range(len(categories)))
    if not set(scale) <= set(categories):
        raise ValueError(f"the scale {scale} is not part of the table's categories {categories}")
    return {categories.index(category) for category in scale}


def _coded_pair(
    a: Codes,
    b: Codes,
    categories: tuple[float, ...],
    offered: set[int],
) -> CodedPair:
    """On the offered scale where both keep to it on the units that both rated, else on all categories."""
    both = (a >= 0) & (b >= 0)
    used = set(np.unique(np.concatenate([a[both], b[both]])).tolist())
    if not used <= offered or len(offered) == len(categories):
        return CodedPair(np.where(both, a, -1), np.where(both, b, -1), categories)
    kept = sorted(offered)
    renumbered = np.full(len(categories) + 1, -1)  # the last entry stands for a missing rating, code −1
    renumbered[kept] = np.arange(len(kept))
    return CodedPair(
        renumbered[np.where(both, a, -1)],
        renumbered[np.where(both, b, -1)],
        tuple(categories[position] for position in kept),
    )


def pair_coefficients(
    cells: PairCells,
    pair: int,
    level: Level,
    *,
    interval: IntervalMethod = "percentile",
    confidence: float = 0.95,
) -> Coefficients:
    """The coefficients of one pair: those of `NOMINAL` on the nominal level and on binary ratings, else `SCALED`."""
    categories = cells.categories(pair)
    names = NOMINAL if level == "nominal" or categories == BINARY else SCALED
    n = cells.n(pair)
    if n == 0:
        return {name: Estimate.of_nothing(NOT_RATED_BY_BOTH) for name in names}
    observed, replicates = cells.observed(pair)[np.newaxis], cells.replicates(pair)
    clusters, rarer = cells.n_clusters(pair), cells.off_the_most_common(pair)
    jackknife = cells.jackknife(pair) if interval == "bca" else None

    def estimate(name: CoefficientName) -> Estimate:
        coefficient, undefined = _coefficient(name, categories, level)
        value = float(coefficient(observed)[0])
        if np.isnan(value):
            return Estimate.of_nothing(undefined, n)
        if name == "percent_agreement":
            return cells.percent_agreement(pair, confidence)
        drawn = coefficient(replicates)
        few = rarer if name in CHANCE_CORRECTED_BY_MARGINALS else None
        if jackknife is None or clusters < 2:
            return bootstrap_estimate(value, n, drawn, clusters=clusters, rarer=few, confidence=confidence)
        ends = bca_interval(
            value, drawn, coefficient(jackknife[0]), sizes=jackknife[1], confidence=confidence
        )
        warnings = interval_warnings(clusters, rarer=few)
        return Estimate.of(value, n, ends, warnings=warnings if ends else (reason_for_none(drawn), *warnings))

    return {name: estimate(name) for name in names}


def _coefficient(
    name: CoefficientName, categories: tuple[float, ...], level: Level
) -> tuple[Callable[[Floats], Floats], str]:
    """The coefficient as a function of confusion matrices (R, V²), and why it may be undefined."""
    size, positions = len(categories), np.asarray(categories, dtype=np.float64)
    kappas: dict[CoefficientName, Weights] = {
        "cohen_kappa": "nominal",
        "linear_kappa": "linear",
        "quadratic_kappa": "quadratic",
    }
    gwets: dict[CoefficientName, AgreementWeights] = {"gwet_ac1": "identity", "gwet_ac2": "quadratic"}
    if name in kappas:
        return lambda cells: kappa_of_cells(cells, size, kappas[name]), UNANIMOUS
    if name in gwets:
        return lambda cells: gwet_of_cells(cells, agreement_weights(size, gwets[name])), ONE_CATEGORY
    if name == "alpha":
        return lambda cells: _alpha_of_cells(cells, positions, level), UNANIMOUS
    if name == "spearman":
        return lambda cells: spearman_of_cells(cells, size), ONE_RATING_ONLY
    if name == "mean_difference":
        return lambda cells: mean_difference_of_cells(cells, positions), NOT_RATED_BY_BOTH
    diagonal = np.arange(size) * (size + 1)
    return lambda cells: defined_ratio(cells[:, diagonal].sum(axis=1), cells.sum(axis=1)), NOT_RATED_BY_BOTH


def _alpha_of_cells(cells: Floats, positions: Floats, level: Level) -> Floats:
    """Alpha of two raters: a unit that both rated adds its pair of ratings in both orders."""
    square = cells.reshape(-1, positions.size, positions.size)
    both_orders = square + square.transpose(0, 2, 1)
    return alpha_of_coincidences(both_orders.reshape(cells.shape), positions, level)
