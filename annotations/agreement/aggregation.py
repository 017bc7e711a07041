"""From several raters' ratings of a unit to one label, by rules that trust all raters alike or learn whom to trust.

Sources: Dawid & Skene, Applied Statistics 28 (1979) 20–28; Hovy, Berg-Kirkpatrick, Vaswani & Hovy, Learning
Whom to Trust with MACE, NAACL-HLT (2013) 1120–1130. Both are fitted by `crowd-kit`, which is imported when it
is first needed, since that takes seconds.
"""

import warnings
from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypedDict

import numpy as np
from scipy.special import logsumexp

from annotations.agreement.ratings import Codes, Ratings, RatingTable
from evaluation.statistics.estimate import Estimate, EstimateDict
from evaluation.statistics.proportions import Flags, proportion
from evaluation.statistics.resampling import Clusters, Floats

if TYPE_CHECKING:
    import pandas as pd

Rule = Literal["majority", "median", "dawid_skene", "mace"]
Status = Literal["decided", "tied", "unlabelled"]

TIE = 1e-9
TIE_OF_MODELS = 1e-3
"""A model's lead below it is owed to where the fit started or stopped, not to the ratings."""
DAWID_SKENE_ITERATIONS = 100
MACE_ITERATIONS = 50
MACE_STARTS = 3


class AggregationDict(TypedDict):
    """`Aggregation`, ready for JSON."""

    rule: Rule
    decided: int
    tied: int
    unlabelled: int


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
    """

    rule: Rule
    units: tuple[Hashable, ...]
    categories: tuple[float, ...]
    labels: Ratings
    confidence: Floats
    n: Codes

    def status(self, unit: int) -> Status:
        """How the label of the unit at this position came about."""
        if self.n[unit] == 0:
            return "unlabelled"
        return "tied" if np.isnan(self.labels[unit]) else "decided"

    def as_dict(self) -> AggregationDict:
        """The rule and its counts, JSON-ready."""
        rated, decided = self.n > 0, ~np.isnan(self.labels)
        return {
            "rule": self.rule,
            "decided": int(decided.sum()),
            "tied": int((rated & ~decided).sum()),
            "unlabelled": int((~rated).sum()),
        }


def aggregate(table: RatingTable, rule: Rule, *, seed: int = 0) -> Aggregation:
    """One label per unit: the most frequent rating, the median, or the likeliest under Dawid–Skene or MACE.

    A unit whose best labels are equally frequent (or likely, to a thousandth) is tied and has none. The models take
    categories as nominal. Dawid–Skene starts from the majority and draws nothing; MACE starts from random
    competences, drawn from `seed`. A median is for categories that have an order, which is for the caller to know.
    """
    codes = table.codes()
    counts = (codes[:, :, np.newaxis] == np.arange(len(table.categories))).sum(axis=1)
    n = counts.sum(axis=1)
    if rule == "median":
        labels = table.aggregate(table.raters, "median")
        agreeing = (table.values == labels[:, np.newaxis]).sum(axis=1)
        confidence = np.where(n > 0, agreeing / np.maximum(n, 1), np.nan)
        return Aggregation(rule, table.units, table.categories, labels, confidence, n)
    if rule == "majority":
        shares = counts / np.maximum(n, 1)[:, np.newaxis]
    else:
        shares = _posteriors(codes, len(table.categories), rule, seed)
    best = shares.argmax(axis=1) if shares.size else np.empty(n.size, dtype=np.int64)
    ranked = np.sort(shares, axis=1)
    tie = TIE if rule == "majority" else TIE_OF_MODELS
    tied = ranked[:, -1] - ranked[:, -2] < tie if shares.shape[1] > 1 else np.zeros(n.size, dtype=np.bool_)
    none = (n == 0) | tied
    labels = np.where(none, np.nan, np.asarray(table.categories, dtype=np.float64)[best])
    return Aggregation(rule, table.units, table.categories, labels, np.where(none, np.nan, ranked[:, -1]), n)


def _posteriors(codes: Codes, size: int, rule: Rule, seed: int) -> Floats:
    """Probability of each category for each unit (n, size), zeros where nobody rated."""
    probabilities = np.zeros((codes.shape[0], size))
    units, raters = np.nonzero(codes >= 0)
    if units.size == 0:
        return probabilities
    data, tasks, labels = _records(units, raters, codes[units, raters])
    with warnings.catch_warnings():
        # crowd-kit calls pandas in ways that pandas is about to drop; nothing that a reader of results can act on.
        warnings.simplefilter("ignore", DeprecationWarning)
        posterior = _dawid_skene(data) if rule == "dawid_skene" else _mace(data, seed)
    posterior = posterior.reindex(index=range(tasks.size), columns=range(labels.size), fill_value=0.0)
    probabilities[np.ix_(tasks, labels)] = posterior.to_numpy()
    return probabilities


def _records(units: Codes, raters: Codes, labels: Codes) -> "tuple[pd.DataFrame, Codes, Codes]":
    """One row a rating, with tasks, workers and labels numbered in the order in which they first appear.

    So numbered because crowd-kit's MACE takes that order for the sorted one when it updates its parameters.
    """
    import pandas as pd

    columns, found = {}, []
    for name, column in (("task", units), ("worker", raters), ("label", labels)):
        distinct, first, inverse = np.unique(column, return_index=True, return_inverse=True)
        order = np.argsort(first)
        number = np.empty(order.size, dtype=np.int64)
        number[order] = np.arange(order.size)
        columns[name] = number[inverse]
        found.append(distinct[order])
    return pd.DataFrame(columns), found[0], found[2]


def _dawid_skene(data: "pd.DataFrame") -> "pd.DataFrame":
    from crowdkit.aggregation import DawidSkene

    return DawidSkene(n_iter=DAWID_SKENE_ITERATIONS).fit_predict_proba(data)


def _mace(data: "pd.DataFrame", seed: int) -> "pd.DataFrame":
    """The likeliest of several starts; one fit each, since crowd-kit's own restarts all begin from the same draw."""
    from annotations.agreement.mace import PatternMACE

    fits = [
        PatternMACE(n_restarts=1, n_iter=MACE_ITERATIONS, random_state=seed + start).fit(data)
        for start in range(MACE_STARTS)
    ]
    likelihoods = [_mace_likelihood(data, fit.spamming_, fit.thetas_) for fit in fits]
    return fits[int(np.argmax(likelihoods))].probas_


