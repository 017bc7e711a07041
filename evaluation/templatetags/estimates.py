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
    '<span class="estimate-rest">{}n = {}{}</span></span>'
)
WARNED = (
    ' <span class="estimate-warning" title="{0}"><span aria-hidden="true">⚠</span>'
    '<span class="visually-hidden">{0}</span></span>'
)


@register.simple_tag
def estimate(value: Estimate | EstimateDict, digits: int = 3) -> SafeString:
    """Value, 95% interval and n as parts that a style sheet can set apart, and ⚠ with what speaks against them.

    `value` may be a stored one.
    """
    if isinstance(value, dict):
        value = Estimate.of_dict(value)
    if value.undefined:
        return format_html(UNDEFINED, value.undefined)
    interval = ""
    if value.low is not None and value.high is not None:
        interval = f"{value.low:.{digits}f} to {value.high:.{digits}f}, "
    number = "" if value.value is None else f"{value.value:.{digits}f}"
    return format_html(DEFINED, number, interval, value.n, warning_sign(value))


@register.simple_tag
def warning_sign(value: Estimate | EstimateDict) -> SafeString:
    """⚠ with an estimate's warnings as its title, or nothing: for places that write the number out themselves."""
    if isinstance(value, dict):
        value = Estimate.of_dict(value)
    return format_html(WARNED, " ".join(value.warnings)) if value.warnings else SafeString("")
