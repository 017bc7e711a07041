"""REST views of exports: request a file, see its progress, download it; an interrupted download can be resumed."""

from http import HTTPStatus

from django.db.models import QuerySet
from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

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
from annotations.viewsets import PersonViewSet
from core.api.actor import actor_of
from core.api.idempotency import idempotent
from core.api.strict import without_body
from core.errors import Conflict, NotFound
from core.http.ranged_file import ranged_file_response

ACTIONS = {"retry": retry_export, "discard": discard_export}


class FileRenderer(JSONRenderer):
    """Lets a client ask for anything but JSON. The file is sent as it is; what is rendered are errors."""

    media_type = "*/*"
    format = "file"


@extend_schema_view(
    list=extend_schema(description="The caller's exports, newest first."),
    retrieve=extend_schema(description="One of the caller's exports, and how far it is."),
)
class Exports(ListModelMixin, RetrieveModelMixin, PersonViewSet[Export]):
    """The caller's exports."""

    serializer_class = ExportSerializer
    query_serializer_class = ExportQuery
    lookups = {"status": "status"}

    def get_queryset(self) -> QuerySet[Export]:
        return visible_exports(self.request.user)

    def get_object(self) -> Export:
        return own_export(self.request.user, self.kwargs["export_id"])

    @extend_schema(request=NewExportSerializer, responses={202: ExportSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Have a table or a gold release written to a file by a worker."""
        export = request_export(requested_by=actor_of(request), **NewExportSerializer.values_in(request.data))
        return Response(ExportSerializer(export).data, status=HTTPStatus.ACCEPTED)

    @extend_schema(responses=TableSerializer(many=True))
    @action(detail=False)
    def tables(self, request: Request) -> Response:
        """What the caller may export, with the filters and columns of each table."""
        return Response(TableSerializer(exportable_tables(actor_of(request)), many=True).data)

    @extend_schema(request=None, responses=ExportSerializer)
    @without_body
    def act(self, request: Request, export_id: int, action: str) -> Response:
        """`retry` an export that failed or expired; `discard` its file before its time."""
        export = self.get_object()
        if action not in ACTIONS:
            raise NotFound(f"What can be done with an export: {', '.join(ACTIONS)}.")
        return Response(ExportSerializer(ACTIONS[action](export=export, actor=actor_of(request))).data)

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
    @action(detail=True, renderer_classes=[JSONRenderer, FileRenderer])
    def file(self, request: Request, export_id: int) -> HttpResponseBase:
        """The file of an export that is ready. `Range` asks for a part of it, `If-Range` with the `ETag` only while it
        is the same file.
        """
        export = self.get_object()
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
