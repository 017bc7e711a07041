"""REST views of results, for staff: stored ones, comparisons, and what the study published."""

from django.db.models import OuterRef
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api.conditional import conditional
from core.api.json_schema import inline_schema
from core.api.permissions import IsStaff
from core.api.queries import Queried
from core.api.viewsets import ConditionalList
from core.errors import NotFound
from evaluation.models import ResultRow, Run, RunResult
from evaluation.results.metrics.comparison import ComparisonDocument
from evaluation.results.published import published
from evaluation.results.selectors.computing import trouble_with_result
from evaluation.results.selectors.results import has_changed
from evaluation.results.serializers.results import (
    ComparisonQuery,
    PublishedSerializer,
    ResultQuery,
    ResultRowSerializer,
    RunResultSerializer,
)
from evaluation.results.services.comparing import comparison_at_once
from perg.stats.base.result import dump


class ResultList(ConditionalList[ResultRow]):
    """Results of runs by judge, whole or by slice, as they were last computed, newest first."""

    serializer_class = ResultRowSerializer
    query_serializer_class = ResultQuery
    queryset = (
        ResultRow.objects.select_related("result__run__endpoint", "judge")
        .annotate(is_stale=has_changed(OuterRef("result__run")))
        .defer("result__metrics", "result__stages", "result__costs", "result__run__options")
    )
    lookups = {
        "dimension": "dimension",
        "value": "value__icontains",
        "judge": "judge",
        "run": "result__run",
        "dataset": "result__run__dataset",
        "model": "result__run__endpoint__model",
        "method": "result__run__method",
        "setting": "result__run__setting",
    }


class ResultOfRun(APIView):
    """What a run amounts to."""

    permission_classes = [IsStaff]

    @extend_schema(responses={200: RunResultSerializer, 304: None})
    def get(self, request: Request, run_id: int) -> Response:
        """What a run amounts to, as it was last computed: metrics, what an item takes, where Pref-Aligner fails."""
        run = get_object_or_404(Run, pk=run_id)
        results = RunResult.objects.filter(run=run).annotate(is_stale=has_changed(OuterRef("run")))
        result = results.first()
        if result is None:
            if trouble := trouble_with_result(run):
                raise NotFound(
                    f"The result of this run could not be computed: {trouble.reason}", code="result_failed"
                )
            raise NotFound("The result of this run has not been computed yet.", code="no_result")
        return conditional(request, RunResultSerializer(result).data)


class Comparison(Queried):
    """Two runs, item by item."""

    permission_classes = [IsStaff]
    query_serializer_class = ComparisonQuery

    @extend_schema(responses={200: inline_schema(ComparisonDocument), 304: None})
    def get(self, request: Request) -> Response:
        """Compare two runs on the items that they have in common: paired differences with intervals."""
        reference = get_object_or_404(Run, pk=self.query["reference"])
        other = get_object_or_404(Run, pk=self.query["other"])
        return conditional(request, dump(comparison_at_once(reference, other), of=ComparisonDocument))


class Published(APIView):
    """The figures of the study."""

    permission_classes = [IsStaff]

    @extend_schema(responses={200: PublishedSerializer, 304: None})
    def get(self, request: Request) -> Response:
        """The figures that the study published, carried over as facts."""
        return conditional(request, PublishedSerializer(published()).data)
