"""A judge beside a person: both against the same reference, the other people, on the same units.

People's agreement with one another cannot be set beside a judge's with their majority or median: that is steadier than
any one person, and holds the person who is compared with it. Here each person is left out in turn, and the judge and
this person are compared with the others.
"""

from dataclasses import dataclass

import numpy as np

from perg.stats.base.estimate import Estimate
from perg.stats.base.intervals import bootstrap_estimate
from perg.stats.base.proportions import Flags
from perg.stats.base.resampling import Draws, Floats, cluster_sums, resampled_sums
from perg.stats.base.result import Internal
from perg.stats.items.reference import labels_of_others, medians_of_others
from perg.stats.judges.baselines import ChanceCorrected
from perg.stats.measures.comparison import UNDEFINED
from perg.stats.measures.jackknife import JackknifedDifference, jackknifed_difference
from perg.stats.measures.paired_sums import (
    PairedSums,
    TooManyLabels,
    paired_cohen_kappa,
    paired_informedness,
    paired_quadratic_kappa,
)
from perg.stats.ratings.ratings import BINARY, Ratings, RatingTable, category_codes, unit_values

NO_OTHERS = "no unit rated by the judge, a person and a majority of others"
ONE_SIDED = "the other people never disagree on whether preferences were followed"


@dataclass(frozen=True, slots=True)
class SkillBesidePeople:
    """The statistic of the judge, of people, and judge − people; n = comparisons.

    The interval of the difference has `difference_confidence`: its lower end is the one-sided limit of the verdict,
    corrected for the number of judges. `jackknife` is its source, None if there is no interval.
    """

    statistic: ChanceCorrected
    judge: Estimate
    people: Estimate
    difference: Estimate
    difference_confidence: float
    jackknife: Internal[JackknifedDifference | None] = None


def skill_beside_people(
    humans: RatingTable,
    judge: Ratings,
    statistic: ChanceCorrected = "informedness",
    *,
    judges: int = 1,
    draws: Draws,
) -> SkillBesidePeople:
    """Leave out each person in turn, and score this person and the judge (n_units,) on the others.

    The reference is the others' majority (informedness, of a binary table), their most common label (Cohen's kappa)
    or their median (quadratic kappa); where two labels are as common there is none. The comparisons of all people are
    pooled. Unlike the share of equal labels, these statistics give the rarer answer its due: a judge that misses most
    failures agrees with people as often as they do where failures are few.

    The intervals of judge and people are percentiles of the bootstrap. That of the difference
    is Student's of the jackknife (`jackknifed_difference`), with (1 − confidence) / judges beyond either end, so that
    of `judges` tested at once none is better by chance than one alone.

    Raises:
        ValueError: informedness of a table that is not binary, shapes that do not fit, fewer than one judge.
    """
    if statistic == "informedness" and humans.categories != BINARY:
        raise ValueError("followed or not followed is what people and judge are compared on")
    if judge.shape != (len(humans.units),):
        raise ValueError("the judge has one value per unit")
    draws.require_units(judge.size)
    if judges < 1:
        raise ValueError("there is one judge at least")
    level = (1 - draws.confidence) / judges

    def nothing(reason: str) -> SkillBesidePeople:
        undefined = Estimate.of_nothing(reason)
        return SkillBesidePeople(statistic, undefined, undefined, undefined, 1 - 2 * level)

    try:
        sums, compared = _sums(humans, judge, statistic)
    except TooManyLabels as error:
        return nothing(str(error))
    n = int(compared.sum())
    used: Flags = np.asarray(compared.any(axis=1))
    if n == 0:
        return nothing(NO_OTHERS)
    by_cluster = cluster_sums(sums.per_unit[used], draws.among(used).clusters)
    of_judge, of_people = sums.values(resampled_sums(by_cluster, draws))
    jackknife = jackknifed_difference(sums, draws.clusters)
    difference = of_judge[0] - of_people[0]
    interval = None if jackknife is None else jackknife.interval(level)
    reason = ONE_SIDED if statistic == "informedness" else UNDEFINED[statistic]

    def estimate(values: Floats) -> Estimate:
        return bootstrap_estimate(
            values[0],
            n,
            values[1:],
            undefined=reason,
            clusters=by_cluster.shape[0],
            confidence=draws.confidence,
        )

    return SkillBesidePeople(
        statistic,
        estimate(of_judge),
        estimate(of_people),
        Estimate.of_nothing(reason, n) if np.isnan(difference) else Estimate.of(difference, n, interval),
        1 - 2 * level,
        jackknife,
    )


def _sums(humans: RatingTable, judge: Ratings, statistic: ChanceCorrected) -> tuple[PairedSums, Flags]:
    """The sums of every unit, and which comparisons (n_units, n_people) they are of."""
    rated = ~np.isnan(humans.values) & ~np.isnan(judge)[:, np.newaxis]
    if statistic == "quadratic_kappa":
        people = unit_values(humans.values, humans.categories)
        referred = medians_of_others(people)
        compared = rated & ~np.isnan(referred)
        beside = np.broadcast_to(unit_values(judge, humans.categories)[:, np.newaxis], referred.shape)
        return paired_quadratic_kappa(referred, people, beside, compared), compared
    codes = humans.codes()
    of_judge = np.broadcast_to(category_codes(judge, humans.categories)[:, np.newaxis], codes.shape)
    labels = labels_of_others(codes)
    compared = rated & (labels >= 0)
    if statistic == "informedness":
        return paired_informedness(labels == 0, codes == 0, of_judge == 0, compared), compared
    return paired_cohen_kappa(labels, codes, of_judge, compared), compared
