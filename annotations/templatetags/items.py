"""Lists of imported items: texts in one line, links that narrow a list, and labels in words."""

from collections.abc import Mapping
from typing import Literal

from django import template
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from annotations.items.selectors.answers import FAILURE, NO_FAILURE
from annotations.models import Criterion
from core.http.page_query import PageQuery
from core.text.unseen import with_marks

register = template.Library()

LONGEST_LINE = 160


@register.filter
def one_line(text: str, longest: int = LONGEST_LINE) -> SafeString:
    """The beginning of a text without its line ends, what cannot be seen marked."""
    line = " ".join(text.split())
    return mark_safe(with_marks(line[:longest] + ("…" if len(line) > longest else "")))  # it escapes


@register.filter
def seen(text: str) -> SafeString:
    """A text with marks for what cannot be seen."""
    return mark_safe(with_marks(text))  # it escapes


@register.simple_tag(takes_context=True)
def with_attribute(context: Mapping[str, object], name: str, value: str) -> str:
    """The query of the list narrowed to items with this attribute."""
    request = context["request"]
    assert isinstance(request, HttpRequest)
    return PageQuery(request).changed("after", "before", attribute=f"{name}={value}").urlencode()


@register.simple_tag
def counted_items(
    count: int, criterion: Criterion | Literal[""] | None, judge: str, judge_label: str, people_label: str
) -> SafeString:
    """A number of a report, as a link to the items that it counts; where the template has no criterion, the number.

    The labels are those of answers, or `failure:yes` and `failure:no`.
    """
    if not criterion:
        return format_html("{}", count)
    query = {
        "criterion": criterion.key,
        "judge": judge,
        "judge_label": judge_label,
        "people_label": people_label,
    }
    return format_html(
        '<a href="{}">{}<span class="visually-hidden"> item{}</span></a>',
        reverse("imported_items", args=[criterion.campaign_id], query=query),
        count,
        "" if count == 1 else "s",
    )


@register.simple_tag
def said(label: str, criterion: Criterion) -> SafeString:
    """What a label of a link stands for."""
    words = {FAILURE: "a failure", NO_FAILURE: "no failure"}.get(label)
    return SafeString(words) if words else format_html("“<bdi>{}</bdi>”", seen(label))
