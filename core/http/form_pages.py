"""Pages with a form that a service carries out."""

from collections.abc import Callable
from typing import TypeVar

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from core.errors import DomainError

T = TypeVar("T")


def carried_out(form: BaseForm, service: Callable[[], T]) -> T | None:
    """What the service returns for a valid form; None where the form is not valid, or the service refuses: the form
    then says why.
    """
    if not form.is_valid():
        return None
    try:
        return service()
    except DomainError as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return None


def form_page(
    request: HttpRequest, template: str, form: BaseForm, context: dict[str, object] | None = None
) -> HttpResponse:
    """The page with the form, with status 422 where something is wrong with it."""
    status = 422 if form.errors else 200
    return render(request, template, {"form": form, **(context or {})}, status=status)
