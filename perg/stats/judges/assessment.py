"""All tests behind the verdict on a judge, from one table of people's ratings."""

from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np

from perg.stats.base.estimate import Estimate
from perg.stats.base.resampling import Draws
from perg.stats.base.terms import GENERAL, Terms
from perg.stats.base.undefined import Undefined
from perg.stats.correction.corrections import Correction
from perg.stats.items.annotator_test import Scoring
from perg.stats.items.labelled_items import NO_DECISION
from perg.stats.items.reference import most_common
from perg.stats.judges.alternative_annotator import AlternativeAnnotatorTest, alternative_annotator_test
from perg.stats.judges.baselines import (
    BASELINE_LEVEL,
    PERMUTATIONS,
    BaselineTest,
    ChanceCorrected,
    beats_baselines,
)
from perg.stats.judges.leave_one_out import SkillBesidePeople, skill_beside_people
from perg.stats.judges.non_inferiority import NonInferiority, non_inferiority
from perg.stats.judges.reference_quality import reference_quality
from perg.stats.judges.replacement_plan import units_to_pass
from perg.stats.judges.verdict import Verdict, informedness, verdict
from perg.stats.measures.confusion import Confusion, confusion
from perg.stats.ratings.ratings import BINARY, Ratings, RatingTable, on_categories, rank_values

Scale = Literal["nominal", "ordinal", "interval"]

PERMUTATIONS_PER_LEVEL = 20
"""Permutations are drawn until this many are expected beyond the level: with fewer, no judge could ever be significant
among many judges."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """One judge: the verdict and the tests behind it.

    `confusion` is None if ratings are not dichotomised: no threshold, and
    more than two kinds of ratings. `skill` is then the chance-corrected statistic of the baseline tests,
    else informedness; it is against all people, and `beside_people` against the others.
    """

    verdict: Verdict
    alternative_annotator_test: AlternativeAnnotatorTest
    baselines: tuple[BaselineTest, BaselineTest]
    skill: Estimate
    beside_people: SkillBesidePeople
    non_inferiority: NonInferiority
    confusion: Confusion | None


def assess_judge(
    humans: RatingTable,
    judge: Ratings,
    *,
    scale: Scale,
    epsilon: float,
    threshold: float | None = None,
    is_cut: bool = True,
    scoring: Scoring | None = None,
    judges: int = 1,
    correction: Correction | Undefined | None = None,
    draws: Draws,
    terms: Terms = GENERAL,
) -> Assessment:
    """Assess a judge (n_units,), NaN where it gave nothing, against the people of a table over the same units.

    With a `threshold`, or two categories (the lower one is the failure), skill is measured on followed / not followed
    against the people's majority. Otherwise it is Cohen's kappa with their most common label (nominal) or quadratic
    kappa with their median. The alternative annotator test is scored by accuracy on nominal scales and by negative
    RMSE on the others, unless `scoring` says otherwise. On an ordinal scale both measure ranks. Without `is_cut`, two
    categories have no failure either.

    `judges` is the number of judges tested at once, including this one: the levels of the tests are divided by it.
    `correction` is the result of the report's rates for this judge. If none are computed (None), a dichotomised scale,
    or one with two categories, counts as one whose rates can be corrected.

    Raises:
        ValueError: as the tests do: shapes that do not fit, ratings outside the categories, epsilon outside [0, 1).
    """
    if threshold is None and is_cut and len(humans.categories) == 2:
        threshold = humans.categories[1]
    judge = on_categories(judge, humans.categories)
    if scale == "ordinal":  # the order of the numbers counts, not their distances
        threshold = None if threshold is None else float(np.searchsorted(humans.categories, threshold))
        judge, humans = rank_values(judge, humans.categories), humans.by_rank()
    scoring = scoring or ("accuracy" if scale == "nominal" else "neg_rmse")
    alternative = alternative_annotator_test(humans, judge, epsilon=epsilon, scoring=scoring, draws=draws)
    against: Confusion | None = None
    people, rated, statistic = humans, judge, statistic_of(scale, is_cut=threshold is not None)
    if threshold is not None:
        people = humans.followed(threshold)
        rated = np.where(np.isnan(judge), np.nan, judge >= threshold)
        reference, categories = people.aggregate(people.raters, "majority"), BINARY
        against = confusion(
            rated, reference, clusters=draws.clusters, confidence=draws.confidence, terms=terms
        )
    elif scale == "nominal":
        reference, categories = most_common(humans), humans.categories
    else:
        reference = humans.aggregate(humans.raters)
        categories = humans.with_column("\0median", reference).categories
    level = BASELINE_LEVEL / judges
    baselines = beats_baselines(
        rated,
        reference,
        categories,
        statistic,
        level=level,
        permutations=max(PERMUTATIONS, round(PERMUTATIONS_PER_LEVEL / level)),
        draws=draws,
    )
    beside = skill_beside_people(people, rated, statistic, judges=judges, draws=draws)
    as_good = non_inferiority(
        beside,
        epsilon=epsilon,
        reference_quality=reference_quality(people, statistic, rng=draws.rng),
        judges=judges,
    )
    if correction is None:
        correction = Undefined(NO_DECISION) if threshold is None else Correction((), 0, 0)
    labels = ~np.isnan(humans.values)
    return Assessment(
        verdict=verdict(
            alternative,
            baselines,
            against,
            beside,
            as_good,
            correction=correction,
            units_to_pass=partial(units_to_pass, humans, judge, alternative, scoring, draws=draws),
            labels=int(labels.sum()),
            units_rated=int(labels.any(axis=1).sum()),
            units_shared=int((labels.any(axis=1) & ~np.isnan(judge)).sum()),
            categories=max(len(humans.categories), 2) if statistic == "cohen_kappa" else 2,
            terms=terms,
        ),
        alternative_annotator_test=alternative,
        baselines=baselines,
        skill=baselines[0].value if against is None else informedness(against),
        beside_people=beside,
        non_inferiority=as_good,
        confusion=against,
    )


def statistic_of(scale: Scale, *, is_cut: bool) -> ChanceCorrected:
    """The statistic that measures skill."""
    if is_cut:
        return "informedness"
    return "cohen_kappa" if scale == "nominal" else "quadratic_kappa"
