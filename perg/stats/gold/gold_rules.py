"""People's labels under different rules: which gold would change, and how each person compares with it."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from perg.stats.base.terms import GENERAL, Terms
from perg.stats.base.undefined import Undefined
from perg.stats.gold.aggregation import (
    Aggregation,
    AggregationCounts,
    AnnotatorConfusion,
    GoldChanges,
    Rule,
    aggregate,
    annotator_confusions,
    changes,
)
from perg.stats.items.labelled_items import LabelledItems
from perg.stats.ratings.ratings import BINARY, RatingTable

MOST_LISTED = 200
"""Changed items listed in a report; all are counted."""

MOST_RATINGS = 50_000
"""Above it Dawid–Skene and MACE, which take seconds, are left to `aggregate`."""


@dataclass(frozen=True, slots=True)
class Adjudication:
    """What adjudication did: of `n` items, how many went against the majority, and how many ties it decided."""

    n: int
    against_majority: int
    ties_decided: int


@dataclass(frozen=True, slots=True)
class RuleChanges(GoldChanges):
    """`GoldChanges` with all counts, and of the items the first 200 of each kind."""

    changed_count: int
    newly_decided_count: int
    newly_undecided_count: int

    @classmethod
    def of(cls, changes: GoldChanges) -> Self:
        """The counts of these changes and their first items."""
        return cls(
            before=changes.before,
            after=changes.after,
            n=changes.n,
            same=changes.same,
            changed=changes.changed[:MOST_LISTED],
            newly_decided=changes.newly_decided[:MOST_LISTED],
            newly_undecided=changes.newly_undecided[:MOST_LISTED],
            changed_count=len(changes.changed),
            newly_decided_count=len(changes.newly_decided),
            newly_undecided_count=len(changes.newly_undecided),
        )


@dataclass(frozen=True, slots=True)
class GoldRules:
    """Gold by each rule.

    Attributes:
        labels: what the labels are, in words.
        rules: the counts of each rule. changes: what each other rule would change of the majority.
        annotators: each person against the majority.
        not_fitted: why Dawid–Skene and MACE are missing, or None.
    """

    labels: str
    rules: tuple[AggregationCounts, ...]
    changes: tuple[RuleChanges, ...]
    annotators: tuple[AnnotatorConfusion, ...]
    adjudicated: Adjudication | Undefined
    not_fitted: str | None


def gold_rules(
    labelled: LabelledItems, *, nominal: bool, seed: int = 0, terms: Terms = GENERAL
) -> GoldRules | Undefined:
    """The rules on the decisions (passes or fails) where ratings are cut, else on the ratings themselves."""
    humans = labelled.humans
    if not humans.raters or not humans.units or np.isnan(humans.values).all():
        return Undefined("no person has rated anything")
    cut = labelled.cut
    table = humans if cut is None else humans.followed(cut)
    majority = aggregate(table, "majority")
    others: list[Aggregation] = []
    if not nominal:
        others.append(_median(humans, cut))
    ratings = int((~np.isnan(humans.values)).sum())
    not_fitted = None
    if ratings > MOST_RATINGS:
        not_fitted = f"there are more than {MOST_RATINGS:,} ratings: Dawid–Skene and MACE would take too long"
    elif len(humans.raters) < 2:
        not_fitted = "Dawid–Skene and MACE need two people or more"
    else:
        models: tuple[Rule, ...] = ("dawid_skene", "mace")
        others += [aggregate(table, rule, seed=seed) for rule in models]
    return GoldRules(
        labels="ratings" if cut is None else _decisions(cut, terms, nominal=nominal),
        rules=tuple(rule.counts() for rule in (majority, *others)),
        changes=tuple(RuleChanges.of(changes(majority, other)) for other in others),
        annotators=annotator_confusions(table, majority, clusters=labelled.clusters),
        adjudicated=_adjudication(labelled),
        not_fitted=not_fitted,
    )


def _decisions(cut: float, terms: Terms, *, nominal: bool) -> str:
    where = "" if nominal else f", cut at {cut:g}"
    return f"{terms.passed} (1) and {terms.failed} (0){where}"


def _median(humans: RatingTable, cut: float | None) -> Aggregation:
    """The median rule; cut where ratings are, so that it can be compared with the majority of decisions."""
    median = aggregate(humans, "median")
    if cut is None:
        return median
    labels = np.where(np.isnan(median.labels), np.nan, median.labels >= cut)
    return replace(median, categories=BINARY, labels=labels)


def _adjudication(labelled: LabelledItems) -> Adjudication | Undefined:
    gold, majority = labelled.adjudicated, labelled.majority
    if gold is None or majority is None or np.isnan(gold).all():
        return Undefined("nothing has been adjudicated")
    is_adjudicated = ~np.isnan(gold)
    decided = is_adjudicated & ~np.isnan(majority)
    rated = ~np.isnan(labelled.humans.values).all(axis=1)
    return Adjudication(
        n=int(is_adjudicated.sum()),
        against_majority=int((gold[decided] != majority[decided]).sum()),
        ties_decided=int((is_adjudicated & rated & np.isnan(majority)).sum()),
    )
