"""REST views of datasets and their questions, for staff."""

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api.idempotency import idempotent
from core.api.parsers import StrictMultiPartParser
from core.api.permissions import IsStaff
from core.api.queries import FilteredList, NamedList
from evaluation.imports.api import start_import
from evaluation.imports.serializers import ImportJobSerializer
from evaluation.imports.services.evaluation_kinds import QUESTIONS
from evaluation.library.selectors.datasets import question_counts
from evaluation.library.serializers.datasets import (
    DatasetSerializer,
    QuestionCountSerializer,
    QuestionQuery,
    QuestionSerializer,
    QuestionsFileSerializer,
)
from evaluation.models import Dataset, Question


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
