"""Answers to the criteria of an imported item, as they are stored."""

from collections.abc import Mapping

from annotations.labelling.selectors.questions import asked_definitions
from core.errors import DomainError
from perg.rubrics.entries import MOST_ENTRIES, Entries, EntriesRefused, checked_entries, other_order


def complete_answers(campaign: int, entries: object, *, is_swapped: bool) -> Entries:
    """The answers to the campaign's criteria, of the item's outputs in their own order. Raises DomainError."""
    if not isinstance(entries, Mapping) or len(entries) > MOST_ENTRIES:
        raise DomainError(f"Answers are an object with at most {MOST_ENTRIES} names.", field="answers")
    criteria = asked_definitions(campaign)
    try:
        return checked_entries(criteria, other_order(criteria, entries) if is_swapped else entries)
    except EntriesRefused as error:
        names = {criterion.key: criterion.question or criterion.key for criterion in criteria}
        key, problem = next(iter(error.problems.items()))
        more = len(error.problems) - 1
        raise DomainError(
            f"{names.get(key, key)}: {problem}{f' (and {more} more)' if more else ''}",
            code="answers_refused",
            field=f"answers.{key}",
            extra={
                "errors": [
                    {"field": f"answers.{key}", "code": "answers_refused", "detail": problem}
                    for key, problem in error.problems.items()
                ]
            },
        ) from error
