"""REST views of batches, for staff."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api.actor import actor_of
from core.api.idempotency import idempotent
from core.api.permissions import IsStaff
from core.api.queries import ListQuery, Queried
from core.errors import NotFound
from core.scopes import Scope
from evaluation.endpoints.services.recorded_replies import unrecorded
from evaluation.models import Batch
from evaluation.runs.selectors.bill import bill_of
from evaluation.runs.selectors.failures import failures_of, tried_again
from evaluation.runs.selectors.presets import PRESETS
from evaluation.runs.selectors.runs import launch_spec_of, runs_with_counts
from evaluation.runs.serializers.batches import (
    BatchProgressSerializer,
    BatchSerializer,
    EstimateSerializer,
    LaunchedSerializer,
    LaunchSerializer,
    PresetSerializer,
)
from evaluation.runs.serializers.runs import CauseSerializer
from evaluation.runs.services.control import retry_batch
from evaluation.runs.services.estimate import estimate_launch
from evaluation.runs.services.launching import check_launch, launch_batch

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
        batch = launch_batch(spec=launch.spec(), actor=actor_of(request))
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
        spec = launch.spec()
        check_launch(spec)
        context = {"unrecorded": unrecorded(spec.grid())}
        return Response(EstimateSerializer(estimate_launch(spec), context=context).data)


class BatchPresets(APIView):
    """The study's first experiments."""

    permission_classes = [IsStaff]

    @extend_schema(responses=PresetSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The study's first experiments: put a preset's methods and settings into what you POST to `batches/`."""
        return Response(PresetSerializer(list(PRESETS.values()), many=True).data)


class BatchProgress(APIView):
    """The progress of a batch."""

    permission_classes = [IsStaff]

    @extend_schema(responses=BatchProgressSerializer)
    def get(self, request: Request, batch_id: int) -> Response:
        """The progress of a batch over all runs: items, failures by cause, cost by stage and endpoint."""
        batch = get_object_or_404(Batch, pk=batch_id)
        runs = list(
            runs_with_counts().select_related("endpoint", "dataset").filter(batch=batch).order_by("pk")
        )
        shown = {
            "runs": runs,
            "tried_again": tried_again(runs),
            "failures": failures_of(runs),
            "costs": bill_of(runs).lines,
        }
        return Response(BatchProgressSerializer(shown).data)


class BatchSettings(APIView):
    """What a batch was launched with."""

    permission_classes = [IsStaff]

    @extend_schema(responses=LaunchedSerializer)
    def get(self, request: Request, batch_id: int) -> Response:
        """What to POST to `batches/` to launch the batch again, under a name that is free."""
        found = launch_spec_of(get_object_or_404(Batch, pk=batch_id))
        if found is None:
            raise NotFound("This batch has no runs any more.", code="no_runs")
        return Response(LaunchedSerializer(found).data)


class BatchRetry(APIView):
    """Trying again what failed."""

    permission_classes = [IsStaff]

    @extend_schema(request=CauseSerializer, responses={200: BatchSerializer})
    @idempotent
    def post(self, request: Request, batch_id: int) -> Response:
        """Try again what failed in the batch's runs: all of it, or, with a body, by one cause."""
        batch = get_object_or_404(BATCHES, pk=batch_id)
        retry_batch(batch=batch, cause=CauseSerializer.cause_in(request.data), actor=actor_of(request))
        return Response(BatchSerializer(get_object_or_404(BATCHES, pk=batch_id)).data)
