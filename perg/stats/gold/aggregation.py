"""From several raters' ratings of a unit to one label, by rules that trust all raters alike or learn whom to trust.

Sources: Dawid & Skene, Applied Statistics 28 (1979) 20–28; Hovy, Berg-Kirkpatrick, Vaswani & Hovy, Learning
Whom to Trust with MACE, NAACL-HLT (2013) 1120–1130.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy

from perg.stats.base.estimate import Estimate
from perg.stats.base.proportions import Flags, proportion
from perg.stats.base.resampling import Clusters, Floats
from perg.stats.base.result import ItemId, Number
from perg.stats.gold.dawid_skene import fit_dawid_skene
from perg.stats.gold.mace import fit_mace
from perg.stats.gold.rating_patterns import RatingPatterns
from perg.stats.measures.alpha import value_counts
from perg.stats.ratings.ratings import Codes, Ratings, RatingTable

Rule = Literal["majority", "median", "dawid_skene", "mace"]
Status = Literal["decided", "tied", "unlabelled"]

TIE = 1e-9
TIE_OF_MODELS = 1e-3
"""A model's lead below it is owed to where the fit started or stopped, not to the ratings."""
NOT_CONVERGED = "the fit ran out of steps before its probabilities stayed as they are"

MOST_CATEGORIES = 60
"""Of more there is no table of a rater's answers by label: it would have thousands of cells."""

TOO_MANY = f"there are more than {MOST_CATEGORIES} labels, too many for a table of answers by label"


@dataclass(frozen=True, slots=True)
class AggregationCounts:
    """How many units a rule decided, how many are tied, and how many nobody rated."""

    rule: Rule
    decided: int
    tied: int
    unlabelled: int
    not_converged: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Aggregation:
    """One label per unit under a rule.

    Attributes:
        rule: how the labels came about.
        units: (n_units,) as in the table.
        categories: what a label can be; the median of an even number of ratings may lie between two of them.
        labels: (n_units,) NaN where the unit is tied or nobody rated it.
        confidence: (n_units,) the share of ratings that say the label (majority, median), or the model's
            posterior probability of it, in [0, 1]; NaN where there is no label.
        n: (n_units,) ratings of the unit.
        not_converged: why the fit of a model ended short of its maximum, or None.
    """

    rule: Rule
    units: tuple[Hashable, ...]
    categories: tuple[float, ...]
    labels: Ratings
    confidence: Floats
    n: Codes
    not_converged: str | None = None

    def status(self, unit: int) -> Status:
        """How the label of the unit at this position came about."""
        if self.n[unit] == 0:
            return "unlabelled"
        return "tied" if np.isnan(self.labels[unit]) else "decided"

    def counts(self) -> AggregationCounts:
        """How many units are decided, tied and unlabelled."""
        rated, decided = self.n > 0, ~np.isnan(self.labels)
        return AggregationCounts(
            rule=self.rule,
            decided=int(decided.sum()),
            tied=int((rated & ~decided).sum()),
            unlabelled=int((~rated).sum()),
            not_converged=self.not_converged,
        )


def aggregate(table: RatingTable, rule: Rule, *, seed: int = 0) -> Aggregation:
    """One label per unit: the most frequent rating, the median, or the likeliest under Dawid–Skene or MACE.

    A unit whose best labels are equally frequent (or likely, to a thousandth) is tied and has none. The models take
    categories as nominal. Dawid–Skene starts from the shares of the ratings and draws nothing; MACE starts from random
    competences, drawn from `seed`. A median is for categories that have an order, which is for the caller to know.
    """
    codes = table.codes()
    n = (codes >= 0).sum(axis=1)
    if rule == "median":
        labels = table.aggregate(table.raters, "median")
        agreeing = (table.values == labels[:, np.newaxis]).sum(axis=1)
        confidence = np.where(n > 0, agreeing / np.maximum(n, 1), np.nan)
        return Aggregation(rule, table.units, table.categories, labels, confidence, n)
    size, not_converged = len(table.categories), None
    if rule == "majority":
        unit, label, count = value_counts(codes)
        shares = scipy.sparse.csr_array((count / n[unit], (unit, label)), shape=(n.size, size))
    else:
        shares, converged = _posteriors(codes, size, rule, seed)
        not_converged = None if converged else NOT_CONVERGED
    best, highest, second = _highest(shares)
    tie = TIE if rule == "majority" else TIE_OF_MODELS
    none = (n == 0) | (highest - second < tie)
    labels = np.where(none, np.nan, np.asarray(table.categories, dtype=np.float64)[best])
    confidence = np.where(none, np.nan, highest)
    return Aggregation(rule, table.units, table.categories, labels, confidence, n, not_converged)


def _posteriors(codes: Codes, size: int, rule: Rule, seed: int) -> "tuple[scipy.sparse.csr_array, bool]":
    """Probability of each category for each unit (n, size), for those that matter, and whether the fit converged."""
    patterns = RatingPatterns.of(codes, size)
    if patterns.units.size == 0:
        return scipy.sparse.csr_array((codes.shape[0], size)), True
    rng = np.random.default_rng(seed)
    fit = fit_dawid_skene(patterns) if rule == "dawid_skene" else fit_mace(patterns, rng=rng)
    of_pattern, at = (fit.candidates.pattern, fit.candidates.label), (patterns.times.size, size)
    of_units = scipy.sparse.csr_array((fit.posterior, of_pattern), shape=at)[patterns.pattern_of].tocoo()
    rows = patterns.units[of_units.row]
    return scipy.sparse.csr_array(
        (of_units.data, (rows, of_units.col)), shape=(codes.shape[0], size)
    ), fit.converged


