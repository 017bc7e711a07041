"""REST views of batches, for staff."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.actor import actor_of
from core.api.idempotency import idempotent
from core.api.queries import ListQuery
from core.api.viewsets import CollectionViewSet
from core.errors import NotFound
from core.scopes import Scope
from evaluation.endpoints.services.recorded_replies import unrecorded
from evaluation.models import Batch
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
from evaluation.runs.serializers.runs import CauseSerializer, calls_of
from evaluation.runs.services.control import retry_batch
from evaluation.runs.services.estimate import estimate_launch
from evaluation.runs.services.launching import BatchSpec, check_launch, launch_batch

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


@extend_schema_view(retrieve=extend_schema(description="One batch with its runs."))
class Batches(CollectionViewSet[Batch]):
    """All batches, newest first."""

    serializer_class = BatchSerializer
    query_serializer_class = ListQuery
    queryset = Batch.objects.prefetch_related("runs__endpoint", "runs__dataset")

    @extend_schema(request=LaunchSerializer, responses={201: BatchSerializer}, examples=[LAUNCH])
    @idempotent
    def create(self, request: Request) -> Response:
        """Launch a batch: a run for each model, method and setting."""
        spec = BatchSpec(**LaunchSerializer.values_in(request.data))
        batch = launch_batch(spec=spec, actor=actor_of(request))
        return Response(BatchSerializer(batch).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        request=LaunchSerializer, responses={200: EstimateSerializer}, operation_id="batches_estimate"
    )
    @action(["post"], detail=False, scope=Scope.READ)
    def estimate(self, request: Request) -> Response:
        """What a batch would take in calls, tokens and money. Launches nothing."""
        spec = BatchSpec(**LaunchSerializer.values_in(request.data))
        check_launch(spec)
        context = {"unrecorded": unrecorded(spec.grid())}
        return Response(EstimateSerializer(estimate_launch(spec), context=context).data)

    @extend_schema(responses=PresetSerializer(many=True))
    @action(detail=False)
    def presets(self, request: Request) -> Response:
        """The study's first experiments: put a preset's methods and settings into what you POST to `batches/`."""
        return Response([PresetSerializer(preset).data for preset in PRESETS.values()])

    @extend_schema(responses=BatchProgressSerializer)
    @action(detail=True)
    def progress(self, request: Request, batch_id: int) -> Response:
        """The progress of a batch over all runs: items, failures by cause, cost by stage and endpoint."""
        batch = get_object_or_404(Batch, pk=batch_id)
        runs = list(
            runs_with_counts().select_related("endpoint", "dataset").filter(batch=batch).order_by("pk")
        )
        return Response(BatchProgressSerializer({"runs": runs, **calls_of(runs)}).data)

    @extend_schema(responses=LaunchedSerializer)
    @action(detail=True, url_path="settings", url_name="settings")
    def launched_with(self, request: Request, batch_id: int) -> Response:
        """What to POST to `batches/` to launch the batch again, under a name that is free."""
        spec = launch_spec_of(get_object_or_404(Batch, pk=batch_id))
        if spec is None:
            raise NotFound("This batch has no runs any more.", code="no_runs")
        return Response(LaunchedSerializer(spec).data)

    @extend_schema(request=CauseSerializer, responses={200: BatchSerializer})
    @action(["post"], detail=True)
    @idempotent
    def retry(self, request: Request, batch_id: int) -> Response:
        """Try again what failed in the batch's runs: all of it, or, with a body, by one cause."""
        cause = CauseSerializer.cause_in(request.data)
        retry_batch(batch=self.get_object(), cause=cause, actor=actor_of(request))
        return Response(BatchSerializer(self.get_object()).data)
