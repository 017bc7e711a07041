"""What a campaign needs next: labels for a narrow interval, for a verdict, and to tell two judges apart; and which."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from perg.stats.base.proportions import Flags
from perg.stats.base.result import ItemId
from perg.stats.base.undefined import Undefined
from perg.stats.items.labelled_items import NO_DECISION, LabelledItems
from perg.stats.items.validation_input import ValidationInput, ValidationSettings
from perg.stats.judges.judge_validation import JudgeValidation
from perg.stats.planning.alternative_annotator_power import UnitsPlan
from perg.stats.planning.comparison_power import LEVEL, MOST_UNITS, ComparisonModel
from perg.stats.planning.judge_plans import POWER, items_for_test, labels_for_intervals
from perg.stats.planning.next_labels import StratumPlan, disagreement_strata, next_labels
from perg.stats.planning.planning import LabelPlan
from perg.stats.ratings.ratings import BINARY, Ratings

WANTED = 100
FEWEST_RARER = 10
"""Decisions of the rarer kind, to plan a comparison from."""
FEW_RARER = 30
"""With fewer of them a plan is marked as rough."""


@dataclass(frozen=True, slots=True)
class JudgePlan:
    """What one judge needs: labels for intervals of the alignment-failure rate, items for 80% power of the test."""

    judge: str
    labels_for_interval: tuple[LabelPlan, ...] | Undefined
    items_for_alternative_annotator_test: UnitsPlan | Undefined


@dataclass(frozen=True, slots=True)
class ComparisonPlan:
    """Items, labelled in all, that tell two judges apart with 80% power, given the labels so far.

    The test is corrected over all pairs of judges. None, for a reason, where the labels so far tell too little.
    """

    a: str
    b: str
    labelled: int
    items: int | None
    undefined: str | None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LabelNext:
    """The items to label next, those worth most first; strata are the numbers of judges that report a failure."""

    wanted: int
    items: tuple[ItemId, ...]
    strata: tuple[StratumPlan, ...]


@dataclass(frozen=True, slots=True)
class NextSteps:
    """What is needed next, by judge, by pair of judges, and of the labels themselves."""

    judges: tuple[JudgePlan, ...]
    comparisons: tuple[ComparisonPlan, ...]
    label_next: LabelNext | Undefined


def next_steps(
    data: ValidationInput,
    labelled: LabelledItems,
    judges: Sequence[JudgeValidation],
    settings: ValidationSettings,
    progress: Callable[[float], None] | None = None,
) -> NextSteps:
    """Plan from what is known so far; a plan is as good as the few labels that it guesses from."""
    plans = []
    for index, judge in enumerate(judges):
        plans.append(
            JudgePlan(
                judge.name,
                labels_for_intervals(data, labelled, judge.name, settings),
                items_for_test(labelled, judge, settings),
            )
        )
        if progress is not None:
            progress((index + 1) / len(judges))
    return NextSteps(tuple(plans), _comparisons(labelled), _label_next(data, labelled, settings))


def _comparisons(labelled: LabelledItems) -> tuple[ComparisonPlan, ...]:
    """Pairs of judges by informedness on people's decision, at the level that Holm's correction starts from."""
    if labelled.cut is None or labelled.decision is None:
        return ()
    judges = labelled.judges.followed(labelled.cut)
    pairs = list(combinations(judges.raters, 2))
    plans = []
    for a, b in pairs:
        first, second = judges.column(a), judges.column(b)
        decided = labelled.decision[~np.isnan(first + second + labelled.decision)]
        items, why = _items_to_compare(labelled, first, second, decided, LEVEL / len(pairs))
        rarer = _rarer(decided)
        rough = f"Planned from {rarer} decisions of the rarer kind: the number is rough."
        warnings = (rough,) if items is not None and rarer < FEW_RARER else ()
        plans.append(ComparisonPlan(a, b, decided.size, items, why, warnings))
    return tuple(plans)


def _rarer(decided: Ratings) -> int:
    """How many decisions, 1 = followed and 0 = not, are of the rarer kind."""
    return int(min((decided == 0).sum(), (decided == 1).sum()))


def _items_to_compare(
    labelled: LabelledItems, first: Ratings, second: Ratings, decided: Ratings, level: float
) -> tuple[int | None, str | None]:
    assert labelled.decision is not None
    if decided.size == 0:
        return None, "no unit is rated by both judges and people"
    rarer = _rarer(decided)
    if rarer < FEWEST_RARER:
        return (
            None,
            f"people gave the rarer decision on {rarer} items, fewer than {FEWEST_RARER} to plan from",
        )
    model = ComparisonModel.of_ratings(
        labelled.decision, first, second, BINARY, "informedness", clusters=labelled.clusters
    )
    items = model.units_given_labels(decided.size, power=POWER, level=level)
    if items is None:
        return None, f"the labels so far do not show that either is better: {MOST_UNITS:,} items might not do"
    return items, None


def _label_next(
    data: ValidationInput, labelled: LabelledItems, settings: ValidationSettings
) -> LabelNext | Undefined:
    if labelled.cut is None or labelled.decision is None:
        return Undefined(NO_DECISION)
    if not data.ratings.judges:
        return Undefined("no judge has scored anything")
    verdicts = data.table.select(data.ratings.judges).followed(labelled.cut).values
    counted: Flags = np.asarray(~np.isnan(verdicts).all(axis=1))
    if data.baseline_correct is not None:
        counted = counted & data.baseline_correct
    failed = np.full(len(data.table.units), np.nan)
    failed[labelled.rows] = 1 - labelled.decision
    rows = np.flatnonzero(counted)
    if np.isnan(failed[rows]).sum() == 0:
        return Undefined("every judged item that counts is labelled")
    allocation = next_labels(
        disagreement_strata(verdicts[rows]),
        failed[rows],
        count=WANTED,
        rng=np.random.default_rng(settings.seed),
    )
    return LabelNext(
        WANTED, tuple(data.table.units[rows[unit]] for unit in allocation.units), allocation.strata
    )
