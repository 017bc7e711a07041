"""REST views of what runs are made of: datasets, catalogues, prompts, rubrics. For staff."""

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api.conditional import conditional
from core.api.idempotency import idempotent
from core.api.parsers import StrictMultiPartParser
from core.api.permissions import IsStaff
from core.api.queries import FilteredList, M, Queried
from core.errors import NotFound
from evaluation.imports.api import start_import
from evaluation.imports.serializers import ImportJobSerializer
from evaluation.imports.services.evaluation_kinds import CATALOGUE, QUESTIONS
from evaluation.judges.services.rubrics import create_rubric, revise_rubric
from evaluation.library.selectors.catalogues import catalogue_changes, versions_of
from evaluation.library.selectors.datasets import question_counts
from evaluation.library.serializers.builds import CatalogueChangesSerializer, changes_data
from evaluation.library.serializers.library import (
    CatalogueFileSerializer,
    CatalogueSerializer,
    DatasetSerializer,
    NameQuery,
    NewRubricSerializer,
    PreferenceQuery,
    PreferenceSerializer,
    PromptSerializer,
    QuestionCountSerializer,
    QuestionQuery,
    QuestionSerializer,
    QuestionsFileSerializer,
    RubricTextSerializer,
    RubricVersionSerializer,
    SinceQuery,
)
from evaluation.models import Catalogue, Dataset, Preference, Prompt, Question, Rubric


class NamedList(FilteredList[M]):
    """A list of things that have a name, newest first."""

    permission_classes = [IsStaff]
    query_serializer_class = NameQuery
    lookups = {"search": "name__icontains"}


class DatasetList(NamedList[Dataset]):
    """All datasets."""

    serializer_class = DatasetSerializer
    queryset = Dataset.objects.all()


class DatasetDetail(generics.RetrieveAPIView[Dataset]):
    """One dataset."""

    permission_classes = [IsStaff]
    serializer_class = DatasetSerializer
    lookup_url_kwarg = "dataset_id"
    queryset = Dataset.objects.all()


class DatasetCounts(APIView):
    """What questions a dataset has."""

    permission_classes = [IsStaff]

    @extend_schema(responses=QuestionCountSerializer(many=True))
    def get(self, request: Request, dataset_id: int) -> Response:
        """How many questions a dataset has of each source and category."""
        counts = question_counts(get_object_or_404(Dataset, pk=dataset_id))
        rows = [{"source": source, "category": category, "questions": n} for source, category, n in counts]
        return Response(QuestionCountSerializer(rows, many=True).data)


class DatasetQuestions(FilteredList[Question]):
    """The questions of a dataset."""

    permission_classes = [IsStaff]
    serializer_class = QuestionSerializer
    query_serializer_class = QuestionQuery
    lookups = {"source": "source", "category": "category", "search": "text__icontains"}

    def get_queryset(self) -> QuerySet[Question]:
        return get_object_or_404(Dataset, pk=self.kwargs["dataset_id"]).questions.all()


class DatasetImport(APIView):
    """Files of questions."""

    permission_classes = [IsStaff]
    parser_classes = [StrictMultiPartParser]

    @extend_schema(request=QuestionsFileSerializer, responses={202: ImportJobSerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        """Import questions into a dataset; what it has already is not made again."""
        given = QuestionsFileSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        fields = dict(given.validated_data)
        return start_import(request, QUESTIONS, fields, [("file", fields.pop("file"))])


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


class PromptList(NamedList[Prompt]):
    """All versions of all prompts that runs used."""

    serializer_class = PromptSerializer
    queryset = Prompt.objects.all()


class PromptDetail(generics.RetrieveAPIView[Prompt]):
    """One version of a prompt."""

    permission_classes = [IsStaff]
    serializer_class = PromptSerializer
    lookup_url_kwarg = "prompt_id"
    queryset = Prompt.objects.all()


class RubricList(NamedList[Rubric]):
    """All versions of all rubrics."""

    serializer_class = RubricVersionSerializer
    queryset = Rubric.objects.all()

    @extend_schema(request=NewRubricSerializer, responses={201: RubricVersionSerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        """Make a rubric."""
        given = NewRubricSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        rubric = create_rubric(**given.validated_data)
        return Response(RubricVersionSerializer(rubric).data, status=status.HTTP_201_CREATED)


class RubricDetail(generics.RetrieveAPIView[Rubric]):
    """One version of a rubric."""

    permission_classes = [IsStaff]
    serializer_class = RubricVersionSerializer
    lookup_url_kwarg = "rubric_id"
    queryset = Rubric.objects.all()


class RubricRevise(APIView):
    """Versions of a rubric."""

    permission_classes = [IsStaff]

    @extend_schema(request=RubricTextSerializer, responses={201: RubricVersionSerializer})
    @idempotent
    def post(self, request: Request, rubric_id: int) -> Response:
        """Make the next version of a rubric; the others stay as they are."""
        rubric = get_object_or_404(Rubric, pk=rubric_id)
        given = RubricTextSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        revised = revise_rubric(rubric=rubric, **given.validated_data)
        return Response(RubricVersionSerializer(revised).data, status=status.HTTP_201_CREATED)
