"""The alternative annotator test: does a judge stand for people at least as well as one of them would?

Source: Calderon, Reichart & Dror, The Alternative Annotator Test for LLM-as-a-Judge, ACL 2025, arXiv 2501.10970.
Each person in turn is left out; on every item that this person, the judge and someone else labelled, the judge and
the person are scored against the others. The judge wins against a person where it is not worse by more than epsilon,
tested, and passes where it wins against at least half of the people.

The test compares, it does not look for skill: against noisy people, or where one answer prevails, a judge without any
passes it. So it is never read alone (`perg.stats.judges.verdict`).
"""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import scipy

from perg.stats.base.estimate import Estimate
from perg.stats.base.intervals import bootstrap_estimate
from perg.stats.base.pooling import PooledBootstrap, pool
from perg.stats.base.proportions import Flags
from perg.stats.base.resampling import Clusters, Draws, Floats, cluster_sums, defined_ratio, dense_codes
from perg.stats.items.annotator_test import Scoring
from perg.stats.ratings.ratings import Ratings, RatingTable

Q = 0.05
"""False discovery rate over the people."""

PASSING_RATE = 0.5
MIN_HUMANS_PER_INSTANCE = 2
MIN_INSTANCES_PER_HUMAN = 30
FEW = 30
"""Below this many independent items the t-test's normality is not to be relied on: Wilcoxon's test takes its place."""

NO_HUMAN = "no person has enough items that the judge and someone else labelled too"


@dataclass(frozen=True, slots=True)
class HumanComparison:
    """The judge against one person, over the `n` items that both and someone else labelled.

    Attributes:
        judge_advantage: ρ^f, share of items on which the judge is as near to the others as the person, or nearer.
        human_advantage: ρ^h, the same of the person; both count a tie, so they may add up to more than 1.
        test: the one-sided test of H0: ρ^f <= ρ^h − ε; None if the person is left out.
        p_value: of that test, before the correction over people.
        won: whether the judge wins against this person after it.
        left_out: why the person does not count, or None.
    """

    human: str
    n: int
    judge_advantage: Estimate
    human_advantage: Estimate
    test: Literal["t", "wilcoxon"] | None
    p_value: float | None
    won: bool | None
    left_out: str | None


@dataclass(frozen=True, slots=True)
class AlternativeAnnotatorTest:
    """What the test says of one judge.

    Attributes:
        n: items that at least one comparison used.
        winning_rate: ω in [0, 1], share of people the judge wins against; its n are the people compared.
        advantage_probability: ρ in [0, 1], mean over people of ρ^f; its n are the items.
        passed: ω >= 0.5; None if nobody could be compared, and then `undefined` says why.
        passing_share: share of resamples, of items or clusters, in which ω >= 0.5. With three people ω is 0, 1/3, 2/3
            or 1, and a single person tips it: this says how easily.
    """

    scoring: Scoring
    epsilon: float
    q: float
    n: int
    winning_rate: Estimate
    advantage_probability: Estimate
    passed: bool | None
    passing_share: float | None = field(default=None, kw_only=True)
    undefined: str | None
    humans: tuple[HumanComparison, ...]


