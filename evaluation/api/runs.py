"""REST views of runs, for staff."""

from collections.abc import Callable
from dataclasses import asdict

from django.shortcuts import get_object_or_404
from rest_framework import generics
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from evaluation.api.serializers import BudgetSerializer, RunSerializer
from evaluation.errors import NotFound
from evaluation.metrics import RunOutcomes
from evaluation.models import Run
from evaluation.selectors.progress import cost_by_endpoint, failures_by_cause, run_progress
from evaluation.selectors.runs import runs_with_counts
from evaluation.services import control

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
    queryset = runs_with_counts()


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
                "progress": asdict(run_progress(run)),
                "failures": list(failures_by_cause(run)),
                "costs": list(cost_by_endpoint(run)),
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
