"""Nothing but the second factor may be done in a session that owes it, whichever way it was begun."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.deprecation import MiddlewareMixin

from core.users.second_factor import state as second_factor_state

ALWAYS = {"logout", "admin:logout", "health"}
ALLOWED = {
    second_factor_state.CODE: {*ALWAYS, "login_code"},
    second_factor_state.SETUP: {*ALWAYS, "second_factor", "second_factor_start", "second_factor_setup"},
}
PAGE = {second_factor_state.CODE: "login_code", second_factor_state.SETUP: "second_factor"}


class SecondFactorMiddleware(MiddlewareMixin):
    def process_view(self, request: HttpRequest, view: object, *_: object) -> HttpResponse | None:
        owed = second_factor_state.owed(request.session, request.user)
        if owed is None or request.resolver_match is None:
            return None
        if request.resolver_match.view_name in ALLOWED[owed]:
            return None
        # A view of REST framework's looks at a token first, and then checks the session itself.
        if hasattr(view, "cls"):
            return None
        return _refusal(request, owed)


def _refusal(request: HttpRequest, owed: str) -> HttpResponse:
    query = f"?{urlencode({'next': request.get_full_path()})}" if request.method == "GET" else ""
    return HttpResponseRedirect(reverse(PAGE[owed]) + query)