def _mace_likelihood(data: "pd.DataFrame", guessing: Floats, strategies: Floats) -> float:
    """Log-likelihood of the ratings: workers know (column 1) or guess (column 0) by their strategy (W, L)."""
    task, worker, label = (data[name].to_numpy() for name in ("task", "worker", "label"))
    guessed = guessing[worker, 0] * strategies[worker, label]
    of_rating = guessed[:, np.newaxis] + guessing[worker, 1, np.newaxis] * np.eye(strategies.shape[1])[label]
    of_task = np.zeros((int(task.max()) + 1, strategies.shape[1]))
    np.add.at(of_task, task, np.log(np.maximum(of_rating, 1e-300)))
    return float(logsumexp(of_task, axis=1).sum())


class AnnotatorConfusionDict(TypedDict):
    """`AnnotatorConfusion`, ready for JSON."""

    rater: str
    n: int
    categories: list[float]
    counts: list[list[int]]
    accuracy: EstimateDict
    recall: list[EstimateDict]


@dataclass(frozen=True, slots=True)
class AnnotatorConfusion:
    """One rater against the aggregated labels.

    Attributes:
        n: units that the rater rated and the rule decided.
        counts: (V, V), rows are the aggregated label, columns the rater's rating, both in order of `categories`.
        accuracy: share of the n units on which they agree.
        recall: by category, the rater's share of right ratings among the units with that label.
    """

    rater: str
    n: int
    categories: tuple[float, ...]
    counts: tuple[tuple[int, ...], ...]
    accuracy: Estimate
    recall: tuple[Estimate, ...]

    def as_dict(self) -> AnnotatorConfusionDict:
        """One JSON-ready object."""
        return {
            "rater": self.rater,
            "n": self.n,
            "categories": list(self.categories),
            "counts": [list(row) for row in self.counts],
            "accuracy": self.accuracy.as_dict(),
            "recall": [estimate.as_dict() for estimate in self.recall],
        }


def annotator_confusions(
    table: RatingTable,
    aggregation: Aggregation,
    *,
    clusters: Clusters | None = None,
) -> tuple[AnnotatorConfusion, ...]:
    """Each rater of the table against the aggregated labels, intervals as `proportion` gives them.

    A rater's own rating is part of the label it is held against, which flatters raters where few rate a unit.

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
    cells = np.bincount(gold[both] * size + ratings[both], minlength=size * size).reshape(size, size)
    right = ratings == gold

    def share(among: Flags, empty: str) -> Estimate:
        if not among.any():
            return Estimate.of_nothing(empty)
        shared = None if clusters is None else clusters[among]
        return proportion(right[among], clusters=shared)

    return AnnotatorConfusion(
        rater=name,
        n=int(both.sum()),
        categories=categories,
        counts=tuple(tuple(int(count) for count in row) for row in cells),
        accuracy=share(both, "no decided unit was rated"),
        recall=tuple(share(both & (gold == code), "no rated unit has this label") for code in range(size)),
    )


class GoldChangesDict(TypedDict):
    """`GoldChanges`, ready for JSON."""

    before: Rule
    after: Rule
    n: int
    same: int
    changed: list[dict[str, object]]
    newly_decided: list[Hashable]
    newly_undecided: list[Hashable]


@dataclass(frozen=True, slots=True)
class GoldChange:
    """A unit whose label differs between two rules."""

    unit: Hashable
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class GoldChanges:
    """What another rule would change: among the `n` units that both decide, and those that only one decides."""

    before: Rule
    after: Rule
    n: int
    changed: tuple[GoldChange, ...]
    newly_decided: tuple[Hashable, ...]
    newly_undecided: tuple[Hashable, ...]

    def as_dict(self) -> GoldChangesDict:
        """One JSON-ready object."""
        return {
            "before": self.before,
            "after": self.after,
            "n": self.n,
            "same": self.n - len(self.changed),
            "changed": [
                {"unit": change.unit, "before": change.before, "after": change.after}
                for change in self.changed
            ],
            "newly_decided": list(self.newly_decided),
            "newly_undecided": list(self.newly_undecided),
        }


def changes(before: Aggregation, after: Aggregation) -> GoldChanges:
    """Which labels would change if the second rule replaced the first.

    Raises:
        ValueError: the two are not of the same units.
    """
    if before.units != after.units:
        raise ValueError("both aggregations must be of the same units")
    had, has = ~np.isnan(before.labels), ~np.isnan(after.labels)
    differs = np.flatnonzero(had & has & (before.labels != after.labels))
    return GoldChanges(
        before=before.rule,
        after=after.rule,
        n=int((had & has).sum()),
        changed=tuple(
            GoldChange(before.units[i], float(before.labels[i]), float(after.labels[i])) for i in differs
        ),
        newly_decided=tuple(before.units[i] for i in np.flatnonzero(~had & has)),
        newly_undecided=tuple(before.units[i] for i in np.flatnonzero(had & ~has)),
    )