def alternative_annotator_test(
    humans: RatingTable,
    judge: Ratings,
    *,
    epsilon: float,
    scoring: Scoring,
    min_instances_per_human: int = MIN_INSTANCES_PER_HUMAN,
    draws: Draws,
) -> AlternativeAnnotatorTest:
    """The test of one judge (n_units,), NaN where it gave nothing, against the people of a table over the same units.

    Accuracy is the share of the other people who gave the same label (nominal); negative RMSE is the distance from
    them, for ordinal and interval scales, in points of the scale. Each person is tested with a paired one-sided t-test
    over items, or with Wilcoxon's signed-rank test where there are fewer than 30 independent ones, and the p-values
    are corrected by Benjamini and Yekutieli's procedure at `Q`. People with fewer than `min_instances_per_human`
    items are left out.

    Clusters are items that are not independent (responses to one question): the t-test's variance is then that of
    cluster sums with clusters − 1 degrees of freedom, Wilcoxon's test is of cluster means, and clusters are
    resampled as wholes. With one item a cluster nothing changes. The intervals of ω and ρ come from running the test
    again on resampled items (always with t), given these people.

    Raises:
        ValueError: shapes that do not fit, epsilon outside [0, 1), or a minimum of items below 1.
    """
    if judge.shape != (len(humans.units),):
        raise ValueError("the judge has one value per unit")
    draws.require_units(judge.size)
    if not 0 <= epsilon < 1:
        raise ValueError("epsilon lies in [0, 1)")
    if min_instances_per_human < 1:
        raise ValueError("a comparison needs at least one item")
    compared, judge_wins, human_wins = item_advantages(humans, judge, scoring)
    ids = None if draws.clusters is None else dense_codes(draws.clusters)
    n_items = compared.sum(axis=0)
    has_enough_items = n_items >= min_instances_per_human
    p_values = {
        int(column): _p_value(
            (human_wins - judge_wins)[compared[:, column], column],
            None if ids is None else ids[compared[:, column]],
            epsilon,
        )
        for column in np.flatnonzero(has_enough_items)
    }
    won = dict(zip(p_values, _rejected([p for _, p in p_values.values()]), strict=True))
    replicates = _Replicates(compared, judge_wins, human_wins, ids, draws)
    comparisons = tuple(
        HumanComparison(
            human=name,
            n=int(n_items[column]),
            judge_advantage=replicates.advantage(column, "judge"),
            human_advantage=replicates.advantage(column, "human"),
            test=p_values[column][0] if column in p_values else None,
            p_value=p_values[column][1] if column in p_values else None,
            won=won.get(column),
            left_out=None
            if column in p_values
            else f"{n_items[column]} items, fewer than {min_instances_per_human}",
        )
        for column, name in enumerate(humans.raters)
    )
    n = int(compared[:, has_enough_items].any(axis=1).sum())
    if not has_enough_items.any():
        nothing = Estimate.of_nothing(NO_HUMAN)
        return AlternativeAnnotatorTest(scoring, epsilon, Q, n, nothing, nothing, None, NO_HUMAN, comparisons)
    winning_rate = sum(won.values()) / len(won)
    rates, advantage = replicates.of_test(has_enough_items, epsilon)
    drawn = _independent(np.asarray(compared[:, has_enough_items].any(axis=1)), ids)
    per_human = [
        judge_wins[compared[:, column], column].mean() for column in np.flatnonzero(has_enough_items)
    ]
    return AlternativeAnnotatorTest(
        scoring=scoring,
        epsilon=epsilon,
        q=Q,
        n=n,
        winning_rate=bootstrap_estimate(
            winning_rate, len(won), rates, clusters=drawn, confidence=draws.confidence
        ),
        advantage_probability=bootstrap_estimate(
            float(np.mean(per_human)), n, advantage, clusters=drawn, confidence=draws.confidence
        ),
        passed=winning_rate >= PASSING_RATE,
        passing_share=float(np.mean(rates[~np.isnan(rates)] >= PASSING_RATE))
        if not np.isnan(rates).all()
        else None,
        undefined=None,
        humans=comparisons,
    )


def item_advantages(humans: RatingTable, judge: Ratings, scoring: Scoring) -> tuple[Flags, Floats, Floats]:
    """Where judge and person are compared, and the advantage of either, 0 or 1: each (n_units, n_humans)."""
    rated = ~np.isnan(humans.values)
    usable = (rated.sum(axis=1) >= MIN_HUMANS_PER_INSTANCE) & ~np.isnan(judge)
    compared = rated & usable[:, np.newaxis]
    judge_wins, human_wins = np.zeros(compared.shape), np.zeros(compared.shape)
    for column in range(compared.shape[1]):
        items = compared[:, column]
        wins = advantages(humans.values[items], judge[items], column, scoring)
        judge_wins[items, column], human_wins[items, column] = wins
    return compared, judge_wins, human_wins


def advantages(humans: Ratings, judge: Ratings, excluded: int, scoring: Scoring) -> tuple[Flags, Flags]:
    """Whether the judge is as near to the others as the excluded person or nearer, and the other way round.

    `humans` is (..., n, n_humans) with NaN where missing, `judge` (..., n); both flags are (..., n). A tie counts for
    both. An item without others is a tie, so leave such items out beforehand.
    """
    others = np.delete(humans, excluded, axis=-1)
    person = humans[..., excluded]
    away_judge, away_person = (
        np.nansum(_distance(one[..., np.newaxis], others, scoring), axis=-1) for one in (judge, person)
    )
    # Both are means over the same others, so sums can be compared; ties must not depend on the last bit or the unit.
    unit = 1.0 if scoring == "accuracy" or np.isnan(humans).all() else np.nanmax(humans) - np.nanmin(humans)
    tied = np.isclose(away_judge, away_person, rtol=1e-9, atol=1e-12 * float(unit) ** 2)
    return tied | (away_judge < away_person), tied | (away_person < away_judge)


def _distance(one: Ratings, others: Ratings, scoring: Scoring) -> Ratings:
    """Disagreement with each of the others, whose mean orders as the score does in reverse; NaN stays NaN."""
    if scoring == "accuracy":
        return np.where(np.isnan(others), np.nan, one != others)
    return np.square(one - others)


