"""How often output one is preferred to output two, with the order in which they were shown undone."""

from dataclasses import dataclass

from perg.stats.base.estimate import Estimate
from perg.stats.base.proportions import proportion
from perg.stats.base.scores import mean_score
from perg.stats.pairwise.answers import BOTH_BAD, TIE, ShownAnswers

NOTHING_READABLE = "no readable answers"


@dataclass(frozen=True, slots=True)
class WinRate:
    """Output one against output two, over readable answers.

    Attributes:
        rate: mean of 1 for a win of output one, 0 for one of output two, ½ for a tie and for both bad; in [0, 1].
        among_decisive: share of wins among the answers that prefer one of them.
        ties, both_bad: shares of the readable answers that say so.
        wins, losses, unreadable: counts.
    """

    rate: Estimate
    among_decisive: Estimate
    ties: Estimate
    both_bad: Estimate
    wins: int
    losses: int
    unreadable: int


def win_rate(answers: ShownAnswers, *, confidence: float = 0.95) -> WinRate:
    """Win rate of output one with intervals by cluster: `mean_score` for the rate, `proportion` for the shares.

    The rate is undefined without a readable answer, the share among decisive ones without a decisive one.

    Raises:
        ValueError: `confidence` outside (0, 1).
    """
    if not 0 < confidence < 1:
        raise ValueError("confidence lies between 0 and 1")
    readable = answers.select(answers.readable)
    decided = readable.select(readable.decisive)
    wins = int((decided.scores == 1).sum())
    if readable.answer.size == 0:
        nothing = Estimate.of_nothing(NOTHING_READABLE)
        return WinRate(nothing, nothing, nothing, nothing, 0, 0, answers.answer.size)
    among_decisive = (
        proportion(decided.scores == 1, clusters=decided.cluster, confidence=confidence)
        if decided.answer.size
        else Estimate.of_nothing("no answer prefers one of the two")
    )
    return WinRate(
        rate=mean_score(readable.scores, clusters=readable.cluster, confidence=confidence),
        among_decisive=among_decisive,
        ties=proportion(readable.answer == TIE, clusters=readable.cluster, confidence=confidence),
        both_bad=proportion(readable.answer == BOTH_BAD, clusters=readable.cluster, confidence=confidence),
        wins=wins,
        losses=decided.answer.size - wins,
        unreadable=answers.answer.size - readable.answer.size,
    )
