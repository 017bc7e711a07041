"""`{% for name, value in mapping|pairs %}`, where people or files choose the names."""

from collections.abc import Mapping

from django import template

register = template.Library()


@register.filter
def pairs(mapping: Mapping[str, object]) -> list[tuple[str, object]]:
    """Names and values. `mapping.items` in a template is the value of that name, where there is one."""
    return list(mapping.items())
