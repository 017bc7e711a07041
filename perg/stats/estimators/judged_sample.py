"""A run's judged items, of which some have a person's label: the input of every corrected rate."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from perg.stats.base.proportions import Flags
from perg.stats.base.resampling import Clusters, Floats, dense_codes
from perg.stats.estimators.judged_counts import JudgedCounts
from perg.stats.ratings.ratings import Codes, Ratings

MOST_GROUPS = 4
LABELS_EACH = 10


@dataclass(frozen=True, slots=True, eq=False)
class JudgedSample:
    """N judged items, n of them labelled: a sample without replacement from the N, not in addition to them.

    Attributes:
        outcome: (N,) what people say: 1 = failure (of alignment, or any other 0/1 outcome), 0 = none, NaN = no label.
        prediction: (N,) the judge's prediction, in [0, 1]: 1 = failure. A yes/no verdict, a score brought to
            [0, 1], or a stack of judges (`stacked_predictions`). Every item has one: leave out unscored items first.
        stratum: (N,) non-negative codes of the strata within which labels were drawn at random; one stratum for a
            simple random sample. A stratum has the weight N_h / N, whatever share of it was labelled.
        inclusion: (N,) probability with which an item was to be labelled, in (0, 1], up to a factor within each
            stratum; all equal for random draws within strata. Only that of labelled items is used (Hájek weights).
        cluster: (N,) ids; items on one question vary together.

    Raises:
        ValueError: arrays of different shapes, values outside their range.
    """

    outcome: Ratings
    prediction: Ratings
    stratum: Codes
    inclusion: Floats
    cluster: Clusters

    def __post_init__(self) -> None:
        arrays = (self.outcome, self.prediction, self.stratum, self.inclusion, self.cluster)
        if self.outcome.ndim != 1 or any(array.shape != self.outcome.shape for array in arrays):
            raise ValueError(
                "outcome, prediction, stratum, inclusion and cluster are vectors over the same items"
            )
        if not np.isin(self.outcome[self.labelled], (0, 1)).all():
            raise ValueError("an outcome is 0, 1 or NaN")
        if not ((self.prediction >= 0) & (self.prediction <= 1)).all():
            raise ValueError("a prediction lies in [0, 1]; leave out items that were not judged")
        if (self.stratum < 0).any():
            raise ValueError("a stratum is a code of 0 or more")
        if not ((self.inclusion > 0) & (self.inclusion <= 1)).all():
            raise ValueError("an inclusion probability lies in (0, 1]")

    @classmethod
    def of(
        cls,
        outcome: Ratings,
        prediction: Ratings,
        *,
        stratum: NDArray[np.generic] | None = None,
        inclusion: Floats | None = None,
        cluster: Clusters | None = None,
    ) -> Self:
        """A sample with what is not given filled in: one stratum, equal probabilities, every item its own cluster.

        Strata may be any values; they are coded in ascending order.
        """
        n = outcome.size
        if stratum is None:
            codes = np.zeros(n, dtype=np.int64)
        elif np.issubdtype(stratum.dtype, np.integer):
            codes = dense_codes(stratum.astype(np.int64))
        else:
            codes = np.unique(stratum, return_inverse=True)[1].astype(np.int64)
        return cls(
            outcome=outcome.astype(np.float64),
            prediction=prediction.astype(np.float64),
            stratum=codes,
            inclusion=np.ones(n) if inclusion is None else inclusion,
            cluster=np.arange(n) if cluster is None else cluster,
        )

    def select(self, among: Flags) -> Self:
        """The items flagged in `among` (N,), strata coded again."""
        return self.of(
            self.outcome[among],
            self.prediction[among],
            stratum=self.stratum[among],
            inclusion=self.inclusion[among],
            cluster=self.cluster[among],
        )

    @property
    def labelled(self) -> Flags:
        """Which items have a label: (N,)."""
        return ~np.isnan(self.outcome)

    @property
    def judged(self) -> int:
        """N."""
        return int(self.outcome.size)

    @property
    def n(self) -> int:
        """Labelled items."""
        return int(self.labelled.sum())

    @property
    def equal_probabilities(self) -> bool:
        """Whether the labels are simple random within strata."""
        chosen = self.labelled
        most, least = np.zeros(int(self.stratum.max()) + 1), np.ones(int(self.stratum.max()) + 1)
        np.maximum.at(most, self.stratum[chosen], self.inclusion[chosen])
        np.minimum.at(least, self.stratum[chosen], self.inclusion[chosen])
        return bool((most - least < 1e-12).all())

    @property
    def clustered(self) -> bool:
        """Whether two items share a question."""
        return int(dense_codes(self.cluster).max(initial=-1)) + 1 < self.judged

    def label_weights(self) -> Floats:
        """Share of the run that each label stands for: (N,), 0 where there is none, adding up to N_h/N by stratum."""
        raw = np.where(self.labelled, 1 / self.inclusion, 0.0)
        drawn = np.bincount(self.stratum, raw)
        sizes = np.bincount(self.stratum) / self.judged
        weights: Floats = (
            raw * np.divide(sizes, drawn, out=np.zeros_like(sizes), where=drawn > 0)[self.stratum]
        )
        return weights

    def undefined(self) -> str | None:
        """Why there is no corrected rate, or None."""
        if self.judged == 0:
            return "no item is judged"
        if self.n == 0:
            return "no judged item has a label"
        bare = np.bincount(self.stratum, self.labelled.astype(np.float64)) == 0
        bare &= np.bincount(self.stratum) > 0
        if bare.any():
            return f"{int(bare.sum())} of {bare.size} strata have no label: nothing is known of their items"
        if self.n < 2:
            return "one label alone says nothing of the variation among items"
        return None

    @property
    def verdict(self) -> Codes:
        """(N,) 1 where the judge reports a failure: a prediction above one half."""
        return (self.prediction > 0.5).astype(np.int64)

    def counts(self, groups: Codes | None = None) -> JudgedCounts:
        """Counts by stratum and verdict (H, 2), or by stratum and `groups` (N,) of codes from 0: (H, V).

        With unequal inclusion probabilities a cell counts Kish's effective number of labels and the weighted share.
        """
        codes = self.verdict if groups is None else groups
        columns = 2 if groups is None else int(groups.max()) + 1
        rows = int(self.stratum.max()) + 1
        cell = self.stratum * columns + codes
        weight = np.where(self.labelled, 1 / self.inclusion, 0.0)
        total, squares, failed, judged = (
            np.bincount(cell, values, minlength=rows * columns).reshape(rows, columns)
            for values in (weight, weight**2, weight * np.nan_to_num(self.outcome), np.ones(self.judged))
        )
        labelled = np.divide(total**2, squares, out=np.zeros_like(total), where=squares > 0)
        share = np.divide(failed, total, out=np.zeros_like(total), where=total > 0)
        return JudgedCounts(judged.astype(np.float64), labelled, labelled * np.minimum(share, 1))

    def prediction_groups(self) -> Codes:
        """(N,) codes of groups of like predictions, for intervals: the two verdicts of a yes/no judge, otherwise up to
        `MOST_GROUPS` cut at quantiles of the labelled predictions so that each has about `LABELS_EACH` labels.

        The cuts depend on predictions alone, not on what the labels say.
        """
        if np.isin(self.prediction, (0, 1)).all():
            return self.verdict
        number = int(np.clip(self.n // LABELS_EACH, 1, MOST_GROUPS))
        inner = np.quantile(self.prediction[self.labelled], np.arange(1, number) / number)
        codes = np.searchsorted(np.unique(inner), self.prediction, side="left")
        return dense_codes(codes)
