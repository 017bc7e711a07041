"""Gwet's AC1 and AC2 of two raters.

Sources: Gwet, Computing inter-rater reliability and its variance in the presence of high agreement, British
Journal of Mathematical and Statistical Psychology 61 (2008) 29–48; Gwet, Handbook of Inter-Rater Reliability
(4th ed., 2014), ch. 2–5. Equal to `irrCAC`.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from perg.stats.base.resampling import Floats, defined_ratio
from perg.stats.ratings.distances import Distances, on_unit_range
from perg.stats.ratings.pair_counts import PairCounts
from perg.stats.ratings.ratings import Codes

AgreementWeights = Literal["identity", "quadratic"]

ONE_CATEGORY = "the scale has one category only"


def agreement_distances(categories: Sequence[float], weights: AgreementWeights) -> Distances:
    """The distances that weigh agreement, of the V categories; two categories agree by 1 − distance / the largest.

    Quadratic ones are those of the categories' values, as `irrCAC` has them.
    """
    positions = np.asarray(categories, dtype=np.float64)
    if weights == "identity":
        return Distances("nominal", positions)
    return Distances("quadratic", on_unit_range(positions))


def gwet_of_pairs(pairs: PairCounts, distances: Distances, codes: Codes | None = None) -> Floats:
    """AC1 (nominal distances) or AC2 of R confusion matrices: (R,), NaN without a pair or with one category.

    The distances are those of the whole scale, used or not; `codes` say which of its categories are those of the
    pairs, if not all. Unlike kappa it is 1, not undefined, where all ratings are the same.
    """
    size, total = distances.positions.size, pairs.total()
    if size < 2:
        return np.full(total.shape, np.nan)
    of_pairs = distances if codes is None else distances.at(codes)
    apart = of_pairs.between(pairs.rows, pairs.columns) / distances.largest()
    observed = defined_ratio(total - pairs.weighted(apart), total)
    rows, columns = pairs.marginals
    shares = defined_ratio((rows + columns) / 2, total[:, np.newaxis])
    every = np.ones((1, size))
    agreement = size**2 - float(distances.expected(every, every)[0]) / distances.largest()
    by_chance = agreement / (size * (size - 1)) * (shares * (1 - shares)).sum(axis=1)
    return defined_ratio(observed - by_chance, 1 - by_chance)
