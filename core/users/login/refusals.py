"""Records that a person who is logged in requested what they may not see or do."""

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponseBase

from core.logs.link_tokens import without_tokens
from core.users.login.access_log import ALL_REFUSALS, REFUSALS, note_limited
from core.users.login.origin import plain

REFUSED = {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}
LONGEST_PATH = 200


class RefusalsMiddleware:
    """Outsiders get 404 where something is hidden from them, so both answers count; an address that leads to no page
    does not.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code in REFUSED and request.resolver_match and request.user.is_authenticated:
            _note(request, response.status_code)
        return response


def _note(request: HttpRequest, status: int) -> None:
    assert request.resolver_match is not None
    assert request.user.is_authenticated
    person = str(request.user.pk)
    note_limited(
        "access.refused",
        (REFUSALS, (person, request.resolver_match.view_name or request.resolver_match.route)),
        (ALL_REFUSALS, (person,)),
        request=request,
        actor=request.user,
        status=status,
        method=request.method,
        path=without_tokens(plain(request.path, LONGEST_PATH)),
        by="token" if getattr(request, "auth", None) else "session",
    )
