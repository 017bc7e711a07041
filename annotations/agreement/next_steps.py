"""What a campaign needs next: labels for a narrow interval, for a verdict, and to tell two judges apart; and which."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypedDict

import numpy as np

from annotations.agreement.alternative_annotator_power import (
    LabellingModel,
    UnitsPlan,
    UnitsPlanDict,
    error_of_agreement,
    units_for_alternative_annotator_test,
)
from annotations.agreement.comparison_power import joint_of_ratings, units_for_comparison
from annotations.agreement.judge_validation import JudgeValidation
from annotations.agreement.labelled_items import NO_DECISION, LabelledItems
from annotations.agreement.next_labels import (
    StratumPlan,
    StratumPlanDict,
    disagreement_strata,
    next_labels,
)
from annotations.agreement.planning import LabelPlan, LabelPlanDict, labels_for_interval
from annotations.agreement.planning import Method as PlanMethod
from annotations.agreement.ratings import BINARY, Ratings
from annotations.agreement.undefined import Undefined, UndefinedDict
from annotations.agreement.validation_input import ValidationInput, ValidationSettings
from evaluation.statistics.proportions import Flags

HALF_WIDTHS = (0.05, 0.03)
METHODS: tuple[PlanMethod, ...] = ("human only", "PPI++", "Rogan-Gladen")
WANTED = 100
SIMULATIONS = 200
MOST_UNITS = 600
STEP = 30
POWER = 0.8


class JudgePlanDict(TypedDict):
    """`JudgePlan`, ready for JSON."""

    judge: str
    labels_for_interval: list[LabelPlanDict] | UndefinedDict
    items_for_alternative_annotator_test: UnitsPlanDict | UndefinedDict


@dataclass(frozen=True, slots=True)
class JudgePlan:
    """What one judge needs: labels for intervals of the alignment-failure rate, items for 80% power of the test."""

    judge: str
    labels_for_interval: tuple[LabelPlan, ...] | Undefined
    items_for_alternative_annotator_test: UnitsPlan | Undefined

    def as_dict(self) -> JudgePlanDict:
        """One JSON-ready object."""
        labels = self.labels_for_interval
        return {
            "judge": self.judge,
            "labels_for_interval": labels.as_dict()
            if isinstance(labels, Undefined)
            else [plan.as_dict() for plan in labels],
            "items_for_alternative_annotator_test": self.items_for_alternative_annotator_test.as_dict(),
        }


class ComparisonPlanDict(TypedDict):
    """`ComparisonPlan`, ready for JSON."""

    a: str
    b: str
    labelled: int
    items: int | None
    undefined: str | None


@dataclass(frozen=True, slots=True)
class ComparisonPlan:
    """Items, labelled in all, that tell two judges apart with 80% power; None, for a reason, where none would."""

    a: str
    b: str
    labelled: int
    items: int | None
    undefined: str | None

    def as_dict(self) -> ComparisonPlanDict:
        """One JSON-ready object."""
        return {
            "a": self.a,
            "b": self.b,
            "labelled": self.labelled,
            "items": self.items,
            "undefined": self.undefined,
        }


class LabelNextDict(TypedDict):
    """`LabelNext`, ready for JSON."""

    wanted: int
    items: list[Hashable]
    strata: list[StratumPlanDict]


@dataclass(frozen=True, slots=True)
class LabelNext:
    """The items to label next, those worth most first; strata are the numbers of judges that report a failure."""

    items: tuple[Hashable, ...]
    strata: tuple[StratumPlan, ...]

    def as_dict(self) -> LabelNextDict:
        """One JSON-ready object."""
        return {
            "wanted": WANTED,
            "items": list(self.items),
            "strata": [stratum.as_dict() for stratum in self.strata],
        }


class NextStepsDict(TypedDict):
    """`NextSteps`, ready for JSON."""

    judges: list[JudgePlanDict]
    comparisons: list[ComparisonPlanDict]
    label_next: LabelNextDict | UndefinedDict


@dataclass(frozen=True, slots=True)
class NextSteps:
    """What is needed next, by judge, by pair of judges, and of the labels themselves."""

    judges: tuple[JudgePlan, ...]
    comparisons: tuple[ComparisonPlan, ...]
    label_next: LabelNext | Undefined

    def as_dict(self) -> NextStepsDict:
        """One JSON-ready object."""
        return {
            "judges": [judge.as_dict() for judge in self.judges],
            "comparisons": [comparison.as_dict() for comparison in self.comparisons],
            "label_next": self.label_next.as_dict(),
        }


def next_steps(
    given: ValidationInput,
    labelled: LabelledItems,
    judges: Sequence[JudgeValidation],
    settings: ValidationSettings,
    progress: Callable[[float], None] | None = None,
) -> NextSteps:
    """Plan from what is known so far; a plan is as good as the few labels that it guesses from."""
    plans = []
    for done, judge in enumerate(judges):
        plans.append(
            JudgePlan(
                judge.name,
                _labels_for_intervals(judge, settings),
                _items_for_test(labelled, judge, settings),
            )
        )
        if progress is not None:
            progress((done + 1) / len(judges))
    return NextSteps(tuple(plans), _comparisons(labelled), _label_next(given, labelled, settings))


def _labels_for_intervals(
    judge: JudgeValidation, settings: ValidationSettings
) -> tuple[LabelPlan, ...] | Undefined:
    found = judge.assessment.confusion
    if found is None:
        return Undefined(NO_DECISION)
    sensitivity, specificity = found.sensitivity.value, found.specificity.value
    if sensitivity is None or specificity is None:
        return Undefined(str(found.sensitivity.undefined or found.specificity.undefined))
    if judge.n < 2:
        return Undefined("the judge scored fewer than two items")
    return tuple(
        labels_for_interval(
            half_width,
            failure_rate=(found.true_positive + found.false_negative) / found.n,
            sensitivity=sensitivity,
            specificity=specificity,
            judged=judge.n,
            method=method,
            confidence=settings.confidence,
        )
        for half_width in HALF_WIDTHS
        for method in METHODS
    )


def _items_for_test(
    labelled: LabelledItems, judge: JudgeValidation, settings: ValidationSettings
) -> UnitsPlan | Undefined:
    """The test's authors' simulation, on decisions where ratings are cut and on the ratings elsewhere."""
    if judge.assessment.alternative.passed:
        return Undefined("the judge passes it already")
    cut = labelled.cut
    humans = labelled.humans if cut is None else labelled.humans.followed(cut)
    ratings = labelled.judges.column(judge.name)
    ratings = ratings if cut is None else np.where(np.isnan(ratings), np.nan, ratings >= cut)
    people = len(humans.raters)
    if people < 2:
        return Undefined("the test needs two people or more")
    among_people = _agreement(list(combinations(humans.values.T, 2)))
    with_judge = _agreement([(person, ratings) for person in humans.values.T])
    counts = np.bincount(humans.codes()[humans.codes() >= 0], minlength=len(humans.categories))
    used = counts[counts > 0]
    if among_people is None or with_judge is None or used.size < 2:
        return Undefined("people and judge share too few items, or gave one rating only, to guess from")
    size = used.size
    if among_people < 1 / size or with_judge < 1 / size:
        return Undefined("people, or people and judge, agree less often than by chance")
    human_error = error_of_agreement(among_people, size)
    model = LabellingModel(
        shares=tuple(float(share) for share in used / used.sum()),
        human_error=human_error,
        judge_error=_error_with(with_judge, human_error, size),
    )
    return units_for_alternative_annotator_test(
        people,
        model,
        epsilon=settings.epsilon,
        power=POWER,
        most=MOST_UNITS,
        step=STEP,
        simulations=SIMULATIONS,
        rng=np.random.default_rng(settings.seed),
    )


def _agreement(pairs: Sequence[tuple[Ratings, Ratings]]) -> float | None:
    """Share of equal ratings over all items that both of a pair rated; None without any."""
    equal = sum(int((a == b).sum()) for a, b in pairs)
    both = sum(int((~(np.isnan(a) | np.isnan(b))).sum()) for a, b in pairs)
    return equal / both if both else None


def _error_with(agreement: float, human_error: float, size: int) -> float:
    """The judge's error that gives this agreement with people of that error, within [0, 1]."""
    others = size - 1
    # agreement = (1 − e)(1 − h) + e h / others, solved for the judge's e
    slope = (1 - human_error) - human_error / others
    return float(np.clip(((1 - human_error) - agreement) / slope, 0, 1)) if slope > 1e-9 else 1.0


