"""Domain errors become HTTP here, and only here: problem details (RFC 9457) for programs, a page for people."""

from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.views.defaults import page_not_found, server_error
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

from evaluation.errors import DomainError
from evaluation.llm.credentials.redaction import redacted

PROBLEM = "application/problem+json"
API = "/api/"
NON_FIELD = "non_field_errors"


class DomainErrorMiddleware:
    """Turns a DomainError that a view raised into a page or, where JSON was asked for, into problem details."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return error_response(request, exception) if isinstance(exception, DomainError) else None


def error_response(request: HttpRequest, error: DomainError) -> HttpResponse:
    """A page for a browser, problem details for programs."""
    if request.accepts("text/html") and not request.path.startswith(API):
        context = {"error": error, "message": redacted(error.message)}
        return render(request, "error.html", context, status=error.status)
    return JsonResponse(problem(error), status=error.status, content_type=PROBLEM)


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


def problem_response(exception: Exception, context: dict[str, object]) -> Response | None:
    """DRF's exception handler: every error of the API is problem details with a code."""
    if isinstance(exception, DomainError):
        return Response(problem(exception), status=exception.status, content_type=PROBLEM)
    response = exception_handler(exception, context)
    if response is not None:
        response.data = _details(exception, response.status_code)
        response.content_type = PROBLEM
    return response


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The answer to an address that does not exist."""
    return _plain(request, HTTPStatus.NOT_FOUND, "There is nothing here.") or page_not_found(
        request, exception
    )


def failed(request: HttpRequest) -> HttpResponse:
    """The answer where the platform itself is at fault; what went wrong is in its log."""
    return _plain(
        request, HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong on this side."
    ) or server_error(request)


def _plain(request: HttpRequest, status: HTTPStatus, message: str) -> HttpResponse | None:
    """Problem details where the API was asked; None: a page will do."""
    if not request.path.startswith(API):
        return None
    code = "not_found" if status == HTTPStatus.NOT_FOUND else "failed"
    return JsonResponse(
        problem(DomainError(message, code=code, status=status)), status=status, content_type=PROBLEM
    )


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
