"""`{% estimate x %}`: a number with its interval and n, or the reason why there is none."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from evaluation.statistics.estimate import Estimate, EstimateDict

register = template.Library()

# Written here and not in a template of its own: reports show thousands of them.
UNDEFINED = (
    '<span class="estimate"><span class="estimate-value"><span aria-hidden="true">—</span>'
    '<span class="visually-hidden">undefined</span></span> <span class="estimate-reason">{}</span></span>'
)
DEFINED = (
    '<span class="estimate"><span class="estimate-value">{}</span> '
    '<span class="estimate-rest">{}n = {}</span></span>'
)


@register.simple_tag
def estimate(value: Estimate | EstimateDict, digits: int = 3) -> SafeString:
    """Value, 95% interval and n as three parts that a style sheet can set apart; of a stored one, too."""
    if isinstance(value, dict):
        value = Estimate(**value)
    if value.undefined:
        return format_html(UNDEFINED, value.undefined)
    interval = ""
    if value.low is not None and value.high is not None:
        interval = f"{value.low:.{digits}f} to {value.high:.{digits}f}, "
    number = "" if value.value is None else f"{value.value:.{digits}f}"
    return format_html(DEFINED, number, interval, value.n)