def _p_value(
    differences: Floats, clusters: Clusters | None, epsilon: float
) -> tuple[Literal["t", "wilcoxon"], float]:
    """P-value of H0: mean of W^h − W^f (n,) is at least epsilon, against its being less."""
    counts_and_sums = np.column_stack([np.ones(differences.size), differences])
    counts, sums = cluster_sums(counts_and_sums, clusters).T
    independent = counts.size
    if independent < FEW:
        shifted = sums / counts - epsilon
        if not shifted.any():
            return "wilcoxon", 1.0  # nothing speaks either way
        return "wilcoxon", float(scipy.stats.wilcoxon(shifted, alternative="less").pvalue)
    mean = sums.sum() / counts.sum()
    residuals = sums - counts * mean
    variance = independent / (independent - 1) * np.square(residuals).sum() / counts.sum() ** 2
    p_value = t_p_values(np.array([mean]), np.array([variance]), np.array([independent - 1.0]), epsilon)
    return "t", float(p_value[0])


def t_p_values(mean: Floats, variance: Floats, freedom: Floats, epsilon: float) -> Floats:
    """One-sided p-values; without any variance 0 below epsilon and 1 from it on, as in the limit."""
    error = np.sqrt(np.maximum(variance, 0))
    varies = error > 1e-12
    t = np.divide(mean - epsilon, error, out=np.zeros(np.shape(mean)), where=varies)
    p_values: Floats = np.where(
        varies, scipy.special.stdtr(np.maximum(freedom, 1), t), np.where(mean < epsilon, 0.0, 1.0)
    )
    return p_values


def _rejected(p_values: list[float]) -> list[bool]:
    if not p_values:
        return []
    return [bool(p <= Q) for p in scipy.stats.false_discovery_control(p_values, method="by")]


def _independent(items: Flags, clusters: Clusters | None) -> int:
    """How many clusters the flagged items (n,) come from; the items, where each is its own."""
    return int(items.sum()) if clusters is None else int(np.unique(clusters[items]).size)


class _Replicates:
    """The test on resampled items, from sums over drawn clusters: nothing is tested item by item again."""

    def __init__(
        self,
        compared: Flags,
        judge_wins: Floats,
        human_wins: Floats,
        clusters: Clusters | None,
        draws: Draws,
    ) -> None:
        self.compared, self.clusters, self.confidence = compared, clusters, draws.confidence
        self.points = (judge_wins, human_wins)
        used = compared.any(axis=1)
        per_item = np.concatenate([compared, judge_wins, human_wins], axis=1)[used].astype(np.float64)
        per_cluster = cluster_sums(per_item, None if clusters is None else clusters[used])
        pools = pool(per_cluster.astype(np.int64))
        counts, judge, human = np.split(per_cluster[pools.first], 3, axis=1)
        differences = human - judge
        terms = [counts, judge, human, counts > 0, differences**2, differences * counts, counts**2]
        statistics = np.concatenate(terms, axis=1)
        sums = np.zeros((0, statistics.shape[1]))
        if used.any():
            sums = PooledBootstrap(pools, draws).sums(statistics)
        self.sums = np.split(sums, 7, axis=1)

    def advantage(self, column: int, whose: Literal["judge", "human"]) -> Estimate:
        """ρ^f or ρ^h of one person."""
        items = self.compared[:, column]
        if not items.any():
            return Estimate.of_nothing("no item labelled by this person, the judge and someone else")
        wins = self.points[0 if whose == "judge" else 1][items, column]
        total = self.sums[1 if whose == "judge" else 2][:, column]
        replicates = defined_ratio(total, self.sums[0][:, column])
        return bootstrap_estimate(
            float(wins.mean()),
            int(items.sum()),
            replicates,
            clusters=_independent(items, self.clusters),
            confidence=self.confidence,
        )

    def of_test(self, people: Flags, epsilon: float) -> tuple[Floats, Floats]:
        """ω and ρ of each resample, (R,) each; NaN where a person of those `has_enough_items` has no item in it."""
        counts, judge, human, drawn, squares, products, squared_counts = (
            part[:, people] for part in self.sums
        )
        mean = defined_ratio(human - judge, counts)
        spread = squares - 2 * mean * products + mean**2 * squared_counts
        correction = defined_ratio(drawn, np.maximum(drawn - 1, 1))
        variance = correction * defined_ratio(spread, counts**2)
        empty = (counts == 0).any(axis=1)
        p_values = t_p_values(mean, variance, drawn - 1, epsilon)
        p_values[empty] = 1
        won = scipy.stats.false_discovery_control(p_values, axis=1, method="by") <= Q
        rates = np.where(empty, np.nan, won.mean(axis=1))
        return rates, np.where(empty, np.nan, defined_ratio(judge, counts).mean(axis=1))
