"""What each rater of pairs does: how often it prefers which, ties, the place shown, and both orders of one pair."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from perg.stats.base.estimate import Estimate
from perg.stats.base.multiple_tests import holm
from perg.stats.base.proportions import Flags, proportion
from perg.stats.base.resampling import Floats, dense_codes
from perg.stats.items.pair_answers import PairAnswers
from perg.stats.items.validation_input import ValidationInput, ValidationSettings
from perg.stats.pairwise.answers import FIRST, SECOND, ShownAnswers
from perg.stats.pairwise.position import LEVEL, PositionBias, position_bias
from perg.stats.pairwise.win_rate import win_rate

PEOPLE = "people"
ONE_ORDER = "the first output was always shown first, or always second: place and output cannot be told apart"
NO_SAME_WINNER = "no pair with the same winner in both orders has one by people"
IN_BOTH_ORDERS = (
    "Over pairs asked in both orders only: among all answers, the order was not drawn, so that a preference for the "
    "first shown may be one for the first output."
)


@dataclass(frozen=True, slots=True)
class PairRater:
    """One judge, or all people.

    Attributes:
        answers: of all pairs, in either order.
        first_preferred: mean of 1 for the first output, 0 for the second, ½ for neither. ties, both_bad: shares.
        first_shown: share of the decisive answers that prefer the output shown first; ½ without bias. p_value: of no
            bias, corrected_p_value: by Holm over judges and people; biased: it is below 2%; None: not tested, and
            first_shown says why.
        pairs_in_both_orders: that one rater answered in both; consistent, inconsistent: share of them with the same
            answer in both orders, or not.
        same_winner: pairs in which one output won in both orders; first_shown_twice, second_shown_twice: pairs in which
            the place won in both. same_winner_as_people: of the pairs with the same winner and one by people, the share
            in which it is the same one.
    """

    rater: str
    kind: Literal["people", "judge"]
    answers: int
    first_preferred: Estimate
    ties: Estimate
    both_bad: Estimate
    first_shown: Estimate
    p_value: float | None
    corrected_p_value: float | None
    biased: bool | None
    pairs_in_both_orders: int
    consistent: Estimate
    inconsistent: Estimate
    same_winner: int
    first_shown_twice: int
    second_shown_twice: int
    same_winner_as_people: Estimate


def mean_scores(answers: PairAnswers, items: int) -> Floats:
    """The mean score (n,) of the first output by these answers, all orders together; NaN where there is none."""
    times = np.bincount(answers.item, minlength=items)
    points = np.bincount(answers.item, answers.scores, minlength=items)
    return np.where(times > 0, points / np.maximum(times, 1), np.nan)


def answers_of(data: ValidationInput, names: tuple[str, ...]) -> PairAnswers:
    """All answers of these raters."""
    assert data.pairs is not None
    columns = [column for column, name in enumerate(data.table.raters) if name in names]
    return data.pairs.select(np.isin(data.pairs.rater, columns))


def pair_raters(data: ValidationInput, people: Floats, settings: ValidationSettings) -> tuple[PairRater, ...]:
    """People together, then each judge; `people` (n,) is their mean score of the first output."""
    raters = [(PEOPLE, data.ratings.people)] if data.ratings.people else []
    raters += [(name, (name,)) for name in data.ratings.judges]
    described = [
        _rater(name, answers_of(data, names), data, people, settings, is_judge=bool(place))
        for place, (name, names) in enumerate(raters, start=0 if data.ratings.people else 1)
    ]
    tested = [rater.p_value for rater in described if rater.p_value is not None]
    corrected = iter(holm(np.array(tested)).tolist() if tested else [])
    return tuple(rater if rater.p_value is None else _flagged(rater, next(corrected)) for rater in described)


def _flagged(rater: PairRater, corrected: float) -> PairRater:
    return replace(rater, corrected_p_value=corrected, biased=corrected < LEVEL)


def _rater(
    name: str,
    answers: PairAnswers,
    data: ValidationInput,
    people: Floats,
    settings: ValidationSettings,
    *,
    is_judge: bool,
) -> PairRater:
    shown = _shown(answers, data)
    wins = win_rate(shown, confidence=settings.confidence)
    bias = position_bias(shown, confidence=settings.confidence)
    first_shown, p_value = _position(bias, shown, settings)
    same_winner, winner = _same_winners(answers, len(data.table.units))
    comparable = same_winner & ~np.isnan(people) & (people != 0.5)
    return PairRater(
        rater=name,
        kind="judge" if is_judge else "people",
        answers=answers.rater.size,
        first_preferred=wins.rate,
        ties=wins.ties,
        both_bad=wins.both_bad,
        first_shown=first_shown,
        p_value=p_value,
        corrected_p_value=None,
        biased=None,
        pairs_in_both_orders=bias.pairs,
        consistent=bias.consistent,
        inconsistent=bias.inconsistent,
        same_winner=_same_winner_pairs(shown),
        first_shown_twice=bias.first_twice,
        second_shown_twice=bias.second_twice,
        same_winner_as_people=proportion(
            winner == (people > 0.5),
            among=comparable,
            clusters=data.clusters,
            confidence=settings.confidence,
            undefined=NO_SAME_WINNER,
        )
        if is_judge
        else Estimate.of_nothing("people are not compared with themselves"),
    )


def _shown(answers: PairAnswers, data: ValidationInput) -> ShownAnswers:
    """The answers as they were shown; each rater's answers about an item are a pair of their own."""
    decisive = answers.preference <= SECOND
    turned = np.where(answers.preference == FIRST, SECOND, FIRST)
    shown = np.where(decisive & answers.swapped, turned, answers.preference)
    pair = answers.item * len(data.table.raters) + answers.rater
    return ShownAnswers(shown.astype(np.int64), answers.swapped, pair, data.clusters[answers.item])


