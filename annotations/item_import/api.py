"""REST views that import a table: upload, correct, import; and the mappings that were saved."""

from http import HTTPStatus
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.access import campaign_maker
from annotations.item_import.selectors.uploads import (
    choices_of,
    mapping_of,
    mappings_of,
    own_mapping,
    own_upload,
    reading_of,
    saved_mapping,
    uploads_of,
)
from annotations.item_import.serializers import (
    ImportUploadSerializer,
    ListedUploadSerializer,
    NewUploadSerializer,
    SavedMappingSerializer,
    TableUploadSerializer,
    UploadChangesSerializer,
)
from annotations.item_import.services.mappings import delete_mapping, save_mapping
from annotations.item_import.services.uploads import (
    discard_upload,
    import_upload,
    map_columns,
    receive_table,
    restate_layout,
)
from annotations.item_import.tables.documents import CriterionChoice
from annotations.item_import.tables.stated import fitted_mapping
from annotations.models import SavedMapping, TableUpload
from annotations.viewsets import PersonViewSet
from core.api.actor import actor_of
from core.api.idempotency import idempotent
from core.api.parsers import StrictMultiPartParser
from core.api.queries import ListQuery
from core.api.strict import without_body
from evaluation.imports.api import accepted, require_within_limit
from evaluation.imports.serializers import ImportJobSerializer
from perg.formats.mapping.uses import TableMapping
from perg.formats.tables.layout import StatedLayout


class _Uploads(PersonViewSet[TableUpload]):
    def get_queryset(self) -> QuerySet[TableUpload]:
        return uploads_of(self.request.user)


@extend_schema_view(
    list=extend_schema(
        responses=ListedUploadSerializer(many=True), description="The caller's uploaded tables."
    ),
)
class TableUploadCollection(mixins.ListModelMixin, _Uploads):
    """Tables that the caller uploaded and has not imported, or might import again."""

    serializer_class = ListedUploadSerializer
    query_serializer_class = ListQuery
    parser_classes = [StrictMultiPartParser]

    @extend_schema(request=NewUploadSerializer, responses={201: TableUploadSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Upload a table. Small files are read at once, others by a worker: then `status` is `queued`."""
        campaign_maker(actor_of(request))
        fields = NewUploadSerializer.values_in(request.data)
        require_within_limit("file", fields["file"])
        upload = receive_table(file=fields["file"], campaign_name=fields["campaign"], actor=actor_of(request))
        return Response(TableUploadSerializer(upload).data, status=HTTPStatus.CREATED)


@extend_schema_view(
    retrieve=extend_schema(
        description="An uploaded table of the caller's: what it is, and what it would become."
    ),
)
class TableUploads(mixins.RetrieveModelMixin, _Uploads):
    """An uploaded table: what it is, corrections, and its import."""

    serializer_class = TableUploadSerializer

    def get_object(self) -> TableUpload:
        return own_upload(self.request.user, self.kwargs["upload_id"])

    @extend_schema(request=UploadChangesSerializer, responses=TableUploadSerializer)
    def partial_update(self, request: Request, upload_id: int) -> Response:
        """Say how the file is laid out, what its columns are for, or what its criteria are; all rows are checked."""
        campaign_maker(actor_of(request))
        changes = UploadChangesSerializer.values_in(request.data)
        upload = self.get_object()
        return Response(TableUploadSerializer(_changed(request, upload, changes)).data)

    @extend_schema(request=None, responses={204: None})
    @without_body
    def destroy(self, request: Request, upload_id: int) -> Response:
        """Delete an upload with its file."""
        discard_upload(upload=self.get_object(), actor=actor_of(request))
        return Response(status=HTTPStatus.NO_CONTENT)

    @extend_schema(request=ImportUploadSerializer, responses={202: ImportJobSerializer})
    @action(["post"], detail=True, url_path="import", url_name="import")
    @idempotent
    def import_table(self, request: Request, upload_id: int) -> Response:
        """Have a checked table imported by a worker. What is refused can be corrected, as the upload stays."""
        campaign_maker(actor_of(request))
        fields = ImportUploadSerializer.values_in(request.data)
        upload = self.get_object()
        campaign = fields.get("campaign", upload.campaign_name)
        job = import_upload(upload=upload, campaign=campaign, rest=fields["rest"], actor=actor_of(request))
        return accepted(request, job)


def _changed(request: Request, upload: TableUpload, changes: dict[str, Any]) -> TableUpload:
    # Any: the fields of the serializer
    actor = actor_of(request)
    if "layout" in changes:
        stated = StatedLayout(**changes["layout"].model_dump())
        return restate_layout(upload=upload, stated=stated, actor=actor)
    mapping, choices = changes.get("mapping"), changes.get("criteria")
    if "saved" in changes:
        saved = own_mapping(actor, changes["saved"])
        mapping = _fitted(TableMapping.model_validate(saved.mapping), upload)
        if choices is None:
            choices = [CriterionChoice.model_validate(choice) for choice in saved.choices]
    elif mapping is not None:
        _check_columns(mapping, upload)
        mapping = _fitted(mapping, upload)
    else:
        mapping = mapping_of(upload)
    if "save_as" in changes:
        said = choices_of(upload) if choices is None else choices
        save_mapping(name=changes["save_as"], mapping=mapping, choices=said, owner=actor)
    return map_columns(upload=upload, mapping=mapping, choices=choices, actor=actor)


def _fitted(mapping: TableMapping, upload: TableUpload) -> TableMapping:
    """The mapping on the columns that there are. Raises NotUnderstood."""
    return fitted_mapping(mapping, [column.name for column in reading_of(upload).columns])


def _check_columns(mapping: TableMapping, upload: TableUpload) -> None:
    """Raise ValidationError for columns that the table does not have."""
    columns = {column.name for column in reading_of(upload).columns}
    if unknown := [name for name in mapping.columns if name not in columns]:
        raise ValidationError({"mapping": [f"There is no column “{name}”." for name in unknown[:20]]})


class TableMappings(mixins.ListModelMixin, PersonViewSet[SavedMapping]):
    """The mappings that the caller saved."""

    serializer_class = SavedMappingSerializer
    query_serializer_class = ListQuery

    def get_queryset(self) -> QuerySet[SavedMapping]:
        return mappings_of(self.request.user)

    @extend_schema(request=None, responses={204: None})
    @without_body
    def destroy(self, request: Request, mapping_id: int) -> Response:
        """Delete a saved mapping."""
        delete_mapping(saved=saved_mapping(actor_of(request), mapping_id), actor=actor_of(request))
        return Response(status=HTTPStatus.NO_CONTENT)
