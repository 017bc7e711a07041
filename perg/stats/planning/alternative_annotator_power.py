"""How many items the alternative annotator test needs, from the labels so far.

What the report will compute is simulated, and nothing else: the same scoring, epsilon, people, missing labels,
clusters, fewest items a person, and correction over people. Campaigns of other sizes are drawn from the labelled items
themselves, whole clusters at a time, so that no model of how people and judge err has to hold.

The labels so far are a sample, too. In each simulated campaign the items therefore have other shares, drawn from the
Bayesian bootstrap; the planned power is the mean over these, the chance of passing given the labels so far. A power
taken at the shares as observed promises too much where the labels are few.

Sources: Calderon, Reichart & Dror, arXiv 2501.10970 (the test); Rubin, The Bayesian Bootstrap, Annals of Statistics 9
(1981) 130–134; Spiegelhalter & Freedman, Statistics in Medicine 5 (1986) 1–13 (the power averaged over what is known).
"""

from dataclasses import dataclass

import numpy as np

from perg.stats.base.estimate import Estimate
from perg.stats.base.pooling import pool
from perg.stats.base.proportions import Flags
from perg.stats.base.resampling import Clusters, Floats, cluster_sums, defined_ratio
from perg.stats.items.annotator_test import Scoring
from perg.stats.judges.alternative_annotator import (
    FEW,
    MIN_INSTANCES_PER_HUMAN,
    PASSING_RATE,
    Q,
    item_advantages,
    t_p_values,
)
from perg.stats.ratings.ratings import Ratings, RatingTable

FEWEST_CLUSTERS = 30
"""Labelled items, or clusters of them, to plan from."""

GROWTH = 1.05
"""From one number of items that is tried to the next."""

SPREAD_DRAWS, SPREAD_CAMPAIGNS = 200, 50

FIRM = 0.5
"""A plan whose power may be less than this is marked as uncertain."""

TOO_FEW_TO_PLAN = (
    f"fewer than {FEWEST_CLUSTERS} items (or questions, where items share them) that two people and the judge rated: "
    "too few to plan from"
)


@dataclass(frozen=True, slots=True)
class UnitsPlan:
    """The fewest items tried that give the power; None, for a reason, where the most do not. `power` is theirs.

    The interval of `power` is what it may be, given that the plan knows no more than the labels so far; its n are the
    labelled items behind it.
    """

    units: int | None
    power: Estimate
    undefined: str | None


class LabelledPilot:
    """The items labelled so far, as what the test needs of each: the source of simulated campaigns."""

    def __init__(
        self,
        humans: RatingTable,
        judge: Ratings,
        *,
        scoring: Scoring,
        clusters: Clusters | None = None,
    ) -> None:
        """People's ratings and the judge's (n_units,), NaN where missing; items that nobody rated are left out.

        Raises:
            ValueError: shapes that do not fit.
        """
        if judge.shape != (len(humans.units),) or (clusters is not None and clusters.shape != judge.shape):
            raise ValueError("the judge, and the clusters, have one value per unit")
        compared, judge_wins, human_wins = item_advantages(humans, judge, scoring)
        labelled = ~np.isnan(humans.values).all(axis=1)
        differences = human_wins - judge_wins
        one = np.ones((humans.values.shape[0], 1))
        per_item = np.concatenate([one, compared, differences], axis=1)[labelled].astype(np.float64)
        per_cluster = cluster_sums(per_item, None if clusters is None else clusters[labelled])
        pools = pool(per_cluster.astype(np.int64))
        self.times = pools.sizes
        self.people = len(humans.raters)
        self.items = int(labelled.sum())
        self.usable = int((per_cluster[:, 1 : 1 + self.people] > 0).any(axis=1).sum())
        counts, sums = np.split(per_cluster[pools.first, 1:], 2, axis=1)
        terms = [counts, sums, counts > 0, sums**2, sums * counts, counts**2]
        self.statistics = np.concatenate(terms, axis=1).astype(np.float64)

    def draws(self, count: int, rng: np.random.Generator) -> Floats:
        """Shares of the kinds of clusters that may be behind the labels: (count, kinds)."""
        shares: Floats = rng.dirichlet(self.times, size=count)
        return shares

    def passes(
        self,
        units: int,
        shares: Floats,
        *,
        epsilon: float,
        rng: np.random.Generator,
    ) -> Flags:
        """Whether the judge passes in a campaign of about this many items for each of the shares (s, kinds): (s,).

        A person with fewer than 30 independent items counts as one whom the judge does not win against: the report
        then takes Wilcoxon's test.
        """
        clusters = max(1, round(units * float(self.times.sum()) / self.items))
        drawn = rng.multinomial(clusters, shares).astype(np.float64)
        return self.passes_of(drawn, epsilon=epsilon)

    def passes_of(self, times: Floats, *, epsilon: float) -> Flags:
        """The same in campaigns that contain each kind of cluster `times` times, (s, kinds): (s,)."""
        sums = times @ self.statistics
        counts, differences, drawn, squares, products, squared_counts = np.split(sums, 6, axis=1)
        mean = defined_ratio(differences, counts)
        spread = squares - 2 * mean * products + mean**2 * squared_counts
        variance = defined_ratio(drawn * spread, np.maximum(drawn - 1, 1) * counts**2)
        p_values = t_p_values(np.nan_to_num(mean), np.nan_to_num(variance), drawn - 1, epsilon)
        tested = counts >= MIN_INSTANCES_PER_HUMAN
        p_values = np.where(tested & (drawn >= FEW), p_values, np.where(tested, 1.0, np.inf))
        number = tested.sum(axis=1)
        passed: Flags = (number > 0) & (_wins(p_values, number) >= PASSING_RATE * number)
        return passed