def _highest(shares: "scipy.sparse.csr_array") -> tuple[Codes, Floats, Floats]:
    """The likeliest label of each unit, its share, and the next label's: (n,) each.

    What the shares of a unit lack to 1 belongs to the labels that are not listed for it, to all alike.
    """
    n, size = shares.shape
    listed = shares.tocoo()
    order = np.lexsort((listed.col, -listed.data, listed.row))
    row, label, share = listed.row[order], listed.col[order], listed.data[order]
    counts = np.bincount(row, minlength=n)
    starts = np.cumsum(counts) - counts
    best, highest, second = np.zeros(n, dtype=np.int64), np.zeros(n), np.zeros(n)
    one, two = counts > 0, counts > 1
    best[one], highest[one] = label[starts[one]], share[starts[one]]
    second[two] = share[starts[two] + 1]
    rest = np.maximum(1 - np.bincount(row, weights=share, minlength=n), 0) / np.maximum(size - counts, 1)
    return best, highest, np.maximum(second, np.where(size > counts, rest, 0.0))


@dataclass(frozen=True, slots=True)
class AnnotatorConfusion:
    """One rater against the aggregated labels.

    Attributes:
        n: units that the rater rated and the rule decided.
        counts: (V, V), rows are the aggregated label, columns the rater's rating, both in order of `categories`.
        accuracy: share of the n units on which they agree.
        recall: by category, the rater's share of right ratings among the units with that label.
        no_table: why `categories`, `counts` and `recall` are empty, where there are too many categories; or None.
    """

    rater: str
    n: int
    categories: tuple[Number, ...]
    counts: tuple[tuple[int, ...], ...]
    accuracy: Estimate
    recall: tuple[Estimate, ...]
    no_table: str | None = None


def annotator_confusions(
    table: RatingTable,
    aggregation: Aggregation,
    *,
    clusters: Clusters | None = None,
) -> tuple[AnnotatorConfusion, ...]:
    """Each rater of the table against the aggregated labels, intervals as `proportion` gives them.

    A rater's own rating is part of the label it is compared with, which flatters raters where few rate a unit.

    Raises:
        ValueError: an aggregation of other units.
    """
    if aggregation.units != table.units:
        raise ValueError("the aggregation is of other units")
    wide = table.with_column("\0gold", aggregation.labels)
    codes, size = wide.codes(), len(wide.categories)
    gold = codes[:, -1]
    return tuple(
        _confusion(name, codes[:, column], gold, wide.categories, size, clusters)
        for column, name in enumerate(table.raters)
    )


def _confusion(
    name: str,
    ratings: Codes,
    gold: Codes,
    categories: tuple[float, ...],
    size: int,
    clusters: Clusters | None,
) -> AnnotatorConfusion:
    both = (ratings >= 0) & (gold >= 0)
    right = ratings == gold

    def share(among: Flags, undefined: str) -> Estimate:
        return proportion(right, among=among, clusters=clusters, undefined=undefined)

    n, accuracy = int(both.sum()), share(both, "no decided unit was rated")
    if size > 2 * MOST_CATEGORIES:  # half steps included
        return AnnotatorConfusion(name, n, (), (), accuracy, (), TOO_MANY)
    cells = np.bincount(gold[both] * size + ratings[both], minlength=size * size).reshape(size, size)
    return AnnotatorConfusion(
        rater=name,
        n=n,
        categories=categories,
        counts=tuple(tuple(int(count) for count in row) for row in cells),
        accuracy=accuracy,
        recall=tuple(share(both & (gold == code), "no rated unit has this label") for code in range(size)),
    )


@dataclass(frozen=True, slots=True)
class GoldChange:
    """A unit whose label differs between two rules."""

    unit: ItemId
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class GoldChanges:
    """What another rule would change: among the `n` units that both decide, and those that only one decides."""

    before: Rule
    after: Rule
    n: int
    same: int
    changed: tuple[GoldChange, ...]
    newly_decided: tuple[ItemId, ...]
    newly_undecided: tuple[ItemId, ...]


def changes(before: Aggregation, after: Aggregation) -> GoldChanges:
    """Which labels would change if the second rule replaced the first.

    Raises:
        ValueError: the two are not of the same units.
    """
    if before.units != after.units:
        raise ValueError("both aggregations must be of the same units")
    had, has = ~np.isnan(before.labels), ~np.isnan(after.labels)
    differs = np.flatnonzero(had & has & (before.labels != after.labels))
    n = int((had & has).sum())
    return GoldChanges(
        before=before.rule,
        after=after.rule,
        n=n,
        same=n - differs.size,
        changed=tuple(
            GoldChange(before.units[i], float(before.labels[i]), float(after.labels[i])) for i in differs
        ),
        newly_decided=tuple(before.units[i] for i in np.flatnonzero(~had & has)),
        newly_undecided=tuple(before.units[i] for i in np.flatnonzero(had & ~has)),
    )
