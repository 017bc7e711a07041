"""How an adjudicator's decisions compare with the votes that they decide on."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from perg.stats.base.estimate import Estimate
from perg.stats.base.intervals import interval_warnings
from perg.stats.base.proportions import proportion
from perg.stats.base.resampling import Draws, Floats, cluster_sums, percentile_interval, resampled_sums
from perg.stats.gold.gold import majority

SEED = 0
"""Of the bootstrap, so that the same decisions always show the same intervals."""

NO_VOTES = "no decision on a task with votes"
NO_MAJORITY = "no decision on a task with a majority"


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision, the votes on its task and the question that the task is about, which may be that of others, too."""

    score: int
    votes: tuple[int, ...]
    question: int


@dataclass(frozen=True, slots=True)
class DecisionMeasures:
    """One adjudicator's decisions against the votes.

    Attributes:
        n: decisions.
        near_median: share of them at most half a point off the votes' median, in [0, 1].
        with_majority: share that say followed where most votes do, and not followed where most say so; of those on
            tasks whose votes are not tied.
        overturning: share that say the opposite; the rest of the same.
        difference: mean of the score minus the votes' median, in points of the scale; above 0: more lenient.
    """

    n: int
    near_median: Estimate
    with_majority: Estimate
    overturning: Estimate
    difference: Estimate


def decision_measures(decisions: Sequence[Decision], *, threshold: int) -> DecisionMeasures:
    """Measures of one adjudicator's decisions; `followed` = score >= `threshold`.

    Shares have `proportion`'s intervals, the mean a bootstrap over questions.
    """
    voted = [decision for decision in decisions if decision.votes]
    majorities = [(decision, majority(decision.votes, threshold=threshold).followed) for decision in voted]
    untied = [(decision, followed) for decision, followed in majorities if followed is not None]
    with_majority = _share(
        [(decision.score >= threshold) == followed for decision, followed in untied],
        [decision.question for decision, _ in untied],
        NO_MAJORITY,
    )
    offsets = np.array([decision.score - median(decision.votes) for decision in voted], dtype=np.float64)
    return DecisionMeasures(
        n=len(decisions),
        near_median=_share(
            [bool(near) for near in np.abs(offsets) <= 0.5],
            [decision.question for decision in voted],
            NO_VOTES,
        ),
        with_majority=with_majority,
        overturning=with_majority.complement(),
        difference=_mean(offsets, [decision.question for decision in voted]),
    )


def _share(hits: list[bool], questions: list[int], undefined: str) -> Estimate:
    clusters = np.array(questions, dtype=np.int64)
    return proportion(np.array(hits, dtype=np.bool_), clusters=clusters, undefined=undefined)


def _mean(values: Floats, questions: list[int]) -> Estimate:
    if not values.size:
        return Estimate.of_nothing(NO_VOTES)
    by_question = cluster_sums(
        np.column_stack([values, np.ones(values.size)]), np.array(questions, dtype=np.int64)
    )
    totals, counts = resampled_sums(by_question, Draws(rng=np.random.default_rng(SEED))).T
    interval = percentile_interval((totals / counts)[1:], clusters=by_question.shape[0])
    warnings = interval_warnings(by_question.shape[0])
    return Estimate.of(float(values.mean()), values.size, interval, warnings=warnings)
