"""A judged run with labels on some of its items, as counts: many simulated campaigns fit in one array."""

from dataclasses import dataclass

import numpy as np

from evaluation.statistics.resampling import Floats


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

        A stratum in which a verdict has items and no label stays whole: its other verdicts tell nothing of it. So does
        one of several strata where the verdicts tell less of the outcome than chance would (labels × the share of
        variance explained is below verdicts − 1): parting it would cost more than it brings.
        """
        there = self.judged > 0
        whole = (there & (self.labelled <= 0)).any(axis=-1, keepdims=True)
        if self.judged.shape[-2] > 1:
            whole |= self._explained() < there.sum(axis=-1, keepdims=True) - 1
        first = np.arange(self.judged.shape[-1]) == 0

        def cells(counts: Floats) -> Floats:
            together = np.where(first, counts.sum(axis=-1, keepdims=True), 0.0)
            return np.where(whole, together, counts).reshape(*counts.shape[:-2], -1)

        weights = cells(self.judged) / self.population[..., np.newaxis]
        return weights, cells(self.labelled), cells(self.failures)

    def _explained(self) -> Floats:
        """Labels times the share of the outcome's variance between verdicts, by stratum: (..., H, 1)."""
        labels = np.maximum(self.labelled.sum(axis=-1, keepdims=True), 1e-300)
        overall = self.failures.sum(axis=-1, keepdims=True) / labels
        shares = np.divide(
            self.failures, self.labelled, out=np.zeros_like(self.failures), where=self.labelled > 0
        )
        between = (self.labelled * (shares - overall) ** 2).sum(axis=-1, keepdims=True)
        variance = overall * (1 - overall)
        explained: Floats = np.divide(between, variance, out=np.zeros_like(between), where=variance > 1e-12)
        return explained
