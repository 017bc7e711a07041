"""The quality of one annotator: agreement with the others, control items, speed, and change over time.

Arrays of labels in, frozen dataclasses of `Estimate`s out. Agreement is with the median of the others' scores for
the same response, the annotator's own left out. It is κ with quadratic weights, which over numbers is Lin's
concordance coefficient, 2·cov(x, y) / (var x + var y + (mean x − mean y)²): 1 is perfect; answering at
random, or always the same, gives 0, however common that answer is.

Sources: Cohen, Psychological Bulletin 70 (1968) 213–220; Lin, Biometrics 45 (1989) 255–268, whose coefficient is
that κ; Conover, Practical Nonparametric Statistics (1999), 3.2 (interval of a median).
"""

from dataclasses import dataclass, replace

import numpy as np
import scipy
from numpy.typing import NDArray

from perg.stats.base.estimate import Estimate
from perg.stats.base.intervals import bootstrap_estimate
from perg.stats.base.proportions import Flags, proportion
from perg.stats.base.resampling import Draws, Floats, cluster_sums, defined_ratio, resampled_sums
from perg.stats.ratings.ratings import SCALE, Codes, Ratings

DEFAULT_LOWEST_CONTROL_ACCURACY = 0.6
DEFAULT_LOWEST_AGREEMENT = 0.3
MINIMUM_CONTROLS = 10
"""With fewer control items nobody counts as clearly below the threshold: one wrong known score would weigh too much."""
MINIMUM_SHARED = 30
"""The same for responses that others have also labelled: with fewer, the bootstrap is too narrow."""

SUSPICIOUS_ANSWERS = 4
SUSPICIOUS_SHARE = 0.25
"""If at most this share of at least this many answers is right, the known score is probably wrong."""

FEWEST_RESAMPLES = 200
RESAMPLING_BUDGET = 1_000_000  # resamples times units: with thousands of labels fewer resamples are enough
COURSE_PARTS = 10
COURSE_LEAST = 3

NOBODY_ELSE = "nobody else has labelled these responses"
REST_CONSTANT = "the others gave every one of these responses the same score"
TOO_FEW_FOR_DRIFT = "too few labels to compare their first third with their last"


@dataclass(frozen=True, slots=True)
class Drift:
    """What changed between the first third of a person's labels and the last, in points of the scale.

    Attributes:
        shift: mean of (own score − median of the others), last third minus first: above 0, milder than before.
        distance: mean of |own score − median of the others|, last third minus first: above 0, farther off.
        course: that mean difference in up to ten parts of equally many labels, in their order.
    """

    shift: Estimate
    distance: Estimate
    course: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class AnnotatorQuality:
    """One person's figures. `own_counts` and `rest_counts` say how often each score of the scale was given.

    The others' scores in `rest_counts` are those for the responses that this person labelled.
    """

    labels: int
    agreement: Estimate
    control_accuracy: Estimate
    seconds: Estimate
    fast: Estimate
    drift: Drift
    own_counts: tuple[int, ...]
    rest_counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Bars:
    """Below what a person is paused; None: never."""

    control_accuracy: float | None
    agreement: float | None


def leave_one_out_medians(units: Codes, raters: Codes, scores: Ratings, voting: Flags) -> Ratings:
    """For each of N labels, the median of the other raters' votes on its unit: (N,), NaN where there are none.

    All arguments are (N,): ids of units and raters, scores, and whether a label counts among the others'.

    Raises:
        ValueError: arrays of different shapes.
    """
    if not (units.shape == raters.shape == scores.shape == voting.shape) or units.ndim != 1:
        raise ValueError("units, raters, scores and votes are vectors over the same labels")
    medians = np.full(units.size, np.nan)
    if not voting.any():
        return medians
    rows, votes, by = _vote_rows(units, raters, scores, voting)
    others = np.where(by[rows] == raters[:, np.newaxis], np.nan, votes[rows])
    rated = ~np.isnan(others).all(axis=1)
    medians[rated] = np.nanmedian(others[rated], axis=1)
    return medians


def _vote_rows(
    units: Codes, raters: Codes, scores: Ratings, voting: Flags
) -> tuple[NDArray[np.intp], Ratings, Codes]:
    """Each label's row, and by rows the votes on a unit and who gave them; NaN and −1 fill up."""
    ids, rows = np.unique(units, return_inverse=True)
    at = rows[voting]
    order = np.argsort(at, kind="stable")
    at = at[order]
    starts = np.searchsorted(at, np.arange(ids.size))
    column = np.arange(at.size) - starts[at]
    votes = np.full((ids.size, int(column.max()) + 1), np.nan)
    by = np.full(votes.shape, -1, dtype=np.int64)
    votes[at, column] = scores[voting][order]
    by[at, column] = raters[voting][order]
    return rows, votes, by


def agreement_with_rest(own: Ratings, rest: Ratings, *, draws: Draws) -> Estimate:
    """Quadratic κ of a person's scores (n,) with the others' medians (n,), NaN where there is none of either.

    n counts the units that both rated. A person who always gave the same score has κ = 0 in every resample; the
    interval is then `_interval_of_constant`'s. Undefined if the others do not vary: nothing could then be agreed on
    beyond chance.

    Raises:
        ValueError: arrays of different shapes.
    """
    if own.shape != rest.shape or own.ndim != 1:
        raise ValueError("own scores and those of the rest are vectors over the same units")
    draws.require_units(own.size)
    both = ~np.isnan(own) & ~np.isnan(rest)
    x, y, n = own[both], rest[both], int(both.sum())
    if n == 0:
        return Estimate.of_nothing(NOBODY_ELSE)
    if np.ptp(y) == 0:
        return Estimate.of_nothing(REST_CONSTANT, n)
    if np.ptp(x) == 0:
        return Estimate.of(0.0, n, _interval_of_constant(float(x[0]), y, draws.confidence))
    moments = np.column_stack([np.ones(n), x, y, x * x + y * y, x * y])
    by_cluster = cluster_sums(moments, draws.among(both).clusters)
    values = _concordance(resampled_sums(by_cluster, _within_budget(draws, n)))
    return bootstrap_estimate(
        values[0], n, values[1:], clusters=by_cluster.shape[0], confidence=draws.confidence
    )


