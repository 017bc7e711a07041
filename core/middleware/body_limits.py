"""How large the body of a request may be, decided before any of it is read.

Django's CSRF check reads a form, and writes its files to disk, before any view or login check runs. So the limit stands
before that check (`BodyLimitMiddleware`), and an upload handler in front of the one that writes files holds it
whatever the request says of its length.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.defaultfilters import filesizeformat
from django.utils.deprecation import MiddlewareMixin
from rest_framework.parsers import MultiPartParser

from core.errors import DomainError
from core.http.problem_details import error_response
from core.rights import manages

ANONYMOUS_BYTES = 64 * 1024
"""Enough for every form that is open to nobody in particular: login, invitation, password."""
FORM_BYTES = 1024 * 1024
"""What a form with a file has beside the file."""


def takes_files(view: Callable[..., Any], route: str | None) -> bool:
    """Whether the route has a file field: REST views say so by their parser, pages are named in the settings."""
    view_class = getattr(
        view, "cls", None
    )  # REST framework's `as_view` leaves the class and its arguments there
    if view_class is not None:
        parsers = view.initkwargs.get("parser_classes", view_class.parser_classes)  # type: ignore[attr-defined]
        return any(issubclass(parser, MultiPartParser) for parser in parsers)
    return route in settings.FILE_PAGES


def may_upload(user: Any) -> bool:
    """Whether the person may upload files at all: those who manage something may."""
    return bool(user.is_authenticated and manages(user))


class BodyLimitMiddleware(MiddlewareMixin):
    """Answers 413 to a request whose body is larger than its route takes, without reading it."""

    def process_view(self, request: HttpRequest, view: Callable[..., Any], *_: object) -> HttpResponse | None:
        length = _content_length(request)
        if length <= ANONYMOUS_BYTES:
            return None
        limit = self._limit(request, view)
        if length <= limit:
            return None
        advice = "" if request.user.is_authenticated or _has_token(request) else " Log in first."
        message = f"The request has {filesizeformat(length)}; at most {filesizeformat(limit)} are accepted."
        error = DomainError(
            message + advice, code="body_too_large", status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        )
        return error_response(request, error)

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if request.content_type == "multipart/form-data":
            # Django closes the files that came in whole, and leaves open the one in which reading was interrupted.
            for handler in request.upload_handlers:
                handler.upload_interrupted()
        return response

    def _limit(self, request: HttpRequest, view: Callable[..., Any]) -> int:
        # Whose token it is, REST framework finds out before it reads the body; the handler below asks then.
        has_token = hasattr(view, "cls") and _has_token(request)
        if not has_token and not request.user.is_authenticated:
            return ANONYMOUS_BYTES
        route = request.resolver_match.view_name if request.resolver_match else None
        if takes_files(view, route) and (has_token or may_upload(request.user)):
            return file_bytes() + FORM_BYTES
        return settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0


class LimitedUploadHandler(FileUploadHandler):
    """Stands before the handler that writes files, and stops it at the limit of the person and the route.

    That is nothing at all for somebody who may not upload, and on a route without a file field.
    """

    def handle_raw_input(self, *args: object, **kwargs: object) -> None:
        self._left = self._allowed()

    def new_file(self, *args: object, **kwargs: object) -> None:
        if not self._left:
            raise StopUpload(connection_reset=True)  # the rest is not read either

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self._left -= len(raw_data)
        if self._left < 0:
            raise RequestDataTooBig(f"Files of more than {file_bytes()} bytes in one request.")
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None  # the next handler has the file

    def _allowed(self) -> int:
        """Asked when the body is about to be read: for REST, after the token was checked."""
        request = self.request
        match = request.resolver_match if request is not None else None
        if request is None or match is None or not takes_files(match.func, match.view_name):
            return 0
        user = getattr(request, "user", None)
        return file_bytes() + FORM_BYTES if user is not None and may_upload(user) else 0


def file_bytes() -> int:
    """The largest file; several files of one request together may have no more."""
    return int(settings.UPLOAD_MAX_BYTES)


def _content_length(request: HttpRequest) -> int:
    """What Django reads at most: a body without a length, sent in chunks, it takes for an empty one."""
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def _has_token(request: HttpRequest) -> bool:
    return "HTTP_AUTHORIZATION" in request.META
