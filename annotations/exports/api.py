"""REST views of exports: request a file, see its progress, download it; an interrupted download can be resumed."""

from http import HTTPStatus

from django.db.models import QuerySet
from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import generics
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotations.exports.selectors import own_export, visible_exports
from annotations.exports.serializers import (
    ExportQuery,
    ExportSerializer,
    NewExportSerializer,
    TableSerializer,
)
from annotations.exports.services import discard_export, file_of, request_export, retry_export
from annotations.exports.tables.scopes import exportable_tables
from annotations.models import Export
from annotations.models.export import ExportStatus
from core.api.actor import actor_of
from core.api.idempotency import idempotent
from core.api.queries import Queried, exact
from core.api.strict import without_body
from core.errors import Conflict, NotFound
from core.http.ranged_file import ranged_file_response

ACTIONS = {"retry": retry_export, "discard": discard_export}


class ExportTables(APIView):
    """What the caller may export, with the filters and columns of each table."""

    @extend_schema(responses=TableSerializer(many=True))
    def get(self, request: Request) -> Response:
        return Response(TableSerializer(exportable_tables(actor_of(request)), many=True).data)


class ExportList(Queried, generics.ListAPIView[Export]):
    """The caller's exports, newest first; POST has a table or a gold release written to a file by a worker."""

    serializer_class = ExportSerializer
    query_serializer_class = ExportQuery

    def get_queryset(self) -> QuerySet[Export]:
        return visible_exports(self.request.user).filter(**exact(self.query, status="status"))

    @extend_schema(request=NewExportSerializer, responses={202: ExportSerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        given = NewExportSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        export = request_export(requested_by=actor_of(request), **given.validated_data)
        return Response(ExportSerializer(export).data, status=HTTPStatus.ACCEPTED)


class ExportDetail(APIView):
    """One of the caller's exports, and how far it is."""

    @extend_schema(responses=ExportSerializer)
    def get(self, request: Request, export_id: int) -> Response:
        return Response(ExportSerializer(own_export(request.user, export_id)).data)


class ExportAction(APIView):
    """`retry` an export that failed or expired; `discard` its file before its time."""

    @extend_schema(request=None, responses=ExportSerializer)
    @without_body
    def post(self, request: Request, export_id: int, action: str) -> Response:
        export = own_export(request.user, export_id)
        if action not in ACTIONS:
            raise NotFound(f"What can be done with an export: {', '.join(ACTIONS)}.")
        return Response(ExportSerializer(ACTIONS[action](export=export, actor=actor_of(request))).data)


class FileRenderer(JSONRenderer):
    """Lets a client ask for anything but JSON. The file is sent as it is; what is rendered are errors."""

    media_type = "*/*"
    format = "file"


class ExportFile(APIView):
    """The file of an export that is ready. `Range` asks for a part of it, `If-Range` with the `ETag` only while it is
    the same file.
    """

    renderer_classes = [JSONRenderer, FileRenderer]

    @extend_schema(
        parameters=[
            OpenApiParameter("Range", str, OpenApiParameter.HEADER, description="Such as `bytes=1000-`."),
            OpenApiParameter("If-Range", str, OpenApiParameter.HEADER, description="The `ETag` of the file."),
        ],
        responses={
            (200, "application/octet-stream"): OpenApiTypes.BINARY,
            (206, "application/octet-stream"): OpenApiTypes.BINARY,
            304: OpenApiResponse(description="It is still the one that `If-None-Match` names."),
            416: OpenApiResponse(description="The part that was asked for lies outside of the file."),
        },
    )
    def get(self, request: Request, export_id: int) -> HttpResponseBase:
        export = own_export(request.user, export_id)
        if export.status != ExportStatus.READY or export.finished_at is None:
            raise Conflict(f"The export is {export.get_status_display().lower()}.", code="no_file")
        try:
            return ranged_file_response(
                request,
                file_of(export),
                name=f"perg-{export.table}-{export.pk}{file_of(export).suffix}",
                content_type="application/octet-stream",
                checksum=export.checksum,
                modified=export.finished_at,
            )
        except FileNotFoundError as error:
            raise NotFound("The file is not on this machine (any more).", code="no_file") from error
