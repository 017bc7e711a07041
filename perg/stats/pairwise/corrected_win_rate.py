"""The win rate that people would give, from a judge's answers on every pair and people's on some."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from perg.stats.base.resampling import Clusters, Floats, dense_codes
from perg.stats.estimators.powered_mean import CorrectedMean, corrected_mean


def corrected_win_rate(
    people: Floats,
    judge: Floats,
    *,
    stratum: NDArray[np.generic] | None = None,
    inclusion: Floats | None = None,
    cluster: Clusters | None = None,
    confidence: float = 0.95,
) -> CorrectedMean:
    """Win rate of output one over pairs (N,): by people alone, by the judge alone, and by PPI++ of both.

    `judge` (N,) has a score for every pair and `people` (N,) for some, else NaN: 1 output one is better, 0 output
    two, ½ neither; the mean of several answers to a pair (`mean_by_pair`). A judge that answered in both orders is
    best averaged over them, which takes its position bias away before anything is corrected. The other arguments are
    those of `corrected_mean`.

    Raises:
        ValueError: as `corrected_mean`.
    """
    return corrected_mean(
        people, judge, stratum=stratum, inclusion=inclusion, cluster=cluster, confidence=confidence
    )


def mean_by_pair(scores: Floats, pair: Clusters) -> Mapping[int, float]:
    """The mean readable score of each pair, from answers (n,) and the ids of their pairs (n,); NaN is left out."""
    there = ~np.isnan(scores)
    ids, first = np.unique(pair[there], return_index=True)
    codes = dense_codes(pair[there])
    means = np.bincount(codes, scores[there]) / np.maximum(np.bincount(codes), 1)
    return {int(pair_id): float(means[codes[place]]) for pair_id, place in zip(ids, first, strict=True)}
