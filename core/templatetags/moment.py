"""`{% moment run.created_at "j F Y" %}`: a point in time, for people and for programs."""

from datetime import datetime

from django import template
from django.template.defaultfilters import date
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime

register = template.Library()


@register.simple_tag
def moment(at: datetime | None, form: str, css_class: str = "") -> SafeString:
    """A `time` element that shows `at` in this form of Django's `date` filter; nothing for no time."""
    if at is None:
        return SafeString("")
    local = localtime(at)
    attribute = format_html(' class="{}"', css_class) if css_class else ""
    return format_html('<time{} datetime="{}">{}</time>', attribute, date(local, "c"), date(local, form))
