"""REST views of datasets, catalogues and prompts, for staff."""

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.conditional import conditional
from core.api.idempotency import idempotent
from core.api.parsers import StrictMultiPartParser
from core.api.viewsets import NamedViewSet, StaffList
from core.errors import NotFound
from evaluation.imports.api import start_import
from evaluation.imports.serializers import ImportJobSerializer
from evaluation.imports.services.evaluation_kinds import CATALOGUE, QUESTIONS
from evaluation.library.selectors.catalogues import catalogue_changes, versions_of
from evaluation.library.selectors.datasets import question_counts
from evaluation.library.serializers.catalogues import (
    CatalogueChangesSerializer,
    CatalogueFileSerializer,
    CatalogueSerializer,
    PreferenceQuery,
    PreferenceSerializer,
    SinceQuery,
)
from evaluation.library.serializers.datasets import (
    DatasetSerializer,
    PromptSerializer,
    QuestionCountSerializer,
    QuestionQuery,
    QuestionSerializer,
    QuestionsFileSerializer,
)
from evaluation.models import Catalogue, Dataset, Preference, Prompt, Question


@extend_schema_view(retrieve=extend_schema(description="One dataset."))
class Datasets(NamedViewSet[Dataset]):
    """All datasets."""

    serializer_class = DatasetSerializer
    queryset = Dataset.objects.all()

    @extend_schema(responses=QuestionCountSerializer(many=True))
    @action(detail=True)
    def counts(self, request: Request, dataset_id: int) -> Response:
        """How many questions a dataset has of each source and category."""
        counts = question_counts(self.get_object())
        return Response(
            [{"source": source, "category": category, "questions": n} for source, category, n in counts]
        )

    @extend_schema(request=QuestionsFileSerializer, responses={202: ImportJobSerializer})
    @action(
        ["post"], detail=False, url_path="import", url_name="import", parser_classes=[StrictMultiPartParser]
    )
    @idempotent
    def import_questions(self, request: Request) -> Response:
        """Import questions into a dataset; what it has already is not made again."""
        fields = QuestionsFileSerializer.values_in(request.data)
        return start_import(request, QUESTIONS, fields, [("file", fields.pop("file"))])


class DatasetQuestions(StaffList[Question]):
    """The questions of a dataset."""

    serializer_class = QuestionSerializer
    query_serializer_class = QuestionQuery
    lookups = {"source": "source", "category": "category", "search": "text__icontains"}

    def get_queryset(self) -> QuerySet[Question]:
        return get_object_or_404(Dataset, pk=self.kwargs["dataset_id"]).questions.all()


@extend_schema_view(retrieve=extend_schema(description="One version of a preference catalogue."))
class Catalogues(NamedViewSet[Catalogue]):
    """All versions of all preference catalogues."""

    serializer_class = CatalogueSerializer
    queryset = Catalogue.objects.all()

    @extend_schema(responses={200: CatalogueChangesSerializer, 304: None})
    @action(detail=True, query_serializer_class=SinceQuery)
    def differences(self, request: Request, catalogue_id: int) -> Response:
        """What a version of a catalogue changed of the one before it, or of the one that is named."""
        catalogue, since = self.get_object(), self.query.get("since")
        others = versions_of(catalogue).exclude(pk=catalogue.pk)
        base = others.filter(
            **{"version__lt": catalogue.version} if since is None else {"version": since}
        ).first()
        if base is None:
            raise NotFound("There is no such version to compare it with.", code="no_other_version")
        changes = catalogue_changes(base, catalogue)
        return conditional(request, dict(CatalogueChangesSerializer(changes).data))

    @extend_schema(request=CatalogueFileSerializer, responses={202: ImportJobSerializer})
    @action(
        ["post"], detail=False, url_path="import", url_name="import", parser_classes=[StrictMultiPartParser]
    )
    @idempotent
    def import_catalogue(self, request: Request) -> Response:
        """Import a catalogue; other content than that of the versions that there are becomes the next version."""
        fields = CatalogueFileSerializer.values_in(request.data)
        return start_import(request, CATALOGUE, fields, [("file", fields.pop("file"))])


class CataloguePreferences(StaffList[Preference]):
    """The preferences of a version of a catalogue."""

    serializer_class = PreferenceSerializer
    query_serializer_class = PreferenceQuery
    lookups = {"category": "category", "kind": "kind", "search": "text__icontains"}

    def get_queryset(self) -> QuerySet[Preference]:
        return get_object_or_404(Catalogue, pk=self.kwargs["catalogue_id"]).preferences.all()


@extend_schema_view(retrieve=extend_schema(description="One version of a prompt."))
class Prompts(NamedViewSet[Prompt]):
    """All versions of all prompts that runs used."""

    serializer_class = PromptSerializer
    queryset = Prompt.objects.all()
