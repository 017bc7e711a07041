"""What people who label here say of imported items, as ratings by one criterion beside the imported ones."""

from collections.abc import Iterator
from dataclasses import dataclass

from annotations.labelling.selectors.labels import votes
from annotations.labelling.selectors.questions import definition_of, question_of
from annotations.models import Criterion
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


def has_votes(criterion: Criterion) -> bool:
    """Whether anybody who labels here has answered it."""
    return next(votes_on(criterion), None) is not None


def _place(criterion: Criterion, question: str) -> int:
    """Which label of its question the criterion is: the rows of one question have the order of its options."""
    rows = Criterion.objects.filter(campaign=criterion.campaign_id, definition__key=question)
    return list(rows.order_by("position").values_list("pk", flat=True)).index(criterion.pk)


DIGEST_OF_VOTES = """
    SELECT criterion.id, assignment.id,
        ROW(item.external_id, item.cluster, item.attributes, person.username, label.answer, assignment.is_swapped)::text
    FROM annotations_criterion AS criterion
    JOIN annotations_task AS task ON task.campaign_id = criterion.campaign_id AND task.kind = 'regular'
    JOIN annotations_importeditem AS item ON item.id = task.imported_item_id
    JOIN annotations_assignment AS assignment ON assignment.task_id = task.id AND assignment.status = 'submitted'
        AND NOT assignment.is_surplus AND NOT assignment.is_set_aside
    JOIN annotations_member AS member ON member.id = assignment.member_id
    JOIN core_user AS person ON person.id = member.user_id
    JOIN LATERAL (
        SELECT answers -> (criterion.definition ->> 'key') AS answer FROM annotations_label
        WHERE assignment_id = assignment.id ORDER BY revision DESC LIMIT 1
    ) AS label ON label.answer IS NOT NULL
    WHERE criterion.id = ANY(%(criteria)s)
"""
"""Criterion, key and text of every row that `votes_on` reads, for the hash of a report's input."""
