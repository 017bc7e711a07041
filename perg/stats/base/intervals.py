"""Bootstrap estimates with an interval, or with the reason why there is none, and with what speaks against it.

One place decides how few questions are few, so that every number of the product warns alike. The limits come from
bench/intervals.py: where its cells cover less than 93% or more than 97%, most campaigns meet one of these rules.
"""

from collections.abc import Sequence

import numpy as np

from perg.stats.base.bca import Jackknife, bca_interval
from perg.stats.base.estimate import Estimate
from perg.stats.base.resampling import UNDEFINED_SHARE, Floats, percentile_interval

FEW_CLUSTERS = 15
FEW_RARER = 25
FEW_DISCORDANT = 10

ONE_CLUSTER = "All items belong to one question, so there is no interval."
NEVER_VARIES = "No interval: the number is the same in every resample."
OFTEN_UNDEFINED = "No interval: the number is undefined in more than 5% of the resamples."


def bootstrap_estimate(
    value: float,
    n: int,
    replicates: Floats,
    *,
    clusters: int,
    rarer: int | None = None,
    confidence: float = 0.95,
    undefined: str = "",
    jackknife: Jackknife | None = None,
) -> Estimate:
    """A statistic with the expanded percentile interval of its bootstrap replicates (resamples,), or with BCa's.

    `clusters` counts the independent units, or clusters of them, that were resampled and matter for the statistic;
    `rarer` those of them in which something else than the most common rating occurs, for coefficients of agreement.
    `undefined` is the reason where the value is NaN. With a `jackknife` the interval is BCa's.
    """
    if np.isnan(value):
        return Estimate.of_nothing(undefined, n)
    if jackknife is None or clusters < 2:
        interval = percentile_interval(replicates, confidence, clusters=clusters)
    else:
        interval = bca_interval(value, replicates, jackknife, confidence=confidence)
    warnings = interval_warnings(clusters, rarer=rarer)
    if interval is None and clusters > 1:
        warnings = (reason_for_none(replicates), *warnings)
    return Estimate.of(value, n, interval, warnings=warnings)


def interval_warnings(
    clusters: int, *, rarer: int | None = None, discordant: int | None = None
) -> tuple[str, ...]:
    """Warnings about an interval over this many clusters, one sentence each.

    `discordant` counts the clusters on which the two sides of a difference are not the same.
    """
    if clusters < 2:
        return (ONE_CLUSTER,)
    warnings: Sequence[str | None] = (
        f"Only {clusters} independent questions: the interval may not hold its level."
        if clusters < FEW_CLUSTERS
        else None,
        f"Only {rarer} questions have a rating other than the most common one: the interval may not hold its level."
        if rarer is not None and rarer < FEW_RARER
        else None,
        f"The two differ on {discordant} questions only: the interval may not hold its level."
        if discordant is not None and discordant < FEW_DISCORDANT
        else None,
    )
    return tuple(sentence for sentence in warnings if sentence is not None)


def reason_for_none(replicates: Floats) -> str:
    """Why `percentile_interval` finds none in replicates of two clusters or more."""
    undefined = np.count_nonzero(np.isnan(replicates))
    return OFTEN_UNDEFINED if undefined > UNDEFINED_SHARE * replicates.size else NEVER_VARIES
