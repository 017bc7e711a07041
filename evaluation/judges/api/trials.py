"""REST views of trying endpoints and judges out, for staff."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api.actor import actor_of
from core.api.idempotency import idempotent
from core.api.permissions import IsStaff
from core.api.strict import without_body
from core.errors import DomainError, NotFound
from evaluation.engine.steps.judging import judge_input
from evaluation.judges.selectors import texts_of
from evaluation.judges.serializers.trials import (
    JudgeTestSerializer,
    JudgeTrialSerializer,
    TrialSerializer,
    judge_trial_data,
    trial_data,
)
from evaluation.judges.services.trials import trial_of, try_endpoint, try_judge
from evaluation.models import Endpoint, Item, Judge
from evaluation.stages.judge import JudgeInput


class EndpointTest(APIView):
    """Trying an endpoint out."""

    permission_classes = [IsStaff]

    @extend_schema(request=None, responses={202: TrialSerializer})
    @idempotent
    @without_body
    def post(self, request: Request, endpoint_id: int) -> Response:
        """Ask the endpoint to say one word; the answer names the test, where its reply will be."""
        trial = try_endpoint(endpoint=get_object_or_404(Endpoint, pk=endpoint_id), actor=actor_of(request))
        return Response(trial_data(trial), status=status.HTTP_202_ACCEPTED)


class EndpointTrial(APIView):
    """A test of an endpoint."""

    permission_classes = [IsStaff]

    @extend_schema(responses=TrialSerializer)
    def get(self, request: Request, endpoint_id: int, completion_id: int) -> Response:
        """The result of a test of an endpoint."""
        return Response(trial_data(trial_of(get_object_or_404(Endpoint, pk=endpoint_id), completion_id)))


class JudgeTest(APIView):
    """Trying a judge out."""

    permission_classes = [IsStaff]

    @extend_schema(request=JudgeTestSerializer, responses={202: JudgeTrialSerializer})
    @idempotent
    def post(self, request: Request, judge_id: int) -> Response:
        """Ask the judge about an item, or texts, as a run would; no judgment is written."""
        judge = get_object_or_404(Judge.objects.select_related("endpoint", "rubric"), pk=judge_id)
        given = JudgeTestSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        trial = try_judge(
            judge=judge, shown=given.texts() or _shown(given.validated_data["item"]), actor=actor_of(request)
        )
        return Response(judge_trial_data(trial, judge), status=status.HTTP_202_ACCEPTED)


def _shown(item_id: int) -> JudgeInput:
    """What the judge sees of an item. Raises DomainError where there is none with a preference."""
    item = Item.objects.select_related("question", "preference").filter(pk=item_id).first()
    if item is None or item.preference is None:
        raise DomainError("There is no such item with a preference to follow.", field="item")
    return judge_input(item, *texts_of(item))


class JudgeTrial(APIView):
    """A test of a judge."""

    permission_classes = [IsStaff]

    @extend_schema(responses=JudgeTrialSerializer)
    def get(self, request: Request, judge_id: int, completion_id: int) -> Response:
        """The result of a test of a judge: the messages as sent, the reply, and what it is read as."""
        judge = get_object_or_404(Judge.objects.select_related("endpoint"), pk=judge_id)
        if judge.endpoint is None:
            raise NotFound("There is no such test.")
        return Response(judge_trial_data(trial_of(judge.endpoint, completion_id), judge))
