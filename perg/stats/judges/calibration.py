"""What a judge's score is worth: how often people say *followed* at each score, and whether it is lenient or harsh.

Sources: Guo et al., On Calibration of Modern Neural Networks, ICML 2017 (expected calibration error, here with one bin
a score); McNemar, Psychometrika 12 (1947) 153–157, exact by the binomial; Bonett & Price, Journal of Educational and
Behavioral Statistics 37 (2012) 479–488 (difference of paired rates).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy

from perg.stats.base.estimate import Estimate
from perg.stats.base.intervals import bootstrap_estimate
from perg.stats.base.proportions import proportion
from perg.stats.base.resampling import Draws, Floats, cluster_sums, defined_ratio, resampled_sums
from perg.stats.measures.association import mean_signed_difference
from perg.stats.measures.kappa import NOT_RATED_BY_BOTH
from perg.stats.ratings.ratings import BINARY, Codes, Ratings, category_codes
from perg.stats.runs.paired_runs import PairedRatio, paired_difference

Direction = Literal["lenient", "harsh", "neither shown"]

MOST_LEVELS = 121
"""Scores that are looked at one by one: 60 with half steps, or 0 to 100."""

TOO_MANY_LEVELS = f"the scale has more than {MOST_LEVELS} scores, too few items at each"
EXACT_TEST_DISAGREES = (
    "McNemar's exact test, which is cautious where few items differ and takes items for independent, and this interval "
    "say different things of whether there is a difference."
)
NO_PAIR = "no unit has both the judge's score and people's decision"


@dataclass(frozen=True, slots=True)
class ScoreLevel:
    """Of the `n` units to which the judge gave `score`: the share of which people say followed."""

    score: float
    n: int
    followed: Estimate


@dataclass(frozen=True, slots=True)
class ScoreCalibration:
    """Calibration of the judge's scores over `n` units.

    Attributes:
        levels: one for each category, also those that the judge never used; none where there are too many.
        expected_calibration_error: mean over units of |share followed at the score − the score brought to [0, 1]|: 0
            where a score in the middle of the scale means even odds, the top certainty. In [0, 1].
        rises: whether the share followed never falls from one used score to the next higher; None below two.
    """

    n: int
    levels: tuple[ScoreLevel, ...]
    expected_calibration_error: Estimate
    rises: bool | None


def score_calibration(
    scores: Ratings,
    followed: Ratings,
    categories: Sequence[float],
    *,
    draws: Draws,
) -> ScoreCalibration:
    """Judge's scores (n,) out of ascending `categories` against people's decision (n,): 1 = followed, 0 = not.

    NaN where either is missing: such units are left out. Shares have `proportion`'s interval; the calibration error a
    percentile bootstrap, which the error's own upward bias in small samples enters.

    Raises:
        ValueError: arrays of different shapes, or values outside their categories.
    """
    if scores.shape != followed.shape or scores.ndim != 1:
        raise ValueError("scores and decisions are vectors over the same units")
    draws.require_units(scores.size)
    codes, verdicts = category_codes(scores, categories), category_codes(followed, BINARY)
    both = (codes >= 0) & (verdicts >= 0)
    codes, yes, n = codes[both], verdicts[both] == 1, int(both.sum())
    if len(categories) > MOST_LEVELS:
        return ScoreCalibration(n, (), Estimate.of_nothing(TOO_MANY_LEVELS, n), None)
    draws = draws.among(both)
    levels = []
    for index, score in enumerate(categories):
        at = codes == index
        share = proportion(
            yes,
            among=at,
            clusters=draws.clusters,
            confidence=draws.confidence,
            undefined="the judge never gave this score",
        )
        levels.append(ScoreLevel(float(score), int(at.sum()), share))
    shares = [level.followed.value for level in levels if level.followed.value is not None]
    return ScoreCalibration(
        n=n,
        levels=tuple(levels),
        expected_calibration_error=_calibration_error(codes, yes.astype(np.float64), categories, draws),
        rises=bool((np.diff(shares) >= 0).all()) if len(shares) > 1 else None,
    )


def _calibration_error(codes: Codes, yes: Floats, categories: Sequence[float], draws: Draws) -> Estimate:
    if codes.size == 0:
        return Estimate.of_nothing(NO_PAIR)
    positions = np.asarray(categories, dtype=np.float64)
    if positions.size < 2:
        return Estimate.of_nothing("a scale of one category says nothing of certainty", codes.size)
    expected = (positions - positions[0]) / (positions[-1] - positions[0])
    surplus = (codes[:, np.newaxis] == np.arange(positions.size)) * (yes[:, np.newaxis] - expected)
    per_unit = np.column_stack([surplus, np.ones(codes.size)])

    def errors(sums: Floats) -> Floats:
        return defined_ratio(np.abs(sums[:, :-1]).sum(axis=1), sums[:, -1])

    by_cluster = cluster_sums(per_unit, draws.clusters)
    values = errors(resampled_sums(by_cluster, draws))
    return bootstrap_estimate(
        values[0],
        codes.size,
        values[1:],
        clusters=by_cluster.shape[0],
        confidence=draws.confidence,
    )


@dataclass(frozen=True, slots=True)
class JudgeBias:
    """Whether a judge is too lenient or too harsh, against people's aggregate.

    Attributes:
        mean_difference: judge's score minus people's, in points of the scale; above 0 = lenient.
        rate_difference: share that the judge calls followed minus the share that people do, in [−1, 1].
        only_judge_followed, only_people_followed: the two discordant counts.
        mcnemar_p_value: exact, two-sided, of equal rates; None without a discordant unit. It takes units for
            independent, and is cautious where few are discordant. `rate_difference` warns where the two disagree.
        direction: "lenient" or "harsh" where the interval of `rate_difference` leaves out 0.
    """

    mean_difference: Estimate
    rate_difference: Estimate
    only_judge_followed: int
    only_people_followed: int
    mcnemar_p_value: float | None
    direction: Direction


def judge_bias(
    judge: Ratings,
    people: Ratings,
    categories: Sequence[float],
    *,
    judge_followed: Ratings,
    people_followed: Ratings,
    draws: Draws,
) -> JudgeBias:
    """Scores of the judge and of people's median (n,), and what both say on followed (n,): 1, 0, NaN = not said.

    The rates' interval is Bonett and Price's, over clusters where units share them: see `paired_difference`.

    Raises:
        ValueError: arrays of different shapes, or values outside their categories.
    """
    if not judge.shape == people.shape == judge_followed.shape == people_followed.shape:
        raise ValueError("scores and decisions are vectors over the same units")
    mean_difference = mean_signed_difference(judge, people, categories, draws=draws)
    first, second = category_codes(judge_followed, BINARY), category_codes(people_followed, BINARY)
    both = (first >= 0) & (second >= 0)
    differences, n = (first - second)[both].astype(np.float64), int(both.sum())
    more, less = int((differences > 0).sum()), int((differences < 0).sum())
    if n == 0:
        return JudgeBias(mean_difference, Estimate.of_nothing(NOT_RATED_BY_BOTH), 0, 0, None, "neither shown")
    ones = np.ones(n)
    ids = np.arange(n) if draws.clusters is None else draws.clusters[both]
    rate = paired_difference(
        PairedRatio(np.zeros(n), ones, differences, ones), clusters=ids, confidence=draws.confidence
    )
    low, high = rate.difference.low, rate.difference.high
    is_significant = low is not None and high is not None and (low > 0 or high < 0)
    direction: Direction = "neither shown" if not is_significant else "lenient" if more > less else "harsh"
    exact = float(scipy.stats.binomtest(more, more + less).pvalue) if more + less else None
    rate_difference = rate.difference
    if exact is not None and is_significant != (exact < 1 - draws.confidence):
        rate_difference = rate_difference.with_warnings(EXACT_TEST_DISAGREES)
    return JudgeBias(mean_difference, rate_difference, more, less, exact, direction)
