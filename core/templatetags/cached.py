"""`{% figures_again figures %}`: what the button sends that has cached figures computed again."""

from collections.abc import Mapping

from django import template

from core.cache.figures import CachedFigures
from core.cache.forms import signed_figures

register = template.Library()


@register.simple_tag(takes_context=True)
def figures_again(context: Mapping[str, object], figures: CachedFigures[object]) -> str:
    """The name of the figures and the page that waits for them, signed: who may see the page may ask again."""
    request = context["request"]
    address: str = request.get_full_path()  # type: ignore[attr-defined]  # the context processor's
    return signed_figures(figures.name, address)