def _comparisons(labelled: LabelledItems) -> tuple[ComparisonPlan, ...]:
    """Pairs of judges by informedness on people's decision."""
    if labelled.cut is None or labelled.decision is None:
        return ()
    judges = labelled.judges.followed(labelled.cut)
    plans = []
    for a, b in combinations(judges.raters, 2):
        first, second = judges.column(a), judges.column(b)
        n = int((~np.isnan(first + second + labelled.decision)).sum())
        items, why = None, None
        try:
            joint = joint_of_ratings(labelled.decision, first, second, BINARY)
            items = units_for_comparison(joint, "informedness", power=POWER)
            if items is None:
                why = "so far neither is better"
        except ValueError as error:  # no shared item, or people say one thing only
            why = str(error)
        plans.append(ComparisonPlan(a, b, n, items, why))
    return tuple(plans)


def _label_next(
    given: ValidationInput, labelled: LabelledItems, settings: ValidationSettings
) -> LabelNext | Undefined:
    if labelled.cut is None or labelled.decision is None:
        return Undefined(NO_DECISION)
    if not given.ratings.judges:
        return Undefined("no judge has scored anything")
    verdicts = given.table.select(given.ratings.judges).followed(labelled.cut).values
    counted: Flags = np.asarray(~np.isnan(verdicts).all(axis=1))
    if given.baseline_correct is not None:
        counted = counted & given.baseline_correct
    failed = np.full(len(given.table.units), np.nan)
    failed[labelled.rows] = 1 - labelled.decision
    rows = np.flatnonzero(counted)
    if np.isnan(failed[rows]).sum() == 0:
        return Undefined("every judged item that counts is labelled")
    found = next_labels(
        disagreement_strata(verdicts[rows]),
        failed[rows],
        wanted=WANTED,
        rng=np.random.default_rng(settings.seed),
    )
    return LabelNext(tuple(given.table.units[rows[unit]] for unit in found.units), found.strata)
