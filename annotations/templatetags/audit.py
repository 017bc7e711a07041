"""How the audit log's details are written for people."""

from collections.abc import Mapping

from django import template

register = template.Library()


@register.filter
def fact(value: object) -> str:
    """A detail in one line: names and values side by side, the members of a list with commas, nothing as “none”."""
    match value:
        case Mapping():
            return ", ".join(f"{name} {fact(part)}" for name, part in value.items())
        case list():
            return ", ".join(fact(part) for part in value) or "none"
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case _:
            return str(value)
