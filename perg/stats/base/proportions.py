"""Shares of items, with intervals that hold for few items and for items that share a question.

Sources: Wilson, JASA 22 (1927) 209–212; Brown, Cai & DasGupta, Statistical Science 16 (2001) 101–133 (why
Wilson and not Wald); Jaccard distance as the performance variation of PERG, arXiv 2509.19358.
"""

import math

import numpy as np
import scipy
from numpy.typing import NDArray

from perg.stats.base.estimate import Estimate
from perg.stats.base.intervals import interval_warnings
from perg.stats.base.resampling import Clusters, Floats, dense_codes

Flags = NDArray[np.bool_]

UNEVEN = 1.25
"""Clusters are uneven where there are this many times as many as equal-sized clusters of the same weight."""

FEW_WITH_RARER = 20


def wilson_interval(successes: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson score interval, without continuity correction, of `successes` out of `n` >= 1; within [0, 1].

    The same arithmetic as `scipy.stats.binomtest`, which runs its exact test first: a report has a thousand of these.
    """
    return score_interval(successes / n, n, normal_quantile(confidence))


def normal_quantile(confidence: float) -> float:
    """z for a two-sided interval; ValueError for a confidence outside (0, 1)."""
    if not 0 < confidence < 1:
        raise ValueError("confidence lies between 0 and 1")
    return float(scipy.special.ndtri((1 + confidence) / 2))


def score_interval(share: float, trials: float, z: float) -> tuple[float, float]:
    """Wilson's interval for a number of trials that need not be whole, and any quantile."""
    width = 2 * (trials + z**2)
    centre = (2 * trials * share + z**2) / width
    half = z / width * math.sqrt(4 * trials * share * (1 - share) + z**2)
    return 0.0 if share == 0 else centre - half, 1.0 if share == 1 else centre + half


def proportion(
    successes: Flags,
    *,
    among: Flags | None = None,
    clusters: Clusters | None = None,
    confidence: float = 0.95,
    undefined: str = "no items",
) -> Estimate:
    """Share of true values in `successes` (n,), or in those flagged in `among` (n,); in [0, 1].

    `undefined` is the reason given where there are none.

    The interval is Wilson's where every item is its own cluster, and `clustered_share`'s where items share clusters
    (n,).

    Raises:
        ValueError: `successes` is not a vector of booleans, or `clusters` has another shape.
    """
    if successes.ndim != 1 or successes.dtype != np.bool_:
        raise ValueError("successes must be a vector of booleans")
    if clusters is not None and clusters.shape != successes.shape:
        raise ValueError("one cluster id per item is needed")
    if among is not None:
        successes, clusters = successes[among], None if clusters is None else clusters[among]
    n, hits = successes.size, int(successes.sum())
    if n == 0:
        return Estimate.of_nothing(undefined)
    codes = np.arange(n) if clusters is None else dense_codes(clusters)
    if int(codes.max()) + 1 == n:
        return Estimate.of(hits / n, n, wilson_interval(hits, n, confidence))
    return clustered_share(
        np.bincount(codes, successes).astype(np.float64), np.bincount(codes), confidence=confidence
    )


def clustered_share(
    hits: Floats,
    sizes: NDArray[np.int64],
    *,
    times: NDArray[np.int64] | None = None,
    confidence: float = 0.95,
) -> Estimate:
    """Share of hits among items of G clusters, from `hits` and `sizes` (d,) of clusters that occur `times` (d,) each.

    Wilson's interval with n / (design effect) trials, at least 1, and Student's quantile. The variance behind the
    design effect is the jackknife's over clusters. The degrees of freedom are those of the effective number of
    clusters, (Σ m)² / Σ m² for sizes m, less one. A share of exactly 0 or 1 has no variance to take a design effect
    from; it gets Wilson's interval with the effective number of clusters as trials, which is right where the items of
    a cluster always agree and too wide otherwise. There is no interval for a single cluster.

    Sources: Kish, Survey Sampling (1965), ch. 8; Korn & Graubard, Survey Methodology 24 (1998) 193–201 (effective
    trials with few degrees of freedom); Bell & McCaffrey, Survey Methodology 28 (2002) 169–181 (jackknife).
    """
    counts = np.ones(sizes.size, dtype=np.int64) if times is None else times
    there = sizes > 0
    hits, sizes, counts = hits[there], sizes[there], counts[there]
    n, total, n_clusters = int(counts @ sizes), float(counts @ hits), int(counts.sum())
    share = total / n
    if n_clusters < 2:
        return Estimate.of(share, n, None, warnings=interval_warnings(n_clusters))
    effective = n**2 / float(counts @ sizes**2)
    if total in (0, n):
        trials = effective
        quantile = normal_quantile(confidence)
    else:
        residuals = (hits - share * sizes) / (1 - sizes / n)
        variance = (n_clusters - 1) / n_clusters * float(counts @ residuals**2) / n**2
        trials = n / max(n * variance / (share * (1 - share)), 1)
        quantile = -float(scipy.special.stdtrit(max(effective - 1, 1), 0.5 - 0.5 * confidence))
    few = int(counts[hits > 0 if total <= n / 2 else hits < sizes].sum())
    warnings = (*interval_warnings(n_clusters), *_uneven(n_clusters, effective, few))
    return Estimate.of(share, n, score_interval(share, trials, quantile), warnings=warnings)


def _uneven(n_clusters: int, effective: float, with_rarer: int) -> tuple[str, ...]:
    """The warning of clusters of uneven sizes of which few hold the rarer outcome: a large one may be missing."""
    if n_clusters < UNEVEN * effective or with_rarer >= FEW_WITH_RARER:
        return ()
    return (
        f"The questions have very different numbers of items, and only {with_rarer} of {n_clusters} have the rarer "
        "outcome: the interval may not hold its level.",
    )


def jaccard_distance(a: Flags, b: Flags, *, clusters: Clusters | None = None) -> Estimate:
    """1 − |A ∩ B| / |A ∪ B| for two sets of correct items given as flags (n,); in [0, 1], n = |A ∪ B|.

    Given the union, the share of it that lies in both sets is a proportion: the interval is `proportion`'s,
    taken conditionally on the items (and clusters) of the union.

    Raises:
        ValueError: as `proportion`, or `a` and `b` differ in shape.
    """
    if a.shape != b.shape:
        raise ValueError("both sets are flags over the same items")
    if clusters is not None and clusters.shape != a.shape:
        raise ValueError("one cluster id per item is needed")
    union = a | b
    if a.size and not union.any():
        return Estimate.of_nothing("no item was answered correctly in either condition")
    return proportion(a & b, among=union, clusters=clusters).complement()
