"""Imports over REST: files are stored, a worker imports them, and the job says how far it is."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.template.defaultfilters import filesizeformat
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from core.api.actor import actor_of
from core.api.idempotency import idempotent
from core.api.queries import ListQuery, Queried
from core.api.strict import without_body
from core.text.uploads import stored_arguments
from evaluation.imports.selectors import imports_of, own_import
from evaluation.imports.serializers import ImportJobSerializer
from evaluation.imports.services.jobs import Upload, request_import, retry_import
from evaluation.models import ImportJob

RETRY_SECONDS = 1


@extend_schema_view(
    retrieve=extend_schema(
        description="An import of the caller's: how far it is, its `report` once it is done, or why there is none."
    )
)
class Imports(Queried, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[ImportJob]):
    """The caller's imports, newest first."""

    serializer_class = ImportJobSerializer
    query_serializer_class = ListQuery
    lookup_value_converter = "int"

    def get_queryset(self) -> QuerySet[ImportJob]:
        return imports_of(actor_of(self.request))

    def get_object(self) -> ImportJob:
        return own_import(actor_of(self.request), self.kwargs["job_id"])

    @extend_schema(request=None, responses={202: ImportJobSerializer})
    @action(["post"], detail=True)
    @idempotent
    @without_body
    def retry(self, request: Request, job_id: int) -> Response:
        """Run an import again that failed. One that was refused needs another file or other settings: 409."""
        return accepted(request, retry_import(job=self.get_object(), actor=actor_of(request)))


def start_import(request: Request, kind: str, fields: Mapping[str, Any], files: Sequence[Upload]) -> Response:
    """Have files imported; the answer says where to ask. Raises ValidationError where one is too large."""
    for field, file in files:
        require_within_limit(field, file)
    job = request_import(kind=kind, arguments=stored_arguments(fields), files=files, actor=actor_of(request))
    return accepted(request, job)


def accepted(request: Request, job: ImportJob) -> Response:
    """The answer to a request that a worker fulfils."""
    return Response(
        ImportJobSerializer(job).data,
        status=HTTPStatus.ACCEPTED,
        headers={
            "Location": reverse("api_import_detail", [job.pk], request=request),
            "Retry-After": str(RETRY_SECONDS),
        },
    )


def require_within_limit(field: str, file: UploadedFile[bytes]) -> None:
    """Raise ValidationError where a file is too large."""
    limit = settings.UPLOAD_MAX_BYTES
    if file.size is not None and file.size > limit:
        raise ValidationError(
            {field: [f"It has {filesizeformat(file.size)}; at most {filesizeformat(limit)} are taken."]}
        )
