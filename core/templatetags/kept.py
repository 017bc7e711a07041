"""`{% figures_again kept %}`: what the button sends that requests cached figures again."""

from collections.abc import Mapping

from django import template

from core.cache.figures import Kept
from core.cache.forms import signed_figures

register = template.Library()


@register.simple_tag(takes_context=True)
def figures_again(context: Mapping[str, object], kept: Kept[object]) -> str:
    """The name of the figures and the page that waits for them, signed: who may see the page may ask again."""
    request = context["request"]
    address: str = request.get_full_path()  # type: ignore[attr-defined]  # the context processor's
    return signed_figures(kept.name, address)
