"""What people who label here say of one imported item, for its page."""

from dataclasses import dataclass
from datetime import datetime

from annotations.labelling.selectors.labels import current_labels
from annotations.labelling.selectors.questions import questions_of
from annotations.models import ImportedItem
from perg.rubrics.entries import answers_in_words


@dataclass(frozen=True, slots=True)
class ItemLabel:
    """A person's current label. `answers` are questions with answers in words, of the outputs in their own order."""

    person: str
    answers: list[tuple[str, str]]
    comment: str
    revision: int
    created_at: datetime
    has_vote: bool
    is_swapped: bool


def labels_of(item: ImportedItem) -> list[ItemLabel]:
    """By the people's names. Two queries."""
    labels = list(
        current_labels(item.campaign)
        .filter(assignment__task__imported_item=item)
        .select_related("assignment__member__user")
        .order_by("assignment__member__user__username")
    )
    if not labels:
        return []
    rows = item.campaign.criteria.exclude(definition={}).order_by("position")
    criteria = [question.definition for question in questions_of(rows)]
    is_pair = any(criterion.kind == "pairwise" for criterion in criteria)
    return [
        ItemLabel(
            person=label.assignment.member.user.get_username(),
            answers=answers_in_words(criteria, label.answers or {}),
            comment=label.comment,
            revision=label.revision,
            created_at=label.created_at,
            has_vote=not (label.assignment.is_surplus or label.assignment.is_set_aside),
            is_swapped=is_pair and label.assignment.is_swapped,
        )
        for label in labels
    ]
