"""The API's schema for programs, and its documentation for people."""

from functools import cache
from http import HTTPStatus
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api.conditional import conditional
from core.api.permissions import HasScope
from core.errors import NotAllowed
from core.http.access import PersonRequest
from core.middleware.body_limits import may_upload


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document: the same for everybody, and only a release changes it."""
    generator: Any = SchemaGenerator  # Any: the library has no types
    made: dict[str, Any] = generator().get_schema(request=None, public=True)
    return made


@extend_schema(exclude=True)
class Schema(APIView):
    """The OpenAPI document, for everyone who may use the API at all."""

    permission_classes = [HasScope]

    def get(self, request: Request) -> Response:
        return conditional(request, document())


@extend_schema(exclude=True)
class BodyPermission(APIView):
    """Whether a large body may be sent, for the proxy, which asks before it takes one in: by anybody logged in."""

    permission_classes = [HasScope]

    def get(self, request: Request) -> Response:
        return Response(status=HTTPStatus.NO_CONTENT)


@extend_schema(exclude=True)
class UploadPermission(APIView):
    """Whether files may be uploaded, for the proxy: by admins, and by people who lead a campaign."""

    permission_classes = [HasScope]

    def get(self, request: Request) -> Response:
        if not may_upload(request.user):
            raise NotAllowed("Only admins and people who lead a campaign may upload files.")
        return Response(status=HTTPStatus.NO_CONTENT)


@require_GET
def docs(request: PersonRequest) -> HttpResponse:
    """The documentation, drawn in the browser from the schema by files of this site alone."""
    return render(request, "perg_site/api_docs.html")
