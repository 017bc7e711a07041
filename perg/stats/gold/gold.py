"""From several people's scores for one response to one decision: was the preference followed?"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

Status = Literal["unanimous", "majority", "adjudicated", "tied", "unlabelled", "single"]


@dataclass(frozen=True, slots=True)
class GoldDecision:
    """What the labels of one response decide, and how that came about.

    Attributes:
        followed: the decision; None if the labels are tied or there are none.
        score: the median of the scores, or the adjudicator's, in points of the scale; None if there are none.
        status: how the decision fell. Unanimity is about followed / not followed, not about equal scores; one label
            alone is `single`.
        n, in_favour, against: labels in all, those that say followed, those that say not followed.
        rule: the rule applied, in words.
    """

    followed: bool | None
    score: float | None
    status: Status
    n: int
    in_favour: int
    against: int
    rule: str


def majority(scores: Sequence[int], *, threshold: int) -> GoldDecision:
    """The majority of [score >= threshold] over one response's scores; a tie decides nothing."""
    n = len(scores)
    in_favour = sum(score >= threshold for score in scores)
    against = n - in_favour
    labels = "1 label" if n == 1 else f"{n} labels"
    return GoldDecision(
        followed=None if in_favour == against else in_favour > against,
        score=float(median(scores)) if scores else None,
        status=_status(in_favour, against),
        n=n,
        in_favour=in_favour,
        against=against,
        rule=f"majority of {labels}, followed if score >= {threshold}",
    )


def _status(in_favour: int, against: int) -> Status:
    if in_favour == against:
        return "tied" if in_favour else "unlabelled"
    if in_favour + against == 1:
        return "single"
    return "majority" if in_favour and against else "unanimous"
