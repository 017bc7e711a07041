"""REST views of adjudication, for leads: the queue, a task with its labels shown anonymously, the decision on it."""

from collections.abc import Callable
from http import HTTPStatus

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotations.access import led_campaign
from annotations.adjudication.selectors import case_of, queue_of, task_of
from annotations.adjudication.serializers import (
    AdjudicationQuery,
    AdjudicationSerializer,
    CaseSerializer,
    DecisionSerializer,
    TaskSerializer,
)
from annotations.adjudication.services import (
    adjudicate,
    reopen_adjudication,
    reveal_judges,
    send_to_adjudication,
)
from annotations.adjudication.task_api import with_votes
from annotations.models import Adjudication, Task
from core.api.actor import actor_of
from core.api.queries import ListQuery, Queried, exact
from core.api.strict import without_body
from core.errors import NotFound
from core.models import User

ACTIONS: dict[str, Callable[[Task, User], object]] = {
    "send": lambda task, actor: send_to_adjudication(task=task, actor=actor),
    "reopen": lambda task, actor: reopen_adjudication(task=task, actor=actor),
    "reveal": lambda task, actor: reveal_judges(task=task, adjudicator=actor),
}


class AdjudicationQueue(Queried, generics.ListAPIView[Task]):
    """The tasks that wait for the caller's decision: all that are disputed but those that they have labelled."""

    serializer_class = TaskSerializer
    query_serializer_class = ListQuery

    def get_queryset(self) -> QuerySet[Task]:
        campaign = led_campaign(self.request.user, self.kwargs["campaign_id"])
        return with_votes(queue_of(campaign, actor_of(self.request)))


class AdjudicationList(Queried, generics.ListAPIView[Adjudication]):
    """Every decision in a campaign that the caller leads, newest first, earlier revisions included."""

    serializer_class = AdjudicationSerializer
    query_serializer_class = AdjudicationQuery

    def get_queryset(self) -> QuerySet[Adjudication]:
        campaign = led_campaign(self.request.user, self.kwargs["campaign_id"])
        narrowed = exact(self.query, task="task", adjudicator="adjudicator__username")
        return Adjudication.objects.filter(task__campaign=campaign, **narrowed).select_related("adjudicator")


class AdjudicationCase(APIView):
    """A task as an adjudicator sees it; POST decides it, or decides it anew."""

    @extend_schema(responses=CaseSerializer)
    def get(self, request: Request, campaign_id: int, task_id: int) -> Response:
        task = task_of(led_campaign(request.user, campaign_id), task_id)
        return Response(CaseSerializer(case_of(task, actor_of(request))).data)

    @extend_schema(request=DecisionSerializer, responses={201: AdjudicationSerializer})
    def post(self, request: Request, campaign_id: int, task_id: int) -> Response:
        task = task_of(led_campaign(request.user, campaign_id), task_id)
        given = DecisionSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        decision = adjudicate(task=task, adjudicator=actor_of(request), **given.validated_data)
        return Response(AdjudicationSerializer(decision).data, status=HTTPStatus.CREATED)


class AdjudicationAction(APIView):
    """`send` a labelled task to adjudication, `reopen` an adjudicated one, `reveal` the judges' scores on one that the
    caller has decided.
    """

    @extend_schema(request=None, responses=CaseSerializer)
    @without_body
    def post(self, request: Request, campaign_id: int, task_id: int, action: str) -> Response:
        campaign = led_campaign(request.user, campaign_id)
        task = task_of(campaign, task_id)
        if action not in ACTIONS:
            raise NotFound(f"What can be done with a task: {', '.join(ACTIONS)}.")
        ACTIONS[action](task, actor_of(request))
        return Response(CaseSerializer(case_of(task_of(campaign, task_id), actor_of(request))).data)
