"""A judge's skill beside a person's: both against the majority of the other people, on the same units."""

from dataclasses import dataclass
from typing import TypedDict

import numpy as np

from annotations.agreement.comparison import statistic_of_cells
from annotations.agreement.ratings import BINARY, Ratings, RatingTable, category_codes
from evaluation.statistics.estimate import Estimate, EstimateDict
from evaluation.statistics.pooling import PooledBootstrap, pool
from evaluation.statistics.resampling import RESAMPLES, Clusters, Floats, percentile_interval

NO_OTHERS = "no unit rated by the judge, a person and a majority of others"
ONE_SIDED = "the other people never disagree on whether preferences were followed"


class SkillBesidePeopleDict(TypedDict):
    """`SkillBesidePeople`, ready for JSON."""

    judge: EstimateDict
    people: EstimateDict
    difference: EstimateDict


@dataclass(frozen=True, slots=True)
class SkillBesidePeople:
    """Informedness (sensitivity + specificity − 1) of the judge, of people, and judge − people; n = comparisons."""

    judge: Estimate
    people: Estimate
    difference: Estimate

    def as_dict(self) -> SkillBesidePeopleDict:
        """One JSON-ready object."""
        return {
            "judge": self.judge.as_dict(),
            "people": self.people.as_dict(),
            "difference": self.difference.as_dict(),
        }


def skill_beside_people(
    humans: RatingTable,
    judge: Ratings,
    *,
    clusters: Clusters | None = None,
    resamples: int = RESAMPLES,
    confidence: float = 0.95,
    rng: np.random.Generator,
) -> SkillBesidePeople:
    """Leave out each person of a binary table in turn, and score this person and the judge (n_units,) on the others.

    The comparisons of all people are pooled. Unlike the share of equal labels, informedness gives the rarer answer
    its due: a judge that misses most failures agrees with people as often as they do where failures are few. The
    paired bootstrap draws units, or clusters, with all their comparisons.

    Raises:
        ValueError: a table that is not binary, or shapes that do not fit.
    """
    if humans.categories != BINARY:
        raise ValueError("followed or not followed is what people and judge are compared on")
    if judge.shape != (len(humans.units),) or (clusters is not None and clusters.shape != judge.shape):
        raise ValueError("the judge, and the clusters, have one value per unit")
    rated = ~np.isnan(humans.values)
    signs = np.where(rated, 2 * np.nan_to_num(humans.values) - 1, 0)
    of_others = signs.sum(axis=1, keepdims=True) - signs
    referred = (of_others > 0).astype(np.int64)
    judged = category_codes(judge, BINARY)[:, np.newaxis]
    compared = rated & (of_others != 0) & (judged >= 0)
    n = int(compared.sum())
    if n == 0:
        nothing = Estimate.of_nothing(NO_OTHERS)
        return SkillBesidePeople(nothing, nothing, nothing)
    of_judge, of_people = (
        _cells(referred, np.broadcast_to(one, referred.shape), compared) for one in (judged, humans.codes())
    )
    per_unit = np.concatenate([of_judge, of_people], axis=1)
    used = compared.any(axis=1)
    pools = pool(per_unit[used].astype(np.int64), None if clusters is None else clusters[used])
    bootstrap = PooledBootstrap(pools, rng=rng, resamples=resamples)
    cells = per_unit[used][pools.first]
    sums = np.concatenate([bootstrap.totals(cells)[np.newaxis], bootstrap.sums(cells)])
    judge_skill, people_skill = (
        statistic_of_cells(part, np.asarray(BINARY, dtype=np.float64), "informedness")
        for part in np.split(sums, 2, axis=1)
    )

    def estimate(values: Floats) -> Estimate:
        if np.isnan(values[0]):
            return Estimate.of_nothing(ONE_SIDED, n)
        return Estimate.of(values[0], n, percentile_interval(values[1:], confidence))

    return SkillBesidePeople(
        estimate(judge_skill), estimate(people_skill), estimate(judge_skill - people_skill)
    )


def _cells(referred: Ratings, given: Ratings, compared: Ratings) -> Floats:
    """Each unit's confusion matrix over its comparisons (n_units, 4), rows the others' majority."""
    cell = 2 * referred + given
    counts: Floats = np.stack([(compared & (cell == i)).sum(axis=1) for i in range(4)], axis=1).astype(float)
    return counts
