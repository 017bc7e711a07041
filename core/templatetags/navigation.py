"""`{% aria_current "run_list" below="/runs/" %}` marks a link of a navigation on its page and on those below it."""

from django import template
from django.http import HttpRequest
from django.template.context import Context
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag(takes_context=True)
def aria_current(context: Context, pages: str, below: str = "") -> SafeString:
    """The attribute, on one of `pages` (names of routes) or on a page `below`: names of routes, parts of the path."""
    request: HttpRequest = context["request"]
    route = request.resolver_match and request.resolver_match.url_name
    if route in pages.split():
        return SafeString(' aria-current="page"')
    if any(place in request.path if "/" in place else place == route for place in below.split()):
        return SafeString(' aria-current="true"')
    return SafeString("")
