"""A judged run with labels on some of its items, as counts: many simulated campaigns fit in one array."""

from dataclasses import dataclass

import numpy as np

from perg.stats.base.resampling import Floats


@dataclass(frozen=True, slots=True, eq=False)
class JudgedCounts:
    """Counts by stratum and verdict, shape (..., H, V); of two verdicts, 1 = the judge reports a failure.

    Attributes:
        judged: N_hv, all judged items, labelled or not.
        labelled: n_hv of them with a label, drawn without replacement within stratum h.
        failures: k_hv failures among those labels. With unequal inclusion probabilities these two are effective
            numbers: n_hv by Kish, k_hv = n_hv times the weighted share.

    Raises:
        ValueError: shapes that do not fit, more labels than items, more failures than labels.
    """

    judged: Floats
    labelled: Floats
    failures: Floats

    def __post_init__(self) -> None:
        if not self.judged.shape == self.labelled.shape == self.failures.shape or self.judged.ndim < 2:
            raise ValueError("three arrays of the same shape (..., strata, verdicts) are needed")
        if (self.labelled > self.judged + 1e-9).any() or (self.failures > self.labelled + 1e-9).any():
            raise ValueError("labels are among the judged items, failures among the labels")

    @property
    def population(self) -> Floats:
        """N, all judged items: (...)."""
        total: Floats = self.judged.sum(axis=(-2, -1))
        return total

    @property
    def stratum_weights(self) -> Floats:
        """N_h / N: (..., H)."""
        weights: Floats = self.judged.sum(axis=-1) / self.population[..., np.newaxis]
        return weights

    def stratum_cells(self) -> tuple[Floats, Floats, Floats]:
        """Weights, labels and failures by stratum, the verdict not looked at: three arrays (..., H)."""
        return self.stratum_weights, self.labelled.sum(axis=-1), self.failures.sum(axis=-1)

    def by_verdict(self) -> "JudgedCounts":
        """The same labels as if each verdict of each stratum were a stratum of its own: (..., H · V, V)."""
        columns = self.judged.shape[-1]

        def apart(counts: Floats) -> Floats:
            parts = counts[..., np.newaxis] * np.eye(columns)
            return parts.reshape(*counts.shape[:-2], -1, columns)

        return JudgedCounts(apart(self.judged), apart(self.labelled), apart(self.failures))

    def verdict_cells(self) -> tuple[Floats, Floats, Floats]:
        """The same by stratum and verdict: (..., H · V).

        A stratum in which a verdict has items and no label stays whole: its other verdicts tell nothing of it.
        """
        there = self.judged > 0
        whole = (there & (self.labelled <= 0)).any(axis=-1, keepdims=True)
        first = np.arange(self.judged.shape[-1]) == 0

        def cells(counts: Floats) -> Floats:
            together = np.where(first, counts.sum(axis=-1, keepdims=True), 0.0)
            return np.where(whole, together, counts).reshape(*counts.shape[:-2], -1)

        weights = cells(self.judged) / self.population[..., np.newaxis]
        return weights, cells(self.labelled), cells(self.failures)
