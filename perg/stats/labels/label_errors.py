"""How often a judge gives a label where people do not, or misses it where they do: label by label."""

from dataclasses import dataclass

import numpy as np

from perg.stats.base.estimate import Estimate
from perg.stats.base.proportions import Flags, proportion
from perg.stats.base.resampling import Clusters
from perg.stats.labels.given_labels import GivenLabels


@dataclass(frozen=True, slots=True)
class LabelErrors:
    """One label, over the items that both rated.

    Attributes:
        missed: share of the items with people's label to which the judge does not give it (1 − sensitivity).
        invented: share of the items without it to which the judge gives it (1 − specificity).
        wrong: share of the items to which the judge gives it that people do not (1 − precision).
    """

    label: str
    missed: Estimate
    invented: Estimate
    wrong: Estimate


def label_errors(
    judge: GivenLabels,
    people: GivenLabels,
    *,
    among: Flags | None = None,
    clusters: Clusters | None = None,
    confidence: float = 0.95,
) -> tuple[LabelErrors, ...]:
    """Errors of each label that either gave, over the items `among` (n,) that both rated, or all.

    Each rate has `proportion`'s interval over `clusters` (n,), and is undefined where its denominator is 0.

    Raises:
        ValueError: judge and people with other labels or items.
    """
    judge.require_same(people)
    rated = np.ones(judge.n, dtype=np.bool_) if among is None else among
    if rated.shape != (judge.n,) or (clusters is not None and clusters.shape != rated.shape):
        raise ValueError("among and clusters have one entry an item")
    return tuple(
        errors_of_label(
            judge.labels[int(code)],
            judge.has(code),
            people.has(code),
            among=rated,
            clusters=clusters,
            confidence=confidence,
        )
        for code in np.union1d(judge.occurring(), people.occurring())
    )


def errors_of_label(
    label: str,
    judge: Flags,
    people: Flags,
    *,
    among: Flags,
    clusters: Clusters | None = None,
    confidence: float = 0.95,
) -> LabelErrors:
    """Errors of one label from who gave it (n,) to which of the items `among` (n,) that both rated."""

    def share(hits: Flags, of: Flags, undefined: str) -> Estimate:
        there = of & among
        if not there.any():
            return Estimate.of_nothing(undefined)
        return proportion(
            hits[there], clusters=None if clusters is None else clusters[there], confidence=confidence
        )

    return LabelErrors(
        label,
        missed=share(~judge, people, "people gave the label to no item"),
        invented=share(judge, ~people, "people gave the label to every item"),
        wrong=share(~people, judge, "the judge gave the label to no item"),
    )
