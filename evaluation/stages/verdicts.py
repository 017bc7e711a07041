"""A judge's reply as a verdict: the one score from 1 to 5 that it states, or the reason for having none."""

from dataclasses import dataclass

from perg.rubrics.criterion import Criterion, Option
from perg.rubrics.replies import (
    ABSTAINED,
    AMBIGUOUS,
    CUT_OFF,
    LONGEST_REPLY,
    UNREADABLE,
    read_reply,
)

__all__ = ["ABSTAINED", "AMBIGUOUS", "CUT_OFF", "LONGEST_REPLY", "UNREADABLE", "Verdict", "read_verdict"]

LOWEST, HIGHEST = 1, 5
SCORE = Criterion(
    key="score",
    kind="ordinal",
    options=tuple(Option(key=str(level)) for level in range(LOWEST, HIGHEST + 1)),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A score from 1 to 5, or none with the reason."""

    score: int | None
    explanation: str
    unscored_reason: str = ""


def read_verdict(reply: str, *, cut_off: bool = False) -> Verdict:
    """The verdict in a judge's reply; `cut_off`: the reply ended at the limit of tokens."""
    read = read_reply([SCORE], reply, cut_off=cut_off)[SCORE.key]
    score = None if read.answer is None else LOWEST + int(read.answer)
    return Verdict(score, read.explanation, read.unscored_reason)