def alternative_annotator_power(
    pilot: LabelledPilot,
    units: int,
    *,
    epsilon: float,
    simulations: int = 1000,
    rng: np.random.Generator,
) -> Estimate:
    """Chance that the judge passes with this many labelled items, given the labels so far; in [0, 1].

    The interval holds 95% of what the power may be under the shares that those labels leave possible.

    Raises:
        ValueError: fewer than 1 unit, or no simulation.
    """
    if units < 1 or simulations < 1:
        raise ValueError("a power takes an item and a simulation at least")

    def share(shares: Floats) -> Flags:
        return pilot.passes(units, shares, epsilon=epsilon, rng=rng)

    power = float(share(pilot.draws(simulations, rng)).mean())
    possible = np.repeat(pilot.draws(SPREAD_DRAWS, rng), SPREAD_CAMPAIGNS, axis=0)
    powers = share(possible).reshape(SPREAD_DRAWS, SPREAD_CAMPAIGNS).mean(axis=1)
    low, high = np.quantile(powers, [0.025, 0.975])
    warnings = (
        () if low >= FIRM else (f"The labels so far leave a power from {low:.0%} to {high:.0%} possible.",)
    )
    return Estimate.of(power, pilot.items, (low, high), warnings=warnings)


def units_for_alternative_annotator_test(
    pilot: LabelledPilot,
    *,
    epsilon: float,
    power: float = 0.8,
    most: int = 3000,
    simulations: int = 1000,
    rng: np.random.Generator,
) -> UnitsPlan:
    """Labelled items for the judge to pass the test with this power, given the labels so far; to 5%, from 30 on.

    The power is sought by bisection among numbers of items each 5% above the one before.

    Raises:
        ValueError: power outside (0, 1).
    """
    if not 0 < power < 1:
        raise ValueError("power lies in (0, 1)")
    if pilot.usable < FEWEST_CLUSTERS:
        return UnitsPlan(None, Estimate.of_nothing(TOO_FEW_TO_PLAN, pilot.items), TOO_FEW_TO_PLAN)
    steps = int(np.ceil(np.log(max(most, FEW) / FEW) / np.log(GROWTH))) + 1
    sizes = np.unique(np.round(np.geomspace(FEW, max(most, FEW), steps)).astype(int))

    def reached(units: int) -> bool:
        passed = pilot.passes(units, pilot.draws(simulations, rng), epsilon=epsilon, rng=rng)
        return bool(passed.mean() >= power)

    def powered(units: int) -> Estimate:
        return alternative_annotator_power(
            pilot, units, epsilon=epsilon, simulations=4 * simulations, rng=rng
        )

    low, high = 0, sizes.size - 1
    if not reached(int(sizes[high])):
        best = powered(int(sizes[high]))
        reason = f"with {sizes[high]} items the chance of passing is still {best.value:.0%}, as far as the labels tell"
        return UnitsPlan(None, best, reason)
    while low < high:
        middle = (low + high) // 2
        if reached(int(sizes[middle])):
            high = middle
        else:
            low = middle + 1
    return UnitsPlan(int(sizes[high]), powered(int(sizes[high])), None)


def _wins(p_values: Floats, number: Floats) -> Floats:
    """How many of the p-values (s, m), of which `number` (s,) are finite, Benjamini and Yekutieli reject at Q: (s,)."""
    size = p_values.shape[1]
    rank = np.arange(1, size + 1)
    harmonic = np.cumsum(1 / rank)[np.maximum(number, 1) - 1]
    level = Q * rank / (np.maximum(number, 1) * harmonic)[:, np.newaxis]
    wins: Floats = np.where(np.sort(p_values, axis=1) <= level, rank, 0).max(axis=1)
    return wins
