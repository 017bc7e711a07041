"""What goes into a gold release: the rule that decides, and the thresholds that a task must meet."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from perg.stats.gold.aggregation import Rule

TaskState = Literal["open", "agreed", "disputed", "adjudicated"]
ALL_STATES: tuple[TaskState, ...] = ("open", "agreed", "disputed", "adjudicated")
DECIDED_STATES: tuple[TaskState, ...] = ("agreed", "adjudicated")
MORE_THAN_HALF = 0.51
"""The lowest share, in whole percent, that is not half the votes or fewer."""


class GoldCriteria(BaseModel):
    """How a release decides, and what it includes; stored with the release. The defaults are those of every way to make
    one: only tasks that are decided, on as many labels as the campaign wants of each.

    An adjudicator's decision, where it counts, stands alone: the thresholds on labels, agreement and confidence are for
    what people's votes decide.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: Rule = "majority"
    adjudicated_first: bool = Field(
        default=True, description="An adjudicator's decision counts before the rule does."
    )
    include_surplus: bool = Field(
        default=False,
        description="Surplus labels vote, too. Labels that were set aside never do.",
    )
    states: tuple[TaskState, ...] = Field(
        default=DECIDED_STATES, min_length=1, description="How far the labels of a task must be."
    )
    include_unresolved: bool = Field(
        default=False, description="Include tied and unlabelled tasks, without a decision."
    )
    minimum_labels: int | None = Field(
        default=None,
        ge=0,
        le=100,
        description="Votes that a decision must rest on; null: as many as the campaign wants of each task.",
    )
    minimum_agreement: float = Field(
        default=MORE_THAN_HALF, ge=0, le=1, description="Share of the votes that say what the rule decides."
    )
    minimum_confidence: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Of Dawid–Skene and MACE: the model's probability of what it decides.",
    )

    def for_overlap(self, overlap: int) -> "GoldCriteria":
        """The criteria in a campaign that wants `overlap` labels of each task."""
        if self.minimum_labels is not None:
            return self
        return self.model_copy(update={"minimum_labels": overlap})


EVERY_TASK = GoldCriteria(states=ALL_STATES, include_unresolved=True, minimum_labels=0, minimum_agreement=0.0)
"""Includes every task, whatever its labels are."""


def looser_choices(criteria: GoldCriteria, *, overlap: int) -> list[str]:
    """What these criteria include that the defaults leave out, in words; empty for the defaults and stricter ones."""
    usual = GoldCriteria().for_overlap(overlap)
    labels = criteria.for_overlap(overlap).minimum_labels or 0
    choices = {
        "Tasks that want more labels can be in it.": "open" in criteria.states,
        "Tasks that wait for adjudication can be in it.": "disputed" in criteria.states,
        "Tied and unlabelled tasks are in it, without a decision.": criteria.include_unresolved,
        f"A decision can rest on {_labels(max(labels, 1))}; the campaign wanted {_labels(overlap)} of each task.": (
            labels < overlap
        ),
        f"The decision can be what only {criteria.minimum_agreement:.0%} of the labels say.": (
            criteria.minimum_agreement < usual.minimum_agreement
        ),
        "Labels that came too late to have a vote count.": criteria.include_surplus,
        "Adjudicators' decisions do not count.": not criteria.adjudicated_first,
    }
    return [choice for choice, is_made in choices.items() if is_made]


def _labels(n: int) -> str:
    return "1 label" if n == 1 else f"{n} labels"
