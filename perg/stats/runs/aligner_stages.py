"""Where Pref-Aligner fails: each item at the first stage where something went wrong.

The stages, in the order in which an item meets them:

1. the baseline answer is already wrong (or none could be read);
2. the aligner's reply was unreadable, so the baseline response stands in;
3. the aligner broke a right answer: the personalised answer is wrong or unreadable;
4. an irrelevant preference was acted on: nothing was to be changed, and the text is another;
5. the preference is not followed, by a judge.

An item counts at one stage only, so the counts add up to the items; what a judge has not scored stands apart.
Stages that a run cannot tell are undefined, and no item counts there.
"""

from dataclasses import dataclass
from enum import StrEnum

from perg.stats.base.estimate import Estimate
from perg.stats.base.proportions import Flags, proportion
from perg.stats.runs.perg_metrics import NO_BASELINE, ItemOutcomes, Verdicts


class Failure(StrEnum):
    """A stage where an item failed, or how it came through."""

    BASELINE_WRONG = "baseline_wrong"
    FELL_BACK = "fell_back"
    BROKEN = "broken"
    ACTED_ON_IRRELEVANT = "acted_on_irrelevant"
    NOT_FOLLOWED = "not_followed"
    UNSCORED = "unscored"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class StageFailure:
    """How many items failed first at a stage: as a share of all, and of those that had got so far.

    `items` is None if the stage is undefined; the estimates say why.
    """

    stage: Failure
    items: int | None
    of_all: Estimate
    of_reached: Estimate


@dataclass(frozen=True, slots=True, eq=False)
class AlignerOutcomes:
    """What the aligner did with each item, flags of shape (n,), or the reason why that is not known.

    `fell_back`: its reply was unreadable. `acted`: it changed the text although only irrelevant preferences were told.
    """

    fell_back: Flags | str
    acted: Flags | str


def aligner_stages(
    outcomes: ItemOutcomes,
    aligner: AlignerOutcomes,
    verdicts: Verdicts | str,
) -> list[StageFailure]:
    """Items (n,) by the first stage where they failed. `verdicts`: of one judge, or why none can tell.

    Items without a recorded baseline response are left out; where none has one, every stage is undefined.

    Raises:
        ValueError: arrays that are not over the same items.
    """
    n = outcomes.question.size
    recorded = outcomes.has_baseline
    if n and not recorded.any():
        nothing = Estimate.of_nothing(NO_BASELINE, n)
        return [
            StageFailure(stage, None, nothing, nothing)
            for stage in Failure
            if stage is not Failure.UNSCORED or not isinstance(verdicts, str)
        ]
    failed: list[tuple[Failure, Flags | str]] = [
        (Failure.BASELINE_WRONG, ~outcomes.baseline_correct),
        (Failure.FELL_BACK, aligner.fell_back),
        (Failure.BROKEN, ~outcomes.personalised_correct),
        (Failure.ACTED_ON_IRRELEVANT, aligner.acted),
    ]
    if isinstance(verdicts, str):
        failed += [(Failure.NOT_FOLLOWED, verdicts)]
    else:
        failed += [
            (Failure.NOT_FOLLOWED, verdicts.scored & ~verdicts.followed),
            (Failure.UNSCORED, ~verdicts.scored),
        ]
    left = recorded
    stages = []
    for stage, flags in failed:
        if isinstance(flags, str):
            nothing = Estimate.of_nothing(flags, n)
            stages.append(StageFailure(stage, None, nothing, nothing))
            continue
        if flags.shape != left.shape:
            raise ValueError(f"{stage.value} must have one entry per item")
        stages.append(_stage(stage, left & flags, left, outcomes))
        left = left & ~flags
    stages.append(_stage(Failure.NONE, left, left, outcomes))
    return stages


def _stage(stage: Failure, here: Flags, reached: Flags, outcomes: ItemOutcomes) -> StageFailure:
    recorded = outcomes.has_baseline
    of_all = proportion(here, among=recorded, clusters=outcomes.question)
    if stage is Failure.NONE:
        return StageFailure(stage, int(here.sum()), of_all, of_all)
    of_reached = proportion(here, among=reached, clusters=outcomes.question, undefined="no item got so far")
    return StageFailure(stage, int(here.sum()), of_all, of_reached)
