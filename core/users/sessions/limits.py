"""Ends a session at its limits, and notes now and then that it is in use."""

from collections.abc import Callable

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponseBase

from core.users.second_factor import state as second_factor_state
from core.users.sessions import sign_in


class SessionLimitsMiddleware:
    """Stands behind AuthenticationMiddleware, which has not asked yet who it is."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if SESSION_KEY in request.session:
            self._check(request)
        return self.get_response(request)

    def _check(self, request: HttpRequest) -> None:
        session = request.session
        if sign_in.SIGN_IN not in session:  # it was begun by other means than a login
            sign_in.begin(request)
        elif sign_in.is_over(session):
            session.flush()
            request.user = AnonymousUser()
        elif sign_in.is_due(session) and not _asks_by_itself(request):
            sign_in.keep_alive(session)
            second_factor_state.look_again(request)


def _asks_by_itself(request: HttpRequest) -> bool:
    """Whether a page that lies open may be asking, not a person: it fetches its fragments by htmx every few seconds."""
    return request.method == "GET" and request.headers.get("HX-Request") == "true"
