"""Means of amounts (seconds, tokens, dollars), with intervals that hold where items share a question.

Source: the cluster bootstrap as in `resampling`.
"""

import numpy as np

from evaluation.statistics.estimate import Estimate
from evaluation.statistics.resampling import RESAMPLES, Clusters, Floats, ratio_interval


def mean(
    amounts: Floats,
    *,
    clusters: Clusters,
    rng: np.random.Generator,
    undefined: str,
    resamples: int = RESAMPLES,
) -> Estimate:
    """Mean of the known `amounts` (n,), NaN where not known, in their unit; `n` counts the known ones.

    The interval is the percentile bootstrap over clusters (n,). `undefined` is the reason given where none is known.

    Raises:
        ValueError: not one cluster id an amount.
    """
    if amounts.shape != clusters.shape:
        raise ValueError("one cluster id per amount is needed")
    known = ~np.isnan(amounts)
    if not known.any():
        return Estimate.of_nothing(undefined)
    values = amounts[known]
    interval = ratio_interval(values, np.ones(values.size), clusters[known], rng=rng, resamples=resamples)
    return Estimate.of(float(values.mean()), values.size, interval)
