"""How the progress of a run is put into words: money, time left, names of stages."""

from decimal import ROUND_UP, Decimal

from django import template
from django.contrib.humanize.templatetags.humanize import intcomma

from evaluation.stages.names import prompt_name, stage_name

register = template.Library()

CENT = Decimal("0.01")
SMALLEST = Decimal("0.0001")
UNITS = ((86_400, "day"), (3600, "hour"), (60, "minute"))
"""Seconds in each; one is used from two of it on, so that an hour and a half is 90 minutes."""


@register.filter
def dollars(amount: Decimal | int) -> str:
    """US dollars to the cent; less than a dollar to a hundredth of a cent, so that no cost looks like nothing."""
    amount = Decimal(amount)
    if 0 < amount < SMALLEST:
        return f"under ${SMALLEST}"
    places = CENT if amount >= 1 or not amount else SMALLEST
    return f"${intcomma(amount.quantize(places, rounding=ROUND_UP))}"


@register.filter
def in_words(seconds: int) -> str:
    """A length of time as people say it: “about 5 minutes”."""
    if seconds < UNITS[-1][0]:
        return "less than a minute"
    length, name = next((unit for unit in UNITS if seconds >= 2 * unit[0]), UNITS[-1])
    count = round(seconds / length)
    return f"about {intcomma(count)} {name}{'' if count == 1 else 's'}"


register.filter(stage_name)
register.filter(prompt_name)