def _position(
    bias: PositionBias, shown: ShownAnswers, settings: ValidationSettings
) -> tuple[Estimate, float | None]:
    """Share of the first shown and its test: over all answers, or where orders were not drawn, pairs with both."""
    if bias.one_first in (0.0, 1.0):
        return Estimate.of_nothing(ONE_ORDER, bias.first_shown.n), None
    if not bias.warnings:
        return bias.first_shown, bias.p_value
    among = shown.select(_in_both_orders(shown))
    if among.answer.size == 0:
        return bias.first_shown.with_warnings(*bias.warnings), None
    balanced = position_bias(among, confidence=settings.confidence)
    return balanced.first_shown.with_warnings(IN_BOTH_ORDERS), balanced.p_value


def _in_both_orders(shown: ShownAnswers) -> Flags:
    """Which answers (r,) are about a pair that the same rater answered in the other order, too."""
    pair = dense_codes(shown.pair)
    size = int(pair.max(initial=-1)) + 1
    swapped = np.bincount(pair, shown.swapped, minlength=size) > 0
    straight = np.bincount(pair, ~shown.swapped, minlength=size) > 0
    return np.asarray((swapped & straight)[pair])


def _same_winner_pairs(shown: ShownAnswers) -> int:
    """Pairs in which the same output won in both orders."""
    among = shown.select(_in_both_orders(shown))
    if among.answer.size == 0:
        return 0
    pair = dense_codes(among.pair)
    times, points = np.bincount(pair), np.bincount(pair, among.scores)
    decided = np.bincount(pair, among.decisive) == times
    return int((decided & ((points == 0) | (points == times))).sum())


def _same_winners(answers: PairAnswers, items: int) -> tuple[Flags, Flags]:
    """Of one rater: in which items (n,) one output won in both orders, and whether it was the first."""
    by_order = []
    for swapped in (False, True):
        among = answers.select(answers.swapped == swapped)
        by_order.append(mean_scores(among, items))
    straight, turned = by_order
    same = (straight == turned) & ((straight == 1) | (straight == 0))
    return np.asarray(same), np.asarray(straight == 1)
