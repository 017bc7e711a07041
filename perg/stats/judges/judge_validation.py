"""All that a validation report says of one judge."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from perg.stats.base.estimate import Estimate, EstimateDict
from perg.stats.base.pooling import PooledBootstrap, pool
from perg.stats.base.resampling import Clusters, Floats, defined_ratio
from perg.stats.base.undefined import Undefined, UndefinedDict
from perg.stats.correction.corrections import Correction
from perg.stats.correction.slices import JudgeSlice, JudgeSliceDict, judge_slices, quantile_slices
from perg.stats.items.labelled_items import NO_DECISION, LabelledItems
from perg.stats.items.validation_input import ValidationInput, ValidationSettings
from perg.stats.judges.alternative_annotator import AlternativeAnnotatorTestDict
from perg.stats.judges.assessment import Assessment, assess_judge
from perg.stats.judges.baselines import BaselineTestDict
from perg.stats.judges.calibration import (
    JudgeBias,
    JudgeBiasDict,
    ScoreCalibration,
    ScoreCalibrationDict,
    judge_bias,
    score_calibration,
)
from perg.stats.judges.judge_errors import CovariateEffect, CovariateEffectDict, covariate_effect
from perg.stats.judges.leave_one_out import SkillBesidePeopleDict
from perg.stats.judges.non_inferiority import NonInferiorityDict
from perg.stats.judges.verdict import FLOOR, Verdict, VerdictDict
from perg.stats.measures.alpha import Level, krippendorff_alpha
from perg.stats.measures.confusion import Confusion, ConfusionDict, confusion
from perg.stats.ratings.ratings import BINARY, Ratings, RatingTable

FEW_IN_SLICE = 5
REST = "other (fewer than 5 labels each)"
LENGTH = "response length"


class SelfConsistencyDict(TypedDict):
    """`SelfConsistency`, ready for JSON."""

    replicates: int
    n: int
    alpha: EstimateDict
    alpha_followed: EstimateDict
    equal_ratings: EstimateDict


@dataclass(frozen=True, slots=True)
class SelfConsistency:
    """A judge asked again: agreement of its replicates over the `n` items with two or more.

    `equal_ratings` is the share of pairs of replicates that gave an item the same rating.
    """

    replicates: int
    n: int
    alpha: Estimate
    alpha_followed: Estimate
    equal_ratings: Estimate

    def as_dict(self) -> SelfConsistencyDict:
        """One JSON-ready object."""
        return {
            "replicates": self.replicates,
            "n": self.n,
            "alpha": self.alpha.as_dict(),
            "alpha_followed": self.alpha_followed.as_dict(),
            "equal_ratings": self.equal_ratings.as_dict(),
        }


class JudgeValidationDict(TypedDict):
    """`JudgeValidation`, ready for JSON."""

    name: str
    kind: str
    n: int
    unscored: int
    verdict: VerdictDict | None
    no_verdict: str | None
    alternative_annotator_test: AlternativeAnnotatorTestDict
    baselines: list[BaselineTestDict]
    skill: EstimateDict
    beside_people: SkillBesidePeopleDict
    non_inferiority: NonInferiorityDict
    alpha_with_humans: EstimateDict
    alpha_humans_and_judge: EstimateDict
    confusion: ConfusionDict | UndefinedDict
    confusion_with_gold: ConfusionDict | UndefinedDict
    bias: JudgeBiasDict | UndefinedDict
    calibration: ScoreCalibrationDict | UndefinedDict
    slices: list[JudgeSliceDict] | UndefinedDict
    verbosity: CovariateEffectDict | UndefinedDict
    position: CovariateEffectDict | UndefinedDict
    self_consistency: SelfConsistencyDict | UndefinedDict


@dataclass(frozen=True, slots=True)
class JudgeValidation:
    """One judge of the report.

    Attributes:
        n: items that it scored; unscored: those it did not.
        verdict: None for a rule-based floor, which is a yardstick, and for a judge on another scale than people;
            `no_verdict` is then the reason.
        assessment: the tests behind the verdict; its confusion is against the people's majority.
        alpha_with_humans: Krippendorff's α of the judge and people's median (most common label, nominal).
        alpha_humans_and_judge: α of all people with the judge as one more of them.
        confusion_with_gold: the confusion against what was adjudicated, where it was.
        bias, calibration, slices: against people's decision (as adjudicated, else their majority).
    """

    name: str
    kind: str
    n: int
    unscored: int
    assessment: Assessment
    verdict: Verdict | None
    no_verdict: str | None
    alpha_with_humans: Estimate
    alpha_humans_and_judge: Estimate
    confusion_with_gold: Confusion | Undefined
    bias: JudgeBias | Undefined
    calibration: ScoreCalibration | Undefined
    slices: tuple[JudgeSlice, ...] | Undefined
    verbosity: CovariateEffect | Undefined
    position: CovariateEffect | Undefined
    self_consistency: SelfConsistency | Undefined

    def as_dict(self) -> JudgeValidationDict:
        """One JSON-ready object."""
        assessed, nothing = self.assessment, Undefined(NO_DECISION)
        slices = self.slices
        return {
            "name": self.name,
            "kind": self.kind,
            "n": self.n,
            "unscored": self.unscored,
            "verdict": None if self.verdict is None else self.verdict.as_dict(),
            "no_verdict": self.no_verdict,
            "alternative_annotator_test": assessed.alternative.as_dict(),
            "baselines": [test.as_dict() for test in assessed.baselines],
            "skill": assessed.skill.as_dict(),
            "beside_people": assessed.beside_people.as_dict(),
            "non_inferiority": assessed.non_inferiority.as_dict(),
            "alpha_with_humans": self.alpha_with_humans.as_dict(),
            "alpha_humans_and_judge": self.alpha_humans_and_judge.as_dict(),
            "confusion": (assessed.confusion or nothing).as_dict(),
            "confusion_with_gold": self.confusion_with_gold.as_dict(),
            "bias": self.bias.as_dict(),
            "calibration": self.calibration.as_dict(),
            "slices": slices.as_dict()
            if isinstance(slices, Undefined)
            else [part.as_dict() for part in slices],
            "verbosity": self.verbosity.as_dict(),
            "position": self.position.as_dict(),
            "self_consistency": self.self_consistency.as_dict(),
        }


def judge_validation(
    name: str,
    given: ValidationInput,
    labelled: LabelledItems,
    settings: ValidationSettings,
    correction: Correction | Undefined,
) -> JudgeValidation:
    """Everything on one judge of the input, out of the items that people labelled.

    `correction` is what the report's rates have for this judge. Of the judges that are tried at once, floors do not
    count: nobody chooses among them.
    """
    return _Judge(name, given, labelled, settings).validation(correction)


class _Judge:
    """One judge's ratings, and what the parts of its section share."""

    def __init__(
        self, name: str, given: ValidationInput, labelled: LabelledItems, settings: ValidationSettings
    ) -> None:
        self.name, self.given, self.labelled, self.settings = name, given, labelled, settings
        self.ratings = labelled.judges.column(name)
        cut = labelled.cut
        self.followed = None if cut is None else np.where(np.isnan(self.ratings), np.nan, self.ratings >= cut)

    def rng(self) -> np.random.Generator:
        """The same draws for every part, and for every judge."""
        return np.random.default_rng(self.settings.seed)

    def validation(self, correction: Correction | Undefined) -> JudgeValidation:
        given, labelled, settings = self.given, self.labelled, self.settings
        scored = int((~np.isnan(given.table.column(self.name))).sum())
        kinds = [given.judge_kinds.get(name, "judge") for name in given.ratings.judges]
        kind = given.judge_kinds.get(self.name, "judge")
        no_verdict = FLOOR if kind == "floor" else given.incomparable.get(self.name)
        assessment = assess_judge(
            labelled.humans,
            self.ratings,
            judges=max(sum(one != "floor" for one in kinds), 1),
            correction=correction,
            scale=given.ratings.scale,
            epsilon=settings.epsilon,
            threshold=labelled.cut,
            is_cut=labelled.cut is not None,
            scoring=settings.scoring,
            clusters=labelled.clusters,
            resamples=settings.resamples,
            confidence=settings.confidence,
            rng=self.rng(),
        )
        return JudgeValidation(
            name=self.name,
            kind=kind,
            n=scored,
            unscored=len(given.table.units) - scored,
            assessment=assessment,
            verdict=None if no_verdict else assessment.verdict,
            no_verdict=no_verdict,
            alpha_with_humans=self.alpha(
                np.column_stack([labelled.score, self.ratings]), labelled.categories
            ),
            alpha_humans_and_judge=self.alpha(
                np.column_stack([labelled.humans.values, self.ratings]), labelled.humans.categories
            ),
            confusion_with_gold=self.confusion_with_gold(),
            bias=self.bias(),
            calibration=self.calibration(),
            slices=self.slices(),
            verbosity=self.effect(given.response_length, "no response lengths are given"),
            position=self.effect(
                given.position, "the place at which the judge or people saw a response is not given"
            ),
            self_consistency=self.self_consistency(),
        )

    def alpha(self, values: Ratings, categories: tuple[float, ...]) -> Estimate:
        raters = tuple(str(column) for column in range(values.shape[1]))
        table = RatingTable(self.labelled.humans.units, raters, values, categories)
        return krippendorff_alpha(
            table,
            self.given.ratings.scale,
            clusters=self.labelled.clusters,
            resamples=self.settings.resamples,
            confidence=self.settings.confidence,
            rng=self.rng(),
        )

    def confusion_with_gold(self) -> Confusion | Undefined:
        if self.followed is None:
            return Undefined(NO_DECISION)
        gold = self.labelled.adjudicated
        if gold is None or np.isnan(gold).all():
            return Undefined("nothing has been adjudicated")
        return confusion(
            self.followed,
            gold,
            clusters=self.labelled.clusters,
            confidence=self.settings.confidence,
        )

    def bias(self) -> JudgeBias | Undefined:
        decision = self.labelled.decision
        if self.followed is None or decision is None:
            return Undefined(NO_DECISION)
        # Names have no distances: there the decisions take the place of scores.
        nominal = self.given.ratings.scale == "nominal"
        return judge_bias(
            self.followed if nominal else self.ratings,
            decision if nominal else self.labelled.score,
            BINARY if nominal else self.labelled.categories,
            judge_followed=self.followed,
            people_followed=decision,
            clusters=self.labelled.clusters,
            resamples=self.settings.resamples,
            confidence=self.settings.confidence,
            rng=self.rng(),
        )

    def calibration(self) -> ScoreCalibration | Undefined:
        if self.followed is None or self.labelled.decision is None:
            return Undefined(NO_DECISION)
        nominal = self.given.ratings.scale == "nominal"
        return score_calibration(
            self.followed if nominal else self.ratings,
            self.labelled.decision,
            BINARY if nominal else self.given.table.categories,
            clusters=self.labelled.clusters,
            resamples=self.settings.resamples,
            confidence=self.settings.confidence,
            rng=self.rng(),
        )

    def slices(self) -> tuple[JudgeSlice, ...] | Undefined:
        decision = self.labelled.decision
        if self.followed is None or decision is None:
            return Undefined(NO_DECISION)
        facets = labelled_facets(self.given, self.labelled.rows)
        if not facets:
            return Undefined("nothing is known of the items to slice them by")
        return judge_slices(
            self.followed,
            decision,
            facets,
            clusters=self.labelled.clusters,
            resamples=self.settings.resamples,
            confidence=self.settings.confidence,
            rng=self.rng(),
        )

    def effect(self, covariate: Floats | None, absent: str) -> CovariateEffect | Undefined:
        if covariate is None:
            return Undefined(absent)
        if self.given.ratings.scale == "nominal":
            return Undefined("the scale is nominal: an error has no direction and no size")
        return covariate_effect(
            self.ratings,
            self.labelled.score,
            covariate[self.labelled.rows],
            clusters=self.labelled.clusters,
            resamples=self.settings.resamples,
            confidence=self.settings.confidence,
            rng=self.rng(),
        )

    def self_consistency(self) -> SelfConsistency | Undefined:
        table = self.given.replicates.get(self.name)
        if table is None or len(table.raters) < 2:
            return Undefined("the judge was asked once only: it has no replicates")
        return self_consistency(
            table, self.given.clusters, self.given.ratings.scale, self.labelled.cut, self.settings
        )


