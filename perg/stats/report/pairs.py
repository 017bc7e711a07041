"""Of pairwise ratings: each rater's habits, confusion with people, win rates, and strengths of systems."""

from dataclasses import dataclass

import numpy as np

from perg.stats.base.undefined import Undefined
from perg.stats.items.labelled_items import LabelledItems
from perg.stats.items.validation_input import ValidationInput, ValidationSettings
from perg.stats.ratings.ratings import Codes, category_codes
from perg.stats.report.design import Design
from perg.stats.report.label_confusion import LabelConfusion, label_confusion
from perg.stats.report.pair_answers import PairRater, answers_of, mean_scores, pair_raters
from perg.stats.report.pair_strengths import (
    NO_SYSTEMS,
    SystemPairs,
    Systems,
    SystemStrengths,
    WinRates,
    judges_scores,
    win_rates,
)


@dataclass(frozen=True, slots=True)
class JudgeOfPairs:
    """One judge's answers beside people's."""

    judge: str
    confusion: LabelConfusion


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairwise ratings.

    Attributes:
        raters: people together, then each judge.
        judges: confusion of each judge with people, by what counts of its answers in the table of ratings.
        win_rates: the first output of each item against the second.
        system_pairs, strengths: where the outputs' systems are known.
    """

    raters: tuple[PairRater, ...]
    judges: tuple[JudgeOfPairs, ...]
    win_rates: WinRates
    system_pairs: SystemPairs | Undefined
    strengths: SystemStrengths | Undefined


def pairs_section(
    data: ValidationInput, labelled: LabelledItems, settings: ValidationSettings
) -> Pairs | None:
    """None where the ratings are of another kind."""
    if data.pairs is None:
        return None
    items = len(data.table.units)
    people = mean_scores(answers_of(data, data.ratings.people), items)
    judges = judges_scores(data)
    system_pairs: SystemPairs | Undefined = Undefined(NO_SYSTEMS)
    strengths: SystemStrengths | Undefined = Undefined(NO_SYSTEMS)
    if data.pairs.systems is not None:
        systems = Systems(data)
        system_pairs = systems.pairs(judges, people, settings)
        strengths = systems.strengths(judges, people, settings)
    return Pairs(
        raters=pair_raters(data, people, settings),
        judges=tuple(
            JudgeOfPairs(name, _confusion(name, data, labelled, settings)) for name in data.ratings.judges
        ),
        win_rates=win_rates(
            "first",
            "second",
            judges,
            people,
            Design.of(data),
            np.ones(items, dtype=np.bool_),
            confidence=settings.confidence,
        ),
        system_pairs=system_pairs,
        strengths=strengths,
    )


def _confusion(
    name: str, data: ValidationInput, labelled: LabelledItems, settings: ValidationSettings
) -> LabelConfusion:
    """On an ordered scale people prefer what their median leans to; on a nominal one it is their most common answer."""
    names, categories = data.ratings.labels, data.table.categories
    judge = category_codes(labelled.judges.column(name), categories)
    if data.ratings.scale == "nominal":
        return label_confusion(
            judge,
            category_codes(labelled.score, categories),
            names,
            clusters=labelled.clusters,
            confidence=settings.confidence,
        )
    shown = names if "tie" in names else (*names, "tie")
    first, second, tie = (shown.index(name) for name in ("first", "second", "tie"))
    middle = (categories[first] + categories[second]) / 2
    leaning = np.sign((labelled.score - middle) * (categories[first] - categories[second]))
    people: Codes = np.where(leaning > 0, first, np.where(leaning < 0, second, tie))
    return label_confusion(
        judge,
        np.where(np.isnan(labelled.score), -1, people),
        shown,
        clusters=labelled.clusters,
        confidence=settings.confidence,
    )
