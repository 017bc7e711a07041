"""Everything the verdict on a judge rests on, out of one table of people's ratings."""

from dataclasses import dataclass
from typing import Literal, TypedDict

import numpy as np

from annotations.agreement.alpha import value_counts
from annotations.agreement.alternative_annotator_test import (
    MIN_INSTANCES_PER_HUMAN,
    AlternativeAnnotatorTest,
    AlternativeAnnotatorTestDict,
    Scoring,
    alternative_annotator_test,
)
from annotations.agreement.baselines import (
    BaselineTest,
    BaselineTestDict,
    ChanceCorrected,
    beats_baselines,
)
from annotations.agreement.confusion import Confusion, ConfusionDict, confusion
from annotations.agreement.leave_one_out import SkillBesidePeople, SkillBesidePeopleDict, skill_beside_people
from annotations.agreement.ratings import BINARY, Ratings, RatingTable, on_categories, rank_values
from annotations.agreement.verdict import Verdict, VerdictDict, informedness, verdict
from evaluation.statistics.estimate import Estimate, EstimateDict
from evaluation.statistics.resampling import RESAMPLES, Clusters

Scale = Literal["nominal", "ordinal", "interval"]


class AssessmentDict(TypedDict):
    """`Assessment`, ready for JSON."""

    verdict: VerdictDict
    alternative_annotator_test: AlternativeAnnotatorTestDict
    baselines: list[BaselineTestDict]
    skill: EstimateDict
    beside_people: SkillBesidePeopleDict | None
    confusion: ConfusionDict | None


@dataclass(frozen=True, slots=True)
class Assessment:
    """One judge: the verdict and the tests behind it.

    `confusion` and `beside_people` are None where there is no followed / not followed: no threshold, and ratings of
    more than two kinds. `skill` is then the chance-corrected statistic of the baseline tests, else informedness.
    """

    verdict: Verdict
    alternative: AlternativeAnnotatorTest
    baselines: tuple[BaselineTest, BaselineTest]
    skill: Estimate
    beside_people: SkillBesidePeople | None
    confusion: Confusion | None

    def as_dict(self) -> AssessmentDict:
        """One JSON-ready object."""
        return {
            "verdict": self.verdict.as_dict(),
            "alternative_annotator_test": self.alternative.as_dict(),
            "baselines": [test.as_dict() for test in self.baselines],
            "skill": self.skill.as_dict(),
            "beside_people": None if self.beside_people is None else self.beside_people.as_dict(),
            "confusion": None if self.confusion is None else self.confusion.as_dict(),
        }


def assess_judge(
    humans: RatingTable,
    judge: Ratings,
    *,
    scale: Scale,
    epsilon: float,
    threshold: float | None = None,
    is_cut: bool = True,
    scoring: Scoring | None = None,
    min_instances_per_human: int = MIN_INSTANCES_PER_HUMAN,
    clusters: Clusters | None = None,
    resamples: int = RESAMPLES,
    confidence: float = 0.95,
    rng: np.random.Generator,
) -> Assessment:
    """Assess a judge (n_units,), NaN where it gave nothing, against the people of a table over the same units.

    With a `threshold`, or two categories (the lower one then is the failure), skill is told on followed / not followed
    against the people's majority. Otherwise it is Cohen's kappa with their most common label (nominal) or quadratic
    kappa with their median. The alternative annotator test is scored by accuracy on nominal scales and by negative
    RMSE on the others, unless `scoring` says otherwise. On an ordinal scale both measure ranks. Without `is_cut`, two
    categories have no failure either.

    Raises:
        ValueError: as the tests do: shapes that do not fit, ratings outside the categories, epsilon outside [0, 1).
    """
    if threshold is None and is_cut and len(humans.categories) == 2:
        threshold = humans.categories[1]
    judge = on_categories(judge, humans.categories)
    if scale == "ordinal":  # the order of the numbers counts, not their distances
        threshold = None if threshold is None else float(np.searchsorted(humans.categories, threshold))
        judge, humans = rank_values(judge, humans.categories), humans.by_rank()
    alternative = alternative_annotator_test(
        humans,
        judge,
        epsilon=epsilon,
        scoring=scoring or ("accuracy" if scale == "nominal" else "neg_rmse"),
        min_instances_per_human=min_instances_per_human,
        clusters=clusters,
        resamples=resamples,
        confidence=confidence,
        rng=rng,
    )
    against: Confusion | None = None
    beside: SkillBesidePeople | None = None
    statistic: ChanceCorrected
    if threshold is not None:
        binary = humans.followed(threshold)
        followed = np.where(np.isnan(judge), np.nan, judge >= threshold)
        reference, given = binary.aggregate(binary.raters, "majority"), followed
        categories, statistic = BINARY, "informedness"
        against = confusion(followed, reference, clusters=clusters, confidence=confidence)
        beside = skill_beside_people(
            binary, followed, clusters=clusters, resamples=resamples, confidence=confidence, rng=rng
        )
    elif scale == "nominal":
        reference, given, categories, statistic = most_common(humans), judge, humans.categories, "cohen_kappa"
    else:
        reference, given = humans.aggregate(humans.raters), judge
        categories, statistic = humans.with_column("\0median", reference).categories, "quadratic_kappa"
    baselines = beats_baselines(
        given,
        reference,
        categories,
        statistic,
        clusters=clusters,
        resamples=resamples,
        confidence=confidence,
        rng=rng,
    )
    rated = (~np.isnan(humans.values)).sum(axis=1)
    labels_per_unit = float(rated[rated > 0].mean()) if rated.any() else 1.0
    return Assessment(
        verdict=verdict(alternative, baselines, against, beside, labels_per_unit=labels_per_unit),
        alternative=alternative,
        baselines=baselines,
        skill=baselines[0].value if against is None else informedness(against),
        beside_people=beside,
        confusion=against,
    )


def most_common(table: RatingTable) -> Ratings:
    """The label that most people gave each unit (n_units,); NaN where two are as common, or there is none."""
    unit, category, count = value_counts(table.codes())
    most = np.zeros(len(table.units), dtype=np.int64)
    np.maximum.at(most, unit, count)
    first = count == most[unit]
    single = first & (np.bincount(unit[first], minlength=most.size)[unit] == 1)
    labels = np.full(most.size, np.nan)
    labels[unit[single]] = np.asarray(table.categories, dtype=np.float64)[category[single]]
    return labels
