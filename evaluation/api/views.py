"""REST views of the evaluation, for staff."""

from collections.abc import Callable
from dataclasses import asdict

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from rest_framework import generics, status
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from evaluation import selectors
from evaluation.api.serializers import BatchSerializer, BudgetSerializer, LaunchSerializer, RunSerializer
from evaluation.errors import NotFound
from evaluation.metrics import RunOutcomes
from evaluation.models import Batch, Run
from evaluation.services import control
from evaluation.services.estimate import estimate_launch
from evaluation.services.launching import check_launch, launch_batch

ACTIONS: dict[str, Callable[..., object]] = {
    "pause": control.pause_run,
    "resume": control.resume_run,
    "cancel": control.cancel_run,
    "retry": control.retry_failed,
}


class RunList(generics.ListAPIView[Run]):
    """All runs, newest first."""

    permission_classes = [IsAdminUser]
    serializer_class = RunSerializer
    queryset = selectors.runs_with_counts()


class RunMetrics(APIView):
    """The PERG metrics of a run, each with n and a 95% interval."""

    permission_classes = [IsAdminUser]

    def get(self, request: Request, run_id: int) -> Response:
        return Response(RunOutcomes(get_object_or_404(Run, pk=run_id)).metrics().as_dict())


class RunProgress(APIView):
    """Where a run stands: stages, rate, cost, failures by cause."""

    permission_classes = [IsAdminUser]

    def get(self, request: Request, run_id: int) -> Response:
        run = get_object_or_404(Run.objects.select_related("endpoint", "dataset"), pk=run_id)
        return Response(
            {
                "run": RunSerializer(run).data,
                "progress": asdict(selectors.run_progress(run)),
                "failures": list(selectors.failures_by_cause(run)),
                "costs": list(selectors.cost_by_endpoint(run)),
            }
        )


class RunControl(APIView):
    """Pause, resume or cancel a run, or try again what failed."""

    permission_classes = [IsAdminUser]

    def post(self, request: Request, run_id: int, action: str) -> Response:
        if action not in ACTIONS:
            raise NotFound(f"A run can be made to {', '.join(ACTIONS)}; not to “{action}”.")
        run = get_object_or_404(Run.objects.select_related("endpoint", "dataset"), pk=run_id)
        ACTIONS[action](run=run)
        run.refresh_from_db()
        return Response(RunSerializer(run).data)


class RunBudgets(APIView):
    """Set what a run may spend."""

    permission_classes = [IsAdminUser]

    def put(self, request: Request, run_id: int) -> Response:
        run = get_object_or_404(Run.objects.select_related("endpoint", "dataset"), pk=run_id)
        budgets = BudgetSerializer(data=request.data)
        budgets.is_valid(raise_exception=True)
        return Response(RunSerializer(control.set_budgets(run=run, **budgets.validated_data)).data)


class BatchList(generics.ListAPIView[Batch]):
    """All batches, newest first; POST launches one."""

    permission_classes = [IsAdminUser]
    serializer_class = BatchSerializer

    def get_queryset(self) -> QuerySet[Batch]:
        return Batch.objects.prefetch_related("runs__endpoint", "runs__dataset")

    def post(self, request: Request) -> Response:
        launch = LaunchSerializer(data=request.data)
        launch.is_valid(raise_exception=True)
        assert isinstance(request.user, User)  # IsAdminUser has let nobody else in
        batch = launch_batch(spec=launch.spec(), created_by=request.user)
        return Response(BatchSerializer(batch).data, status=status.HTTP_201_CREATED)


class BatchEstimate(APIView):
    """What a batch would take; launches nothing."""

    permission_classes = [IsAdminUser]

    def post(self, request: Request) -> Response:
        launch = LaunchSerializer(data=request.data)
        launch.is_valid(raise_exception=True)
        check_launch(launch.spec())
        estimate = estimate_launch(launch.spec())
        return Response(
            {
                "runs": estimate.runs,
                "items": estimate.items,
                "calls": estimate.calls,
                "cost": estimate.cost,
                "unpriced": [endpoint.name for endpoint in estimate.unpriced],
                "endpoints": [
                    {
                        "endpoint": line.endpoint.name,
                        "calls": line.calls,
                        "input_tokens": line.input_tokens,
                        "output_tokens": line.output_tokens,
                        "cost": line.cost,
                    }
                    for line in estimate.lines
                ],
            }
        )
