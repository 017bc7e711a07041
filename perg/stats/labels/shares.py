"""The true share of each of k labels, from a judge on every item and people on some.

Every label is an outcome of its own, given or not, so that one of k and any of k labels are treated alike. The
intervals come at two levels: each by itself, and all of them at once (Bonferroni over the labels that occur).

Source: as `corrected_rates`; Dunn, JASA 56 (1961) 52–64 (Bonferroni's intervals).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perg.stats.base.estimate import Estimate
from perg.stats.base.proportions import Flags
from perg.stats.base.resampling import Clusters, Floats
from perg.stats.correction.correction import (
    POWERED,
    ROGAN_GLADEN,
    CorrectedRates,
    Method,
    corrected_rates,
    powered_rate,
)
from perg.stats.estimators.judged_sample import JudgedSample
from perg.stats.labels.given_labels import GivenLabels


@dataclass(frozen=True, slots=True)
class LabelShare:
    """One label.

    Attributes:
        rates: its share of the items by people alone, by the judge, PPI++ and Rogan–Gladen, each with its own 95%
            interval.
        simultaneous: the recommended one again, with an interval that holds for all labels at once; None where none is
            recommended.
    """

    label: str
    rates: CorrectedRates
    simultaneous: Estimate | None


def label_shares(
    judge: GivenLabels,
    people: GivenLabels,
    labelled: Flags,
    *,
    stratum: NDArray[np.generic] | None = None,
    inclusion: Floats | None = None,
    cluster: Clusters | None = None,
    confidence: float = 0.95,
) -> tuple[LabelShare, ...]:
    """Shares of the labels that the judge or people gave to any of N items, in their order; `labelled` (N,) by people.

    A label that neither gave has no entry: nothing tells it from one that cannot occur. The other arguments are those
    of `JudgedSample`. Labels are looked at one after the other, so memory does not grow with their number.

    Raises:
        ValueError: judge and people with other labels or items.
    """
    judge.require_same(people)
    if labelled.shape != (judge.n,):
        raise ValueError("one flag an item says whether people labelled it")
    occurring = np.union1d(judge.occurring(), people.occurring())
    return tuple(
        label_share(
            judge.labels[int(code)],
            JudgedSample.of(
                np.where(labelled, people.has(code), np.nan),
                judge.has(code).astype(np.float64),
                stratum=stratum,
                inclusion=inclusion,
                cluster=cluster,
            ),
            labels=occurring.size,
            confidence=confidence,
        )
        for code in occurring
    )


def label_share(label: str, sample: JudgedSample, *, labels: int, confidence: float = 0.95) -> LabelShare:
    """The share of one of so many `labels` that occur: outcomes and predictions are 1 where it was given."""
    rates = corrected_rates(sample, confidence=confidence)
    at_once = 1 - (1 - confidence) / max(labels, 1)
    return LabelShare(label, rates, _at_level(sample, rates.recommended, at_once))


def _at_level(sample: JudgedSample, method: Method | None, confidence: float) -> Estimate | None:
    """The estimate by one method at another level."""
    if method is None:
        return None
    if method == POWERED:
        return powered_rate(sample, confidence=confidence).estimate
    rates = corrected_rates(sample, confidence=confidence)
    return (rates.rogan_gladen if method == ROGAN_GLADEN else rates.human).estimate
