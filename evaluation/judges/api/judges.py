"""REST views of judges, for staff."""

from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.actor import actor_of
from core.api.idempotency import idempotent
from core.api.permissions import IsStaff
from core.api.queries import FilteredList
from evaluation.judges.serializers.judges import JudgeQuery, JudgeSerializer, NewJudgeSerializer
from evaluation.judges.services.judges import create_judge
from evaluation.models import Judge

JUDGES = Judge.objects.select_related("endpoint", "rubric")


class JudgeList(FilteredList[Judge]):
    """All judges, newest first."""

    permission_classes = [IsStaff]
    serializer_class = JudgeSerializer
    query_serializer_class = JudgeQuery
    queryset = JUDGES
    lookups = {name: name for name in ("origin", "endpoint", "rubric")} | {"search": "name__icontains"}

    @extend_schema(request=NewJudgeSerializer, responses={201: JudgeSerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        """Make a judge, which never changes afterwards."""
        given = NewJudgeSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        judge = create_judge(**given.validated_data, actor=actor_of(request))
        return Response(JudgeSerializer(judge).data, status=status.HTTP_201_CREATED)


class JudgeDetail(generics.RetrieveAPIView[Judge]):
    """One judge."""

    permission_classes = [IsStaff]
    serializer_class = JudgeSerializer
    lookup_url_kwarg = "judge_id"
    queryset = JUDGES
