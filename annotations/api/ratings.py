"""REST view that imports ratings made elsewhere, so that their judges can be validated, too."""

from http import HTTPStatus
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotations.access import campaign_maker
from annotations.agreement.ratings_files import Kind
from annotations.agreement.ratings_rows import decoded
from annotations.api.serializers.ratings import RatingsFilesSerializer, RatingsImportSerializer
from annotations.services.ratings_import import RatingsFile, import_ratings
from evaluation.api.actor import actor_of
from evaluation.api.idempotency import idempotent
from evaluation.api.imports import content_of
from evaluation.api.parsers import StrictMultiPartParser

KINDS: tuple[Kind, ...] = ("human", "judge")


class RatingsImport(APIView):
    """Import ratings by people and judges as a campaign, which the caller leads. The same files again change nothing.
    For admins, and for who leads a campaign.
    """

    parser_classes = [StrictMultiPartParser]

    @extend_schema(request=RatingsFilesSerializer, responses={201: RatingsImportSerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        campaign_maker(actor_of(request))
        given = RatingsFilesSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        fields: dict[str, Any] = dict(given.validated_data)  # Any: each field has a type of its own
        files = [_read(file, kind) for kind in KINDS for file in fields.pop(kind, ())]
        failures = fields.pop("failure")
        report = import_ratings(files=files, failures=failures, created_by=actor_of(request), **fields)
        return Response(RatingsImportSerializer(report.as_dict()).data, status=HTTPStatus.CREATED)


def _read(file: "UploadedFile[bytes]", kind: Kind) -> RatingsFile:
    """A file's text. Raises ValidationError where it is too large, or its encoding is not known."""
    name = file.name or "file"
    try:
        return RatingsFile(name, decoded(content_of(file).read()), kind)
    except ValueError as error:
        raise ValidationError({kind: [f"{name} is {error}."]}) from error
