"""Errors become HTTP here, and only here: problem details (RFC 9457) for programs, a page for people."""

import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation, TooManyFilesSent
from django.db import DataError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import is_valid_path
from django.views.csrf import csrf_failure
from django.views.defaults import page_not_found, permission_denied, server_error
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

from core.errors import DomainError, NotAllowed, NotFound
from core.secrets.redaction import redacted

PROBLEM = "application/problem+json"
API = "/api/"
NON_FIELD = "non_field_errors"
RETRY_SECONDS = 5

log = logging.getLogger(__name__)


class DomainErrorMiddleware:
    """Turns an error that a view raised into a page or, where JSON was requested, into problem details."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if isinstance(response, HttpResponseNotAllowed) and not response.content:  # Django's own has no text
            allowed = response.headers["Allow"]
            return error_response(
                request,
                DomainError(
                    f"This address does not take {request.method}, only {allowed}.",
                    code="method_not_allowed",
                    status=HTTPStatus.METHOD_NOT_ALLOWED,
                ),
                headers={"Allow": allowed},
            )
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        error = _database_error(exception) or exception
        return error_response(request, error) if isinstance(error, DomainError) else None


def refusal_of(exception: BaseException | None) -> DomainError | None:
    """The error that an exception of Django's or the database's amounts to; None: the platform is at fault."""
    if isinstance(exception, DomainError):
        return exception
    if isinstance(exception, RequestDataTooBig):
        return DomainError(
            "The request is too large.", code="too_large", status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        )
    if isinstance(exception, TooManyFilesSent):
        return DomainError("The request has too many files.", code="too_many_files")
    if isinstance(exception, MultiPartParserError | UnreadablePostError):
        return DomainError("The request's body cannot be read.", code="parse_error")
    if isinstance(exception, SuspiciousOperation | BadRequest):
        return DomainError("The request is not valid.", code="bad_request")
    return _database_error(exception)


def _database_error(exception: BaseException | None) -> DomainError | None:
    """What the database refuses to store, or fails to answer in time; logged, as the boundary should have seen it."""
    if isinstance(exception, DataError):
        log.warning("The database refused a value of a request", exc_info=exception)
        return DomainError("A value in the request cannot be stored or searched for.", code="invalid_value")
    if isinstance(exception, OperationalError | InterfaceError):
        log.error("The database did not answer", exc_info=exception)
        return DomainError(
            "The database did not answer in time. Try again in a moment.",
            code="database_unavailable",
            status=HTTPStatus.SERVICE_UNAVAILABLE,
        )
    return None


def problem(error: DomainError) -> dict[str, object]:
    """The problem details of a DomainError."""
    details: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(error.status).phrase,
        "status": int(error.status),
        "code": error.code,
        "detail": redacted(error.message),
    }
    if error.field:
        details["field"] = error.field
    return details | dict(error.extra)


def error_response(
    request: HttpRequest, error: DomainError, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """Problem details for the API and where no HTML is accepted, else a page.

    The page needs no database where the database or an early middleware refuses: nobody is logged in there yet.
    """
    headers = {**(headers or {}), **_retry_after(error)}
    if is_api(request) or not request.accepts("text/html"):
        return JsonResponse(problem(error), status=error.status, content_type=PROBLEM, headers=headers)
    has_user = hasattr(request, "user") and error.status != HTTPStatus.SERVICE_UNAVAILABLE
    shown = {"error": error, "message": redacted(error.message)}
    page = (
        render(request, "error.html", shown, status=error.status)
        if has_user
        else HttpResponse(render_to_string("refused.html", shown), status=error.status)
    )
    for name, value in headers.items():
        page.headers[name] = value
    return page


def is_api(request: HttpRequest) -> bool:
    return request.path.startswith(API)


def problem_response(exception: Exception, context: dict[str, object]) -> Response | None:
    """DRF's exception handler: every error of the API is problem details with a code."""
    error = refusal_of(exception)
    if error is not None:
        return Response(
            problem(error), status=error.status, content_type=PROBLEM, headers=_retry_after(error)
        )
    response = exception_handler(exception, context)
    if response is not None:
        response.data = _details(exception, response.status_code)
        response.content_type = PROBLEM
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The answer to a request that Django itself refuses: it is too large, or cannot be read."""
    return error_response(request, refusal_of(exception) or DomainError("The request is not valid."))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The answer to who may not do this."""
    if is_api(request):
        return error_response(request, NotAllowed("You may not do this."))
    return permission_denied(request, exception)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The answer to a request without the token of its form."""
    if is_api(request):
        return error_response(request, NotAllowed(f"CSRF failed: {reason}", code="csrf_failed"))
    return csrf_failure(request, reason)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The answer to an address that does not exist; it names the one with a slash at its end, if that exists."""
    with_slash = f"{request.path}/"
    if not request.path.endswith("/") and is_valid_path(f"{request.path_info}/"):
        message = f"Addresses end with a slash: {with_slash}"
        error = NotFound(message, code="slash_missing", extra={"address": with_slash})
        return error_response(request, error)
    if is_api(request):
        return error_response(request, NotFound("There is nothing here."))
    return page_not_found(request, exception)


def failed(request: HttpRequest) -> HttpResponse:
    """The answer to an error outside views: of the database, or where the platform itself is at fault."""
    error = refusal_of(sys.exception())
    if error is None and is_api(request):
        message = "Something went wrong on this side."
        error = DomainError(message, code="failed", status=HTTPStatus.INTERNAL_SERVER_ERROR)
    return error_response(request, error) if error else server_error(request)


def _retry_after(error: DomainError) -> dict[str, str]:
    is_passing = error.status == HTTPStatus.SERVICE_UNAVAILABLE
    return {"Retry-After": str(RETRY_SECONDS)} if is_passing else {}


def _details(exception: Exception, status: int) -> dict[str, object]:
    """The problem details of an exception of Django's or REST framework's."""
    details: dict[str, object] = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    if isinstance(exception, ValidationError):
        errors = list(_entries(exception.detail))
        first = errors[0]
        details |= {"code": "invalid", "detail": _summary(errors)}
        if first["field"]:
            details["field"] = first["field"]
        return details | {"errors": errors}
    said = getattr(exception, "detail", None)
    code = said.code if isinstance(said, ErrorDetail) else "not_found"
    return details | {"code": code, "detail": str(said) if said else HTTPStatus(status).description}


def _summary(errors: list[dict[str, str]]) -> str:
    first = errors[0]
    text = f"{first['field']}: {first['detail']}" if first["field"] else first["detail"]
    return text if len(errors) == 1 else f"{text} (and {len(errors) - 1} more)"


def _entries(detail: Any, path: tuple[str, ...] = ()) -> Iterator[dict[str, str]]:
    """What a ValidationError holds, flat: a message for each field, named by its path with dots; "": the whole."""
    # Any: messages in lists and mappings, of any depth
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            yield from _entries(inner, path if name == NON_FIELD else (*path, str(name)))
    elif isinstance(detail, list):
        for place, inner in enumerate(detail):
            # Messages of one field stand in a list; where mappings do, it is the field that is a list.
            yield from _entries(inner, (*path, str(place)) if isinstance(inner, Mapping | list) else path)
    else:
        yield {
            "field": ".".join(path),
            "code": getattr(detail, "code", None) or "invalid",
            "detail": str(detail),
        }
