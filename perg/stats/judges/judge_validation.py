"""Everything in a validation report about one judge."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from perg.stats.base.estimate import Estimate
from perg.stats.base.pooling import PooledBootstrap, pool
from perg.stats.base.resampling import Clusters, Draws, Floats, defined_ratio
from perg.stats.base.result import added
from perg.stats.base.undefined import Undefined
from perg.stats.correction.corrections import Correction
from perg.stats.correction.slices import JudgeSlice, judge_slices, quantile_slices
from perg.stats.items.labelled_items import NO_DECISION, LabelledItems
from perg.stats.items.validation_input import ValidationInput, ValidationSettings
from perg.stats.judges.alternative_annotator import AlternativeAnnotatorTest
from perg.stats.judges.assessment import assess_judge
from perg.stats.judges.baselines import BaselineTest
from perg.stats.judges.calibration import (
    JudgeBias,
    ScoreCalibration,
    judge_bias,
    score_calibration,
)
from perg.stats.judges.judge_errors import CovariateEffect, covariate_effect
from perg.stats.judges.leave_one_out import SkillBesidePeople
from perg.stats.judges.non_inferiority import NonInferiority
from perg.stats.judges.verdict import FLOOR, Verdict
from perg.stats.measures.alpha import Level, krippendorff_alpha
from perg.stats.measures.confusion import Confusion, confusion
from perg.stats.ratings.ratings import BINARY, Ratings, RatingTable

FEW_IN_SLICE = 5
REST = "other (fewer than 5 labels each)"


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


@dataclass(frozen=True, slots=True)
class JudgeValidation:
    """One judge of the report.

    Attributes:
        n: items that it scored; unscored: those it did not.
        verdict: None for a rule-based floor, which is a yardstick, and for a judge on another scale than people;
            `no_verdict` is then the reason.
        alternative_annotator_test, baselines, skill, beside_people, non_inferiority: the tests behind the verdict
            (`Assessment`). confusion: against the people's majority.
        alpha_with_humans: Krippendorff's α of the judge and people's median (most common label, nominal).
        alpha_humans_and_judge: α of all people with the judge as one more of them.
        confusion_with_gold: the confusion against what was adjudicated, where it was.
        bias, calibration, slices: against people's decision (as adjudicated, else their majority).
    """

    name: str
    kind: str
    n: int
    unscored: int
    verdict: Verdict | None
    no_verdict: str | None = field(default=None, kw_only=True)
    alternative_annotator_test: AlternativeAnnotatorTest
    baselines: tuple[BaselineTest, ...]
    skill: Estimate
    beside_people: SkillBesidePeople | Undefined
    non_inferiority: Annotated[NonInferiority | None, added(required=True, null=False)] = field(
        default=None, kw_only=True
    )
    alpha_with_humans: Estimate
    alpha_humans_and_judge: Estimate
    confusion: Confusion | Undefined
    confusion_with_gold: Confusion | Undefined
    bias: JudgeBias | Undefined
    calibration: ScoreCalibration | Undefined
    slices: tuple[JudgeSlice, ...] | Undefined
    verbosity: CovariateEffect | Undefined
    position: CovariateEffect | Undefined
    self_consistency: SelfConsistency | Undefined


def judge_validation(
    name: str,
    data: ValidationInput,
    labelled: LabelledItems,
    settings: ValidationSettings,
    correction: Correction | Undefined,
) -> JudgeValidation:
    """Everything about one judge of the input, from the items that people labelled.

    `correction` is what the report's rates have for this judge. Of the judges tested at once, floors do not
    count: nobody chooses among them.
    """
    return _Judge(name, data, labelled, settings).validation(correction)


class _Judge:
    """One judge's ratings, and what the parts of its section share."""

    def __init__(
        self, name: str, data: ValidationInput, labelled: LabelledItems, settings: ValidationSettings
    ) -> None:
        self.name, self.data, self.labelled, self.settings = name, data, labelled, settings
        self.ratings = labelled.judges.column(name)
        cut = labelled.cut
        self.followed = None if cut is None else np.where(np.isnan(self.ratings), np.nan, self.ratings >= cut)

    def draws(self) -> Draws:
        """The same draws for every part, and for every judge."""
        return self.settings.draws(self.labelled.clusters)

    def validation(self, correction: Correction | Undefined) -> JudgeValidation:
        data, labelled, settings = self.data, self.labelled, self.settings
        scored = int((~np.isnan(data.table.column(self.name))).sum())
        kinds = [data.judge_kinds.get(name, "judge") for name in data.ratings.judges]
        kind = data.judge_kinds.get(self.name, "judge")
        no_verdict = FLOOR if kind == "floor" else data.incomparable.get(self.name)
        assessment = assess_judge(
            labelled.humans,
            self.ratings,
            judges=max(sum(one != "floor" for one in kinds), 1),
            correction=correction,
            scale=data.ratings.scale,
            epsilon=settings.epsilon,
            threshold=labelled.cut,
            is_cut=labelled.cut is not None,
            scoring=settings.scoring,
            draws=self.draws(),
            terms=data.terms,
        )
        bias, calibration, slices = self.against_decision()
        return JudgeValidation(
            name=self.name,
            kind=kind,
            n=scored,
            unscored=len(data.table.units) - scored,
            verdict=None if no_verdict else assessment.verdict,
            no_verdict=no_verdict,
            alternative_annotator_test=assessment.alternative_annotator_test,
            baselines=assessment.baselines,
            skill=assessment.skill,
            beside_people=assessment.beside_people,
            non_inferiority=assessment.non_inferiority,
            alpha_with_humans=self.alpha(
                np.column_stack([labelled.score, self.ratings]), labelled.categories
            ),
            alpha_humans_and_judge=self.alpha(
                np.column_stack([labelled.humans.values, self.ratings]), labelled.humans.categories
            ),
            confusion=assessment.confusion or Undefined(NO_DECISION),
            confusion_with_gold=self.confusion_with_gold(),
            bias=bias,
            calibration=calibration,
            slices=slices,
            verbosity=self.effect(data.response_length, "no response lengths are given"),
            position=self.effect(
                data.position, "the place at which the judge or people saw a response is not given"
            ),
            self_consistency=self.self_consistency(),
        )

    def alpha(self, values: Ratings, categories: tuple[float, ...]) -> Estimate:
        raters = tuple(str(column) for column in range(values.shape[1]))
        table = RatingTable(self.labelled.humans.units, raters, values, categories)
        return krippendorff_alpha(table, self.data.ratings.scale, draws=self.draws())

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
            terms=self.data.terms,
        )

    def against_decision(
        self,
    ) -> tuple[JudgeBias | Undefined, ScoreCalibration | Undefined, tuple[JudgeSlice, ...] | Undefined]:
        """Bias, calibration and slices."""
        decision = self.labelled.decision
        if self.followed is None or decision is None:
            undefined = Undefined(NO_DECISION)
            return undefined, undefined, undefined
        # Names have no distances: there the decisions take the place of scores.
        nominal = self.data.ratings.scale == "nominal"
        scores = self.followed if nominal else self.ratings
        facets = labelled_facets(self.data, self.labelled.rows)
        bias = judge_bias(
            scores,
            decision if nominal else self.labelled.score,
            BINARY if nominal else self.labelled.categories,
            judge_followed=self.followed,
            people_followed=decision,
            draws=self.draws(),
        )
        calibration = score_calibration(
            scores, decision, BINARY if nominal else self.data.table.categories, draws=self.draws()
        )
        if not facets:
            return bias, calibration, Undefined("nothing is known of the items to slice them by")
        return bias, calibration, judge_slices(self.followed, decision, facets, draws=self.draws())

    def effect(self, covariate: Floats | None, absent: str) -> CovariateEffect | Undefined:
        if covariate is None:
            return Undefined(absent)
        if self.data.ratings.scale == "nominal":
            return Undefined("the scale is nominal: an error has no direction and no size")
        return covariate_effect(
            self.ratings, self.labelled.score, covariate[self.labelled.rows], draws=self.draws()
        )

    def self_consistency(self) -> SelfConsistency | Undefined:
        table = self.data.replicates.get(self.name)
        if table is None or len(table.raters) < 2:
            return Undefined("the judge was asked once only: it has no replicates")
        return self_consistency(
            table, self.data.clusters, self.data.ratings.scale, self.labelled.cut, self.settings
        )


