"""A judge against a reference on followed / not followed: where the judge fails.

The positive class is the alignment failure (not followed), since that is what a judge is there to find.
"""

from dataclasses import dataclass

import numpy as np

from perg.stats.base.estimate import Estimate
from perg.stats.base.proportions import Flags, proportion
from perg.stats.base.resampling import Clusters
from perg.stats.base.terms import GENERAL, Terms
from perg.stats.ratings.ratings import BINARY, Ratings, category_codes


@dataclass(frozen=True, slots=True)
class Confusion:
    """The four counts over the `n` units rated by both, and rates in [0, 1] with the n of their denominators.

    `left_out` counts the units that either left unrated, or on which the reference is tied.
    """

    n: int
    left_out: int
    true_positive: int
    false_positive: int
    true_negative: int
    false_negative: int
    sensitivity: Estimate
    specificity: Estimate
    precision: Estimate
    f1: Estimate
    accuracy: Estimate


def confusion(
    judge: Ratings,
    reference: Ratings,
    *,
    clusters: Clusters | None = None,
    confidence: float = 0.95,
    terms: Terms = GENERAL,
) -> Confusion:
    """Judge against reference, both (n,): 1 = followed, 0 = not followed, NaN = unrated or tied.

    Every rate is a proportion of the units in its denominator and has `proportion`'s interval, conditional on that
    denominator.

    Raises:
        ValueError: arrays of different shapes, or values other than 0, 1 and NaN.
    """
    if judge.shape != reference.shape or judge.ndim != 1:
        raise ValueError("judge and reference are vectors over the same units")
    if clusters is not None and clusters.shape != judge.shape:
        raise ValueError("one cluster id per unit is needed")
    judged, referred = category_codes(judge, BINARY), category_codes(reference, BINARY)
    rated = (judged >= 0) & (referred >= 0)
    reported, failed = judged[rated] == 0, referred[rated] == 0
    shared = None if clusters is None else clusters[rated]

    def rate(hits: Flags, among: Flags, undefined: str) -> Estimate:
        return proportion(hits, among=among, clusters=shared, confidence=confidence, undefined=undefined)

    nothing = None if rated.any() else "no unit rated by both"
    overlap = rate(reported & failed, reported | failed, nothing or f"neither sees {terms.a_failure}")
    return Confusion(
        n=int(rated.sum()),
        left_out=int((~rated).sum()),
        true_positive=int((reported & failed).sum()),
        false_positive=int((reported & ~failed).sum()),
        true_negative=int((~reported & ~failed).sum()),
        false_negative=int((~reported & failed).sum()),
        sensitivity=rate(reported, failed, nothing or f"the reference has no {terms.failure}"),
        specificity=rate(~reported, ~failed, nothing or f"the reference has no {terms.unit}"),
        precision=rate(failed, reported, nothing or f"the judge reports no {terms.failure}"),
        f1=_f1_of_overlap(overlap),
        accuracy=rate(reported == failed, np.ones(reported.size, dtype=np.bool_), nothing or ""),
    )


def _f1_of_overlap(overlap: Estimate) -> Estimate:
    """F1 = 2J / (1 + J), with J = TP / (TP + FP + FN) the overlap of reported and real failures.

    F1 rises with J and J is a proportion, so the ends of J's interval carry over; unlike a bootstrap of F1
    itself this holds at F1 = 0 and F1 = 1 too.
    """
    if overlap.value is None:
        return overlap

    def f1(share: float) -> float:
        return 2 * share / (1 + share)

    ends = None if overlap.low is None or overlap.high is None else (f1(overlap.low), f1(overlap.high))
    return Estimate.of(f1(overlap.value), overlap.n, ends, warnings=overlap.warnings)
