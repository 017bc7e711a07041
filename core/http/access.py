"""Who may see the evaluation: staff. For everybody else its pages do not exist, so annotators stay blind."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import Http404, HttpRequest, HttpResponseBase
from django_htmx.middleware import HtmxDetails

from core.models import User

P = ParamSpec("P")


class PersonRequest(HttpRequest):
    """A request behind LoginRequiredMiddleware: its user is a person, not anonymous."""

    user: User
    htmx: HtmxDetails


def staff_or_404(
    view: Callable[Concatenate[PersonRequest, P], HttpResponseBase],
) -> Callable[Concatenate[PersonRequest, P], HttpResponseBase]:
    """Let only staff into a view; others, annotators and leads included, get 404."""

    @wraps(view)
    def checked(request: PersonRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_staff:
            raise Http404
        return view(request, *args, **kwargs)

    return checked
