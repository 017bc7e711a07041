"""What a new campaign is made of."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from annotations.campaigns.services.sampling import DEFAULT_SHARE
from annotations.models import Campaign
from annotations.models.campaign import Role, Sampling
from core.errors import DomainError
from core.models import User
from evaluation.models import Rubric, Run

USUAL = Campaign()
"""Has the defaults, which are written at the model's fields."""


@dataclass(frozen=True, kw_only=True)
class CampaignSpec:
    """What a campaign is made of; names and defaults are those of the model's fields.

    Left out, the rubric is the newest that the maker may choose, `max_overlap` the overlap, and the seed is drawn.
    """

    name: str
    runs: Collection[Run]
    annotators: Collection[User]
    leads: Collection[User] = ()
    guidelines: str = ""
    rubric: Rubric | None = None
    sample_size: int
    sampling: str = USUAL.sampling
    enriched_share: float | None = None
    seed: int | None = None
    overlap: int = USUAL.overlap
    max_overlap: int | None = None
    disagreement: str = USUAL.disagreement
    disagreement_range: int = USUAL.disagreement_range
    threshold: int = USUAL.threshold
    asks_correctness: bool = USUAL.asks_correctness
    labels_per_person: int | None = None
    minimum_seconds: int | None = None
    control_every: int | None = None
    pass_mark: float | None = None
    qualification_attempts: int = USUAL.qualification_attempts
    lowest_control_accuracy: float | None = None
    lowest_agreement: float | None = None
    reveals_judges: bool = USUAL.reveals_judges
    lease_seconds: int = USUAL.lease_seconds
    is_demonstration: bool = USUAL.is_demonstration

    @property
    def roles(self) -> dict[User, Role]:
        """The people with their roles; somebody who is in both lists is a lead."""
        return dict.fromkeys(self.annotators, Role.ANNOTATOR) | dict.fromkeys(self.leads, Role.LEAD)

    def columns(self) -> dict[str, Any]:
        """The values of the model's fields, as far as the spec alone says them."""
        values = {field: value for field, value in vars(self).items() if field not in ELSEWHERE}
        values["max_overlap"] = self.overlap if self.max_overlap is None else self.max_overlap
        if self.sampling == Sampling.ENRICHED and self.enriched_share is None:
            values["enriched_share"] = DEFAULT_SHARE
        values["is_demonstration"] |= any(run.is_demonstration for run in self.runs)
        return values


ELSEWHERE = ("runs", "annotators", "leads", "guidelines", "rubric", "seed")
"""What other tables hold, or the maker or chance decides."""


def check_overlap(overlap: int, max_overlap: int, *, people: int) -> None:
    """Raise DomainError where there are fewer people than a response may want labels."""
    if people < overlap:
        raise DomainError(
            f"Each response wants {overlap} labels by different people, but the campaign has {people} people.",
            field="overlap",
        )
    if max_overlap < overlap:
        raise DomainError(
            "The most labels of a response are no fewer than those wanted first.", field="max_overlap"
        )
    if people < max_overlap:
        raise DomainError(
            f"A response may get {max_overlap} labels by different people, but the campaign has {people} people.",
            field="max_overlap",
        )
