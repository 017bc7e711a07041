"""`{% shown_exhibit item.exhibit as shown %}`: an exhibit, or its stored JSON, laid out as safe HTML."""

from django import template

from annotations.exhibits import rendering
from annotations.exhibits.rendering import ShownExhibit

register = template.Library()


@register.simple_tag
def shown_exhibit(exhibit: object) -> ShownExhibit:
    return rendering.shown_exhibit(exhibit)
