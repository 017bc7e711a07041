"""REST views of testing a judge with injected responses, for staff."""

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
from core.errors import NotFound
from evaluation.judges.serializers.canaries import CanaryResultSerializer
from evaluation.judges.services.canaries import start_canary_test
from evaluation.judges.services.canary_results import canary_result, latest_canary_test
from evaluation.models import Judge

JUDGES = Judge.objects.select_related("endpoint", "rubric")


class JudgeCanaries(APIView):
    """Testing a judge with injected responses."""

    permission_classes = [IsStaff]

    @extend_schema(responses=CanaryResultSerializer)
    def get(self, request: Request, judge_id: int) -> Response:
        """The result of the latest test: how often an injected text raised the judge's score."""
        test = latest_canary_test(get_object_or_404(JUDGES, pk=judge_id))
        if test is None:
            raise NotFound("This judge has not been tested with injected responses.")
        return Response(CanaryResultSerializer(canary_result(test)).data)

    @extend_schema(request=None, responses={202: CanaryResultSerializer})
    @idempotent
    @without_body
    def post(self, request: Request, judge_id: int) -> Response:
        """Show the judge every pair of the set, with and without the injected text."""
        test = start_canary_test(judge=get_object_or_404(JUDGES, pk=judge_id), actor=actor_of(request))
        return Response(CanaryResultSerializer(canary_result(test)).data, status=status.HTTP_202_ACCEPTED)
