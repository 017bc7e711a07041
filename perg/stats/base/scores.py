"""The mean of answers that lie in [0, 1], such as win rates with ties: an interval that never leaves the range.

Answers of 1 (first), 0 (second) and ½ (tie) vary less than those of 0 and 1 with the same mean, down to not at all. So
the variance is estimated, not taken from the mean as a share's is; and Wilson's form is used, in which it falls towards
both ends of the range. Half an answer that varies as much as it can stands for what few decisive answers cannot tell:
without it, answers that are all ties would have an interval of no width.

Sources: Korn & Graubard, Survey Methodology 24 (1998) 193–201 (an interval from effective trials); Bell & McCaffrey,
Survey Methodology 28 (2002) 169–181 (jackknife over clusters); Bonett & Price, Journal of Educational and Behavioral
Statistics 37 (2012) 479–488 (pseudo-pairs where two sides seldom differ). bench/pairwise.py measures its coverage.
"""

import math

import numpy as np
import scipy

from perg.stats.base.estimate import Estimate
from perg.stats.base.intervals import interval_warnings
from perg.stats.base.resampling import Clusters, Floats, dense_codes

PRIOR_ANSWERS = 0.5
"""The imagined answers, in units of an answer with a variance of 1: two that are as far from ½ as can be."""
FEW_DECISIVE = 20
NO_ANSWERS = "no answers"


def mean_score(
    scores: Floats, *, clusters: Clusters | None = None, undefined: str = NO_ANSWERS, confidence: float = 0.95
) -> Estimate:
    """Mean of `scores` (n,) in [0, 1] with its interval; scores that share `clusters` (n,) vary together.

    No interval if all scores are of one cluster. Warns if fewer than 15 clusters, or fewer than 20 that lie on either
    side of ½, speak.

    Raises:
        ValueError: scores outside [0, 1], or not one cluster id per score.
    """
    if scores.ndim != 1 or not ((scores >= 0) & (scores <= 1)).all():
        raise ValueError("scores are a vector of numbers in [0, 1]")
    if clusters is not None and clusters.shape != scores.shape:
        raise ValueError("one cluster id per score is needed")
    n = scores.size
    if n == 0:
        return Estimate.of_nothing(undefined)
    codes = np.arange(n) if clusters is None else dense_codes(clusters)
    sizes = np.bincount(codes).astype(np.float64)
    value = float(scores.mean())
    if sizes.size < 2:
        return Estimate.of(value, n, None, warnings=interval_warnings(sizes.size))
    decided = np.bincount(codes, 2 * scores - 1)
    alone = float(((2 * scores - 1) ** 2).sum())
    effect = float((decided**2).sum()) / alone if alone > 0 else float((sizes**2).sum()) / n
    residuals = (np.bincount(codes, scores) - value * sizes) / (1 - sizes / n)
    variance = (sizes.size - 1) / sizes.size * float((residuals**2).sum()) / n**2
    effective = n**2 / float((sizes**2).sum())
    interval = range_interval(
        value,
        variance,
        unit=max(effect, 1.0) / n,
        freedom=max(effective - 1, 1.0),
        kurtosis=kurtosis(scores),
        confidence=confidence,
    )
    decisive = int(np.count_nonzero(np.abs(decided) > 0))
    warnings = (*interval_warnings(sizes.size), *few_decisive(decisive))
    return Estimate.of(value, n, interval, warnings=warnings)


def few_decisive(decisive: int) -> tuple[str, ...]:
    """The warning of few clusters whose answers are for one side or the other."""
    if decisive >= FEW_DECISIVE:
        return ()
    return (
        f"Only {decisive} questions have an answer for either side: the interval may not hold its level.",
    )


def range_interval(
    value: float,
    variance: float,
    *,
    unit: float,
    freedom: float,
    kurtosis: float | None = None,
    confidence: float = 0.95,
) -> tuple[float, float]:
    """Interval, within [0, 1], of a mean of numbers in [0, 1] with this estimated `variance`.

    It contains every mean θ with (value − θ)² <= t² ratio θ (1 − θ), where the ratio is that of the variance to value
    (1 − value), and t Student's quantile with these degrees of freedom. `unit` is the variance that the mean of so many
    answers would have if each had a variance of 1: 1 / n, or more where answers go together. The `kurtosis` of the
    answers, 1 or more, says how few of them the variance rests on; without it, none is taken to be known.
    """
    value = min(max(value, 0.0), 1.0)
    spread = value * (1 - value) + PRIOR_ANSWERS * unit
    imagined = PRIOR_ANSWERS * unit**2
    if kurtosis is not None:
        # Of ties with a share d of decisive answers, 1 / d: the same then. Of scores all over the range much less.
        imagined = min(imagined, 4 * PRIOR_ANSWERS * unit * variance * kurtosis)
    ratio = (variance + imagined) / spread
    growing = float(scipy.special.stdtrit(freedom, (1 - confidence) / 2)) ** 2 * ratio
    middle = value + growing / 2
    half = math.sqrt(max(growing * value * (1 - value) + growing**2 / 4, 0.0))
    return max((middle - half) / (1 + growing), 0.0), min((middle + half) / (1 + growing), 1.0)


def kurtosis(scores: Floats) -> float | None:
    """Fourth moment about the mean over the squared second, of (n,); None where the scores do not vary."""
    squares = (scores - scores.mean()) ** 2
    second = float(squares.mean())
    return float((squares**2).mean()) / second**2 if second > 1e-15 else None
