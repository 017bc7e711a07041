"""What every request must be before anything reads it: text that can be stored, over the right scheme, once only."""

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.common import CommonMiddleware
from django.middleware.security import SecurityMiddleware

from core.errors import DomainError, NotAllowed
from core.http.problem_details import error_response

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
CHARSETS = {"utf-8", "utf8", "us-ascii"}


class RequestTextMiddleware:
    """Refuses an address with a null character, which PostgreSQL cannot store, and bodies in another charset than
    UTF-8. A cookie with a null character is ignored: refusing it would lock its browser out.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        for name, value in list(request.COOKIES.items()):
            if "\0" in name or "\0" in value:
                del request.COOKIES[name]
        error = self._error(request)
        return error_response(request, error) if error else self.get_response(request)

    def _error(self, request: HttpRequest) -> DomainError | None:
        if "\0" in request.path:
            return DomainError("The address contains a null character.", code="null_character")
        for name, values in request.GET.lists():
            if "\0" in name or any("\0" in value for value in values):
                field = name.replace("\0", "")
                return DomainError(
                    "A value in the address contains a null character.", code="null_character", field=field
                )
        charset = (request.content_params or {}).get("charset", "utf-8")
        if charset.lower() not in CHARSETS:
            return DomainError(
                "Bodies of requests are UTF-8.",
                code="charset_not_supported",
                status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            )
        return None


class SlashMiddleware(CommonMiddleware):
    """Adds a missing slash only where nothing is lost by it: browsers turn a redirected POST into a GET."""

    def should_redirect_with_slash(self, request: HttpRequest) -> bool:
        return request.method in SAFE_METHODS and super().should_redirect_with_slash(request)


class HttpsMiddleware(SecurityMiddleware):
    """Redirects to HTTPS only where nothing is lost by it, for the same reason; the rest is refused."""

    def process_request(  # type: ignore[override] # a refusal is no redirect
        self, request: HttpRequest
    ) -> HttpResponse | None:
        redirect: HttpResponse | None = super().process_request(request)
        if redirect is None or request.method in SAFE_METHODS:
            return redirect
        error = NotAllowed("Send this over HTTPS. Nothing was changed.", code="https_required")
        return error_response(request, error)
