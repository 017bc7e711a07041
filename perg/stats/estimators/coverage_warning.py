"""Where the intervals of corrected rates are known not to hold their 95 %, in sentences.

The rules are drawn from bench/coverage.py: every cell of its grids in which the interval of PPI++ or of Rogan–Gladen
covered less than 93 % or more than 97 % is one where most campaigns meet a rule below (the labels alone are covered
92.7–98 % throughout, since a share of few labels jumps). Many that meet one are covered well; a warning asks for care.
Labels and failures in strata are counted by what they tell of the run, in effective numbers (Kish).
"""

import numpy as np
from numpy.typing import NDArray

from perg.stats.base.resampling import Floats
from perg.stats.estimators.judged_counts import JudgedCounts

Doubts = dict[str, NDArray[np.bool_]]

UNDERLABELLED = 1.1
"""A stratum is underlabelled where its share of the run is this many times its share of the labels."""

LARGE_STRATUM = 0.25
"""Share of the run above which a stratum is looked at by itself; many small ones make up for one another."""

FEW_IN_STRATUM = 8
FEW_FREEDOM = 30
FEW_ERRORS = 8
FEW_FAILURES = 5
SIMULATED_LABELS = 50

SENTENCES = {
    "few labels": "With fewer than 50 labels the interval's coverage has not been simulated; take it as rough.",
    "few failures": "Fewer than 5 labels are of the rarer kind (failure or no failure): the interval may cover "
    "anything from 91 to 98 %.",
    "underlabelled stratum": "A large stratum that has fewer labels than its share of the run has fewer than 8 of the "
    "rarer kind: the interval may cover 91 to 99 %, most often more than 95 %. More labels there would help most.",
    "few strata count": "Much of the run is in strata with few labels, which count for no more than 30 together: the "
    "interval may cover 90 to 99 %.",
    "few judge errors": "The judge errs on fewer than 8 of the labels, too few to know its error rates: the interval "
    "may cover 91 to 99 %, most often more than 95 %.",
}


def coverage_doubts(counts: JudgedCounts, method: str) -> Doubts:
    """Which rules each campaign (...) meets, by name; `method` as in `CorrectedRate`, counts by verdict (..., H, 2)."""
    labels, failed = counts.labelled.sum(axis=-1), counts.failures.sum(axis=-1)
    n = labels.sum(axis=-1)
    rarer = np.minimum(failed, labels - failed)
    shares = counts.stratum_weights
    weights = np.divide(shares, labels, out=np.zeros_like(labels), where=labels > 0)
    either = np.minimum(_effective(weights, failed), _effective(weights, labels - failed))
    under = (shares > UNDERLABELLED * labels / np.maximum(n, 1e-300)[..., np.newaxis]) & (
        shares >= LARGE_STRATUM
    )
    doubts = {
        "few labels": np.asarray(n < SIMULATED_LABELS),
        "few failures": np.asarray(either < FEW_FAILURES - 1e-9),
        "underlabelled stratum": (under & (rarer < FEW_IN_STRATUM)).any(axis=-1),
    }
    if method != "human labels only":
        wrong = counts.failures[..., 0] + counts.labelled[..., 1] - counts.failures[..., 1]
        # A simple random sample is enough for PPI++; Rogan–Gladen and strata need more errors to count.
        strata = counts.judged.shape[-2]
        if method == "Rogan–Gladen" or strata > 1:
            doubts["few judge errors"] = wrong.sum(axis=-1) < FEW_ERRORS
        if strata > 1:
            rest = 1 - np.minimum(labels / np.maximum(counts.judged.sum(axis=-1), 1), 1)
            doubts["few strata count"] = _freedom(shares * weights * rest, labels) < FEW_FREEDOM
    return doubts


def _effective(weights: Floats, number: Floats) -> Floats:
    """Kish's effective number (...) of labels that weigh `weights` (..., H) each, `number` (..., H) by stratum."""
    squares = (weights**2 * number).sum(axis=-1)
    total = (weights * number).sum(axis=-1)
    effective: Floats = np.divide(total**2, squares, out=np.zeros_like(total), where=squares > 0)
    return effective


def _freedom(variance: Floats, labels: Floats) -> Floats:
    """Satterthwaite's degrees of freedom (...) of a sum of variances (..., H); none are needed where it is 0."""
    squares = (variance**2 / np.maximum(labels - 1, 0.5)).sum(axis=-1)
    total = variance.sum(axis=-1)
    freedom: Floats = np.divide(total**2, squares, out=np.full_like(total, np.inf), where=squares > 0)
    return freedom


def coverage_warning(counts: JudgedCounts, method: str) -> tuple[str, ...]:
    """The sentences for one campaign's counts (H, 2); none where nothing speaks against the interval."""
    return tuple(SENTENCES[name] for name, met in coverage_doubts(counts, method).items() if met.any())
