"""Fleiss' kappa and percent agreement, for any number of raters, also unequal from unit to unit.

Sources: Fleiss, Measuring nominal scale agreement among many raters, Psychological Bulletin 76 (1971)
378–382; for missing ratings Gwet, Handbook of Inter-Rater Reliability (4th ed., 2014), ch. 2. Equal to
statsmodels where every unit has as many ratings, and to `irrCAC`.
"""

from typing import Unpack

import numpy as np

from perg.stats.base.estimate import Estimate
from perg.stats.base.pooling import BootstrapOptions
from perg.stats.base.resampling import Floats, defined_ratio
from perg.stats.measures.gwet import AgreementSums, AgreementWeights, agreement_distances, estimate_of_counts
from perg.stats.ratings.distances import Distances
from perg.stats.ratings.ratings import RatingTable

UNANIMOUS = "unanimous: all ratings are the same"


def fleiss_kappa(
    table: RatingTable,
    weights: AgreementWeights = "identity",
    **options: Unpack[BootstrapOptions],
) -> Estimate:
    """Fleiss' kappa: at most 1, 0 at chance; n = units with two ratings or more.

    Units with one rating count in the chance agreement. Undefined if no unit has two ratings, and where
    all ratings are the same, since agreement by chance is then complete.

    Raises:
        ValueError: `clusters` does not have one id per unit.
    """
    distances = agreement_distances(table.categories, weights)
    return estimate_of_counts(
        table,
        distances,
        lambda sums: fleiss_of_sums(sums, distances),
        UNANIMOUS,
        **options,
    )


def percent_agreement(
    table: RatingTable,
    weights: AgreementWeights = "identity",
    **options: Unpack[BootstrapOptions],
) -> Estimate:
    """Mean over units of the share of pairs of ratings that agree, in [0, 1]; n = units with two ratings or more.

    Not corrected for chance: never to be read alone. Undefined if no unit has two ratings.

    Raises:
        ValueError: `clusters` does not have one id per unit.
    """
    return estimate_of_counts(
        table,
        agreement_distances(table.categories, weights),
        lambda sums: defined_ratio(sums.agreeing, sums.paired),
        "no unit has two ratings",
        **options,
    )


def fleiss_of_sums(sums: AgreementSums, distances: Distances) -> Floats:
    """Fleiss' kappa: (R,), NaN where chance agreement is complete."""
    observed = defined_ratio(sums.agreeing, sums.paired)
    shares = defined_ratio(sums.shares, sums.rated[:, np.newaxis])
    apart_by_chance = distances.expected(shares, shares) / (distances.largest() or 1.0)
    return 1 - defined_ratio(1 - observed, apart_by_chance)
