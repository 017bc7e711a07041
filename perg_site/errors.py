"""Domain errors become HTTP here, and only here: problem details (RFC 9457) for programs, a page for people."""

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from rest_framework.response import Response
from rest_framework.views import exception_handler

from evaluation.errors import DomainError

PROBLEM = "application/problem+json"


class DomainErrorMiddleware:
    """Turns a DomainError that a view raised into a page or, where JSON was asked for, into problem details."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, DomainError):
            return None
        if request.accepts("text/html"):
            return render(request, "error.html", {"error": exception}, status=exception.status)
        return JsonResponse(problem(exception), status=exception.status, content_type=PROBLEM)


def problem(error: DomainError) -> dict[str, object]:
    """The problem details of a DomainError."""
    details: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(error.status).phrase,
        "status": int(error.status),
        "code": error.code,
        "detail": error.message,
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
        code = getattr(exception, "default_code", "not_found" if response.status_code == 404 else "error")
        detail = response.data.get("detail") if isinstance(response.data, dict) else None
        response.data = {
            "type": "about:blank",
            "title": HTTPStatus(response.status_code).phrase,
            "status": response.status_code,
            "code": code,
            "detail": str(detail) if detail else HTTPStatus(response.status_code).description,
        }
        response.content_type = PROBLEM
    return response