def self_consistency(
    table: RatingTable,
    clusters: Clusters,
    level: Level,
    cut: float | None,
    settings: ValidationSettings,
) -> SelfConsistency:
    """Agreement of a judge's replicates, the raters of the table; `cut` as in `LabelledItems`."""
    pairs = np.zeros(len(table.units))
    equal = np.zeros(len(table.units))
    for a, b in combinations(table.values.T, 2):
        both = ~(np.isnan(a) | np.isnan(b))
        pairs, equal = pairs + both, equal + (both & (a == b))
    counts = np.column_stack([equal, pairs]).astype(np.int64)
    pools = pool(counts, clusters)
    scored_again = int((pairs > 0).sum())
    return SelfConsistency(
        replicates=len(table.raters),
        n=scored_again,
        alpha=krippendorff_alpha(table, level, draws=settings.draws(clusters)),
        alpha_followed=Estimate.of_nothing(NO_DECISION)
        if cut is None
        else krippendorff_alpha(table.followed(cut), "nominal", draws=settings.draws(clusters)),
        equal_ratings=PooledBootstrap(pools, settings.draws()).estimate(
            counts[pools.first].astype(np.float64),
            lambda sums: defined_ratio(sums[:, 0], sums[:, 1]),
            n=scored_again,
            undefined="no item was scored twice",
        ),
    )


def labelled_facets(data: ValidationInput, rows: Clusters) -> Mapping[str, NDArray[np.str_]]:
    """The facets of the items at `rows` (m,): "" for none, small slices put together, and response length in thirds."""
    facets: dict[str, NDArray[np.str_]] = {}
    for facet, slices in data.facets.items():
        names = np.array([slices[row] or "" for row in rows], dtype=np.str_)
        slice_names, counts = np.unique(names[names != ""], return_counts=True)
        rare = slice_names[counts < FEW_IN_SLICE]
        if rare.size > 1:
            names = np.where(np.isin(names, rare), REST, names)
        if np.unique(names[names != ""]).size > 1:
            facets[facet] = names
    if data.response_length is not None and rows.size:
        facets[data.length_name] = quantile_slices(data.response_length[rows], unit="characters")
    return facets
