"""REST views of catalogues of preferences, for staff."""

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api.conditional import conditional
from core.api.idempotency import idempotent
from core.api.parsers import StrictMultiPartParser
from core.api.permissions import IsStaff
from core.api.queries import FilteredList, NamedList, Queried
from core.errors import NotFound
from evaluation.imports.api import start_import
from evaluation.imports.serializers import ImportJobSerializer
from evaluation.imports.services.evaluation_kinds import CATALOGUE
from evaluation.library.selectors.catalogues import catalogue_changes, versions_of
from evaluation.library.serializers.builds import CatalogueChangesSerializer, changes_data
from evaluation.library.serializers.catalogues import (
    CatalogueFileSerializer,
    CatalogueSerializer,
    PreferenceQuery,
    PreferenceSerializer,
    SinceQuery,
)
from evaluation.models import Catalogue, Preference


class CatalogueList(NamedList[Catalogue]):
    """All versions of all preference catalogues."""

    serializer_class = CatalogueSerializer
    queryset = Catalogue.objects.all()


class CatalogueDetail(generics.RetrieveAPIView[Catalogue]):
    """One version of a preference catalogue."""

    permission_classes = [IsStaff]
    serializer_class = CatalogueSerializer
    lookup_url_kwarg = "catalogue_id"
    queryset = Catalogue.objects.all()


class CatalogueDifferences(Queried):
    """How versions of a catalogue differ."""

    permission_classes = [IsStaff]
    query_serializer_class = SinceQuery

    @extend_schema(responses={200: CatalogueChangesSerializer, 304: None})
    def get(self, request: Request, catalogue_id: int) -> Response:
        """What a version of a catalogue changed of the one before it, or of the one that is named."""
        catalogue = get_object_or_404(Catalogue, pk=catalogue_id)
        others = versions_of(catalogue).exclude(pk=catalogue.pk)
        since = self.query.get("since")
        wanted = {"version__lt": catalogue.version} if since is None else {"version": since}
        base = others.filter(**wanted).first()
        if base is None:
            raise NotFound("There is no such version to compare it with.", code="no_other_version")
        return conditional(request, changes_data(base, catalogue_changes(base, catalogue)))


class CataloguePreferences(FilteredList[Preference]):
    """The preferences of a version of a catalogue."""

    permission_classes = [IsStaff]
    serializer_class = PreferenceSerializer
    query_serializer_class = PreferenceQuery
    lookups = {"category": "category", "kind": "kind", "search": "text__icontains"}

    def get_queryset(self) -> QuerySet[Preference]:
        return get_object_or_404(Catalogue, pk=self.kwargs["catalogue_id"]).preferences.all()


class CatalogueImport(APIView):
    """Files of preferences."""

    permission_classes = [IsStaff]
    parser_classes = [StrictMultiPartParser]

    @extend_schema(request=CatalogueFileSerializer, responses={202: ImportJobSerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        """Import a catalogue; other content than that of the versions that there are becomes the next version."""
        given = CatalogueFileSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        fields = dict(given.validated_data)
        return start_import(request, CATALOGUE, fields, [("file", fields.pop("file"))])
