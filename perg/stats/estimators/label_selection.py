"""Whether the labelled items look like a random draw from the judged ones, which every estimate takes them to be.

A judge has a verdict on all items, so its share of failures among the labelled ones can be compared with that among
all: within strata, where labels are drawn at random, the two differ only by chance. If people labelled what the judge
reported, or what looked difficult, they differ by more.

Source: Cochran, Sampling Techniques (3rd ed., 1977), ch. 2 and 5, for the variance of a stratified mean of a finite
population.
"""

import numpy as np
import scipy

from perg.stats.estimators.judged_counts import JudgedCounts
from perg.stats.estimators.judged_sample import JudgedSample

BY_CHANCE = 0.001


def selection_warning(sample: JudgedSample, counts: JudgedCounts) -> str | None:
    """The warning if the judge's verdicts on the labelled items differ from those on all items; else None.

    `counts` are the sample's by stratum and verdict, (H, 2).

    The difference is tested two-sided at `BY_CHANCE`, weighted by the probabilities with which items were drawn, and
    with the variance widened by the labels that share a question.
    """
    if sample.undefined() is not None:
        return None
    weights = sample.label_weights()
    labelled, judged = counts.labelled.sum(axis=-1), counts.judged.sum(axis=-1)
    there = labelled > 0
    share = np.divide(counts.judged[:, 1], judged, out=np.zeros_like(judged), where=judged > 0)
    left_out = np.maximum(1 / np.maximum(labelled, 1) - 1 / np.maximum(judged, 1), 0)
    variance = float((there * counts.stratum_weights**2 * share * (1 - share) * left_out).sum())
    questions = np.unique(sample.cluster[sample.labelled]).size
    error = np.sqrt(variance * sample.n / questions)
    of_labelled, of_all = float(weights @ sample.verdict), float(sample.verdict.mean())
    if error < 1e-12 or 2 * scipy.stats.norm.sf(abs(of_labelled - of_all) / error) >= BY_CHANCE:
        return None
    return (
        f"The judge reports a failure on {of_labelled:.0%} of the labelled items and on {of_all:.0%} of all: the "
        "labels are not a random sample of the items, so that every rate that rests on them may be far off."
    )
