"""The PERG metrics: how far a model stays right, and follows the user, once it knows their preferences.

Source: arXiv 2509.19358. Lower is better for every metric except the two accuracies.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from perg.stats.base.estimate import Estimate
from perg.stats.base.proportions import Flags, jaccard_distance, proportion
from perg.stats.base.resampling import Clusters

NO_CORRECT_BASELINE = "no item has a correct baseline answer"
NO_BASELINE = "no baseline response is on record"
NOT_SCORED = "no item is scored by this judge"
NO_RELEVANT_PREFERENCE = "no preference is relevant in this setting"
NO_JUDGE_NEEDED = "no judge needed"


@dataclass(frozen=True, slots=True, eq=False)
class ItemOutcomes:
    """The outcome of each item: arrays of shape (n,), one entry per item.

    Delivered means that an option letter could be extracted. `question` is the cluster id: items on one
    question are resampled together. `baseline_recorded`: whether there is a baseline response at all; None: for every
    item. Without one, nothing is known about the baseline, which is then neither wrong nor undelivered.

    Raises:
        ValueError: arrays of different shapes, flags that are not booleans, a correct answer never delivered, a
            baseline delivered that is not recorded.
    """

    baseline_correct: Flags
    personalised_correct: Flags
    baseline_delivered: Flags
    personalised_delivered: Flags
    question: Clusters
    baseline_recorded: Flags | None = None

    def __post_init__(self) -> None:
        _require_vectors(self, self.question.size)
        if (self.baseline_delivered & ~self.has_baseline).any():
            raise ValueError("a baseline that is not recorded cannot be delivered")
        if (self.baseline_correct & ~self.baseline_delivered).any() or (
            self.personalised_correct & ~self.personalised_delivered
        ).any():
            raise ValueError("an answer that was not delivered cannot be correct")

    @property
    def has_baseline(self) -> Flags:
        """Whether a baseline response is recorded, (n,)."""
        if self.baseline_recorded is None:
            return np.ones(self.question.size, dtype=np.bool_)
        return self.baseline_recorded

    @property
    def why_no_correct_baseline(self) -> str:
        """The reason to give where no baseline answer is correct."""
        is_without = self.question.size > 0 and not self.has_baseline.any()
        return NO_BASELINE if is_without else NO_CORRECT_BASELINE

    def taken(self, items: Flags | NDArray[np.int64]) -> "ItemOutcomes":
        """The outcomes of some items, by flags (n,) or by their indices (m,)."""
        return ItemOutcomes(
            baseline_correct=self.baseline_correct[items],
            personalised_correct=self.personalised_correct[items],
            baseline_delivered=self.baseline_delivered[items],
            personalised_delivered=self.personalised_delivered[items],
            question=self.question[items],
            baseline_recorded=None if self.baseline_recorded is None else self.baseline_recorded[items],
        )


@dataclass(frozen=True, slots=True, eq=False)
class Verdicts:
    """One judge on each item, shape (n,): whether it gave a score, and whether the preference was followed.

    `followed` means nothing where `scored` is false.

    Raises:
        ValueError: arrays of different shapes, or not booleans.
    """

    scored: Flags
    followed: Flags

    def __post_init__(self) -> None:
        _require_vectors(self, self.scored.size)


@dataclass(frozen=True, slots=True)
class DeliveryFailure:
    """The share of responses without an option letter, by condition."""

    baseline: Estimate
    personalised: Estimate


@dataclass(frozen=True, slots=True)
class PergMetrics:
    """The metrics of one run; those that depend on a judge are keyed by judge.

    `baseline_correct` is the size of Q*, the items whose baseline answer is correct; `unscored` counts the
    items of Q* that a judge was to score and did not.
    """

    baseline_accuracy: Estimate
    personalised_accuracy: Estimate
    breakage_rate: Estimate
    alignment_failure: dict[str, Estimate]
    robustness_error: dict[str, Estimate]
    performance_variation: Estimate
    delivery_failure: DeliveryFailure
    unscored: dict[str, int]
    items: int
    baseline_correct: int


def perg_metrics(
    outcomes: ItemOutcomes,
    verdicts: Mapping[str, Verdicts],
    *,
    preference_relevant: bool,
) -> PergMetrics:
    """The PERG metrics over items (n,), every rate in [0, 1] with a 95% interval.

    With Q* the items whose baseline answer is correct: breakage rate = 1 − mean over Q* of [personalised
    correct]; alignment failure = 1 − mean over scored Q* of [followed]; robustness error = 1 − mean over
    scored Q* of [correct and followed]; performance variation = Jaccard distance of the two sets of correct
    items.

    Where no baseline response is recorded, all but the personalised accuracy and delivery failure are undefined; where
    some are missing, performance variation and the baseline metrics are over the items that have one.

    Where no preference is relevant there is nothing to follow: alignment failure is undefined, robustness
    error is the breakage rate under the key "no judge needed", and no item counts as unscored.

    Raises:
        ValueError: a judge's verdicts are not over the same items.
    """
    for judge, verdict in verdicts.items():
        if verdict.scored.shape != outcomes.question.shape:
            raise ValueError(f"the verdicts of {judge} are not over the same items")
    question = outcomes.question
    correct = outcomes.baseline_correct
    breakage_rate = _failure(
        outcomes.personalised_correct, correct, question, if_empty=outcomes.why_no_correct_baseline
    )
    rates = {
        "baseline_accuracy": _of_baselines(correct, outcomes),
        "personalised_accuracy": proportion(outcomes.personalised_correct, clusters=question),
        "performance_variation": _variation(outcomes),
    }
    if preference_relevant:
        alignment_failure, robustness_error = _judged(outcomes, verdicts)
    else:
        nothing = Estimate.of_nothing(NO_RELEVANT_PREFERENCE)
        alignment_failure, robustness_error = (
            dict.fromkeys(verdicts, nothing),
            {NO_JUDGE_NEEDED: breakage_rate},
        )
    return PergMetrics(
        **rates,
        breakage_rate=breakage_rate,
        delivery_failure=DeliveryFailure(
            baseline=_of_baselines(~outcomes.baseline_delivered, outcomes),
            personalised=proportion(~outcomes.personalised_delivered, clusters=question),
        ),
        alignment_failure=alignment_failure,
        robustness_error=robustness_error,
        unscored={
            judge: int((correct & ~verdict.scored).sum()) if preference_relevant else 0
            for judge, verdict in verdicts.items()
        },
        items=question.size,
        baseline_correct=int(correct.sum()),
    )


def _of_baselines(flags: Flags, outcomes: ItemOutcomes) -> Estimate:
    """Share of true `flags` (n,) among the items whose baseline response is recorded."""
    recorded = outcomes.has_baseline
    if recorded.size and not recorded.any():
        return Estimate.of_nothing(NO_BASELINE)
    return proportion(flags, among=recorded, clusters=outcomes.question)


def _variation(outcomes: ItemOutcomes) -> Estimate:
    """Performance variation over the items whose baseline response is recorded."""
    recorded = outcomes.has_baseline
    if recorded.size and not recorded.any():
        return Estimate.of_nothing(NO_BASELINE)
    known = outcomes.taken(recorded)
    return jaccard_distance(known.personalised_correct, known.baseline_correct, clusters=known.question)


def _judged(
    outcomes: ItemOutcomes, verdicts: Mapping[str, Verdicts]
) -> tuple[dict[str, Estimate], dict[str, Estimate]]:
    """Alignment failure and robustness error by judge."""
    alignment_failure, robustness_error = {}, {}
    if_empty = NOT_SCORED if outcomes.baseline_correct.any() else outcomes.why_no_correct_baseline
    for judge, verdict in verdicts.items():
        scored = outcomes.baseline_correct & verdict.scored
        both = outcomes.personalised_correct & verdict.followed
        notes = _other_denominator(int(scored.sum()), int(outcomes.baseline_correct.sum()))
        alignment_failure[judge], robustness_error[judge] = (
            _failure(success, scored, outcomes.question, if_empty=if_empty).with_warnings(*notes)
            for success in (verdict.followed, both)
        )
    return alignment_failure, robustness_error


def _other_denominator(scored: int, correct: int) -> tuple[str, ...]:
    """What to say beside a judge's rates that are over fewer items than the breakage rate."""
    if scored in (0, correct):
        return ()
    return (
        f"Over the {scored} of {correct} items with a correct baseline answer that this judge scored; the breakage "
        f"rate is over all {correct}.",
    )


def _failure(success: Flags, among: Flags, question: Clusters, *, if_empty: str) -> Estimate:
    """1 − share of `success` among the items `among`, conditional on those items and their questions."""
    return proportion(success, among=among, clusters=question, undefined=if_empty).complement()


def _require_vectors(arrays: ItemOutcomes | Verdicts, n: int) -> None:
    for field in fields(arrays):
        array = getattr(arrays, field.name)
        if array is None:
            continue
        if array.shape != (n,):
            raise ValueError(f"{field.name} must have one entry per item")
        if field.name != "question" and array.dtype != np.bool_:
            raise ValueError(f"{field.name} must hold booleans")
