"""What a validation report says of all raters together: the matrix, people, thresholds, pairs of judges."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from perg.stats.base.estimate import Estimate
from perg.stats.base.undefined import Undefined
from perg.stats.items.labelled_items import NO_DECISION, LabelledItems
from perg.stats.items.reference import most_common
from perg.stats.items.validation_input import ValidationInput, ValidationSettings
from perg.stats.judges.baselines import constant_judge, random_judge
from perg.stats.judges.judge_errors import ErrorCorrelation, error_correlation
from perg.stats.measures.alpha import Level, krippendorff_alpha
from perg.stats.measures.comparison import JudgeComparison, Statistic, compare_judges
from perg.stats.measures.matrix import RaterMatrix, rater_matrix
from perg.stats.raters.threshold import ThresholdAgreement, threshold_sweep
from perg.stats.ratings.pooled import PooledTable
from perg.stats.ratings.ratings import BINARY, Ratings, RatingTable

PEOPLE_MEDIAN = "people (median)"
PEOPLE_MOST_COMMON = "people (most common label)"
PANEL_MEDIAN = "judges (median)"
PANEL_MOST_COMMON = "judges (most common label)"
GOLD = "adjudicated gold"
CONSTANT = "constant judge"
RANDOM = "random judge"

MOST_THRESHOLDS = 20


@dataclass(frozen=True, slots=True)
class Rater:
    """Someone or something that rated `n` items; `counts` are its ratings by category, in their order."""

    name: str
    kind: str
    n: int
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """One person beside the others.

    `alpha_with_others` is Krippendorff's α of this person and the median (most common label, nominal) of the others:
    what a judge's `alpha_with_humans` may be compared with.
    """

    name: str
    n: int
    alpha_with_others: Estimate


@dataclass(frozen=True, slots=True)
class People:
    """How well people agree with one another. For what a judge may be compared with, see `leave_one_out`."""

    alpha: Estimate
    alpha_followed: Estimate
    people: tuple[Person, ...]


def raters_of(data: ValidationInput) -> tuple[Rater, ...]:
    """All people and judges with what they gave."""
    codes = data.table.codes()
    size = len(data.table.categories)
    kinds = dict.fromkeys(data.ratings.people, "person") | {
        name: data.judge_kinds.get(name, "judge") for name in data.ratings.judges
    }
    raters = []
    for column, name in enumerate(data.table.raters):
        counts = np.bincount(codes[:, column] + 1, minlength=size + 1)[1:]
        raters.append(Rater(name, kinds[name], int(counts.sum()), tuple(int(count) for count in counts)))
    return tuple(raters)


class AllRaters:
    """The table of all raters, people's aggregate, the judge panel, gold and baselines, under one bootstrap."""

    def __init__(self, data: ValidationInput, labelled: LabelledItems, settings: ValidationSettings) -> None:
        self.data, self.labelled, self.settings = data, labelled, settings
        self.level = data.ratings.scale
        self.people, self.judges = data.ratings.people, data.ratings.judges
        self.nominal = self.level == "nominal"
        rng = np.random.default_rng(settings.seed)
        table = data.table
        if data.gold is not None and not np.isnan(data.gold).all():
            table = table.with_column(GOLD, data.gold)
        if not np.isnan(labelled.score).all():
            table = table.with_column(
                CONSTANT, self._on_all(constant_judge(labelled.score, data.table.categories))
            )
            if self.judges:
                column = random_judge(self._best_covered(), rng=rng)
                table = table.with_column(RANDOM, self._on_all(column))
        self.pooled = PooledTable.of(table, settings.draws(data.clusters))
        # These follow from the other columns, so that they need no pools of their own.
        if len(self.people) > 1:
            self._add(PEOPLE_MOST_COMMON if self.nominal else PEOPLE_MEDIAN, self.people)
        if len(self.judges) > 1:
            self._add(PANEL_MOST_COMMON if self.nominal else PANEL_MEDIAN, self.judges)

    def _on_all(self, ratings: Ratings) -> Ratings:
        column = np.full(len(self.data.table.units), np.nan)
        column[self.labelled.rows] = ratings
        return column

    def _best_covered(self) -> Ratings:
        judges = self.labelled.judges
        scored = (~np.isnan(judges.values)).sum(axis=0)
        return judges.values[:, int(scored.argmax())]

    def _add(self, name: str, raters: Sequence[str]) -> None:
        chosen = self.pooled.table.select(raters)
        column = most_common(chosen) if self.nominal else chosen.aggregate(raters)
        self.pooled = self.pooled.with_column(name, column)

    def matrix(self) -> RaterMatrix:
        """All pairs: people, judges, then the aggregates and the baselines."""
        own = (*self.people, *self.judges)
        added = [name for name in self.pooled.table.raters if name not in own]
        order = {PEOPLE_MEDIAN: 0, PEOPLE_MOST_COMMON: 0, GOLD: 1, PANEL_MEDIAN: 2, PANEL_MOST_COMMON: 2}
        return rater_matrix(
            self.pooled,
            raters=[*own, *sorted(added, key=lambda name: order.get(name, 3))],
            level=self.level,
            threshold=self.labelled.cut,
            scale=self.data.table.categories,
        )

    def ceiling(self) -> People:
        """People with one another."""
        if not self.people:
            nothing = Estimate.of_nothing("no person has rated anything")
            return People(nothing, nothing, ())
        humans, cut = self.labelled.humans, self.labelled.cut
        return People(
            alpha=self._alpha(humans, self.level),
            alpha_followed=Estimate.of_nothing(NO_DECISION)
            if cut is None
            else self._alpha(humans.followed(cut), "nominal"),
            people=tuple(self._person(name) for name in self.people),
        )

    def _alpha(self, table: RatingTable, level: Level) -> Estimate:
        """Alpha of all raters of a table of the labelled items."""
        return krippendorff_alpha(table, level, draws=self.settings.draws(self.labelled.clusters))

    def _person(self, name: str) -> Person:
        humans = self.labelled.humans
        n = int((~np.isnan(humans.column(name))).sum())
        others = humans.select([other for other in self.people if other != name])
        if not others.raters:
            return Person(name, n, Estimate.of_nothing("nobody else has rated anything"))
        of_others = most_common(others) if self.nominal else others.aggregate(others.raters)
        table = humans.select([name]).with_column("the others", of_others)
        return Person(name, n, self._alpha(table, self.level))

    def thresholds(self) -> tuple[ThresholdAgreement, ...] | Undefined:
        """How agreement on followed / not followed changes with the threshold."""
        if self.nominal:
            return Undefined("the scale is nominal: it has no threshold")
        if not self.people:
            return Undefined("no person has rated anything")
        cuts = self.data.table.categories[1:]
        if len(cuts) > MOST_THRESHOLDS:
            places = np.linspace(0, len(cuts) - 1, MOST_THRESHOLDS).round().astype(int)
            cuts = tuple(cuts[place] for place in np.unique(places))
        return threshold_sweep(self.pooled, self.people, self.judges, cuts)


