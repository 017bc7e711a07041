"""REST views of batches, for staff."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from evaluation.api.actor import actor_of
from evaluation.api.idempotency import idempotent
from evaluation.api.permissions import IsStaff
from evaluation.api.queries import ListQuery, Queried
from evaluation.api.serializers.batches import BatchSerializer, EstimateSerializer, LaunchSerializer
from evaluation.api.serializers.runs import CauseSerializer
from evaluation.models import Batch
from evaluation.scopes import Scope
from evaluation.selectors.failures import Cause
from evaluation.services.control import retry_batch
from evaluation.services.estimate import estimate_launch
from evaluation.services.launching import check_launch, launch_batch

BATCHES = Batch.objects.prefetch_related("runs__endpoint", "runs__dataset")
LAUNCH = OpenApiExample(
    "Two methods in two settings",
    value={
        "name": "Pref-Aligner against direct",
        "dataset": "MMLU",
        "catalogue": 1,
        "models": ["gpt-4o-mini"],
        "methods": ["direct", "pref_aligner"],
        "settings": ["relevant", "mixed"],
        "judges": ["gpt-4o"],
        "sample_size": 500,
        "money_budget": "10.00",
    },
    request_only=True,
)


class BatchList(Queried, generics.ListAPIView[Batch]):
    """All batches, newest first."""

    permission_classes = [IsStaff]
    serializer_class = BatchSerializer
    query_serializer_class = ListQuery
    queryset = BATCHES

    @extend_schema(request=LaunchSerializer, responses={201: BatchSerializer}, examples=[LAUNCH])
    @idempotent
    def post(self, request: Request) -> Response:
        """Launch a batch: a run for each model, method and setting."""
        launch = LaunchSerializer(data=request.data)
        launch.is_valid(raise_exception=True)
        batch = launch_batch(spec=launch.spec(), created_by=actor_of(request))
        return Response(BatchSerializer(batch).data, status=status.HTTP_201_CREATED)


class BatchDetail(generics.RetrieveAPIView[Batch]):
    """One batch with its runs."""

    permission_classes = [IsStaff]
    serializer_class = BatchSerializer
    lookup_url_kwarg = "batch_id"
    queryset = BATCHES


class BatchEstimate(APIView):
    """What a batch would take."""

    permission_classes = [IsStaff]
    scope = Scope.READ

    @extend_schema(
        request=LaunchSerializer, responses={200: EstimateSerializer}, operation_id="batches_estimate"
    )
    def post(self, request: Request) -> Response:
        """What a batch would take in calls, tokens and money. Launches nothing."""
        launch = LaunchSerializer(data=request.data)
        launch.is_valid(raise_exception=True)
        check_launch(launch.spec())
        return Response(EstimateSerializer(estimate_launch(launch.spec())).data)


class BatchRetry(APIView):
    """Trying again what failed."""

    permission_classes = [IsStaff]

    @extend_schema(request=CauseSerializer, responses={200: BatchSerializer})
    @idempotent
    def post(self, request: Request, batch_id: int) -> Response:
        """Try again what failed in the batch's runs: all of it, or, with a body, by one cause."""
        batch = get_object_or_404(BATCHES, pk=batch_id)
        cause = None
        if request.data:
            given = CauseSerializer(data=request.data)
            given.is_valid(raise_exception=True)
            cause = Cause(**given.validated_data)
        retry_batch(batch=batch, cause=cause)
        return Response(BatchSerializer(get_object_or_404(BATCHES, pk=batch_id)).data)