def _concordance(sums: Floats) -> Floats:
    """Quadratic κ of sums (R, 5) of 1, x, y, x² + y² and xy: (R,), NaN where chance agreement is complete."""
    n, x, y, squares, products = sums.T
    disagreement = squares - 2 * products
    by_chance = squares - 2 * x * y / n
    # Sums of whole and half points are exact, so that a resample without variation shows as 0 here.
    return 1 - defined_ratio(disagreement, by_chance)


def _interval_of_constant(score: float, rest: Ratings, confidence: float) -> tuple[float, float]:
    """How far from 0 the true κ of a person may be who gave the same score `rest.size` times.

    That many equal answers are compatible with a share q of other answers, (1 − q)^n = (1 − confidence) / 2. The
    interval ends at the κ that results if all of those agreed, or all were the mirror image of agreement.
    """
    q = 1 - ((1 - confidence) / 2) ** (1 / rest.size)
    room = 2 * q * float(np.var(rest))
    end = room / ((1 - q) * float(np.mean((rest - score) ** 2)) + room)
    return -end, end


def _within_budget(draws: Draws, n: int) -> Draws:
    return replace(draws, resamples=min(draws.resamples, max(FEWEST_RESAMPLES, RESAMPLING_BUDGET // n)))


def median_seconds(seconds: Floats) -> Estimate:
    """Median time on a task (n,), with the interval between two order statistics, which assumes nothing."""
    n = seconds.size
    if n == 0:
        return Estimate.of_nothing("no time was measured")
    rank = int(scipy.stats.binom.ppf(0.025, n, 0.5))  # the number of labels below the interval
    ordered = np.sort(seconds)
    # With fewer than six, even the shortest and the longest time do not make up 95%.
    interval = (float(ordered[rank - 1]), float(ordered[n - rank])) if rank >= 1 else None
    return Estimate.of(float(np.median(seconds)), n, interval)


def share_fast(seconds: Floats, minimum: float | None) -> Estimate:
    """Share of labels made in less than `minimum` seconds, with Wilson's interval."""
    if minimum is None:
        return Estimate.of_nothing("the campaign has no minimum time", seconds.size)
    return proportion(seconds < minimum, undefined="no time was measured")


def control_accuracy(right: Flags) -> Estimate:
    """Share of the control items that a person got right, with Wilson's interval."""
    return proportion(right, undefined="no control item was answered")


def drift(own: Ratings, rest: Ratings, *, draws: Draws) -> Drift:
    """How a person's scores moved against the others' medians, both (n,) in the order in which they were given.

    n counts the labels of the two thirds compared.
    """
    both = ~np.isnan(own) & ~np.isnan(rest)
    difference, n = own[both] - rest[both], int(both.sum())
    parts = min(COURSE_PARTS, n // COURSE_LEAST)
    course = tuple(float(part.mean()) for part in np.array_split(difference, parts)) if parts > 1 else ()
    third = n // 3
    if third < 2:
        nothing = Estimate.of_nothing(TOO_FEW_FOR_DRIFT, n)
        return Drift(nothing, nothing, course)
    first, last = np.zeros(n), np.zeros(n)
    first[:third], last[n - third :] = 1, 1
    distance = np.abs(difference)
    statistics = np.column_stack(
        [first, last, first * difference, last * difference, first * distance, last * distance]
    )
    by_cluster = cluster_sums(statistics, draws.among(both).clusters)
    sums = resampled_sums(by_cluster, _within_budget(draws, n))
    compared = int((by_cluster[:, :2] > 0).any(axis=1).sum())

    def change(column: int) -> Estimate:
        values = defined_ratio(sums[:, column + 1], sums[:, 1]) - defined_ratio(sums[:, column], sums[:, 0])
        return bootstrap_estimate(
            values[0], 2 * third, values[1:], clusters=compared, confidence=draws.confidence
        )

    return Drift(change(2), change(4), course)


def score_counts(scores: Ratings) -> tuple[int, ...]:
    """How often each score of the scale was given."""
    return tuple(int((scores == score).sum()) for score in SCALE)


def surely_below(estimate: Estimate, bar: float | None, *, minimum: int) -> bool:
    """Whether the whole interval is below the threshold, with at least `minimum` answers."""
    return bar is not None and estimate.high is not None and estimate.n >= minimum and estimate.high < bar


def surely_below_bars(accuracy: Estimate, agreement: Estimate, bars: Bars) -> tuple[str, ...]:
    """By which figures a person is surely below the bar: `control_accuracy`, `agreement`, both or neither."""
    below = {
        "control_accuracy": surely_below(accuracy, bars.control_accuracy, minimum=MINIMUM_CONTROLS),
        "agreement": surely_below(agreement, bars.agreement, minimum=MINIMUM_SHARED),
    }
    return tuple(name for name, is_below in below.items() if is_below)


def is_suspicious(right: int, answers: int) -> bool:
    """Whether nearly everybody gets an item with a known score wrong, so that its score should be looked at."""
    return answers >= SUSPICIOUS_ANSWERS and right <= SUSPICIOUS_SHARE * answers
