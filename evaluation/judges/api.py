"""REST views of rubrics and judges, and of trying judges and endpoints out, for staff."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.actor import actor_of
from core.api.idempotency import idempotent
from core.api.strict import without_body
from core.api.viewsets import CollectionViewSet, NamedViewSet, StaffViewSet
from core.errors import DomainError, NotFound
from evaluation.endpoints.serializers import EndpointSerializer
from evaluation.engine.steps.judging import judge_input
from evaluation.judges.selectors import texts_of
from evaluation.judges.serializers.judges import (
    CanaryResultSerializer,
    JudgeQuery,
    JudgeSerializer,
    NewJudgeSerializer,
    NewRubricSerializer,
    RubricTextSerializer,
    RubricVersionSerializer,
)
from evaluation.judges.serializers.trials import (
    JudgeTestSerializer,
    JudgeTrialSerializer,
    TrialSerializer,
)
from evaluation.judges.services.canaries import start_canary_test
from evaluation.judges.services.canary_results import canary_result, latest_canary_test
from evaluation.judges.services.judges import JudgeSpec, create_judge
from evaluation.judges.services.rubrics import create_rubric, revise_rubric
from evaluation.judges.services.trials import trial_of, trial_of_judge, try_endpoint, try_judge
from evaluation.models import Completion, Endpoint, Item, Judge, Rubric
from evaluation.stages.judge import JudgeInput


@extend_schema_view(retrieve=extend_schema(description="One version of a rubric."))
class Rubrics(NamedViewSet[Rubric]):
    """All versions of all rubrics."""

    serializer_class = RubricVersionSerializer
    queryset = Rubric.objects.all()

    @extend_schema(request=NewRubricSerializer, responses={201: RubricVersionSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Make a rubric."""
        rubric = create_rubric(**NewRubricSerializer.values_in(request.data), actor=actor_of(request))
        return Response(RubricVersionSerializer(rubric).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=RubricTextSerializer, responses={201: RubricVersionSerializer})
    @action(["post"], detail=True)
    @idempotent
    def revise(self, request: Request, rubric_id: int) -> Response:
        """Make the next version of a rubric; the others stay as they are."""
        rubric, words = self.get_object(), RubricTextSerializer.values_in(request.data)
        revised = revise_rubric(rubric=rubric, **words, actor=actor_of(request))
        return Response(RubricVersionSerializer(revised).data, status=status.HTTP_201_CREATED)


@extend_schema_view(retrieve=extend_schema(description="One judge."))
class Judges(CollectionViewSet[Judge]):
    """All judges, newest first."""

    serializer_class = JudgeSerializer
    query_serializer_class = JudgeQuery
    queryset = Judge.objects.select_related("endpoint", "rubric")
    lookups = {name: name for name in ("origin", "endpoint", "rubric")} | {"search": "name__icontains"}

    @extend_schema(request=NewJudgeSerializer, responses={201: JudgeSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Make a judge, which never changes afterwards."""
        spec = JudgeSpec(**NewJudgeSerializer.values_in(request.data))
        judge = create_judge(spec=spec, actor=actor_of(request))
        return Response(JudgeSerializer(judge).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=JudgeTestSerializer, responses={202: JudgeTrialSerializer})
    @action(["post"], detail=True)
    @idempotent
    def test(self, request: Request, judge_id: int) -> Response:
        """Ask the judge about an item, or texts, as a run would; no judgment is written."""
        judge, fields = self.get_object(), JudgeTestSerializer.values_in(request.data)
        shown = _item_shown(fields["item"]) if "item" in fields else JudgeTestSerializer.shown(fields)
        trial = try_judge(judge=judge, shown=shown, actor=actor_of(request))
        return Response(_trial_data(trial, judge), status=status.HTTP_202_ACCEPTED)

    @extend_schema(responses=JudgeTrialSerializer)
    @action(detail=True, url_path="tests/<int:completion_id>")
    def trial(self, request: Request, judge_id: int, completion_id: int) -> Response:
        """The outcome of a test of a judge: the messages as sent, the reply, and what it is read as."""
        judge = self.get_object()
        return Response(_trial_data(trial_of_judge(judge, completion_id), judge))

    @extend_schema(responses=CanaryResultSerializer)
    @action(detail=True, url_path="injected-responses")
    def canaries(self, request: Request, judge_id: int) -> Response:
        """The outcome of the latest test: how often an injected text raised the judge's score."""
        test = latest_canary_test(self.get_object())
        if test is None:
            raise NotFound("This judge has not been tested with injected responses.")
        return Response(CanaryResultSerializer(canary_result(test)).data)

    @extend_schema(request=None, responses={202: CanaryResultSerializer})
    @canaries.mapping.post
    @idempotent
    @without_body
    def start_canaries(self, request: Request, judge_id: int) -> Response:
        """Show the judge every pair of the set, with and without the injected text."""
        test = start_canary_test(judge=self.get_object(), actor=actor_of(request))
        return Response(CanaryResultSerializer(canary_result(test)).data, status=status.HTTP_202_ACCEPTED)


class EndpointTrials(StaffViewSet[Endpoint]):
    """Trying an endpoint out."""

    serializer_class = EndpointSerializer
    queryset = Endpoint.objects.all()

    @extend_schema(request=None, responses={202: TrialSerializer})
    @action(["post"], detail=True)
    @idempotent
    @without_body
    def test(self, request: Request, endpoint_id: int) -> Response:
        """Ask the endpoint to say one word; the answer names the test, where its reply will be."""
        trial = try_endpoint(endpoint=self.get_object(), actor=actor_of(request))
        return Response(TrialSerializer(trial).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(responses=TrialSerializer)
    @action(detail=True, url_path="tests/<int:completion_id>")
    def trial(self, request: Request, endpoint_id: int, completion_id: int) -> Response:
        """The outcome of a test of an endpoint."""
        return Response(TrialSerializer(trial_of(self.get_object(), completion_id)).data)


def _trial_data(trial: Completion, judge: Judge) -> Any:
    # Any: JSON
    return JudgeTrialSerializer(trial, context={"judge": judge}).data


def _item_shown(item_id: int) -> JudgeInput:
    """What the judge sees of an item. Raises DomainError where there is none with a preference."""
    item = Item.objects.select_related("question", "preference").filter(pk=item_id).first()
    if item is None or item.preference is None:
        raise DomainError("There is no such item with a preference to follow.", field="item")
    return judge_input(item, *texts_of(item))