def judge_comparisons(
    labelled: LabelledItems, scale: str, settings: ValidationSettings
) -> tuple[JudgeComparison, ...]:
    """All pairs of judges: which agrees with people better, on the scale, and then on followed / not followed.

    On the scale by ordinal α with people's median (Cohen's κ with their most common label where it is nominal), on the
    decisions by informedness; each family of pairs is corrected for by itself.
    """
    judges = {name: labelled.judges.column(name) for name in labelled.judges.raters}
    if len(judges) < 2:
        return ()

    def compared(
        reference: Ratings, of: dict[str, Ratings], categories: tuple[float, ...], statistic: Statistic
    ) -> tuple[JudgeComparison, ...]:
        return compare_judges(reference, of, categories, statistic, draws=settings.draws(labelled.clusters))

    statistic: Statistic = "cohen_kappa" if scale == "nominal" else "alpha"
    comparisons = compared(labelled.score, judges, labelled.categories, statistic)
    two_names = scale == "nominal" and len(labelled.categories) == 2  # compared by now
    if labelled.cut is not None and labelled.decision is not None and not two_names:
        binary = labelled.judges.followed(labelled.cut)
        cut = {name: binary.column(name) for name in binary.raters}
        comparisons += compared(labelled.decision, cut, BINARY, "informedness")
    return comparisons


def errors_between_judges(labelled: LabelledItems, settings: ValidationSettings) -> ErrorCorrelation:
    """Whether judges err on the same items: against people's decision, or without a cut their score."""
    judges = labelled.judges
    if labelled.cut is not None and labelled.decision is not None:
        verdicts, reference = judges.followed(labelled.cut).values, labelled.decision
    else:  # an error is then a rating that is not people's
        right = (judges.values == labelled.score[:, np.newaxis]).astype(np.float64)
        verdicts = np.where(np.isnan(judges.values), np.nan, right)
        reference = np.where(np.isnan(labelled.score), np.nan, 1.0)
    return error_correlation(judges.raters, verdicts, reference, draws=settings.draws(labelled.clusters))
