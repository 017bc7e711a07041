"""Documents that are requested again and again: a caller who has the current one only learns so."""

import hashlib
from http import HTTPStatus

from django.utils.cache import get_conditional_response
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response


def conditional(request: Request, document: object) -> Response:
    """The document with an ETag, which is a hash of it; 304 without it where `If-None-Match` names the same."""
    etag = f'"{hashlib.sha256(JSONRenderer().render(document)).hexdigest()}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    unchanged = get_conditional_response(request, etag=etag)
    if unchanged is not None and unchanged.status_code == HTTPStatus.NOT_MODIFIED:
        return Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(document, headers=headers)
