"""Shares of items, with intervals that hold for few items and for items that share a question.

Sources: Wilson, JASA 22 (1927) 209–212; Brown, Cai & DasGupta, Statistical Science 16 (2001) 101–133 (why
Wilson and not Wald); Jaccard distance as the performance variation of PERG, arXiv 2509.19358.
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from evaluation.statistics.estimate import Estimate
from evaluation.statistics.resampling import RESAMPLES, Clusters, dense_codes, ratio_interval

Flags = NDArray[np.bool_]


def wilson_interval(successes: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson score interval, without continuity correction, of `successes` out of `n` >= 1; within [0, 1].

    The same arithmetic as `scipy.stats.binomtest`, which runs its exact test first: a report has a thousand of these.
    """
    share, z = successes / n, float(ndtri(0.5 + 0.5 * confidence))
    width = 2 * (n + z**2)
    centre = (2 * n * share + z**2) / width
    half = z / width * math.sqrt(4 * n * share * (1 - share) + z**2)
    return 0.0 if successes == 0 else centre - half, 1.0 if successes == n else centre + half


def proportion(
    successes: Flags,
    *,
    clusters: Clusters | None = None,
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
    rng: np.random.Generator | None = None,
) -> Estimate:
    """Share of true values in `successes` (n,), in [0, 1].

    The interval is Wilson's where every item is its own cluster. Where items share clusters (n,) it is the
    percentile cluster bootstrap, and `rng` is required. A share of exactly 0 or 1 cannot vary under
    resampling; it then gets Wilson's interval with the number of clusters as the number of trials, which is
    right where the items of a cluster always agree and too wide otherwise.

    Raises:
        ValueError: `successes` is not a vector of booleans, `clusters` has another shape, or items share
            clusters and there is no `rng`.
    """
    if successes.ndim != 1 or successes.dtype != np.bool_:
        raise ValueError("successes must be a vector of booleans")
    if clusters is not None and clusters.shape != successes.shape:
        raise ValueError("one cluster id per item is needed")
    n, hits = successes.size, int(successes.sum())
    if n == 0:
        return Estimate.of_nothing("no items")
    n_clusters = n if clusters is None else int(dense_codes(clusters).max()) + 1
    if n_clusters == n:
        return Estimate.of(hits / n, n, wilson_interval(hits, n, confidence))
    if rng is None:
        raise ValueError("items share clusters: the bootstrap needs a generator")
    if hits in (0, n):
        return Estimate.of(hits / n, n, wilson_interval(n_clusters if hits else 0, n_clusters, confidence))
    interval = ratio_interval(
        successes.astype(np.float64),
        np.ones(n),
        clusters,
        rng=rng,
        resamples=resamples,
        confidence=confidence,
    )
    return Estimate.of(hits / n, n, interval)


def jaccard_distance(
    a: Flags,
    b: Flags,
    *,
    clusters: Clusters | None = None,
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
    rng: np.random.Generator | None = None,
) -> Estimate:
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
    return proportion(
        (a & b)[union],
        clusters=None if clusters is None else clusters[union],
        confidence=confidence,
        resamples=resamples,
        rng=rng,
    ).complement()
