"""Where the intervals of corrected rates are known not to hold their 95 %, in sentences.

The rules are drawn from bench/coverage.py: every cell of its grid in which the interval of PPI++ or of Rogan–Gladen
covered less than 93 % or more than 97 % is one where most campaigns meet a rule below (the labels alone are covered
92.7–98 % throughout, for a share of so few labels jumps). Many that meet one are covered well; a warning asks for care.
"""

import numpy as np
from numpy.typing import NDArray

from annotations.agreement.judged_counts import JudgedCounts

Doubts = dict[str, NDArray[np.bool_]]

UNDERLABELLED = 1.1
"""A stratum is underlabelled where its share of the run is this many times its share of the labels."""

FEW_IN_STRATUM = 8
FEW_ERRORS = 8
FEW_FAILURES = 5
SIMULATED_LABELS = 50

SENTENCES = {
    "few labels": "With fewer than 50 labels the interval's coverage has not been simulated; take it as rough.",
    "few failures": "Fewer than 5 labels are of the rarer kind (failure or no failure): the interval may cover "
    "anything from 91 to 98 %.",
    "underlabelled stratum": "A stratum that has fewer labels than its share of the run has fewer than 8 of the rarer "
    "kind: the interval may cover 91 to 99 %, most often more than 95 %. More labels there would help most.",
    "few judge errors": "The judge errs on fewer than 8 of the labels, too few to know its error rates: the interval "
    "may cover 91 to 99 %, most often more than 95 %.",
}


def coverage_doubts(counts: JudgedCounts, method: str) -> Doubts:
    """Which rules each campaign (...) meets, by name; `method` as in `CorrectedRate`, counts by verdict (..., H, 2)."""
    labels, failed = counts.labelled.sum(axis=-1), counts.failures.sum(axis=-1)
    n, failures = labels.sum(axis=-1), failed.sum(axis=-1)
    rarer = np.minimum(failed, labels - failed)
    under = counts.stratum_weights > UNDERLABELLED * labels / np.maximum(n, 1e-300)[..., np.newaxis]
    doubts = {
        "few labels": np.asarray(n < SIMULATED_LABELS),
        "few failures": np.asarray(np.minimum(failures, n - failures) < FEW_FAILURES),
        "underlabelled stratum": (under & (rarer < FEW_IN_STRATUM)).any(axis=-1),
    }
    if method != "human labels only":
        wrong = counts.failures[..., 0] + counts.labelled[..., 1] - counts.failures[..., 1]
        # A simple random sample is enough for PPI++; Rogan–Gladen and strata want more errors to count.
        if method == "Rogan–Gladen" or counts.judged.shape[-2] > 1:
            doubts["few judge errors"] = wrong.sum(axis=-1) < FEW_ERRORS
    return doubts


def coverage_warning(counts: JudgedCounts, method: str) -> tuple[str, ...]:
    """The sentences for one campaign's counts (H, 2); none where nothing speaks against the interval."""
    return tuple(SENTENCES[name] for name, met in coverage_doubts(counts, method).items() if met.any())
