"""What the annotation screen offers to choose from: actions with their keys, reasons for a skip or a flag."""

from django import template

from annotations.labelling.keys import ACTIONS, Action
from annotations.models import Campaign
from annotations.models.label import AnswerCorrect
from annotations.models.task import FlagReason, SkipReason

register = template.Library()


@register.simple_tag
def actions_with_keys(campaign: Campaign) -> list[Action]:
    return [action for action in ACTIONS if campaign.asks_correctness or not action.only_with_correctness]


@register.simple_tag
def skip_reasons() -> list[tuple[str, str]]:
    return [(reason.value, reason.label) for reason in SkipReason]


@register.simple_tag
def flag_reasons() -> list[tuple[str, str]]:
    return [(reason.value, reason.label) for reason in FlagReason]


@register.simple_tag
def answers_to_correctness() -> list[tuple[str, str]]:
    return [(answer.value, answer.label) for answer in AnswerCorrect]


@register.filter
def correctness_label(value: str) -> str:
    """How an answer to “is it right?” is called; empty where there is none."""
    return str(AnswerCorrect(value).label) if value else ""
