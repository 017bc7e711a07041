"""REST view that imports ratings made elsewhere, so that their judges can be validated, too."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotations.access import campaign_maker
from annotations.validation.import_kind import RATINGS
from annotations.validation.serializers import RatingsFilesSerializer
from core.api.actor import actor_of
from core.api.idempotency import idempotent
from core.api.parsers import StrictMultiPartParser
from evaluation.imports.api import start_import
from evaluation.imports.serializers import ImportJobSerializer


class RatingsImport(APIView):
    """Import ratings by people and judges as a campaign, which the caller leads. The same files again change nothing.
    For admins, and for who leads a campaign. A worker imports them: ask at `Location` for the outcome.
    """

    parser_classes = [StrictMultiPartParser]

    @extend_schema(request=RatingsFilesSerializer, responses={202: ImportJobSerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        campaign_maker(actor_of(request))
        fields = RatingsFilesSerializer.values_in(request.data)
        files = [(kind, file) for kind in ("human", "judge") for file in fields.pop(kind, ())]
        return start_import(request, RATINGS, fields | {"failures": fields.pop("failure")}, files)
