"""REST views of runs, for staff."""

from collections.abc import Callable
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api.actor import actor_of
from core.api.conditional import conditional
from core.api.idempotency import idempotent
from core.api.parsers import StrictMultiPartParser
from core.api.permissions import IsStaff
from core.api.queries import FilteredList, Queried
from core.api.strict import refuse_body
from core.errors import NotFound
from evaluation.engine.steps.judging import launch_judging
from evaluation.imports.api import start_import
from evaluation.imports.serializers import ImportJobSerializer
from evaluation.imports.services.evaluation_kinds import RECORDED_RUN
from evaluation.models import Run
from evaluation.results.metrics.run_metrics import RunOutcomes
from evaluation.results.selectors.results import current_result
from evaluation.results.selectors.stored_metrics import metrics_and_slices
from evaluation.results.serializers.metrics import METRICS_SCHEMA
from evaluation.runs.selectors.bill import bill_of
from evaluation.runs.selectors.failures import failures_of, tried_again
from evaluation.runs.selectors.needs import runs_with_failures
from evaluation.runs.selectors.progress import judging_progress, run_progress, unscored_reasons
from evaluation.runs.serializers.runs import (
    BudgetSerializer,
    CauseSerializer,
    JudgedSerializer,
    JudgingSerializer,
    RecordedRunSerializer,
    RunDetailSerializer,
    RunProgressSerializer,
    RunQuery,
    RunSerializer,
    SliceQuery,
    SliceSerializer,
    judged_data,
)
from evaluation.runs.services import control
from perg.stats.base.result import dump

ACTIONS: dict[str, Callable[..., object]] = {
    "pause": control.pause_run,
    "resume": control.resume_run,
    "cancel": control.cancel_run,
    "retry": control.retry_failed,
}


def run_or_404(run_id: int) -> Run:
    """A run with what its summary shows."""
    return get_object_or_404(Run.objects.select_related("endpoint", "dataset"), pk=run_id)


class RunList(FilteredList[Run]):
    """All runs, newest first."""

    permission_classes = [IsStaff]
    serializer_class = RunSerializer
    query_serializer_class = RunQuery
    queryset = Run.objects.select_related("endpoint", "dataset")
    lookups = {name: name for name in RunQuery.EQUAL} | {"judge": "judges", "search": "name__icontains"}

    def filter_queryset(self, queryset: Any) -> Any:
        # Any: as in FilteredList
        found = super().filter_queryset(queryset)
        match self.query.get("has_failed_items"):
            case None:
                return found
            case True:
                return found.filter(pk__in=runs_with_failures().values("pk"))
            case _:
                return found.exclude(pk__in=runs_with_failures().values("pk"))


class RunDetail(generics.RetrieveAPIView[Run]):
    """One run with what it was launched with."""

    permission_classes = [IsStaff]
    serializer_class = RunDetailSerializer
    lookup_url_kwarg = "run_id"
    queryset = Run.objects.select_related(
        "endpoint", "dataset", "catalogue", "aligner", "extractor"
    ).prefetch_related("judges", "prompts")


class RunMetrics(APIView):
    """The PERG metrics of a run."""

    permission_classes = [IsStaff]

    @extend_schema(responses={200: METRICS_SCHEMA, 304: None})
    def get(self, request: Request, run_id: int) -> Response:
        """The PERG metrics of a run as it is now, each with n and a 95% interval."""
        run = get_object_or_404(Run, pk=run_id)
        prepared = current_result(run)
        return conditional(request, prepared.metrics if prepared else dump(RunOutcomes(run).metrics()))


class RunSlices(Queried):
    """The metrics of parts of a run."""

    permission_classes = [IsStaff]
    query_serializer_class = SliceQuery

    @extend_schema(responses={200: SliceSerializer(many=True), 304: None})
    def get(self, request: Request, run_id: int) -> Response:
        """The PERG metrics of a run for each value of a dimension."""
        _, slices = metrics_and_slices(get_object_or_404(Run, pk=run_id), self.query["by"])
        return conditional(request, [{"value": part.value, "metrics": dump(part.metrics)} for part in slices])


