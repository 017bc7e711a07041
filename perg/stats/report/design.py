"""How the labelled items of a report were drawn, in the form that corrected numbers take it."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from perg.stats.base.proportions import Flags
from perg.stats.base.resampling import Clusters, Floats
from perg.stats.estimators.judged_sample import JudgedSample
from perg.stats.items.validation_input import ValidationInput
from perg.stats.ratings.ratings import Ratings


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """Stratum, probability of being labelled, and cluster of each of n items."""

    stratum: NDArray[np.int64]
    inclusion: Floats
    cluster: Clusters

    @classmethod
    def of(cls, data: ValidationInput) -> Self:
        """Of the whole input. Probabilities count for labelled items alone, and these all have one."""
        n = len(data.table.units)
        stratum = np.zeros(n, dtype=np.int64)
        if data.stratum is not None:
            names = np.asarray(data.stratum, dtype=np.str_)
            stratum = np.unique(names, return_inverse=True)[1].astype(np.int64)
        inclusion = np.ones(n)
        if data.inclusion is not None:
            inclusion = np.where(np.isnan(data.inclusion), 1.0, data.inclusion)
        return cls(stratum, inclusion, data.clusters)

    def select(self, among: Flags) -> "Design":
        """Of the items flagged in `among` (n,)."""
        return Design(self.stratum[among], self.inclusion[among], self.cluster[among])

    def sample(self, outcome: Ratings, prediction: Ratings) -> JudgedSample:
        """People's outcome (n,), NaN without a label, and the judge's prediction (n,) of every item."""
        return JudgedSample.of(
            outcome, prediction, stratum=self.stratum, inclusion=self.inclusion, cluster=self.cluster
        )
