"""Does a rater prefer the output shown first, or second, whatever it says?

Without such a bias, and with an order that was drawn, or with both orders shown, swapping the orders of a whole cluster
changes nothing but who stood first. So the difference (first shown wins − second shown wins) of a cluster is as likely
to be −d as d, however its answers go together, and the sum over clusters has an exact distribution: that of d's with
random signs. Where every cluster has one decisive answer the test is the exact binomial one; where every pair is
answered in both orders it is McNemar's on the pairs in which the first, or the second, wins both times.

Sources: Fisher, The Design of Experiments (1935), section 21 (the test of random signs); McNemar, Psychometrika 12
(1947) 153–157; position bias of LLM judges: Zheng et al., arXiv 2306.05685; Wang et al., arXiv 2305.17926.
"""

from dataclasses import dataclass

import numpy as np
import scipy

from perg.stats.base.estimate import Estimate
from perg.stats.base.proportions import proportion
from perg.stats.base.resampling import Clusters, Floats, dense_codes
from perg.stats.base.scores import mean_score
from perg.stats.pairwise.answers import FIRST, SECOND, ShownAnswers

LEVEL = 0.02
"""Of the flag: lower than that of intervals, since a judge that is called biased by chance is not used. A judge that
says “first” in 86% of 100 answers is called biased all the same."""
LARGEST_EXACT = 20_000
NOT_DRAWN = 0.001


@dataclass(frozen=True, slots=True)
class PositionBias:
    """How far the place in which an output is shown decides.

    Attributes:
        first_shown: share of the decisive answers that prefer the output shown first; ½ without bias.
        p_value: two-sided, of no bias. is_biased: it is below 2%.
        pairs: that have a readable answer in each order.
        consistent, inconsistent: share of these pairs in which the decision is the same in both orders, or not. For
            a pair answered several times: of its combinations of an answer in either order.
        first_twice, second_twice: pairs answered once in each order whose first, or second, shown output won both
            times.
        one_first: share of readable answers in which output one was shown first.
        warnings: why the test may not be about position.
    """

    first_shown: Estimate
    p_value: float | None
    is_biased: bool | None
    pairs: int
    consistent: Estimate
    inconsistent: Estimate
    first_twice: int
    second_twice: int
    one_first: float | None
    warnings: tuple[str, ...]


def position_bias(answers: ShownAnswers, *, confidence: float = 0.95) -> PositionBias:
    """The bias of one rater: over all decisive answers, and in the pairs that it answered in both orders.

    The rate and the test are undefined without a decisive answer, and consistency without a pair in both orders.
    Several raters are one test each: correct their p-values (`perg.stats.base.multiple_tests.holm`).

    Raises:
        ValueError: `confidence` outside (0, 1).
    """
    if not 0 < confidence < 1:
        raise ValueError("confidence lies between 0 and 1")
    readable = answers.select(answers.readable)
    decided = readable.select(readable.decisive)
    first = (decided.answer == FIRST).astype(np.float64)
    p_value = random_signs(2 * first - 1, decided.cluster) if first.size else None
    rates, clusters, first_twice, second_twice = _both_orders(readable)
    consistent = mean_score(
        rates, clusters=clusters, undefined="no pair was answered in both orders", confidence=confidence
    )
    n = readable.answer.size
    return PositionBias(
        first_shown=proportion(first == 1, clusters=decided.cluster, confidence=confidence)
        if first.size
        else Estimate.of_nothing("no answer prefers one of the two"),
        p_value=p_value,
        is_biased=None if p_value is None else p_value < LEVEL,
        pairs=rates.size,
        consistent=consistent,
        inconsistent=consistent.complement(),
        first_twice=first_twice,
        second_twice=second_twice,
        one_first=float((~readable.swapped).mean()) if n else None,
        warnings=_order_warnings(readable),
    )


def random_signs(differences: Floats, clusters: Clusters) -> float:
    """Two-sided p-value of whole numbers (n,), summed within clusters (n,), being symmetric about 0.

    Exact up to 20,000 in sum of absolute values, then by the normal distribution; 1 if all of them are 0.
    """
    sums = np.bincount(dense_codes(clusters), differences)
    sizes = np.abs(np.rint(sums)).astype(np.int64)
    sizes, observed = sizes[sizes > 0], abs(float(sums.sum()))
    if sizes.size == 0:
        return 1.0
    if int(sizes.sum()) > LARGEST_EXACT:
        return 2 * float(
            scipy.special.ndtr(-observed / np.sqrt(float((sizes.astype(np.float64) ** 2).sum())))
        )
    from scipy.stats import binom  # loaded on first use: it takes longer than the rest of the library

    chances = np.ones(1)  # of the sums −reach, −reach + 1, …
    for size, times in zip(*np.unique(sizes, return_counts=True), strict=True):
        steps = np.zeros(2 * size * times + 1)
        steps[:: 2 * size] = binom.pmf(np.arange(times + 1), times, 0.5)
        chances = np.convolve(chances, steps)
    reach = (chances.size - 1) // 2
    return float(min(chances[np.abs(np.arange(-reach, reach + 1)) >= observed - 1e-9].sum(), 1.0))


def _both_orders(readable: ShownAnswers) -> tuple[Floats, Clusters, int, int]:
    """Share of equal decisions (p,) and cluster (p,) of the pairs in both orders; first and second twice among them."""
    if readable.answer.size == 0:
        return np.empty(0), np.empty(0, dtype=np.int64), 0, 0
    pair = dense_codes(readable.pair)
    decision = np.where(
        readable.decisive, np.where(readable.scores == 1, FIRST, SECOND), readable.answer
    )  # FIRST: output one is better, whichever was shown first
    counts = np.zeros((int(pair.max()) + 1, 2, 4))
    np.add.at(counts, (pair, readable.swapped.astype(np.int64), decision), 1)
    times = counts.sum(axis=2)
    there = (times > 0).all(axis=1)
    equal = (counts[:, 0] * counts[:, 1]).sum(axis=1)
    cluster = np.zeros(there.size, dtype=np.int64)
    cluster[pair] = readable.cluster
    once = (times == 1).all(axis=1)
    first_twice = once & (counts[:, 0, FIRST] == 1) & (counts[:, 1, SECOND] == 1)
    second_twice = once & (counts[:, 0, SECOND] == 1) & (counts[:, 1, FIRST] == 1)
    rates = equal[there] / times[there].prod(axis=1)
    return rates, cluster[there], int(first_twice.sum()), int(second_twice.sum())


def _order_warnings(readable: ShownAnswers) -> tuple[str, ...]:
    """Whether output one stood first far more, or far less, often than drawn orders explain."""
    from scipy.stats import binomtest

    n, ahead = readable.answer.size, int((~readable.swapped).sum())
    if n == 0 or binomtest(ahead, n).pvalue >= NOT_DRAWN:
        return ()
    return (
        f"Output one was shown first in {ahead} of {n} answers: the order was not drawn, so a preference for the first "
        "shown may be one for output one.",
    )