class RunProgress(APIView):
    """The progress of a run."""

    permission_classes = [IsStaff]

    @extend_schema(responses=RunProgressSerializer)
    def get(self, request: Request, run_id: int) -> Response:
        """The progress of a run: stages, rate, cost by stage and endpoint, failures by cause."""
        run = run_or_404(run_id)
        shown = {
            "run": run,
            "progress": run_progress(run),
            "tried_again": tried_again([run]),
            "failures": failures_of([run]),
            "costs": bill_of([run]).lines,
        }
        return Response(RunProgressSerializer(shown).data)


class RunJudged(APIView):
    """How far a run is rated."""

    permission_classes = [IsStaff]

    @extend_schema(responses=JudgedSerializer(many=True))
    def get(self, request: Request, run_id: int) -> Response:
        """How far each judge of a run is, and why judgments have no score."""
        run = get_object_or_404(Run, pk=run_id)
        return Response(judged_data(judging_progress(run), unscored_reasons(run)))


class RunControl(APIView):
    """Pausing, resuming, cancelling a run, and trying again what failed."""

    permission_classes = [IsStaff]

    @extend_schema(
        request=CauseSerializer,
        responses=RunSerializer,
        parameters=[OpenApiParameter("action", str, OpenApiParameter.PATH, enum=list(ACTIONS))],
    )
    @idempotent
    def post(self, request: Request, run_id: int, action: str) -> Response:
        """Pause, resume or cancel a run, or try again what failed: all of it, or, with a body, by one cause."""
        if action not in ACTIONS:
            raise NotFound(f"A run can be made to {', '.join(ACTIONS)}; not to “{action}”.")
        run = run_or_404(run_id)
        ACTIONS[action](run=run, actor=actor_of(request), **_cause(request, action))
        run.refresh_from_db()
        return Response(RunSerializer(run).data)


class RunJudging(APIView):
    """Having a run rated."""

    permission_classes = [IsStaff]

    @extend_schema(request=JudgingSerializer, responses={202: RunSerializer})
    @idempotent
    def post(self, request: Request, run_id: int) -> Response:
        """Have a judge rate the run; once more continues what is unfinished."""
        run = run_or_404(run_id)
        wanted = JudgingSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        launch_judging(run=run, judge=wanted.validated_data["judge"], actor=actor_of(request))
        return Response(RunSerializer(run).data, status=status.HTTP_202_ACCEPTED)


class RunBudgets(APIView):
    """What a run may spend."""

    permission_classes = [IsStaff]

    @extend_schema(request=BudgetSerializer, responses=RunSerializer)
    def put(self, request: Request, run_id: int) -> Response:
        """Set what a run may spend."""
        return self._set(request, run_id, partial=False)

    @extend_schema(request=BudgetSerializer(partial=True), responses=RunSerializer)
    def patch(self, request: Request, run_id: int) -> Response:
        """Change one of the budgets, or both; what is left out stays."""
        return self._set(request, run_id, partial=True)

    def _set(self, request: Request, run_id: int, *, partial: bool) -> Response:
        run = run_or_404(run_id)
        context = {"shown": RunSerializer(run).data}
        given = BudgetSerializer(data=request.data, partial=partial, context=context)
        given.is_valid(raise_exception=True)
        budgets = {"money_budget": run.money_budget, "call_budget": run.call_budget, **given.validated_data}
        return Response(RunSerializer(control.set_budgets(run=run, **budgets, actor=actor_of(request))).data)


class RunImport(APIView):
    """Recorded runs."""

    permission_classes = [IsStaff]
    parser_classes = [StrictMultiPartParser]

    @extend_schema(request=RecordedRunSerializer, responses={202: ImportJobSerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        """Import a recorded run; the same file again, for the same model, method and setting, changes nothing."""
        given = RecordedRunSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        fields = dict(given.validated_data)
        files = [(name, fields.pop(name)) for name in ("file", "preferences") if name in fields]
        return start_import(request, RECORDED_RUN, fields, files)


def _cause(request: Request, action: str) -> dict[str, Any]:
    if action == "retry":
        return {"cause": CauseSerializer.cause_in(request.data)}
    refuse_body(request)
    return {}
