"""How many units it takes to show that a judge as good as people passes the alternative annotator test, and stays so.

By simulation of the test's z-values, which are about normal, from how much the advantages of judge and people vary so
far and go together. `non_inferiority` plans the comparison of skill; the verdict asks for both.
"""

import math

import numpy as np
import scipy

from perg.stats.base.fewest import fewest
from perg.stats.base.resampling import Draws, cluster_sums
from perg.stats.items.annotator_test import Scoring
from perg.stats.judges.alternative_annotator import (
    MIN_INSTANCES_PER_HUMAN,
    PASSING_RATE,
    AlternativeAnnotatorTest,
    advantages,
)
from perg.stats.ratings.ratings import Ratings, RatingTable

STABLE = 2 / 3
"""Share of resamples that must pass for a pass of the alternative annotator test to count."""

POWER = 0.8
DRAWS = 1000
MOST_UNITS = 100_000


def units_to_pass(
    humans: RatingTable,
    judge: Ratings,
    test: AlternativeAnnotatorTest,
    scoring: Scoring,
    *,
    draws: Draws,
) -> int | None:
    """Units with which the judge (n_units,) would pass, in a share `STABLE` of resamples, in 80% of campaigns.

    It is taken to be neither better nor worse than people. None if nobody can be compared on two items, where
    epsilon is 0, or where more than 100,000 units are needed.
    """
    rated = ~np.isnan(humans.values)
    usable = (rated.sum(axis=1) >= 2) & ~np.isnan(judge)
    compared = rated & usable[:, np.newaxis]
    columns = np.flatnonzero(compared.sum(axis=0) >= 2)
    if columns.size == 0 or test.epsilon == 0:
        return None
    differences = np.zeros((usable.size, columns.size))
    for place, column in enumerate(columns):
        items = compared[:, column]
        of_judge, of_person = advantages(humans.values[items], judge[items], int(column), scoring)
        difference = of_person.astype(np.float64) - of_judge
        differences[items, place] = difference - difference.mean()
    parts = cluster_sums(differences, draws.clusters)
    together = parts.T @ parts
    spread = np.sqrt(np.diag(together))
    varies = spread > 1e-12
    counts = compared[:, columns].sum(axis=0)
    least = math.ceil(float(np.median(MIN_INSTANCES_PER_HUMAN * usable.sum() / counts)))
    if not varies.any():
        return least
    # Where a person's and the judge's advantages never differ, the z-value is beyond all bounds.
    steepness = np.where(varies, counts * test.epsilon / np.where(varies, spread, 1.0), 1e6)
    scale = np.where(varies, spread, 1.0)
    correlation = together / np.outer(scale, scale)
    roots, directions = np.linalg.eigh(correlation)
    noise = draws.rng.standard_normal((DRAWS, scale.size)) * np.sqrt(np.maximum(roots, 0)) @ directions.T
    # Resamples err as the units themselves do: the least z that still passes in a share of them.
    lost = float(scipy.stats.norm.ppf(STABLE)) * math.sqrt(float(correlation.mean()))

    def would_pass(units: int) -> bool:
        z = steepness * math.sqrt(units / int(usable.sum())) + noise - lost
        significant = (
            scipy.stats.false_discovery_control(scipy.stats.norm.sf(z), axis=1, method="by") <= test.q
        )
        return bool((significant.mean(axis=1) >= PASSING_RATE).mean() >= POWER)

    return fewest(would_pass, low=least - 1, high=least, most=MOST_UNITS)
