"""What people who label here say of imported items, as ratings by one criterion beside the imported ones."""

from collections.abc import Iterator
from dataclasses import dataclass

from annotations.labelling.selectors.labels import votes
from annotations.labelling.selectors.questions import definition_of, question_of
from annotations.models import Campaign, Criterion
from perg.rubrics.stored_values import stored_values


@dataclass(frozen=True, slots=True)
class ItemVote:
    """The current answer of a person to one criterion of an item. `value` is as `ImportedRating.value`, `swapped`
    too.
    """

    external_id: str
    username: str
    criterion: str
    value: str
    swapped: bool


def votes_on(criterion: Criterion) -> Iterator[ItemVote]:
    """The answers that have a vote, in the order in which the tasks were handed out; none by a criterion that cannot be
    asked.
    """
    if not criterion.definition:
        return
    definition, question = definition_of(criterion), question_of(criterion)
    place = _place(criterion, question) if definition.kind == "multilabel" else 0
    rows = (
        votes(criterion.campaign)
        .filter(answers__has_key=question)
        .order_by("assignment")
        .values_list(
            "assignment__task__imported_item__external_id",
            "assignment__member__user__username",
            f"answers__{question}",
            "assignment__is_swapped",
        )
    )
    for external_id, username, answer, swapped in rows.iterator(chunk_size=2000):
        values = stored_values(definition, answer)
        if place < len(values):
            yield ItemVote(
                external_id, username, criterion.key, values[place], swapped and definition.kind == "pairwise"
            )


def has_votes(campaign: Campaign) -> bool:
    """Whether anybody has labelled an item here."""
    return votes(campaign).filter(answers__isnull=False).exists()


def _place(criterion: Criterion, question: str) -> int:
    """Which label of its question the criterion is: the rows of one question have the order of its options."""
    rows = Criterion.objects.filter(campaign=criterion.campaign_id, definition__key=question)
    return list(rows.order_by("position").values_list("pk", flat=True)).index(criterion.pk)


DIGEST_OF_VOTES = """
    SELECT DISTINCT ON (assignment.id) assignment.id,
        ROW(item.external_id, person.username, label.answers, assignment.is_swapped)::text
    FROM annotations_task AS task
    JOIN annotations_importeditem AS item ON item.id = task.imported_item_id
    JOIN annotations_assignment AS assignment ON assignment.task_id = task.id AND assignment.status = 'submitted'
        AND NOT assignment.is_surplus AND NOT assignment.is_set_aside
    JOIN annotations_member AS member ON member.id = assignment.member_id
    JOIN core_user AS person ON person.id = member.user_id
    JOIN annotations_label AS label ON label.assignment_id = assignment.id
    WHERE task.campaign_id = %(campaign)s AND task.kind = 'regular'
    ORDER BY assignment.id, label.revision DESC
"""
"""Key and text of every row that `votes_on` reads, for the hash of a report's input."""
