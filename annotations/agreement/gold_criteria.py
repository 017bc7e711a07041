"""What goes into a gold release: the rule that decides, and the bars that a task must clear."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from annotations.agreement.aggregation import Rule

TaskState = Literal["open", "agreed", "disputed", "adjudicated"]
ALL_STATES: tuple[TaskState, ...] = ("open", "agreed", "disputed", "adjudicated")


class GoldCriteria(BaseModel):
    """How a release decides, and what it takes in; stored with the release. The defaults take in every task.

    An adjudicator's decision, where it counts, stands alone: the bars on labels, agreement and confidence are for
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
        default=ALL_STATES, min_length=1, description="How far the labels of a task must be."
    )
    include_unresolved: bool = Field(
        default=True, description="Take in tied and unlabelled tasks, without a decision."
    )
    minimum_labels: int = Field(default=0, ge=0, le=100, description="Votes that a decision must rest on.")
    minimum_agreement: float = Field(
        default=0.0, ge=0, le=1, description="Share of the votes that say what the rule decides."
    )
    minimum_confidence: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Of Dawid–Skene and MACE: the model's probability of what it decides.",
    )