def self_consistency(
    table: RatingTable,
    clusters: Clusters,
    level: Level,
    cut: float | None,
    settings: ValidationSettings,
) -> SelfConsistency:
    """Agreement of a judge's replicates, the raters of the table; `cut` as in `LabelledItems`."""

    def alpha(of: RatingTable, level: Level) -> Estimate:
        return krippendorff_alpha(
            of,
            level,
            clusters=clusters,
            resamples=settings.resamples,
            confidence=settings.confidence,
            rng=np.random.default_rng(settings.seed),
        )

    pairs = np.zeros(len(table.units))
    equal = np.zeros(len(table.units))
    for a, b in combinations(table.values.T, 2):
        both = ~(np.isnan(a) | np.isnan(b))
        pairs, equal = pairs + both, equal + (both & (a == b))
    counts = np.column_stack([equal, pairs]).astype(np.int64)
    pools = pool(counts, clusters)
    asked_again = int((pairs > 0).sum())
    return SelfConsistency(
        replicates=len(table.raters),
        n=asked_again,
        alpha=alpha(table, level),
        alpha_followed=Estimate.of_nothing(NO_DECISION)
        if cut is None
        else alpha(table.followed(cut), "nominal"),
        equal_ratings=PooledBootstrap(
            pools, rng=np.random.default_rng(settings.seed), resamples=settings.resamples
        ).estimate(
            counts[pools.first].astype(np.float64),
            lambda sums: defined_ratio(sums[:, 0], sums[:, 1]),
            n=asked_again,
            undefined="no item was scored twice",
            confidence=settings.confidence,
        ),
    )


def labelled_facets(given: ValidationInput, rows: Clusters) -> Mapping[str, NDArray[np.str_]]:
    """The facets of the items at `rows` (m,): "" for none, small slices put together, and response length in thirds."""
    facets: dict[str, NDArray[np.str_]] = {}
    for facet, slices in given.facets.items():
        names = np.array([slices[row] or "" for row in rows], dtype=np.str_)
        found, counts = np.unique(names[names != ""], return_counts=True)
        rare = found[counts < FEW_IN_SLICE]
        if rare.size > 1:
            names = np.where(np.isin(names, rare), REST, names)
        if np.unique(names[names != ""]).size > 1:
            facets[facet] = names
    if given.response_length is not None and rows.size:
        facets[LENGTH] = quantile_slices(given.response_length[rows], unit="characters")
    return facets
