"""REST views of runs, for staff."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.actor import actor_of
from core.api.conditional import conditional
from core.api.idempotency import idempotent
from core.api.parsers import StrictMultiPartParser
from core.api.strict import refuse_body
from core.api.viewsets import CollectionViewSet
from core.errors import NotFound
from evaluation.engine.steps.judging import launch_judging
from evaluation.imports.api import start_import
from evaluation.imports.serializers import ImportJobSerializer
from evaluation.imports.services.evaluation_kinds import RECORDED_RUN
from evaluation.models import Run
from evaluation.results.metrics.run_metrics import RunOutcomes
from evaluation.results.selectors.results import current_result
from evaluation.results.selectors.stored_metrics import metrics_and_slices
from evaluation.results.serializers.results import METRICS_SCHEMA
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
    calls_of,
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


@extend_schema_view(retrieve=extend_schema(description="One run with what it was launched with."))
class Runs(CollectionViewSet[Run]):
    """All runs, newest first."""

    serializer_class = RunSerializer
    query_serializer_class = RunQuery
    queryset = Run.objects.select_related("endpoint", "dataset")
    lookups = {name: name for name in RunQuery.EQUAL} | {"judge": "judges", "search": "name__icontains"}

    def get_queryset(self) -> QuerySet[Run]:
        if self.action != "retrieve":
            return super().get_queryset()
        runs = super().get_queryset().select_related("catalogue", "aligner", "extractor")
        return runs.prefetch_related("judges", "prompts")

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Run]]:
        return RunDetailSerializer if self.action == "retrieve" else super().get_serializer_class()

    def filter_queryset(self, queryset: Any) -> Any:
        # Any: as in Filtered
        runs = super().filter_queryset(queryset)
        match self.query.get("has_failed_items"):
            case None:
                return runs
            case True:
                return runs.filter(pk__in=runs_with_failures().values("pk"))
            case _:
                return runs.exclude(pk__in=runs_with_failures().values("pk"))

    @extend_schema(responses={200: METRICS_SCHEMA, 304: None})
    @action(detail=True)
    def metrics(self, request: Request, run_id: int) -> Response:
        """The PERG metrics of a run as it is now, each with n and a 95% interval."""
        run = self.get_object()
        prepared = current_result(run)
        return conditional(request, prepared.metrics if prepared else dump(RunOutcomes(run).metrics()))

    @extend_schema(responses={200: SliceSerializer(many=True), 304: None})
    @action(detail=True, query_serializer_class=SliceQuery)
    def slices(self, request: Request, run_id: int) -> Response:
        """The PERG metrics of a run for each value of a dimension."""
        _, slices = metrics_and_slices(self.get_object(), self.query["by"])
        return conditional(request, [{"value": part.value, "metrics": dump(part.metrics)} for part in slices])

    @extend_schema(responses=RunProgressSerializer)
    @action(detail=True)
    def progress(self, request: Request, run_id: int) -> Response:
        """The progress of a run: stages, rate, cost by stage and endpoint, failures by cause."""
        run = self.get_object()
        state = {"run": run, "progress": run_progress(run), **calls_of([run])}
        return Response(RunProgressSerializer(state).data)

    @extend_schema(responses=JudgedSerializer(many=True))
    @action(detail=True)
    def judging(self, request: Request, run_id: int) -> Response:
        """How far each judge of a run is, and why judgments have no score."""
        run = self.get_object()
        return Response(judged_data(judging_progress(run), unscored_reasons(run)))

    @extend_schema(
        request=CauseSerializer,
        responses=RunSerializer,
        parameters=[OpenApiParameter("action", str, OpenApiParameter.PATH, enum=list(ACTIONS))],
    )
    @idempotent
    def control(self, request: Request, run_id: int, action: str) -> Response:
        """Pause, resume or cancel a run, or try again what failed: all of it, or, with a body, by one cause."""
        if action not in ACTIONS:
            raise NotFound(f"A run can be made to {', '.join(ACTIONS)}; not to “{action}”.")
        run = self.get_object()
        ACTIONS[action](run=run, actor=actor_of(request), **_cause(request, action))
        run.refresh_from_db()
        return Response(RunSerializer(run).data)

    @extend_schema(request=JudgingSerializer, responses={202: RunSerializer})
    @action(["post"], detail=True)
    @idempotent
    def judge(self, request: Request, run_id: int) -> Response:
        """Have a judge rate the run; once more continues what is unfinished."""
        run, judging = self.get_object(), JudgingSerializer.values_in(request.data)
        launch_judging(run=run, **judging, actor=actor_of(request))
        return Response(RunSerializer(run).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(request=BudgetSerializer, responses=RunSerializer)
    @action(["put"], detail=True)
    def budgets(self, request: Request, run_id: int) -> Response:
        """Set what a run may spend."""
        return self._set_budgets(request, partial=False)

    @extend_schema(request=BudgetSerializer(partial=True), responses=RunSerializer)
    @budgets.mapping.patch
    def change_budgets(self, request: Request, run_id: int) -> Response:
        """Change one of the budgets, or both; what is left out stays."""
        return self._set_budgets(request, partial=True)

    def _set_budgets(self, request: Request, *, partial: bool) -> Response:
        run = self.get_object()
        changes = BudgetSerializer.values_in(request.data, partial=partial, shown=RunSerializer(run).data)
        budgets = {"money_budget": run.money_budget, "call_budget": run.call_budget, **changes}
        return Response(RunSerializer(control.set_budgets(run=run, **budgets, actor=actor_of(request))).data)

    @extend_schema(request=RecordedRunSerializer, responses={202: ImportJobSerializer})
    @action(
        ["post"], detail=False, url_path="import", url_name="import", parser_classes=[StrictMultiPartParser]
    )
    @idempotent
    def import_run(self, request: Request) -> Response:
        """Import a recorded run; the same file again, for the same model, method and setting, changes nothing."""
        fields = RecordedRunSerializer.values_in(request.data)
        files = [(name, fields.pop(name)) for name in ("file", "preferences") if name in fields]
        return start_import(request, RECORDED_RUN, fields, files)


def _cause(request: Request, action: str) -> dict[str, Any]:
    if action == "retry":
        return {"cause": CauseSerializer.cause_in(request.data)}
    refuse_body(request)
    return {}
