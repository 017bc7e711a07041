"""`{% estimate x %}`: a number with its interval and n, or the reason why there is none."""

from collections.abc import Mapping

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from perg.stats.base.estimate import Estimate
from perg.stats.base.number_text import number_text
from perg.stats.base.result import load

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
    ' <span class="estimate-warning"{1}><span aria-hidden="true">⚠</span>'
    '<span class="estimate-why">{0}</span></span>'
)
FOCUSABLE = ' role="note" tabindex="0"'


@register.filter
def number(value: object, digits: int) -> str:
    """A number rounded to `digits` decimals, with a true minus; a dash where there is none."""
    return number_text(value, digits) if isinstance(value, int | float) else "–"


@register.simple_tag
def estimate(value: Estimate | Mapping[str, object], digits: int = 3, *, in_link: bool = False) -> SafeString:
    """Value, 95% interval and n as parts that a style sheet can set apart, and ⚠ with what speaks against them.

    `value` may be a stored one. Give `in_link` where a link is around it.
    """
    if not isinstance(value, Estimate):
        value = load(Estimate, value)
    if value.undefined:
        return format_html(UNDEFINED, value.undefined)
    interval = ""
    if value.low is not None and value.high is not None:
        interval = f"{number_text(value.low, digits)} to {number_text(value.high, digits)}, "
    number = "" if value.value is None else number_text(value.value, digits)
    return format_html(DEFINED, number, interval, value.n, warning_sign(value, in_link=in_link))


@register.simple_tag
def warning_sign(value: Estimate | Mapping[str, object], *, in_link: bool = False) -> SafeString:
    """⚠ with an estimate's warnings, which focus and the pointer show, or nothing.

    It is part of `estimate`, and for places that write the number out themselves. In a link it is no stop of its own
    for the tab key: the link's focus shows the warnings.
    """
    if not isinstance(value, Estimate):
        value = load(Estimate, value)
    if not value.warnings:
        return SafeString("")
    return format_html(WARNED, " ".join(value.warnings), SafeString("" if in_link else FOCUSABLE))
