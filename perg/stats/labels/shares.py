"""The true share of each of k labels, from a judge on every item and people on some.

Every label is an outcome of its own, given or not, so that one of k and any of k labels are treated alike. The intervals
come at two levels: each by itself, and all of them at once (Bonferroni over the labels that occur).

Source: as `corrected_rates`; Dunn, JASA 56 (1961) 52–64 (Bonferroni's intervals).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perg.stats.base.estimate import Estimate
from perg.stats.base.proportions import Flags
from perg.stats.base.resampling import Clusters, Floats
from perg.stats.correction.correction import CorrectedRates, corrected_rates
from perg.stats.estimators.judged_sample import JudgedSample
from perg.stats.labels.given_labels import GivenLabels


@dataclass(frozen=True, slots=True)
class LabelShare:
    """One label.

    Attributes:
        rates: its share of the items by people alone, by the judge, PPI++ and Rogan–Gladen, each with its own 95% interval.
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

    A label that neither gave has no entry: nothing tells it from one that cannot occur. The other arguments are those of
    `JudgedSample`. Labels are looked at one after the other, so memory does not grow with their number.

    Raises:
        ValueError: judge and people with other labels or items.
    """
    judge.require_same(people)
    if labelled.shape != (judge.n,):
        raise ValueError("one flag an item says whether people labelled it")
    occurring = np.union1d(judge.occurring(), people.occurring())
    at_once = 1 - (1 - confidence) / max(occurring.size, 1)
    shares = []
    for code in occurring:
        sample = JudgedSample.of(
            np.where(labelled, people.has(code), np.nan),
            judge.has(code).astype(np.float64),
            stratum=stratum,
            inclusion=inclusion,
            cluster=cluster,
        )
        rates = corrected_rates(sample, confidence=confidence)
        simultaneous = _recommended(rates) and _recommended(
            corrected_rates(sample, confidence=at_once), rates.recommended
        )
        shares.append(LabelShare(judge.labels[int(code)], rates, simultaneous))
    return tuple(shares)


def _recommended(rates: CorrectedRates, method: str | None = None) -> Estimate | None:
    """The estimate by this method, or by the one that the rates recommend."""
    chosen = method or rates.recommended
    of_method: Sequence[Estimate] = [
        rate.estimate for rate in (rates.human, rates.powered, rates.rogan_gladen) if rate.method == chosen
    ]
    return of_method[0] if of_method else None
