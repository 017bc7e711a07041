"""Fleiss' kappa and percent agreement, for any number of raters, also unequal from unit to unit.

Sources: Fleiss, Measuring nominal scale agreement among many raters, Psychological Bulletin 76 (1971)
378–382; for missing ratings Gwet, Handbook of Inter-Rater Reliability (4th ed., 2014), ch. 2. Equal to
statsmodels where every unit has as many ratings, and to `irrCAC`.
"""

from typing import Unpack

import numpy as np

from annotations.agreement.gwet import AgreementWeights, agreement_weights, estimate_of_counts
from annotations.agreement.ratings import RatingTable
from evaluation.statistics.estimate import Estimate
from evaluation.statistics.pooling import BootstrapOptions
from evaluation.statistics.resampling import Floats, defined_ratio

UNANIMOUS = "unanimous: all ratings are the same"


def fleiss_kappa(
    table: RatingTable,
    weights: AgreementWeights = "identity",
    **options: Unpack[BootstrapOptions],
) -> Estimate:
    """Fleiss' kappa: at most 1, 0 at chance; n = units with two ratings or more.

    Units with one rating count in the chance agreement. Undefined where no unit has two ratings, and where
    all ratings are the same, since agreement by chance is then complete.

    Raises:
        ValueError: `clusters` does not have one id per unit.
    """
    matrix = agreement_weights(len(table.categories), weights)
    return estimate_of_counts(
        table,
        weights,
        lambda sums: fleiss_of_sums(sums, matrix),
        UNANIMOUS,
        **options,
    )


def percent_agreement(
    table: RatingTable,
    weights: AgreementWeights = "identity",
    **options: Unpack[BootstrapOptions],
) -> Estimate:
    """Mean over units of the share of pairs of ratings that agree, in [0, 1]; n = units with two ratings or more.

    Not corrected for chance: never to be read alone. Undefined where no unit has two ratings.

    Raises:
        ValueError: `clusters` does not have one id per unit.
    """
    return estimate_of_counts(
        table,
        weights,
        lambda sums: defined_ratio(sums[:, 1], sums[:, 0]),
        "no unit has two ratings",
        **options,
    )


def fleiss_of_sums(sums: Floats, weights: Floats) -> Floats:
    """Fleiss' kappa of sums of `unit_agreement` (R, V + 3): (R,), NaN where chance agreement is complete."""
    observed = defined_ratio(sums[:, 1], sums[:, 0])
    shares = defined_ratio(sums[:, 3:], sums[:, 2:3])
    by_chance = np.einsum("ri,ij,rj->r", shares, weights, shares)
    one_category = np.count_nonzero(sums[:, 3:], axis=1) == 1
    disagreement = np.where(one_category, 0.0, 1 - by_chance)
    return 1 - defined_ratio(1 - observed, disagreement)
