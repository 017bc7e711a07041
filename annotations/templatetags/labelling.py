"""What the annotation screen offers to choose from: actions with their keys, reasons for a skip or a flag."""

from collections.abc import Sequence

from django import template

from annotations.labelling.keys import ACTIONS, Action
from annotations.models import Assignment, Campaign
from annotations.models.label import AnswerCorrect
from annotations.models.task import FlagReason, SkipReason
from perg.rubrics.criterion import Criterion
from perg.rubrics.entries import Entries, answers_in_words, other_order

register = template.Library()


@register.simple_tag
def actions_with_keys(campaign: Campaign) -> list[Action]:
    return [
        action
        for action in ACTIONS
        if (campaign.asks_correctness or not action.only_with_correctness)
        and not (campaign.is_imported and action.only_on_runs)
    ]


@register.simple_tag
def skip_reasons() -> list[tuple[str, str]]:
    return [(reason.value, reason.label) for reason in SkipReason]


@register.simple_tag
def flag_reasons() -> list[tuple[str, str]]:
    return [(reason.value, reason.label) for reason in FlagReason]


@register.simple_tag
def answers_to_correctness() -> list[tuple[str, str]]:
    return [(answer.value, answer.label) for answer in AnswerCorrect]


@register.simple_tag
def own_answers(assignment: Assignment, criteria: Sequence[Criterion]) -> list[tuple[str, str]]:
    """Questions and answers of a label by the person who made it, the outputs in the order in which they saw them;
    `assignment` has the answers.
    """
    answers: Entries = assignment.answers or {}  # type: ignore[attr-defined] # annotated
    return answers_in_words(criteria, other_order(criteria, answers) if assignment.is_swapped else answers)


@register.filter
def correctness_label(value: str) -> str:
    """How an answer to “is it right?” is called; empty where there is none."""
    return str(AnswerCorrect(value).label) if value else ""
