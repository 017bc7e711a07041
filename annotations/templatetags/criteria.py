"""Addresses of pages and files on one criterion of imported ratings."""

from django import template
from django.urls import reverse

register = template.Library()


@register.simple_tag
def criterion_url(name: str, *arguments: object, criterion: str | None = None) -> str:
    """The address of the route with these arguments and, where there is one, the criterion's key."""
    query = {"criterion": criterion} if criterion else None
    return reverse(name, args=arguments, query=query)
